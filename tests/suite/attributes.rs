//! Attributes that no fixture has, because they need a newer kernel or hardware, and their fields.

use nlstream::channel::Channel;
use nlstream::decoder::Decoder;
use nlstream::names::Names;
use serde_json::{Value, json};

use crate::common::message::{attr, message};

fn nest(kind: u16, attributes: &[Vec<u8>]) -> Vec<u8> {
    attr(kind | 0x8000, &attributes.concat())
}

/// The payload of the one object in a message, with details. Every attribute must have a field.
#[track_caller]
fn payload(kind: u16, header: &[u8], attributes: &[Vec<u8>]) -> Value {
    let body = [header, &attributes.concat()].concat();
    let message = message(kind, 0, &body);
    let mut objects = Vec::new();
    let decoder = Decoder::new(Names::builtin()).with_details();
    decoder
        .decode(Channel::ROUTE_EVENTS, &message, &mut objects)
        .unwrap();
    assert_eq!(objects.len(), 1, "{objects:?}");
    assert_eq!(objects[0].unparsed, []);
    serde_json::to_value(&objects[0].decoded.payload).unwrap()
}

fn number(value: u32) -> [u8; 4] {
    value.to_ne_bytes()
}

#[test]
fn attributes_of_links() {
    let port = [attr(1, b"netdevsim\0"), attr(184, &7u32.to_ne_bytes())];
    let link = payload(16, &[0; 16], &[nest(62, &port)]);
    let expected = json!({"bus_name": "netdevsim", "index": 7});
    assert_eq!(link["devlink_port"], expected);
    // ndo_dflt_bridge_getlink: IFLA_AF_SPEC of family bridge.
    let mut header = [0; 16];
    header[0] = 7;
    let spec = [attr(0, &[2, 0]), attr(1, &[1, 0])];
    let link = payload(16, &header, &[attr(26, &spec.concat())]);
    assert_eq!(
        (&link["bridge_flags"], &link["hwmode"]),
        (&json!(["self"]), &json!("VEPA"))
    );
}

#[test]
fn attributes_of_neighbours_routes_and_nexthops() {
    // vxlan_ip_miss
    let neigh = payload(30, &[2; 12], &[attr(7, &number(1 << 24))]);
    assert_eq!(neigh["vni"], 16_777_216);
    // A route of family phonet (pn_netlink.c, fill_route), and why a route was deleted.
    let header = [35, 6, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0];
    let route = payload(24, &header, &[attr(1, &[0x64]), attr(4, &number(3))]);
    assert_eq!(
        (&route["family"], &route["dst"]),
        (&json!("phonet"), &json!("0x64"))
    );
    let header = [10, 64, 0, 0, 254, 9, 0, 1, 0, 0, 0, 0];
    for (reason, expected) in [
        (0, Value::Null),
        (1, json!("expired")),
        (2, json!("ra_withdrawn")),
        (9, json!("9")),
    ] {
        let route = payload(25, &header, &[attr(32, &number(reason))]);
        assert_eq!(route["del_reason"], expected);
    }
    let nexthop = payload(
        104,
        &[0; 8],
        &[attr(1, &number(5)), attr(18, &[0x12, 0xb5])],
    );
    assert_eq!(nexthop["dst_port"], 4789);
}

#[test]
fn attributes_of_settings_and_groups() {
    let netconf = payload(80, &[10, 0, 0, 0], &[attr(9, &number(1))]);
    assert_eq!(netconf["force_forwarding"], true);
    let group = [attr(7, &[224, 0, 0, 1]), attr(12, &number(3))];
    let group = payload(56, &[2, 32, 0, 0, 1, 0, 0, 0], &group);
    assert_eq!(group["users"], 3);
}

#[test]
fn attributes_of_vlans() {
    let querier = [
        attr(1, &[192, 0, 2, 1]),
        attr(2, &number(4)),
        attr(3, &[0; 8]),
    ];
    let port = [&number(5)[..], &attr(1, &number(9)), &attr(2, &[2])].concat();
    let options = [
        attr(1, &[10, 0]),
        nest(16, &[attr(1, &port)]),
        nest(17, &querier),
    ];
    let vlan = payload(112, &[7, 0, 0, 0, 3, 0, 0, 0], &[nest(2, &options)]);
    assert_eq!(vlan["vlan"], 10);
    let expected = json!({"ipv4_addr": "192.0.2.1", "ipv4_port_index": 4});
    assert_eq!(vlan["mcast_querier_state"], expected);
    let expected = json!([{"port_index": 5, "router": "permanent"}]);
    assert_eq!(vlan["mcast_router_ports"], expected);
}
