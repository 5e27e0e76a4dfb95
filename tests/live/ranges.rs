//! Ranges of VLANs and VNIs, which the kernel reports, cuts and joins as it likes: the fold of the lines
//! against `bridge -j vlan` and `bridge -j vni`, id by id.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::common::wait_until;
use crate::namespace::{Namespace, Stream};
use crate::trial::trials;
use crate::truth::fold::{fold, of_kind};

trials! {
    vlans_are_those_of_the_kernel(Namespace, GuestLinkType("bridge vlan_filtering 1"), GuestLinkType("dummy")),
    vnis_are_those_of_the_kernel(Namespace, LinkType("vxlan external vnifilter dstport 4789")),
}

/// A device, an id and its flags.
type Id = (String, u64, String);

/// Each id of a range: `name` is the name of the first, `end` that of the last.
fn expand<'a>(
    dev: &'a Value,
    object: &'a Value,
    name: &str,
    end: &str,
) -> impl Iterator<Item = Id> + use<'a> {
    let first = object[name].as_u64().unwrap();
    let last = object[end].as_u64().unwrap_or(first);
    let flags = match &object["flags"] {
        Value::Null => "[]".to_owned(),
        flags => flags.to_string(),
    };
    (first..=last).map(move |id| (dev.to_string(), id, flags.clone()))
}

/// The ids in the list `list` of each device that the command prints.
fn kernel(ns: &Namespace, command: &str, list: &str, name: &str) -> BTreeSet<Id> {
    let mut ids = BTreeSet::new();
    for device in ns.json(command) {
        for object in device[list].as_array().unwrap() {
            ids.extend(expand(
                &device["ifname"],
                object,
                name,
                &format!("{name}End"),
            ));
        }
    }
    ids
}

fn folded(stream: &mut Stream, name: &str) -> BTreeSet<Id> {
    let objects = fold(stream.so_far());
    let mut ids = BTreeSet::new();
    for object in of_kind(&objects, name) {
        if object["global"] == Value::Null {
            for id in expand(&object["dev"], object, name, &format!("{name}_end")) {
                assert!(ids.insert(id), "two objects have an id of {object}");
            }
        }
    }
    ids
}

/// Runs each command, and compares after each.
fn follow(ns: &Namespace, changes: &[&str], command: &str, list: &str, name: &str) -> Stream {
    let kinds = format!("link,{name}");
    let mut stream = ns.synced(&["--kind", &kinds, "--audit", "1s"]);
    for change in changes {
        ns.run(change);
        let wanted = kernel(ns, command, list, name);
        wait_until(change, || folded(&mut stream, name) == wanted);
    }
    stream
}

fn vlans_are_those_of_the_kernel() {
    let ns = Namespace::new();
    ns.run(
        "ip link add br0 type bridge vlan_filtering 1 vlan_default_pvid 0 mcast_snooping 0
        ip link set br0 up; ip link add d0 type dummy; ip link set d0 master br0; ip link set d0 up
        bridge vlan add vid 3000-3010 dev d0",
    );
    let changes = [
        "bridge vlan add vid 10-20 dev d0",
        "bridge vlan add vid 15 pvid untagged dev d0",
        "bridge vlan del vid 12-13 dev d0",
        "bridge vlan add vid 1-100 dev d0",
        "bridge vlan set vid 30-40 dev d0 state blocking",
        "bridge vlan del vid 35 dev d0",
        "bridge vlan add vid 300-4000 dev d0",
        "bridge vlan del vid 1000-2000 dev d0; bridge vlan add vid 1500 dev d0",
        "bridge vlan add vid 10-11 dev br0 self; bridge vlan add vid 12 dev br0 self",
        "bridge vlan del vid 1-4094 dev d0",
    ];
    let mut stream = follow(&ns, &changes, "bridge -j vlan show", "vlans", "vlan");
    let vlans = stream.so_far().iter().filter(|line| line["kind"] == "vlan");
    let count = vlans.count();
    assert!((10..200).contains(&count), "{count} lines");
    stream.interrupt();
}

fn vnis_are_those_of_the_kernel() {
    let ns = Namespace::new();
    ns.run("ip link add vx0 type vxlan external vnifilter dstport 4789 local 192.0.2.1");
    let changes = [
        "bridge vni add vni 100-200 dev vx0",
        "bridge vni delete vni 150 dev vx0",
        "bridge vni delete vni 120-130 dev vx0; bridge vni add vni 90-110 dev vx0",
        "bridge vni add vni 140-160 remote 192.0.2.2 dev vx0",
        "bridge vni add vni 5000 dev vx0",
        "bridge vni delete vni 90-119 dev vx0; bridge vni delete vni 131-200 dev vx0",
    ];
    follow(&ns, &changes, "bridge -j vni show", "vnis", "vni").interrupt();
}
