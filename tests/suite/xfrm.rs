//! Messages of xfrm that no command of iproute2 causes, and those of other kernels.

use nlstream::channel::{Channel, FamilyId};
use nlstream::decoder::{DecodedObject, Decoder};
use nlstream::names::Names;
use serde_json::{Value, json};

fn attr(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = (4 + value.len() as u16).to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn message(kind: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = (16 + body.len() as u32).to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend([0; 10]);
    bytes.extend(body);
    bytes
}

/// The payloads of a message with their actions, and its unparsed attributes.
fn decoded(kind: u16, body: &[u8]) -> Vec<(String, Value, usize)> {
    let channel = Channel {
        family: FamilyId::XFRM,
        ..Channel::ROUTE_EVENTS
    };
    let mut objects = Vec::new();
    let decoder = Decoder::new(Names::builtin());
    decoder
        .decode(channel, &message(kind, body), &mut objects)
        .unwrap();
    let one = |it: DecodedObject| {
        let kind = it.decoded.payload.kind().name();
        let action = format!("{kind} {:?}", it.decoded.action);
        let value = serde_json::to_value(&it.decoded.payload).unwrap();
        (action, value, it.unparsed.len())
    };
    objects.into_iter().map(one).collect()
}

fn one(kind: u16, body: &[u8]) -> (String, Value) {
    let mut all = decoded(kind, body);
    let (action, value, unparsed) = all.pop().unwrap();
    assert!(
        all.is_empty() && unparsed == 0,
        "{action} {value} {unparsed}"
    );
    (action, value)
}

fn v4(last: u8) -> Vec<u8> {
    [&[192, 0, 2, last][..], &[0; 12]].concat()
}

/// `struct xfrm_usersa_id`
fn state_id() -> Vec<u8> {
    [&v4(2)[..], &[0, 0, 1, 5], &2u16.to_ne_bytes(), &[50, 0]].concat()
}

/// `struct xfrm_selector`
fn selector() -> Vec<u8> {
    let ports = [0, 80, 0xff, 0xff, 4, 0, 0xfc, 0];
    let tail = [&2u16.to_ne_bytes()[..], &[24, 32, 6, 0, 0, 0], &[0; 8]].concat();
    [&v4(0)[..], &v4(9), &ports, &tail].concat()
}

/// `struct xfrm_usersa_info`
fn state(hard_bytes: u64) -> Vec<u8> {
    let mut info = vec![0; 224];
    info[56..72].copy_from_slice(&v4(2));
    info[72..77].copy_from_slice(&[0, 0, 1, 5, 50]);
    info[80..96].copy_from_slice(&v4(1));
    info[96..160].copy_from_slice(&[0xff; 64]);
    info[104..112].copy_from_slice(&hard_bytes.to_ne_bytes());
    info[208..212].copy_from_slice(&7u32.to_ne_bytes());
    info[212..214].copy_from_slice(&2u16.to_ne_bytes());
    info[214..217].copy_from_slice(&[1, 32, 0x84]);
    info
}

#[test]
#[cfg(target_endian = "little")]
fn events_have_the_fields_of_their_structures() {
    let mapping = [
        &state_id()[..],
        &7u32.to_ne_bytes(),
        &v4(1),
        &v4(3),
        &[17, 148, 17, 149],
    ];
    assert_eq!(
        one(38, &mapping.concat()),
        (
            "xfrm_event Notify".to_owned(),
            json!({"event": "mapping", "family": "inet", "dst": "192.0.2.2", "proto": "esp", "spi": "0x00000105", "reqid": 7,
                "old_src": "192.0.2.1", "old_sport": 4500, "new_src": "192.0.2.3", "new_sport": 4501})
        )
    );
    let aevent = [
        &state_id()[..],
        &v4(1),
        &6u32.to_ne_bytes(),
        &7u32.to_ne_bytes(),
    ]
    .concat();
    let replay = [5u32, 6, 0xf].map(u32::to_ne_bytes).concat();
    let used = [1000u64, 10, 0, 1].map(u64::to_ne_bytes).concat();
    let aevent = [
        &aevent[..],
        &attr(10, &replay),
        &attr(9, &used),
        &attr(11, &2u32.to_ne_bytes()),
    ];
    assert_eq!(
        one(30, &aevent.concat()).1,
        json!({"event": "aevent", "family": "inet", "src": "192.0.2.1", "dst": "192.0.2.2", "proto": "esp", "spi": "0x00000105",
            "reqid": 7, "flags": ["replay", "lifetime"], "replay": {"oseq": 5, "seq": 6, "bitmap": "0000000f"},
            "current": {"bytes": 1000, "packets": 10, "use_time": 1}, "replay_threshold": 2})
    );
    let report = [&[60, 0, 0, 0][..], &selector(), &attr(14, &v4(7))].concat();
    assert_eq!(
        one(32, &report).1,
        json!({"event": "report", "family": "inet", "proto": "hao", "coa": "192.0.2.7", "selector": {"src": "192.0.2.9/32",
            "dst": "192.0.2.0/24", "proto": "tcp", "sport": 1024, "sport_mask": "0xfc00", "dport": 80}})
    );
    let migration = [v4(2), v4(1), v4(4), v4(3)].concat();
    let numbers = [
        &[50, 1, 0, 0][..],
        &7u32.to_ne_bytes(),
        &2u16.to_ne_bytes(),
        &2u16.to_ne_bytes(),
    ];
    let migration = [&migration[..], &numbers.concat()].concat();
    let managers = [&v4(5)[..], &v4(6), &[0; 4], &2u16.to_ne_bytes(), &[0; 2]].concat();
    let id = [&selector()[..], &0u32.to_ne_bytes(), &[1, 0, 0, 0]].concat();
    let migrate = [
        &id[..],
        &attr(17, &migration),
        &attr(19, &managers),
        &attr(16, &[0; 6]),
    ]
    .concat();
    let (_, value) = one(33, &migrate);
    assert_eq!(
        (
            &value["dir"],
            &value["ptype"],
            &value["migrations"],
            &value["key_managers"]
        ),
        (
            &json!("out"),
            &json!("main"),
            &json!([{"old_src": "192.0.2.1", "old_dst": "192.0.2.2", "new_src": "192.0.2.3", "new_dst": "192.0.2.4",
                "proto": "esp", "mode": "tunnel", "reqid": 7}]),
            &json!({"local": "192.0.2.5", "remote": "192.0.2.6"})
        )
    );
    let (_, value) = one(40, &[1, 2, 2, 0]);
    assert_eq!(
        value,
        json!({"event": "default", "default_in": "block", "default_fwd": "allow", "default_out": "allow"})
    );
    // Without CONFIG_XFRM_SUB_POLICY.
    assert_eq!(one(29, &[]).1, json!({"event": "flush"}));
}

#[test]
#[cfg(target_endian = "little")]
fn a_hard_expiry_deletes_and_a_soft_one_does_not() {
    let expire = |hard| [&state(1000)[..], &[hard, 0, 0, 0, 0, 0, 0, 0]].concat();
    let (action, value) = one(24, &expire(1));
    assert_eq!(
        (&*action, &value["expired"]),
        ("xfrm_state Delete", &json!("hard"))
    );
    assert_eq!(value["limits"], json!({"hard_bytes": 1000}));
    let (action, value) = one(24, &expire(0));
    assert_eq!(
        (&*action, &value["event"]),
        ("xfrm_event Notify", &json!("expire"))
    );
    assert_eq!(value["state"]["spi"], value["spi"]);
    assert_eq!(value["state"].get("expired"), None);
}

#[test]
#[cfg(target_endian = "little")]
fn attributes_of_newer_kernels_are_decoded() {
    let extended = [2u32, 5, 6, 1, 0, 64, 0xf, 0]
        .map(u32::to_ne_bytes)
        .concat();
    let number = |kind, number: u32| attr(kind, &number.to_ne_bytes());
    let attributes = [
        attr(23, &extended),
        attr(33, &[2]),
        number(34, 20),
        number(35, 1),
        number(36, 1000),
        attr(37, &3u16.to_ne_bytes()),
        attr(38, &[]),
        number(39, 10),
        number(40, 65536),
        number(41, 1400),
        number(32, 60),
        attr(28, &[0; 8]),
    ];
    let (_, value) = one(16, &[&state(u64::MAX)[..], &attributes.concat()].concat());
    for (field, expected) in [
        ("replay_window", json!(64)),
        ("flags", json!(["nopmtudisc", "esn"])),
        ("dir", json!("out")),
        ("nat_keepalive", json!(20)),
        ("pcpu", json!(1)),
        ("iptfs_drop_time", json!(1000)),
        ("iptfs_reorder_window", json!(3)),
        ("iptfs_dont_frag", json!(true)),
        ("iptfs_packet_size", json!(1400)),
        ("mapping_threshold", json!(60)),
    ] {
        assert_eq!(value[field], expected, "{field}");
    }
    assert_eq!(value.get("limits"), None, "all are infinite");
    // A kernel that tells no more than the id.
    let (action, value) = one(17, &state_id());
    assert_eq!(
        (&*action, &value["dst"]),
        ("xfrm_state Delete", &json!("192.0.2.2"))
    );
}

#[test]
fn what_is_too_short_is_unknown_or_unparsed() {
    for kind in 16..=40 {
        for length in [0, 1, 4, 23, 24, 60, 64, 168, 223] {
            for (action, ..) in decoded(kind, &vec![1; length]) {
                assert!(!action.is_empty());
            }
        }
    }
    for length in 0..16 {
        let body = |kind| [&state(0)[..], &attr(kind, &vec![0xff; length])].concat();
        for kind in 1..45 {
            let all = decoded(16, &body(kind));
            assert_eq!(all[0].0, "xfrm_state New", "{kind} {length}");
        }
    }
}
