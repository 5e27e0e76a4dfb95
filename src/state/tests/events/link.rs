//! Events of links.

use super::*;

/// The state of a port as its bridge reports it: `IFLA_AF_SPEC` with VLAN 1.
fn bridge_port() -> Msg {
    const IFLA_AF_SPEC: u16 = 26;
    const IFLA_BRIDGE_VLAN_INFO: u16 = 2;
    let vlan = [8, 0, IFLA_BRIDGE_VLAN_INFO as u8, 0, 0, 0, 1, 0];
    partial_link(2, libc::AF_BRIDGE)
        .attr_u32(IFLA_MASTER, 9)
        .attr(IFLA_AF_SPEC, &vlan)
}

#[test]
fn link_events() {
    let up = || eth0().header(8, &IFF_UP.to_ne_bytes());
    let port = || eth0().attr_u32(IFLA_MASTER, 9);
    check(vec![
        row("new", [], eth0(), "add", NEW_DEVICE, 1),
        row("the same again", [eth0()], eth0(), "change", "", 1),
        row(
            "mtu",
            [eth0()],
            eth0().attr_u32(IFLA_MTU, 9000),
            "change mtu",
            "",
            1,
        ),
        row("renamed", [eth0()], link(2, "lan"), "change ifname", "", 1),
        row(
            "another index",
            [eth0()],
            link(3, "eth0"),
            "add",
            NEW_DEVICE,
            2,
        ),
        row("flags", [eth0()], up(), "change flags", DEVICE, 1),
        row(
            "operational state",
            [eth0()],
            eth0().attr(IFLA_OPERSTATE, &[6]),
            "change operstate",
            DEVICE,
            1,
        ),
        row(
            "queueing discipline",
            [eth0()],
            eth0().attr(IFLA_QDISC, b"fq\0"),
            "change qdisc",
            "qdisc",
            1,
        ),
        row(
            "joins a bridge",
            [eth0(), link(9, "br0")],
            port(),
            "change master master_index",
            MASTER,
            2,
        ),
        row(
            "joins a bridge without a name",
            [eth0()],
            port(),
            "change master_index",
            MASTER,
            1,
        ),
        row(
            "deleted",
            [eth0()],
            eth0().delete(),
            "delete",
            OLD_DEVICE,
            0,
        ),
        row(
            "deleted, not stored",
            [],
            eth0().delete(),
            "delete",
            OLD_DEVICE,
            0,
        ),
        row(
            "a bridge's message of a port",
            [port()],
            bridge_port(),
            "change vlans",
            "",
            1,
        ),
        row(
            "omits what only the bridge reports",
            [port(), bridge_port()],
            port(),
            "change",
            "",
            1,
        ),
        row(
            "another bridge, whose VLANs are not known",
            [port(), bridge_port()],
            eth0().attr_u32(IFLA_MASTER, 8),
            "change master_index vlans",
            MASTER,
            1,
        ),
        row(
            "leaves its bridge",
            [port(), bridge_port()],
            bridge_port().delete(),
            "change master_index vlans",
            MASTER,
            1,
        ),
        row("partial, not stored", [], bridge_port(), "present", "", 1),
        row(
            "leaves its bridge, not stored",
            [],
            bridge_port().delete(),
            "present",
            "",
            1,
        ),
        row(
            "omits the number of VFs",
            [eth0().attr_u32(IFLA_NUM_VF, 2)],
            eth0(),
            "change",
            "",
            1,
        ),
        row(
            "wireless event is no state",
            [eth0()],
            eth0().attr(IFLA_WIRELESS, &[1, 2]),
            "change",
            "",
            1,
        ),
        row(
            "after a wireless event",
            [eth0().attr(IFLA_WIRELESS, &[1, 2])],
            eth0(),
            "change",
            "",
            1,
        ),
        row(
            "name of an unresolved address",
            [address(2, "192.0.2.1", 24)],
            eth0(),
            "add",
            NEW_DEVICE,
            1,
        ),
        row(
            "name of an unresolved route",
            [route("10.0.0.0", 8).dev(2)],
            eth0(),
            "add",
            NEW_DEVICE,
            1,
        ),
    ]);
}
