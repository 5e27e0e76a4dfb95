//! The snapshot against `tc -d -j qdisc`: every option that both have must be equal.

use serde_json::Value;

use crate::namespace::Namespace;

crate::trial::trials! {
    qdiscs_agree_with_tc(Namespace, LinkType("veth"), Program("tc")),
    implicit_default_qdisc_is_inferred(Namespace, LinkType("veth"), Program("tc")),
}

/// Queueing disciplines of every type. Types that the kernel lacks are left out.
const QDISCS: &[&str] = &[
    "pfifo limit 100",
    "bfifo limit 10000",
    "prio bands 4 priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 3 3",
    "tbf rate 1mbit burst 10kb latency 50ms",
    "htb default 20 r2q 100",
    "hfsc default 11",
    "red limit 400000 min 30000 max 90000 avpkt 1000 burst 55 ecn",
    "sfq limit 100 perturb 10 quantum 3000",
    "fq limit 5000 flow_limit 50",
    "fq_codel limit 2000 target 3ms noecn",
    "codel limit 500 ecn",
    "cake bandwidth 100mbit diffserv4",
    "netem delay 100ms 10ms 25% loss 1%",
    "ets bands 5 strict 2 quanta 3000 2000 1500",
    "pie limit 500",
    "hhf limit 500",
];

/// Returns the value of nlstream for a name in the JSON of `tc`, or `None` where the name has
/// another meaning there.
fn value_for<'a>(options: &'a Value, name: &str) -> Option<&'a Value> {
    match name {
        // `tc` prints an object, or a text for no limit.
        "bandwidth" | "rate" => options.get(name).filter(|value| value.as_i64() != Some(0)),
        // `10Kb/1`
        "burst" => None,
        name => options.get(name.replace('-', "_")),
    }
}

fn compare(path: &str, tc: &Value, options: &Value, compared: &mut usize, found: &mut Vec<String>) {
    let Value::Object(fields) = tc else {
        *compared += 1;
        let equal = match (tc.as_f64(), options.as_f64()) {
            // Fractions are printed with six digits.
            (Some(a), Some(b)) => (a - b).abs() <= 1e-5 * a.abs(),
            _ => tc == options,
        };
        if !equal {
            found.push(format!("{path}: tc prints {tc}, nlstream {options}"));
        }
        return;
    };
    for (name, value) in fields {
        if let Some(field) = value_for(options, name) {
            compare(&format!("{path}.{name}"), value, field, compared, found);
        }
    }
}

fn qdiscs_agree_with_tc() {
    let ns = Namespace::new();
    let mut setup = String::new();
    for (number, qdisc) in QDISCS.iter().enumerate() {
        setup += &format!(
            "ip link add v{number} type veth peer name w{number}
            ip link set v{number} up
            tc qdisc add dev v{number} root handle 1: {qdisc} 2>/dev/null || true
            tc qdisc add dev v{number} ingress 2>/dev/null || true\n"
        );
    }
    ns.run(&setup);
    let (lines, _) = ns.synced(&["--with", "details"]).interrupt();
    let lines_of_qdiscs: Vec<_> = lines
        .iter()
        .filter(|line| line["kind"] == "qdisc" && line["op"] == "present")
        .collect();
    assert!(
        lines_of_qdiscs
            .iter()
            .all(|line| line.get("unparsed").is_none())
    );
    let from_tc = ns.json("tc -d -j qdisc show");
    assert_eq!(from_tc.len(), lines_of_qdiscs.len());
    let (mut compared, mut found) = (0, Vec::new());
    for tc in &from_tc {
        let same = |line: &&&Value| {
            ["dev", "kind", "handle", "root", "parent"]
                .iter()
                .all(|name| line["qdisc"].get(name) == tc.get(*name))
        };
        let line = lines_of_qdiscs
            .iter()
            .find(same)
            .unwrap_or_else(|| panic!("{tc}"));
        let path = format!("{} {}", tc["dev"], tc["kind"]);
        compare(&path, tc, &line["qdisc"], &mut compared, &mut found);
    }
    println!("{} qdiscs, {compared} fields compared", from_tc.len());
    assert!(found.is_empty(), "{found:#?}");
    assert!(compared > from_tc.len() * 3, "{compared}");
}

fn implicit_default_qdisc_is_inferred() {
    let ns = Namespace::new();
    ns.run("ip link add v0 type veth peer name w0\nip link set v0 up");
    let mut stream = ns.stream(&["--snapshot", "-k", "qdisc"]);
    stream.wait("meta", "sync");
    let noqueue = |line: &Value, op: &str, origin: &str| {
        line["qdisc"]["kind"] == "noqueue" && line["op"] == op && line["origin"] == origin
    };
    ns.run("tc qdisc add dev v0 root handle 1: pfifo");
    stream.wait_for("the default goes", |line| noqueue(line, "delete", "kernel"));
    ns.run("tc qdisc del dev v0 root");
    stream.wait_for("the default is back", |line| {
        noqueue(line, "add", "inferred")
    });
    ns.run("ip link del v0");
    stream.wait_for("it went with its device", |line| {
        noqueue(line, "delete", "inferred")
    });
    stream.interrupt();
}
