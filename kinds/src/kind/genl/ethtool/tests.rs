use serde_json::{Value as Json, json};

use super::*;
use crate::channel::NetnsId;
use crate::kind::spec::Decoded;
use crate::names::Names;
use crate::netlink::build::message;
use crate::netlink::frame::Messages;

/// The objects of a message, with the names of the bits of one set, and what is unparsed.
fn decoded(number: u16, attributes: &[u8]) -> (Option<Decoded>, Vec<u16>) {
    let body = [&[number as u8, 1, 0, 0][..], attributes].concat();
    let bytes = message(29, &body);
    let message = Messages::new(&bytes).next().unwrap().unwrap();
    let mut sets = strings::StringSets::default();
    let names: Vec<u8> = (0..40_u32)
        .flat_map(|bit| {
            let name = format!("mode{bit}\0");
            nested(
                1,
                &[attr(1, &bit.to_ne_bytes()), attr(2, name.as_bytes())].concat(),
            )
        })
        .collect();
    let set = [attr(1, &9_u32.to_ne_bytes()), nested(3, &names)].concat();
    let reply = [&[1, 1, 0, 0][..], &nested(2, &nested(1, &set))].concat();
    sets.learn(NetnsId(0), &crate::netlink::build::message(29, &reply));
    let names = Names::builtin();
    let mut context = DecodeContext::new(&names, false);
    context.use_strings(&sets, NetnsId(0));
    let (mut found, mut unparsed) = (None, Vec::new());
    let mut each = |decoded, list: Vec<crate::kind::Unparsed>| {
        found = Some(decoded);
        unparsed.extend(list.iter().filter_map(|it| it.attr));
    };
    Ethtool::decode(
        &mut context,
        &message,
        &mut Emit::new(MessageAction::New, &mut each),
    );
    (found, unparsed)
}

fn device() -> Vec<u8> {
    nested(
        1,
        &[attr(1, &3_u32.to_ne_bytes()), attr(2, b"eth0\0")].concat(),
    )
}

fn json(number: u16, attributes: &[u8]) -> Json {
    let (decoded, unparsed) = decoded(number, attributes);
    assert!(unparsed.is_empty(), "{unparsed:?}");
    serde_json::to_value(decoded.unwrap().payload).unwrap()
}

#[test]
fn compact_and_verbose_sets_of_bits_have_the_same_names() {
    let words = |bits: &[u32]| {
        let mut words = [0_u32; 2];
        bits.iter()
            .for_each(|bit| words[*bit as usize / 32] |= 1 << (bit % 32));
        words.map(u32::to_ne_bytes).concat()
    };
    let compact = nested(
        3,
        &[
            attr(2, &40_u32.to_ne_bytes()),
            attr(4, &words(&[1, 33])),
            attr(5, &words(&[1, 2, 33])),
        ]
        .concat(),
    );
    let bit = |bit: u32, is_set: bool| {
        let value = if is_set { attr(3, &[]) } else { Vec::new() };
        nested(
            1,
            &[
                attr(1, &bit.to_ne_bytes()),
                attr(2, format!("mode{bit}\0").as_bytes()),
                value,
            ]
            .concat(),
        )
    };
    let bits = [bit(1, true), bit(2, false), bit(33, true)].concat();
    let verbose = nested(
        3,
        &[attr(2, &40_u32.to_ne_bytes()), nested(3, &bits)].concat(),
    );
    let unknown = attr(5, &u32::MAX.to_ne_bytes());
    for modes in [compact, verbose] {
        let attributes = [device(), modes, unknown.clone()].concat();
        assert_eq!(
            json(ETHTOOL_MSG_LINKMODES_NTF, &attributes),
            json!({
                "ifindex": 3, "dev": "eth0", "setting": "link_modes",
                "link_modes": {"advertised": ["mode1", "mode33"], "supported": ["mode1", "mode2", "mode33"]},
            })
        );
    }
    // A list without a mask: what it lists is set.
    let bits = nested(
        3,
        &[
            attr(1, &[]),
            nested(3, &[bit(4, false), bit(5, false)].concat()),
        ]
        .concat(),
    );
    let listed = json(ETHTOOL_MSG_LINKMODES_NTF, &[device(), bits].concat());
    assert_eq!(
        listed["link_modes"],
        json!({"advertised": ["mode4", "mode5"]})
    );
}

#[test]
fn a_set_of_too_many_bits_is_unparsed() {
    let forged = nested(
        3,
        &[attr(2, &u32::MAX.to_ne_bytes()), attr(4, &[0xff; 4096])].concat(),
    );
    let (found, unparsed) = decoded(ETHTOOL_MSG_LINKMODES_NTF, &[device(), forged].concat());
    assert!(found.is_some());
    assert_eq!(unparsed, [2]);
}

#[test]
fn a_deleted_context_is_deleted_and_what_cannot_be_read_is_a_message() {
    let context = attr(2, &7_u32.to_ne_bytes());
    let attributes = [device(), context].concat();
    let (found, _) = decoded(ETHTOOL_MSG_RSS_DELETE_NTF, &attributes);
    let found = found.unwrap();
    assert_eq!(found.action, MessageAction::Delete);
    assert_eq!(serde_json::to_value(found.payload).unwrap()["index"], 7);
    let (found, _) = decoded(ETHTOOL_MSG_WOL_NTF, &device());
    assert_eq!(found.unwrap().action, MessageAction::Notify);
    // Without a device it is no object.
    assert!(
        decoded(ETHTOOL_MSG_RINGS_NTF, &attr(6, &[0; 4]))
            .0
            .is_none()
    );
}

#[test]
fn each_message_belongs_to_one_setting_and_each_request_to_one() {
    let mut messages: Vec<_> = Ethtool::ALL_MESSAGES.to_vec();
    let count = messages.len();
    messages.sort_unstable();
    messages.dedup();
    assert_eq!(messages.len(), count);
    assert!(
        messages
            .iter()
            .all(|it| genl::name_in(COMMANDS, *it).is_some())
    );
    for setting in SETTINGS {
        for row in setting.fields {
            let numbers = setting.fields.iter().filter(|it| it.number == row.number);
            assert_eq!(numbers.count(), 1, "{} {}", setting.name, row.name);
        }
    }
    let requests = Ethtool::dumps(false).len();
    let of_device = Ethtool::device_dumps(
        Device {
            ifindex: 3,
            bridged: false,
        },
        false,
    );
    assert_eq!(of_device.len(), requests);
    assert!(of_device.iter().all(Request::is_of_device));
}

/// The number of attributes of each setting (`ETHTOOL_A_*_MAX`, Linux 7.2): a row that is missing is named.
#[test]
fn every_attribute_of_a_setting_has_a_row() {
    let counts = [
        ("link_info", 6),
        ("link_modes", 10),
        ("link_state", 7),
        ("debug", 2),
        ("wol", 3),
        ("features", 5),
        ("private_flags", 2),
        ("rings", 18),
        ("channels", 9),
        ("coalesce", 32),
        ("pause", 6),
        ("eee", 7),
        ("time_stamping", 9),
        ("time_stamping_config", 5),
        ("clocks", 3),
        ("tunnels", 2),
        ("fec", 5),
        ("module", 3),
        ("rss", 8),
        ("plca", 9),
        ("plca_status", 9),
        ("mm", 11),
        ("pse", 16),
        ("phy", 8),
        ("pse_event", 2),
        ("cable_test", 3),
        ("cable_test_tdr", 3),
        ("module_flash", 7),
    ];
    assert_eq!(counts.map(|(name, _)| name), NAMES);
    let mut missing = Vec::new();
    for (setting, (name, count)) in SETTINGS.iter().zip(counts) {
        let has = |number| setting.fields.iter().any(|row| row.number == number);
        let numbers = (1..=count).filter(|number| !has(*number));
        missing.extend(numbers.map(|number| format!("{name}: attribute {number}")));
    }
    assert!(missing.is_empty(), "{missing:?}");
}
