//! What the kernel replaces in place is one object, and what it keeps apart is two:
//! (known objects, event) → (operation, changed fields, stale kinds, number of stored objects).

use super::events::{check, row};
use super::messages::*;

const UNICAST: [u8; 6] = [2, 0xaa, 0, 0, 0, 1];
const ZEROS: [u8; 6] = [0; 6];
const MULTICAST: [u8; 6] = [1, 0, 0x5e, 0, 0, 1];

fn vxlan() -> Msg {
    link_of_type(2, "vx0", "vxlan")
}

/// `vxlan_fdb_replace` and `vxlan_snoop` change the remote of an entry in place, unless its address
/// is all-zeros or multicast: then `vxlan_fdb_append` adds a remote.
#[test]
fn forwarding_entries_of_a_vxlan_device() {
    let to = |mac, address| fdb(2, mac).remote(address);
    let (one, two) = ("192.0.2.1", "192.0.2.2");
    let port = |number: u16| to(UNICAST, one).attr(NDA_PORT, &number.to_be_bytes());
    let by_nexthop = |id| fdb(2, UNICAST).attr_u32(NDA_NH_ID, id);
    let of_vni = |vni| to(UNICAST, one).attr_u32(NDA_SRC_VNI, vni);
    let moved = |name, known, event, expected| row(name, [vxlan(), known], event, expected, "", 1);
    let apart = |name, known, event| row(name, [vxlan(), known], event, "add", "", 2);
    check(vec![
        moved("remote", to(UNICAST, one), to(UNICAST, two), "change dst"),
        moved("port", port(1), port(2), "change port"),
        moved("first port", to(UNICAST, one), port(1), "change port"),
        moved(
            "vni",
            to(UNICAST, one),
            to(UNICAST, one).attr_u32(NDA_VNI, 7),
            "change vni",
        ),
        moved("nexthop", by_nexthop(1), by_nexthop(2), "change nhid"),
        moved(
            "nexthop instead of a remote",
            to(UNICAST, one),
            by_nexthop(1),
            "change dst nhid",
        ),
        moved("same remote", to(ZEROS, one), to(ZEROS, one), "change"),
        apart("source vni", of_vni(7), of_vni(8)),
        apart("another address", to(UNICAST, one), to(ZEROS, one)),
        apart("two remotes of zeros", to(ZEROS, one), to(ZEROS, two)),
        apart(
            "two remotes of a multicast address",
            to(MULTICAST, one),
            to(MULTICAST, two),
        ),
        apart(
            "remote with another port",
            to(ZEROS, one),
            to(ZEROS, one).attr(NDA_PORT, &[0, 9]),
        ),
        apart(
            "another device",
            to(UNICAST, one),
            fdb(3, UNICAST).remote(one),
        ),
        row(
            "one remote of two deleted",
            [vxlan(), to(ZEROS, one), to(ZEROS, two)],
            to(ZEROS, one).delete(),
            "delete",
            "",
            1,
        ),
        row(
            "deleted after it moved",
            [vxlan(), to(UNICAST, one), to(UNICAST, two)],
            to(UNICAST, two).delete(),
            "delete",
            "",
            0,
        ),
    ]);
}

/// Kernels before 6.13 announce each request twice: the vxlan driver or the bridge, then
/// `rtnl_fdb_notify`, which knows the address only.
#[test]
fn forwarding_entries_that_are_announced_twice() {
    let remote = |mac| fdb(2, mac).remote("192.0.2.1");
    let bridge = || link_of_type(2, "br0", "bridge");
    let of_bridge = || fdb(2, UNICAST).header(10, &[0]).attr_u32(NDA_MASTER, 2);
    check(vec![
        row(
            "of a vxlan device",
            [vxlan(), remote(UNICAST)],
            fdb(2, UNICAST),
            "notify",
            "",
            1,
        ),
        row(
            "of a vxlan device, without an entry",
            [vxlan()],
            fdb(2, UNICAST),
            "notify",
            "",
            0,
        ),
        row(
            "deleted, the other remote remains",
            [vxlan(), remote(ZEROS)],
            fdb(2, ZEROS).delete(),
            "notify",
            "",
            1,
        ),
        row(
            "of a bridge",
            [bridge(), of_bridge()],
            fdb(2, UNICAST),
            "notify",
            "",
            1,
        ),
        row(
            "announced once: a device's filter",
            [link_of_type(2, "d0", "dummy")],
            fdb(2, UNICAST),
            "add",
            "",
            1,
        ),
        row(
            "the type of the device is not known",
            [],
            fdb(2, UNICAST),
            "add (uncertain)",
            "fdb",
            1,
        ),
    ]);
}

/// A bridge has one entry per address and VLAN, whatever its port.
#[test]
fn forwarding_entries_of_a_bridge() {
    let at = |port| {
        let entry = fdb(port, UNICAST).header(10, &[0]);
        entry.attr_u32(NDA_MASTER, 9)
    };
    let ports = || [link(2, "p0"), link(3, "p1"), link_of_type(9, "br0", "bridge")];
    let known = |entry| ports().into_iter().chain([entry]).collect::<Vec<_>>();
    check(vec![
        row(
            "another port",
            known(at(2)),
            at(3),
            "change ifindex dev",
            "",
            1,
        ),
        row(
            "another VLAN",
            known(at(2)),
            at(2).attr(5, &7_u16.to_ne_bytes()),
            "add",
            "",
            2,
        ),
        row(
            "the port's own entry",
            known(at(2)),
            fdb(2, UNICAST),
            "add",
            "",
            2,
        ),
    ]);
}

/// `ipv6_get_ifaddr` finds an address by itself, `find_matching_ifa` by both ends and the length of
/// the prefix.
#[test]
fn addresses_with_another_end() {
    const NEW_ADDRESS: &str = "neigh fdb";
    let eth0 = || link(2, "eth0");
    let v6 = |peer| address(2, "2001:db8::2", 128).peer(peer);
    let v4 = |peer| address(2, "192.0.2.2", 32).peer(peer);
    check(vec![
        row(
            "IPv6, another peer",
            [eth0(), v6("2001:db8::1")],
            v6("2001:db8::9"),
            "change address",
            "",
            1,
        ),
        row(
            "IPv6, first peer",
            [eth0(), address(2, "2001:db8::2", 128)],
            v6("2001:db8::9"),
            "change address",
            "",
            1,
        ),
        row(
            "IPv6, deleted with another peer",
            [eth0(), v6("2001:db8::1")],
            v6("2001:db8::9").delete(),
            "delete",
            "route fdb",
            0,
        ),
        row(
            "IPv4, another peer",
            [eth0(), v4("192.0.2.1")],
            v4("192.0.2.9"),
            "add",
            NEW_ADDRESS,
            2,
        ),
        row(
            "IPv4, the same peer",
            [eth0(), v4("192.0.2.1")],
            v4("192.0.2.1"),
            "change",
            "",
            1,
        ),
    ]);
}
