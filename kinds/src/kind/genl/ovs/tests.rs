use serde_json::{Value, json};

use super::*;
use crate::kind::Op;
use crate::kind::spec::{Decoded, Emit, KindSpec, MessageAction, Trigger, Triggers};
use crate::names::Names;
use crate::netlink::build::{attr, message, nested};
use crate::netlink::frame::Messages;
use crate::netlink::genl::ovs::*;

/// What a kind makes of a message about the datapath 7 with these attributes.
fn decoded<T: KindSpec>(command: u16, attrs: &[Vec<u8>]) -> Decoded {
    let header = [&[command as u8, 2, 0, 0][..], &7_u32.to_ne_bytes()].concat();
    let bytes = message(33, &[header, attrs.concat()].concat());
    let message = Messages::new(&bytes).next().unwrap().unwrap();
    let names = Names::builtin();
    let mut context = DecodeContext::new(&names, false);
    let mut found = None;
    let mut each = |decoded, unparsed: Vec<_>| {
        assert!(unparsed.is_empty(), "{unparsed:?}");
        found = Some(decoded);
    };
    let mut emit = Emit::new(MessageAction::New, &mut each);
    assert_eq!(T::decode(&mut context, &message, &mut emit), Some(()));
    found.unwrap()
}

fn payload(decoded: &Decoded) -> Value {
    serde_json::to_value(&decoded.payload).unwrap()
}

fn u32_attr(kind: u16, value: u32) -> Vec<u8> {
    attr(kind, &value.to_ne_bytes())
}

fn counters(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|it| it.to_ne_bytes()).collect()
}

#[test]
fn a_datapath_has_features_and_counters() {
    let megaflow = [
        &12_u64.to_ne_bytes()[..],
        &2_u32.to_ne_bytes(),
        &[0; 4],
        &9_u64.to_ne_bytes(),
        &[0; 8],
    ];
    let attrs = [
        attr(1, b"ovs0\0"),
        attr(3, &counters(&[1, 2, 3, 4])),
        attr(4, &megaflow.concat()),
        u32_attr(5, 0xa),
        u32_attr(7, 256),
        attr(8, &[1_u32.to_ne_bytes(), 2_u32.to_ne_bytes()].concat()),
    ];
    let found = decoded::<OvsDatapath>(OVS_DP_CMD_SET, &attrs);
    assert_eq!(found.action, MessageAction::New);
    assert_eq!(
        payload(&found),
        json!({
            "ifindex": 7, "dev": "ovs0", "user_features": ["vport-pids", "dispatch-upcall-per-cpu"],
            "masks_cache_size": 256, "per_cpu_pids": [1, 2],
            "stats": {"hit": 1, "missed": 2, "lost": 3, "flows": 4},
            "megaflow_stats": {"mask_hit": 12, "masks": 2, "cache_hit": 9},
        })
    );
    let deleted = decoded::<OvsDatapath>(OVS_DP_CMD_DEL, &attrs);
    assert_eq!(deleted.action, MessageAction::Delete);
    // Its ports end without a message.
    assert_eq!(
        deleted.payload.triggers(Op::Delete, None),
        Triggers::of(&[Trigger::OvsDatapath])
    );
}

#[test]
fn an_event_in_which_only_counters_differ_has_those_of_the_stored_object() {
    let datapath = |hit, masks_cache_size| OvsDatapath {
        masks_cache_size: Some(masks_cache_size),
        stats: Some(OvsDatapathStats {
            hit,
            ..OvsDatapathStats::default()
        }),
        ..OvsDatapath::default()
    };
    let stored = datapath(7, 256);
    for (event, expected) in [
        (datapath(9, 256), datapath(7, 256)),
        (datapath(9, 512), datapath(9, 512)),
    ] {
        let mut event = event;
        event.add_stored(&stored);
        assert_eq!(event, expected);
    }
}

#[test]
fn a_port_has_options_of_its_tunnel() {
    let options = [attr(1, &4789_u16.to_ne_bytes()), nested(2, &attr(1, &[]))];
    let attrs = [
        u32_attr(1, 3),
        u32_attr(2, 4),
        attr(3, b"vx0\0"),
        u32_attr(8, 9),
        attr(6, &counters(&[1, 2, 3, 4, 5, 6, 7, 8])),
        nested(
            10,
            &[attr(0, &counters(&[5])), attr(1, &counters(&[6]))].concat(),
        ),
        u32_attr(5, 0),
        nested(4, &options.concat()),
    ];
    assert_eq!(
        payload(&decoded::<OvsVport>(OVS_VPORT_CMD_NEW, &attrs)),
        json!({
            "dp_ifindex": 7, "port_no": 3, "name": "vx0", "type": "vxlan", "ifindex": 9, "dst_port": 4789,
            "vxlan_gbp": true, "upcall_pid": [0],
            "stats": {
                "rx_packets": 1, "tx_packets": 2, "rx_bytes": 3, "tx_bytes": 4, "rx_errors": 5,
                "tx_errors": 6, "rx_dropped": 7, "tx_dropped": 8,
            },
            "upcall_stats": {"success": 5, "fail": 6},
        })
    );
}

/// The index of a device in another network namespace is none of a device here.
#[test]
fn a_port_may_be_in_another_network_namespace() {
    let attrs = [
        u32_attr(1, 3),
        u32_attr(8, 9),
        attr(9, &2_i32.to_ne_bytes()),
    ];
    let found = decoded::<OvsVport>(OVS_VPORT_CMD_DEL, &attrs);
    assert_eq!(found.action, MessageAction::Delete);
    assert_eq!(
        payload(&found),
        json!({"dp_ifindex": 7, "port_no": 3, "netnsid": 2, "netns_ifindex": 9})
    );
}

/// The number of attributes (`OVS_DP_ATTR_MAX`, `OVS_VPORT_ATTR_MAX`, Linux 7.2); the last one of a datapath is of requests.
#[test]
fn every_attribute_is_declared() {
    use crate::kind::attributes::declares;
    for (attrs, count) in [
        (<OvsDatapath as KindSpec>::ATTRS, 8),
        (<OvsVport as KindSpec>::ATTRS, 10),
    ] {
        let missing: Vec<_> = (1..=count).filter(|it| !declares(attrs, *it)).collect();
        assert!(missing.is_empty(), "{missing:?} beside {}", attrs[0].name);
    }
}
