//! Metrics.

use crate::common::wait_until;
use crate::namespace::Namespace;

crate::trial::trials! {
    metrics_for_prometheus(Namespace),
    metrics_of_devices_follow_their_carrier(Namespace),
}

fn metrics_for_prometheus() {
    let ns = Namespace::new();
    let path = std::env::temp_dir().join(format!("nlstream-{}.prom", std::process::id()));
    let mut stream = ns.stream(&["--snapshot", "--metrics", path.to_str().unwrap()]);
    stream.wait("meta", "sync");
    wait_until("metrics", || path.exists());
    ns.run("for i in 1 2 3; do ip address add 192.0.2.$i/32 dev lo; done");
    stream.wait_for("the last address", |line| {
        line["address"]["local"] == "192.0.2.3"
    });
    let (lines, _) = stream.interrupt();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let value = |name: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let line = line.unwrap_or_else(|| panic!("no {name}: {text}"));
        line.trim().parse().unwrap()
    };
    let addresses = lines.iter().filter(|l| l["kind"] == "address").count();
    assert_eq!(
        value("nlstream_lines_total{kind=\"address\"}"),
        addresses as u64
    );
    assert_eq!(value("nlstream_objects{kind=\"link\"}"), 1);
    let stop = &lines.last().unwrap()["meta"];
    assert_eq!(stop["datagrams"], value("nlstream_datagrams_total"));
    assert_eq!(value("nlstream_output_up"), 1);
    assert_eq!(value("nlstream_lost_total"), 0);
    assert!(value("nlstream_output_bytes_total") > 1000);
    let run = format!("run={}}} 1", lines[0]["run"]);
    assert!(text.contains(&run), "{text}");
    // Every family is described once, before its values.
    let mut described = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("# TYPE ") {
            Some(rest) => described.push(rest.split(' ').next().unwrap()),
            None if line.starts_with('#') => {}
            None => {
                let name = line.split(['{', ' ']).next().unwrap();
                assert_eq!(described.last(), Some(&name), "{text}");
            }
        }
    }
    let count = described.len();
    described.dedup();
    assert_eq!(described.len(), count);
}

/// Flaps and changes by device, with the names that the kernel allows.
fn metrics_of_devices_follow_their_carrier() {
    let ns = Namespace::new();
    let path = std::env::temp_dir().join(format!("nlstream-dev-{}.prom", std::process::id()));
    let mut stream = ns.stream(&["--snapshot", "--metrics", path.to_str().unwrap()]);
    stream.wait("meta", "sync");
    ns.run(r#"ip link add 'v"\0' type veth peer name veth1; ip link set veth1 up; ip link set 'v"\0' up"#);
    let has_carrier = |line: &serde_json::Value| {
        let flags = line["link"]["flags"].as_array();
        line["ifname"] == "v\"\\0" && flags.is_some_and(|it| it.contains(&"LOWER_UP".into()))
    };
    stream.wait_for("carrier", has_carrier);
    for _ in 0..3 {
        ns.run("ip link set veth1 down");
        stream.wait_for("no carrier", |line| {
            line["ifname"] == "v\"\\0" && !line["old"].is_null() && !has_carrier(line)
        });
        ns.run("ip link set veth1 up");
        stream.wait_for("carrier", has_carrier);
    }
    let (lines, _) = stream.interrupt();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let value = |name: &str| -> usize {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let line = line.unwrap_or_else(|| panic!("no {name}: {text}"));
        line.trim().parse().unwrap()
    };
    let device = r#"{device="v\"\\0""#;
    for (state, least) in [("down", 3), ("up", 4)] {
        let name = format!("nlstream_device_transitions_total{device},state=\"{state}\"}}");
        assert_eq!(value(&name), least);
    }
    let is_change = |line: &&serde_json::Value| {
        let origin = line["origin"].as_str();
        ["add", "change", "delete"].contains(&line["op"].as_str().unwrap())
            && origin.is_some_and(|it| ["kernel", "resync", "inferred"].contains(&it))
    };
    let of_device = lines.iter().filter(is_change);
    let of_device = of_device.filter(|line| line["ifname"] == "v\"\\0").count();
    assert_eq!(
        value(&format!("nlstream_device_changes_total{device}}}")),
        of_device
    );
    for change in ["add", "change", "delete"] {
        let links = lines.iter().filter(is_change);
        let links = links.filter(|it| it["kind"] == "link" && it["op"] == change);
        let word = format!("{}ed", change.trim_end_matches('e'));
        let name = format!("nlstream_changes_total{{kind=\"link\",change=\"{word}\"}}");
        assert_eq!(value(&name), links.count(), "{change}");
    }
}
