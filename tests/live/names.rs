//! Names of devices: after renames every folded object has the names that `ip` prints, a first line
//! has the name of a new device, and a last line that of a deleted one.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::wait_until;
use crate::namespace::{Namespace, Stream};

crate::trial::trials! {
    every_object_has_the_names_of_ip_after_a_swap(Namespace, LinkType("veth"), LinkType("bridge")),
    many_routes_follow_a_rename(Namespace, LinkType("veth")),
    lines_of_a_new_device_have_its_name(Namespace, LinkType("veth"), LinkType("bridge")),
    lines_of_a_deleted_device_have_its_last_name(Namespace, LinkType("veth"), LinkType("bridge")),
    what_an_event_describes_is_no_state(Namespace, LinkType("veth"), LinkType("bridge")),
}

const SETUP: &str = "
ip link add br0 type bridge mcast_snooping 0
for n in 0 1; do
    ip link add eth$n type veth peer name p$n
    for dev in eth$n p$n; do ip link set $dev up; done
done
ip link set p1 master br0; ip link set br0 up
ip -6 address add 2001:db8::1/64 dev eth0 nodad
ip address add 10.0.0.1/24 dev eth0
ip address add 10.1.0.1/24 dev eth1
ip route add 10.5.0.0/16 via 10.0.0.9
ip route add 10.6.0.0/16 nexthop via 10.0.0.9 nexthop via 10.1.0.9
ip -6 route add 2001:db8:5::/48 via 2001:db8::9
ip -6 route add 2001:db8:6::/48 nexthop via 2001:db8::9 nexthop via 2001:db8::8
ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0
ip neigh add proxy 10.0.0.77 dev eth0
ip nexthop add id 5 via 10.0.0.9 dev eth0
ip nexthop add id 6 via 10.1.0.9 dev eth1
ip nexthop add id 7 group 5/6
ip route add 10.7.0.0/16 nhid 7
bridge fdb add 02:00:00:00:00:aa dev p1 master static";

/// The objects after the lines of a stream, by kind and key, folded by the published schema.
fn objects(stream: &mut Stream) -> BTreeMap<String, Value> {
    let schema = nlstream::schema::schema();
    let mut objects = BTreeMap::new();
    for line in stream.so_far() {
        let kind = line["kind"].as_str().unwrap();
        let definition = &schema["$defs"][format!("line_{kind}")];
        let Some(fields) = definition["x-key"].as_array() else {
            continue;
        };
        let value = |field: &Value| {
            let mut names = field.as_str().unwrap().split("//");
            names.find_map(|name| line[kind].get(name)).cloned()
        };
        let key: Vec<_> = fields.iter().map(value).collect();
        let key = format!("{kind} {}", serde_json::to_string(&key).unwrap());
        match line["op"].as_str().unwrap() {
            "add" | "change" | "present" => drop(objects.insert(key, line.clone())),
            "delete" => drop(objects.remove(&key)),
            _ => {}
        }
    }
    objects
}

/// Collects where an object names a device, as `index` and `name`, otherwise than `names` does.
fn wrong_names(object: &Value, names: &BTreeMap<u64, String>, found: &mut Vec<String>) {
    let pairs = [
        ("ifindex", "ifname"),
        ("ifindex", "dev"),
        ("link_index", "link"),
        ("master_index", "master"),
        ("iif_index", "iif"),
        ("port_index", "port"),
    ];
    match object {
        Value::Object(fields) => {
            for (index, name) in pairs {
                let reported = fields.get(name).and_then(Value::as_str);
                let expected = fields.get(index).and_then(Value::as_u64);
                let expected = expected.and_then(|index| names.get(&index));
                if let (Some(reported), Some(expected)) = (reported, expected)
                    && reported != expected
                {
                    found.push(format!("{name} {reported} for {expected} in {object}"));
                }
                let needs_name = name == "dev" && fields.contains_key("dev");
                if needs_name && expected.is_some() && reported.is_none() {
                    found.push(format!("no {name} in {object}"));
                }
            }
            fields.values().for_each(|it| wrong_names(it, names, found));
        }
        Value::Array(list) => list.iter().for_each(|it| wrong_names(it, names, found)),
        _ => {}
    }
}

/// The names of devices that `ip` prints, by index.
fn names_of_ip(ns: &Namespace) -> BTreeMap<u64, String> {
    let links = ns.json("ip -d -j link");
    let name = |link: &Value| link["ifname"].as_str().unwrap().to_owned();
    let index = |link: &Value| link["ifindex"].as_u64().unwrap();
    links.iter().map(|link| (index(link), name(link))).collect()
}

/// Waits until every folded object names its devices as `ip` does.
#[track_caller]
fn await_names(ns: &Namespace, stream: &mut Stream) -> BTreeMap<String, Value> {
    let names = names_of_ip(ns);
    let (mut last, mut found) = (BTreeMap::new(), Vec::new());
    wait_until("the names of ip", || {
        last = objects(stream);
        found.clear();
        let all = last.values();
        for line in all {
            let mut line = line.clone();
            line.as_object_mut().unwrap().remove("old");
            wrong_names(&line, &names, &mut found);
        }
        found.is_empty()
    });
    last
}

/// Renames, each with a swap of two names by way of a third.
const SWAP: &str = "
ip link set eth0 name tmp; ip link set eth1 name eth0; ip link set tmp name eth1
ip link set br0 name bridge";

fn every_object_has_the_names_of_ip_after_a_swap() {
    let ns = Namespace::new();
    ns.run(SETUP);
    let mut stream = ns.synced(&["--audit", "0"]);
    stream.wait_for_quiet(std::time::Duration::from_millis(500));
    ns.run(SWAP);
    stream.wait_for("the last rename", |line| {
        line["kind"] == "link" && line["ifname"] == "bridge"
    });
    let folded = await_names(&ns, &mut stream);
    // The objects that `ip` prints with a device, each found by what identifies it.
    let reported = |kind: &str, wanted: &dyn Fn(&Value) -> bool, field: &str| -> Value {
        let of_kind = |key: &String| key.split(' ').next() == Some(kind);
        let mut of = folded
            .iter()
            .filter(|(key, _)| of_kind(key))
            .map(|(_, line)| &line[kind]);
        of.find(|it| wanted(it))
            .unwrap_or_else(|| panic!("no {kind}: {folded:#?}"))[field]
            .clone()
    };
    let route = &ns.json("ip -j route show 10.5.0.0/16")[0];
    assert_eq!(
        reported("route", &|it| it["dst"] == "10.5.0.0/16", "dev"),
        route["dev"]
    );
    let route = &ns.json("ip -6 -j route show 2001:db8:5::/48")[0];
    assert_eq!(
        reported("route", &|it| it["dst"] == "2001:db8:5::/48", "dev"),
        route["dev"]
    );
    for dst in ["10.6.0.0/16", "10.7.0.0/16"] {
        let route = &ns.json(&format!("ip -d -j route show {dst}"))[0];
        let hops = |route: &Value| -> Vec<Value> {
            let hops = route["nexthops"].as_array().unwrap();
            hops.iter().map(|hop| hop["dev"].clone()).collect()
        };
        let folded = reported("route", &|it| it["dst"] == dst, "nexthops");
        let folded: Vec<_> = folded
            .as_array()
            .unwrap()
            .iter()
            .map(|hop| hop["dev"].clone())
            .collect();
        assert_eq!(folded, hops(route), "{dst}");
    }
    for nexthop in ns.json("ip -j nexthop") {
        if nexthop.get("dev").is_some() {
            let folded = reported("nexthop", &|it| it["id"] == nexthop["id"], "dev");
            assert_eq!(folded, nexthop["dev"], "{nexthop}");
        }
    }
    let neigh = &ns.json("ip -j neigh show 10.0.0.9")[0];
    assert_eq!(
        reported("neigh", &|it| it["dst"] == "10.0.0.9", "dev"),
        neigh["dev"]
    );
    let proxy = &ns.json("ip -j neigh show proxy")[0];
    assert_eq!(
        reported("neigh", &|it| it["dst"] == "10.0.0.77", "dev"),
        proxy["dev"]
    );
    for link in ns.json("ip -d -j link") {
        for field in ["master", "link"] {
            if let Some(name) = link.get(field).filter(|name| !name.is_null()) {
                let folded = reported("link", &|it| it["ifindex"] == link["ifindex"], field);
                assert_eq!(&folded, name, "{field} of {}", link["ifname"]);
            }
        }
    }
    // Others come and go by themselves: learned addresses, and groups that are joined for a report.
    let lasts = |entry: &&Value| {
        let states = ["permanent", "static"];
        entry.get("master").is_some() && states.iter().any(|state| entry["state"] == *state)
    };
    let entries = ns.json("bridge -j fdb show");
    assert!(entries.iter().any(|entry| lasts(&entry)), "{entries:?}");
    for entry in entries.iter().filter(lasts) {
        let same = |it: &Value| it["dev"] == entry["ifname"] && it["mac"] == entry["mac"];
        reported("fdb", &same, "dev");
    }
    // The lines say what was changed, and how the device was called.
    let (lines, _) = stream.interrupt();
    // One without a former name was told before the event of its device arrived.
    let renamed = lines.iter().filter(|line| {
        line["origin"] == "inferred"
            && line["changed"] == serde_json::json!(["dev"])
            && line["old"]["dev"].is_string()
    });
    let kinds: std::collections::BTreeSet<_> =
        renamed.map(|line| line["kind"].as_str().unwrap()).collect();
    for kind in ["address", "fdb", "maddress", "neigh", "nexthop", "route"] {
        assert!(kinds.contains(kind), "no {kind} in {kinds:?}");
    }
}

fn many_routes_follow_a_rename() {
    const ROUTES: usize = 30_000;
    let ns = Namespace::new();
    ns.run(
        "ip link add v0 type veth peer name w0; ip link set v0 up; ip link set w0 up
         ip address add 10.0.0.1/24 dev v0",
    );
    ns.run(&format!(
        "for ((i = 0; i < {ROUTES}; i++)); do
            echo route add 20.$((i >> 16)).$(((i >> 8) & 255)).$((i & 255)) via 10.0.0.2
         done | ip -batch -"
    ));
    let mut stream = ns.synced(&["-k", "route,link", "--audit", "0"]);
    ns.run("ip link set v0 name wan0");
    // An event while the routes are renamed is neither late nor wrong.
    ns.run("ip route add 30.0.0.0/8 via 10.0.0.2; ip route del 20.0.0.1 via 10.0.0.2");
    let added = stream.wait_for("the new route", |line| line["route"]["dst"] == "30.0.0.0/8");
    assert_eq!(added["ifname"], "wan0");
    let deleted = stream.wait_for("the deleted route", |line| line["op"] == "delete");
    assert_eq!(
        (&deleted["route"]["dst"], &deleted["ifname"]),
        (&"20.0.0.1/32".into(), &"wan0".into())
    );
    let folded = await_names(&ns, &mut stream);
    let renamed = folded
        .values()
        .filter(|line| line["route"]["dev"] == "wan0");
    assert!(renamed.count() >= ROUTES);
}

fn lines_of_a_new_device_have_its_name() {
    let ns = Namespace::new();
    let mut stream = ns.synced(&[]);
    ns.run("ip link add veth0 type veth peer name veth1; ip link add br0 type bridge");
    stream.wait_for("the bridge", |line| {
        line["kind"] == "link" && line["ifname"] == "br0"
    });
    stream.wait_for_quiet(std::time::Duration::from_millis(500));
    let (lines, _) = stream.interrupt();
    let mut kinds = std::collections::BTreeSet::new();
    for line in lines.iter().filter(|line| line["origin"] == "kernel") {
        if line.get("ifindex").is_some() {
            assert!(line.get("ifname").is_some(), "no name: {line}");
            kinds.insert(line["kind"].as_str().unwrap());
        }
    }
    assert!(
        kinds.contains("netconf") && kinds.contains("link"),
        "{kinds:?}"
    );
    let learnt = lines
        .iter()
        .filter(|line| line["changed"] == serde_json::json!(["dev"]));
    assert_eq!(
        learnt.count(),
        0,
        "a name that is learnt is no change: {lines:#?}"
    );
}

fn lines_of_a_deleted_device_have_its_last_name() {
    let ns = Namespace::new();
    ns.run(SETUP);
    let mut stream = ns.synced(&["--audit", "0"]);
    stream.wait_for_quiet(std::time::Duration::from_millis(500));
    let before = stream.so_far().len();
    ns.run("ip link set eth0 name gone0; ip link del gone0; ip link del br0");
    wait_until("every object of the devices is deleted", || {
        let mut left = objects(&mut stream);
        // The kernel does not announce their deletion, and no event implies it.
        left.retain(|_, line| line["kind"] != "neightbl");
        let names = ["eth0", "gone0", "p0", "br0"];
        !left
            .values()
            .any(|line| names.iter().any(|name| line["ifname"] == *name))
    });
    let (lines, _) = stream.interrupt();
    let mut kinds = std::collections::BTreeSet::new();
    for line in lines[before..].iter().filter(|line| line["op"] == "delete") {
        if line.get("ifindex").is_some() {
            let name = line["ifname"].as_str();
            let expected = ["gone0", "p0", "br0", "p1"];
            assert!(name.is_some_and(|name| expected.contains(&name)), "{line}");
            kinds.insert(line["kind"].as_str().unwrap());
        }
    }
    for kind in [
        "link", "address", "route", "neigh", "maddress", "nexthop", "netconf",
    ] {
        assert!(kinds.contains(kind), "no {kind} in {kinds:?}");
    }
}

fn what_an_event_describes_is_no_state() {
    let ns = Namespace::new();
    let mut stream = ns.synced(&["-k", "link"]);
    ns.run(
        "ip link add br0 type bridge; ip link add v1 type veth peer name v2
         ip link set v1 master br0; ip link del v1",
    );
    let with_event = |line: &Value| line["ifname"] == "br0" && line["link"]["event"].is_string();
    stream.wait_for("an event of the bridge", with_event);
    stream.wait_for_quiet(std::time::Duration::from_millis(500));
    let (lines, _) = stream.interrupt();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mut fold = nlstream::fold::Fold::default();
    fold.read(text.as_bytes(), None).unwrap();
    let folded: Vec<Value> = fold
        .objects()
        .map(|object| serde_json::from_str(object.object()).unwrap())
        .collect();
    let (fresh, _) = ns.synced(&["-k", "link"]).interrupt();
    for line in fresh.iter().filter(|line| line["op"] == "present") {
        let same = folded
            .iter()
            .find(|it| it["ifindex"] == line["ifindex"])
            .unwrap();
        assert_eq!(same.get("event"), None, "{same}");
        assert_eq!(line["link"].get("event"), None, "{line}");
    }
    let changed = lines.iter().filter(|line| {
        line["changed"]
            .as_array()
            .is_some_and(|it| it.contains(&"event".into()))
    });
    assert_eq!(changed.count(), 0);
}
