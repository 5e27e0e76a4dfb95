use serde_json::{Value, json};

use super::*;
use crate::kind::fields::Fields as _;
use crate::kind::object::Object as _;
use crate::kind::spec::Decoded;
use crate::names::Names;
use crate::netlink::build::{attr, message, nested};
use crate::netlink::frame::Messages;
use crate::netlink::genl::team::*;

/// What a kind makes of a message with the list `list` of these items, of the team device with that index.
fn decoded<T: KindSpec>(
    command: u16,
    team: u32,
    list: u16,
    items: &[Vec<Vec<u8>>],
) -> Vec<(MessageAction, Value)> {
    let items: Vec<_> = items.iter().map(|it| nested(1, &it.concat())).collect();
    let attrs = [attr(1, &team.to_ne_bytes()), nested(list, &items.concat())];
    let body = [&[command as u8, 1, 0, 0][..], &attrs.concat()].concat();
    let bytes = message(32, &body);
    let message = Messages::new(&bytes).next().unwrap().unwrap();
    let names = Names::builtin();
    let mut context = DecodeContext::new(&names, false);
    let mut found = Vec::new();
    let mut each = |decoded: Decoded, unparsed: Vec<_>| {
        assert!(unparsed.is_empty(), "{unparsed:?}");
        found.push((
            decoded.action,
            serde_json::to_value(decoded.payload).unwrap(),
        ));
    };
    let mut emit = Emit::new(MessageAction::New, &mut each);
    assert_eq!(T::decode(&mut context, &message, &mut emit), Some(()));
    found
}

/// An option of that type (`NLA_*`) and value.
fn option(name: &str, kind: u8, value: Option<&[u8]>) -> Vec<Vec<u8>> {
    let mut attrs = vec![attr(1, format!("{name}\0").as_bytes()), attr(3, &[kind])];
    attrs.extend(value.map(|value| attr(4, value)));
    attrs
}

#[test]
fn values_are_text_and_a_removed_option_is_deleted() {
    let mut of_port = option("priority", 14, Some(&(-5_i32).to_ne_bytes()));
    of_port.insert(1, attr(6, &3_u32.to_ne_bytes()));
    of_port.push(attr(2, &[]));
    let mut element = option("lb_hash_stats", 11, Some(&[1, 2]));
    element.insert(1, attr(7, &255_u32.to_ne_bytes()));
    let mut removed = option("activeport", 3, Some(&3_u32.to_ne_bytes()));
    removed.push(attr(5, &[]));
    let found = decoded::<TeamOption>(
        TEAM_CMD_OPTIONS_GET,
        4,
        2,
        &[
            option("mode", 5, Some(b"activebackup\0")),
            option("user_linkup", 6, None),
            option("enabled", 6, Some(&[])),
            of_port,
            element,
            removed,
        ],
    );
    let (new, delete) = (MessageAction::New, MessageAction::Delete);
    assert_eq!(
        found,
        [
            (
                new,
                json!({"ifindex": 4, "name": "mode", "type": "string", "value": "activebackup"})
            ),
            (
                new,
                json!({"ifindex": 4, "name": "user_linkup", "type": "bool", "value": "false"})
            ),
            (
                new,
                json!({"ifindex": 4, "name": "enabled", "type": "bool", "value": "true"})
            ),
            (
                new,
                json!({"ifindex": 4, "name": "priority", "port_ifindex": 3, "type": "s32", "value": "-5"})
            ),
            (
                new,
                json!({
                    "ifindex": 4, "name": "lb_hash_stats", "array_index": 255, "type": "binary",
                    "value": "0102",
                })
            ),
            (
                delete,
                json!({"ifindex": 4, "name": "activeport", "type": "u32", "value": "3"})
            ),
        ]
    );
}

#[test]
fn a_port_that_works_has_a_speed_and_a_removed_one_is_deleted() {
    let port = |index: u32, flag| {
        vec![
            attr(1, &index.to_ne_bytes()),
            attr(2, &[]),
            attr(flag, &[]),
            attr(4, &1000_u32.to_ne_bytes()),
            attr(5, &[1]),
        ]
    };
    let found = decoded::<TeamPort>(TEAM_CMD_PORT_LIST_GET, 4, 3, &[port(2, 3), port(3, 6)]);
    assert_eq!(
        found,
        [
            (
                MessageAction::New,
                json!({"ifindex": 4, "port_ifindex": 2, "linkup": true, "speed": 1000, "duplex": "full"})
            ),
            (
                MessageAction::Delete,
                json!({"ifindex": 4, "port_ifindex": 3, "linkup": false, "speed": 1000, "duplex": "full"})
            ),
        ]
    );
}

/// The kernel announces the options of a device before the device has an index.
#[test]
fn options_of_a_device_without_an_index_are_no_objects() {
    let mode = option("mode", 5, Some(b"*NOMODE*\0"));
    let found = decoded::<TeamOption>(TEAM_CMD_OPTIONS_GET, 0, 2, &[mode]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn counters_are_no_change() {
    let option = |name: &str, value: &str| TeamOption {
        name: crate::value::Text(name.as_bytes().into()),
        value: Some(value.to_owned()),
        ..TeamOption::default()
    };
    for (name, changes) in [("lb_port_stats", false), ("mode", true)] {
        let (old, mut new) = (option(name, "00"), option(name, "01"));
        new.copy_volatile(&old);
        assert_eq!(new.diff(&old) != 0, changes, "{name}");
    }
}
