//! Datapaths of Open vSwitch, in a guest. Judged by ovs-dpctl(8).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::common::{root, wait_until};
use crate::namespace::{Namespace, Stream};

crate::trial::trials! {
    datapaths_and_ports_are_those_that_ovs_dpctl_shows(GuestModule("openvswitch"), Program("ovs-dpctl"), Program("python3")),
    ports_of_a_deleted_datapath_end_with_it(GuestModule("openvswitch"), Program("ovs-dpctl")),
}

/// A datapath with a port.
fn namespace() -> Namespace {
    let ns = Namespace::privileged();
    ns.run(
        "modprobe vport_vxlan; ip link add p0 type veth peer name q0
         ovs-dpctl add-dp s0; ovs-dpctl add-if s0 p0",
    );
    ns
}

/// The stored objects of both kinds: datapath, number and name of the port, type; and the size of the cache of a datapath.
fn objects(stream: &Stream) -> BTreeSet<String> {
    let mut objects = std::collections::BTreeMap::new();
    for line in &stream.seen {
        let (key, text) = match line["kind"].as_str().unwrap() {
            "ovs_datapath" => {
                let it = &line["ovs_datapath"];
                let text = format!("{} cache {}", it["dev"], it["masks_cache_size"]);
                (it["ifindex"].to_string(), text)
            }
            "ovs_vport" => {
                let it = &line["ovs_vport"];
                let text = format!(
                    "{} {} {} {}",
                    it["dp"], it["port_no"], it["name"], it["type"]
                );
                (format!("{} {}", it["dp_ifindex"], it["port_no"]), text)
            }
            _ => continue,
        };
        match line["op"].as_str().unwrap() {
            "delete" => drop(objects.remove(&key)),
            _ => drop(objects.insert(key, text.replace('"', ""))),
        }
    }
    objects.into_values().collect()
}

/// The same of what `ovs-dpctl show` prints.
fn shown(ns: &Namespace) -> BTreeSet<String> {
    let mut datapath = "";
    let text = ns.run("ovs-dpctl show 2>/dev/null");
    let mut objects = BTreeSet::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("system@") {
            datapath = name.trim_end_matches(':');
        } else if let Some(size) = line.strip_prefix("masks-cache: size:") {
            objects.insert(format!("{datapath} cache {size}"));
        } else if let Some(port) = line.strip_prefix("port ") {
            let (number, port) = port.split_once(": ").unwrap();
            let (name, kind) = port.split_once(' ').unwrap_or((port, "(netdev)"));
            let kind = kind.trim_matches(['(', ')']);
            let kind = kind.split(':').next().unwrap();
            objects.insert(format!("{datapath} {number} {name} {kind}"));
        }
    }
    objects
}

/// Waits until the objects are those of ovs-dpctl. Returns their number.
fn agreed(ns: &Namespace, stream: &mut Stream) -> usize {
    wait_until("the datapaths and ports of ovs-dpctl", || {
        stream.so_far();
        objects(stream) == shown(ns)
    });
    objects(stream).len()
}

fn datapaths_and_ports_are_those_that_ovs_dpctl_shows() {
    let ns = namespace();
    let mut stream = ns.synced(&["--family", "ovs_datapath,ovs_vport"]);
    // A datapath, its local port and another one.
    assert_eq!(agreed(&ns, &mut stream), 3);
    // Ovs-dpctl names tunnels by their port.
    let genl = root().join("fixtures/genl.py");
    let genl = genl.display();
    ns.run(&format!(
        "ovs-dpctl add-if s0 i0,type=internal; python3 {genl} ovs add-port s0 x0 vxlan 4789
         ovs-dpctl add-dp s1",
    ));
    let line = stream.wait_for("the tunnel", |line| line["ovs_vport"]["name"] == "x0");
    assert_eq!(
        (&line["op"], &line["origin"], &line["ovs_vport"]["dst_port"]),
        (&json!("add"), &json!("kernel"), &json!(4789))
    );
    // The local port of the new datapath has no event.
    assert_eq!(agreed(&ns, &mut stream), 7);
    ns.run(&format!(
        "python3 {genl} ovs del-port s0 x0; ip link del p0"
    ));
    assert_eq!(agreed(&ns, &mut stream), 5);
    // Packets are counted, which is no change.
    ns.run(
        "ip link set i0 up; ip address add 192.0.2.1/30 dev i0; ping -c 1 -W 1 192.0.2.2 || true",
    );
    let counters = ns.json("ip -s -j link show i0");
    assert_ne!(counters[0]["stats64"]["tx"]["packets"], 0);
    ns.run("ovs-dpctl add-if s0 last,type=internal");
    stream.wait_for("the last port", |line| line["ovs_vport"]["name"] == "last");
    let (lines, _) = stream.interrupt();
    for line in &lines {
        assert_eq!(line["unparsed"], Value::Null, "{line}");
        let changed = line["changed"].as_array().cloned().unwrap_or_default();
        let is_counter = |name: &Value| name == "stats" || name == "megaflow_stats";
        assert!(
            changed.is_empty() || !changed.iter().all(is_counter),
            "{line}"
        );
    }
}

/// With both families, and with that of the ports alone.
fn ports_of_a_deleted_datapath_end_with_it() {
    let ns = namespace();
    let mut both = ns.synced(&["--family", "ovs_datapath,ovs_vport"]);
    let mut ports = ns.synced(&["--family", "ovs_vport"]);
    assert_eq!(agreed(&ns, &mut both), 3);
    assert_eq!(objects(&ports).len(), 2);
    ns.run("ovs-dpctl del-dp s0");
    let line = both.wait("ovs_datapath", "delete");
    assert_eq!(line["origin"], "kernel");
    assert_eq!(agreed(&ns, &mut both), 0);
    wait_until("the end of the ports", || {
        ports.so_far();
        objects(&ports).is_empty()
    });
    both.interrupt();
    ports.interrupt();
}
