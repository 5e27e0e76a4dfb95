use serde_json::{Value, json};

use super::*;
use crate::kind::Op;
use crate::kind::attributes::declares;
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Decoded, Emit, KindSpec, MessageAction, Trigger, Triggers};
use crate::names::Names;
use crate::netlink::build::{attr, message, nested};
use crate::netlink::frame::Messages;
use crate::netlink::genl::devlink::*;

/// What a kind makes of a message of a device, with these further attributes.
fn decoded<T: KindSpec>(command: u16, attrs: &[Vec<u8>]) -> Decoded {
    let handle = [
        attr(1, b"netdevsim\0"),
        attr(2, b"netdevsim1\0"),
        attr(184, &3_u32.to_ne_bytes()),
    ];
    let bytes = message(
        30,
        &[
            &[command as u8, 1, 0, 0][..],
            &handle.concat(),
            &attrs.concat(),
        ]
        .concat(),
    );
    let message = Messages::new(&bytes).next().unwrap().unwrap();
    let names = Names::builtin();
    let mut context = DecodeContext::new(&names, false);
    let mut found = None;
    let mut each = |decoded, unparsed: Vec<_>| {
        assert!(unparsed.is_empty(), "{unparsed:?}");
        found = Some(decoded);
    };
    T::decode(
        &mut context,
        &message,
        &mut Emit::new(MessageAction::New, &mut each),
    );
    found.unwrap()
}

/// The payload without the names of the device.
fn payload<T: KindSpec>(command: u16, attrs: &[Vec<u8>]) -> Value {
    let mut payload = serde_json::to_value(decoded::<T>(command, attrs).payload).unwrap();
    let fields = payload.as_object_mut().unwrap();
    assert_eq!(fields.remove("bus_name"), Some("netdevsim".into()));
    assert_eq!(fields.remove("dev_name"), Some("netdevsim1".into()));
    payload
}

fn u32_attr(kind: u16, value: u32) -> Vec<u8> {
    attr(kind, &value.to_ne_bytes())
}

fn u64_attr(kind: u16, value: u64) -> Vec<u8> {
    attr(kind, &value.to_ne_bytes())
}

#[test]
fn reloads_are_counted_by_action_and_limit() {
    let count =
        |limit: u8, count| nested(158, &[attr(159, &[limit]), u32_attr(160, count)].concat());
    let action = |action: u8, counts: &[Vec<u8>]| {
        nested(
            162,
            &[attr(153, &[action]), nested(163, &counts.concat())].concat(),
        )
    };
    let stats = [
        action(1, &[count(0, 2)]),
        action(2, &[count(0, 0), count(1, 4)]),
    ];
    let attrs = [
        attr(136, &[0]),
        nested(156, &nested(157, &stats.concat())),
        nested(175, &[attr(1, b"auxiliary\0"), attr(2, b"sf.1\0")].concat()),
    ];
    assert_eq!(
        payload::<Devlink>(DEVLINK_CMD_NEW, &attrs),
        json!({
            "index": 3, "reload_failed": false,
            "reload_stats": [
                {"action": "driver_reinit", "stats": [{"limit": "unspecified", "count": 2}]},
                {"action": "fw_activate", "stats": [
                    {"limit": "unspecified", "count": 0}, {"limit": "no_reset", "count": 4},
                ]},
            ],
            "nested_devlinks": [{"bus_name": "auxiliary", "dev_name": "sf.1"}],
        })
    );
}

#[test]
fn a_port_is_listed_with_the_command_of_devices() {
    let function = [attr(1, &[2, 0, 0, 0, 0, 1]), attr(2, &[1]), attr(3, &[0])];
    let caps = [1_u32.to_ne_bytes(), 3_u32.to_ne_bytes()].concat();
    let attrs = [
        u32_attr(3, 7),
        attr(4, &2_u16.to_ne_bytes()),
        attr(77, &4_u16.to_ne_bytes()),
        nested(145, &[function.concat(), attr(4, &caps)].concat()),
    ];
    for command in [DEVLINK_CMD_NEW, DEVLINK_CMD_PORT_NEW] {
        let port = match command {
            DEVLINK_CMD_NEW => payload::<Devlink>(command, &attrs),
            _ => payload::<DevlinkPort>(command, &attrs),
        };
        assert_eq!(
            port,
            json!({
                "port_index": 7, "type": "eth", "flavour": "pcivf",
                "function": {
                    "hw_addr": "02:00:00:00:00:01", "state": "active", "opstate": "detached",
                    "caps": ["roce"], "caps_known": ["roce", "migratable"],
                },
            })
        );
    }
    let deleted = decoded::<DevlinkPort>(DEVLINK_CMD_PORT_DEL, &attrs);
    assert_eq!(deleted.action, MessageAction::Delete);
}

#[test]
fn values_of_parameters_are_text_by_mode() {
    let param = |kind: u8, values: &[Vec<u8>]| {
        let values = values.iter().map(|value| nested(85, value));
        let values: Vec<_> = values.collect();
        let attrs = [
            attr(81, b"test\0"),
            attr(82, &[]),
            attr(83, &[kind]),
            nested(84, &values.concat()),
        ];
        payload::<DevlinkParam>(DEVLINK_CMD_PARAM_NEW, &[nested(80, &attrs.concat())])
    };
    let mode = |mode: u8| attr(87, &[mode]);
    assert_eq!(
        param(
            3,
            &[
                [mode(0), u32_attr(86, 7)].concat(),
                [mode(1), u32_attr(86, 9), u32_attr(182, 1)].concat(),
            ]
        ),
        json!({
            "name": "test", "generic": true, "type": "u32",
            "runtime": "7", "driverinit": "9", "driverinit_default": "1",
        })
    );
    // A flag that is not set has no attribute; its default has one.
    let flags = param(
        6,
        &[mode(0), [attr(86, &[]), mode(1), attr(182, &[0])].concat()],
    );
    assert_eq!(
        flags,
        json!({
            "name": "test", "generic": true, "type": "bool",
            "runtime": "false", "driverinit": "true", "driverinit_default": "false",
        })
    );
    let text = param(5, &[[mode(2), attr(86, b"legacy\0")].concat()]);
    assert_eq!(text["permanent"], "legacy");
}

#[test]
fn events_of_regions_name_one_snapshot_or_the_size() {
    let region = |command, attrs: &[Vec<u8>]| {
        let attrs = [&[attr(88, b"dummy\0")][..], attrs].concat();
        let decoded = decoded::<DevlinkRegion>(command, &attrs);
        match decoded.payload {
            crate::kind::Payload::DevlinkRegion(it) => (decoded.action, (*it).clone()),
            other => panic!("{other:?}"),
        }
    };
    let snapshot = |id| nested(91, &u32_attr(92, id));
    let (_, listed) = region(
        DEVLINK_CMD_REGION_GET,
        &[
            u64_attr(89, 32768),
            u32_attr(170, 16),
            nested(90, &[snapshot(5), snapshot(1)].concat()),
        ],
    );
    assert_eq!(listed.snapshots, Some(vec![1, 5]));
    let part = Triggers::of(&[Trigger::DevlinkRegion]);
    assert_eq!(listed.triggers(Op::Change, None), Triggers::NONE);
    let (action, mut event) = region(DEVLINK_CMD_REGION_NEW, &[u32_attr(92, 3)]);
    assert_eq!(action, MessageAction::New);
    assert_eq!(event.triggers(Op::Add, None), part);
    event.add_stored(&listed);
    assert_eq!(event.snapshots, Some(vec![1, 3, 5]));
    assert_eq!((event.size, event.max_snapshots), (Some(32768), Some(16)));
    let (action, gone) = region(DEVLINK_CMD_REGION_DEL, &[u32_attr(92, 1)]);
    assert_eq!(action, MessageAction::Delete);
    assert_eq!(gone.triggers(Op::Delete, None), part);
    assert_eq!(gone.remainder(&event).unwrap().snapshots, Some(vec![3, 5]));
    let (_, whole) = region(DEVLINK_CMD_REGION_DEL, &[u64_attr(89, 32768)]);
    assert_eq!(whole.remainder(&event), None);
    assert_eq!(whole.triggers(Op::Delete, None), Triggers::NONE);
}

#[test]
fn rates_of_leaves_and_nodes_and_shares_of_classes() {
    let class = |tc: u8, share| nested(180, &[attr(1, &[tc]), u32_attr(2, share)].concat());
    let attrs = [
        attr(165, &1_u16.to_ne_bytes()),
        attr(168, b"group\0"),
        u64_attr(166, 125_000),
        u64_attr(167, 0),
        class(0, 20),
        class(1, 80),
    ];
    assert_eq!(
        payload::<DevlinkRate>(DEVLINK_CMD_RATE_NEW, &attrs),
        json!({
            "type": "node", "node": "group", "tx_share": 125_000, "tx_max": 0,
            "tc_bw": [{"tc": 0, "bw": 20}, {"tc": 1, "bw": 80}],
        })
    );
}

#[test]
fn line_cards_and_updates_of_firmware_have_names() {
    let types = [attr(173, b"16x100G\0"), attr(173, b"8x200G\0")];
    let attrs = [
        u32_attr(171, 8),
        attr(172, &[6]),
        attr(173, b"16x100G\0"),
        nested(174, &types.concat()),
    ];
    assert_eq!(
        payload::<DevlinkLinecard>(DEVLINK_CMD_LINECARD_NEW, &attrs),
        json!({
            "linecard": 8, "state": "active", "type": "16x100G",
            "supported_types": ["16x100G", "8x200G"],
        })
    );
    let attrs = [
        attr(124, b"Flashing\0"),
        u64_attr(125, 10),
        u64_attr(126, 5000),
    ];
    assert_eq!(
        payload::<DevlinkFlash>(DEVLINK_CMD_FLASH_UPDATE_STATUS, &attrs),
        json!({"event": "status", "status_msg": "Flashing", "done": 10, "total": 5000})
    );
    let end = decoded::<DevlinkFlash>(DEVLINK_CMD_FLASH_UPDATE_END, &[]);
    assert_eq!(end.action, MessageAction::Notify);
    let end = end.payload.triggers(Op::Notify, None);
    assert_eq!(end, Triggers::of(&[Trigger::Devlink]));
}

#[test]
fn a_message_that_is_too_short_has_no_object() {
    let bytes = message(30, &[DEVLINK_CMD_NEW as u8, 1, 0]);
    let message = Messages::new(&bytes).next().unwrap().unwrap();
    let names = Names::builtin();
    let mut context = DecodeContext::new(&names, false);
    let mut each = |_, _| panic!("no object");
    let mut emit = Emit::new(MessageAction::New, &mut each);
    assert_eq!(Devlink::decode(&mut context, &message, &mut emit), None);
}

/// Every kind declares the names of the device, and a number that newer kernels send with them.
#[test]
fn every_kind_declares_the_handle() {
    for attrs in [
        <Devlink as KindSpec>::ATTRS,
        <DevlinkInfo as KindSpec>::ATTRS,
        <DevlinkPort as KindSpec>::ATTRS,
        <DevlinkParam as KindSpec>::ATTRS,
        <DevlinkRegion as KindSpec>::ATTRS,
        <DevlinkHealth as KindSpec>::ATTRS,
        <DevlinkTrap as KindSpec>::ATTRS,
        <DevlinkTrapGroup as KindSpec>::ATTRS,
        <DevlinkTrapPolicer as KindSpec>::ATTRS,
        <DevlinkRate as KindSpec>::ATTRS,
        <DevlinkLinecard as KindSpec>::ATTRS,
        <DevlinkFlash as KindSpec>::ATTRS,
    ] {
        for number in [1, 2, 184] {
            assert!(declares(attrs, number), "{number} beside {attrs:?}");
        }
    }
}
