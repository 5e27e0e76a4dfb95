mod nested;

use serde_json::{Value, json};

use super::message::{MAGIC_BLOCK, MessageAttrs, ROOT};
use super::{Action, Chain, Class, Filter, Qdisc, spec};
use crate::kind::context::DecodeContext;
use crate::kind::spec::KindSpec as _;
use crate::names::Names;
use crate::netlink::build::attr;
use crate::value::Hex;

const TCA_KIND: u16 = 1;
const TCA_OPTIONS: u16 = MessageAttrs::TCA_OPTIONS;
const TCA_XSTATS: u16 = MessageAttrs::TCA_XSTATS;
const TCA_STATS2: u16 = MessageAttrs::TCA_STATS2;
const TCA_STAB: u16 = 8;

/// Encodes a `struct tcmsg`.
fn header(ifindex: u32, handle: u32, parent: u32, info: u32) -> Vec<u8> {
    [0, ifindex, handle, parent, info]
        .iter()
        .flat_map(|it| it.to_ne_bytes())
        .collect()
}

/// Decodes without details. Returns the value and the unparsed attributes.
fn decoded(
    decode: impl FnOnce(&mut DecodeContext<'_>) -> Value,
) -> (Value, Vec<crate::kind::Unparsed>) {
    let names = Names::builtin();
    let mut context = DecodeContext::new(&names, false);
    let value = decode(&mut context);
    (value, context.take_unparsed())
}

#[test]
fn options_without_a_table_are_hexadecimal() {
    let mut body = header(7, 0x0001_0000, ROOT, 2);
    body.extend(attr(TCA_KIND, b"novel\0"));
    body.extend(attr(TCA_OPTIONS, &attr(9, &[1, 2, 3])));
    let (value, unparsed) = decoded(|context| json!(Qdisc::from_body(context, &body)));
    assert_eq!(
        value,
        json!({
            "ifindex": 7, "kind": "novel", "handle": "1:", "root": true,
            "options_hex": [{"attr": 9, "hex": "010203"}],
        })
    );
    assert!(unparsed.is_empty());
}

#[test]
fn short_and_unknown_options_are_unparsed_and_the_others_decoded() {
    let mut options = attr(1, &7_u32.to_ne_bytes());
    options.extend(attr(2, &[1]));
    options.extend(attr(200, &[5]));
    let mut body = header(7, 0x0001_0000, 0x0001_0002, 0);
    body.extend(attr(TCA_KIND, b"codel\0"));
    body.extend(attr(TCA_OPTIONS, &options));
    let (value, unparsed) = decoded(|context| json!(Qdisc::from_body(context, &body)));
    assert_eq!(value["options"], json!({"target": 7}));
    assert_eq!(value["parent"], "1:2");
    let kept: Vec<_> = unparsed.iter().map(|it| (it.attr, it.reason)).collect();
    assert_eq!(kept, [(Some(2), "length"), (Some(200), "unknown")]);
    // A truncated structure.
    let mut body = header(7, 0, ROOT, 0);
    body.extend(attr(TCA_KIND, b"netem\0"));
    body.extend(attr(TCA_OPTIONS, &[0; 23]));
    let (_, unparsed) = decoded(|context| json!(Qdisc::from_body(context, &body)));
    assert_eq!(unparsed[0].reason, "length");
    assert!(
        Qdisc::from_body(
            &mut DecodeContext::new(&Names::builtin(), true),
            &body[..19]
        )
        .is_none()
    );
}

#[test]
fn shared_block_has_no_device() {
    let info = 10 << 16 | u32::from(0x0800_u16.to_be());
    let mut body = header(MAGIC_BLOCK, 1, 22, info);
    body.extend(attr(TCA_KIND, b"flower\0"));
    let (value, _) = decoded(|context| json!(Filter::from_body(context, &body)));
    assert_eq!(
        value,
        json!({"kind": "flower", "block": 22, "protocol": "ip", "pref": 10, "handle": "0x1"})
    );
}

/// Decodes with details.
fn decoded_with_details(
    decode: impl FnOnce(&mut DecodeContext<'_>) -> Value,
) -> (Value, Vec<(Option<u16>, &'static str)>) {
    let names = Names::builtin();
    let mut context = DecodeContext::new(&names, true);
    let value = decode(&mut context);
    let kept = context.take_unparsed();
    (value, kept.iter().map(|it| (it.attr, it.reason)).collect())
}

fn u32s(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|it| it.to_ne_bytes()).collect()
}

#[test]
fn old_counters_replace_damaged_new_ones() {
    let old = attr(3, &u32s(&[100, 0, 2, 3, 4, 0, 0, 5, 6, 0]));
    let basic = attr(1, &u32s(&[100, 0, 2, 0]));
    let queue = attr(3, &u32s(&[5, 6, 3, 7, 4]));
    let all = json!({
        "bytes": 100, "packets": 2, "drops": 3, "overlimits": 4, "backlog": 6, "qlen": 5, "requeues": 7,
    });
    let mut without = all.clone();
    without.as_object_mut().unwrap().remove("requeues");
    let complete = [basic.clone(), queue.clone()].concat();
    let cut = [basic, attr(3, &[0; 19])].concat();
    for (new, stats, kept) in [
        (&complete[..], &all, &[][..]),
        (&[], &without, &[]),
        (&cut, &without, &[(Some(3), "length")]),
        (&[1, 0, 0, 0], &without, &[(None, "malformed")]),
    ] {
        let mut body = header(7, 0x0001_0000, ROOT, 2);
        body.extend(attr(TCA_KIND, b"pfifo\0"));
        body.extend(attr(TCA_STATS2, new));
        body.extend(&old);
        let (value, unparsed) =
            decoded_with_details(|context| json!(Qdisc::from_body(context, &body)));
        assert_eq!(&value["stats"], stats);
        assert_eq!(unparsed, kept);
    }
    // An attribute that is too long is decoded, and unparsed as well.
    let mut body = header(7, 0x0001_0000, ROOT, 2);
    body.extend(attr(TCA_KIND, b"pfifo\0"));
    body.extend(attr(3, &[&old[4..], &[9; 4]].concat()));
    let (value, unparsed) = decoded_with_details(|context| json!(Qdisc::from_body(context, &body)));
    assert_eq!(&value["stats"], &without);
    assert_eq!(unparsed, [(Some(3), "length")]);
}

#[test]
fn counters_of_a_type_have_names_and_may_be_sent_twice() {
    let qdisc_of = |kind: &[u8], new: &[u8], old: &[u8]| {
        let mut body = header(7, 0x0001_0000, ROOT, 2);
        body.extend(attr(TCA_KIND, kind));
        body.extend(attr(TCA_STATS2, &attr(4, new)));
        body.extend(attr(TCA_XSTATS, old));
        decoded_with_details(|context| json!(Qdisc::from_body(context, &body)))
    };
    let red = u32s(&[1, 2, 3, 4]);
    let named = json!({"early": 1, "pdrop": 2, "other": 3, "marked": 4});
    let (value, kept) = qdisc_of(b"red\0", &red, &red);
    assert_eq!((&value["counters"], &kept[..]), (&named, &[][..]));
    assert!(value["stats"].get("xstats").is_none());
    // One of the two is damaged.
    let (value, kept) = qdisc_of(b"red\0", &red[..15], &red);
    assert_eq!(value["counters"], named);
    assert_eq!(kept, [(Some(4), "length")]);
    let (value, kept) = qdisc_of(b"red\0", &red, &red[..15]);
    assert_eq!(value["counters"], named);
    assert_eq!(kept, [(Some(4), "length")]);
    // Without a table the two must be equal to be reported once.
    let (value, kept) = qdisc_of(b"novel\0", &red, &red);
    assert_eq!(
        value["stats"]["xstats"],
        Hex(red.clone().into()).to_string()
    );
    assert!(kept.is_empty());
    let (_, kept) = qdisc_of(b"novel\0", &red, &red[..15]);
    assert_eq!(kept, [(Some(4), "value")]);
    // A queue of fq_codel, and one of its flows.
    let (value, _) = qdisc_of(b"fq_codel\0", &u32s(&[0, 9, 8, 7, 6, 5, 4, 3, 2, 1]), &[]);
    assert_eq!(value["counters"]["memory_used"], 2);
    let flow = u32s(&[1, u32::MAX, 8, 7, 6, 1, 4]);
    let (value, kept) = qdisc_of(b"fq_codel\0", &flow, &flow);
    assert_eq!(
        value["counters"],
        json!({"deficit": -1, "ldelay": 8, "count": 7, "lastcount": 6, "dropping": true, "drop_next": 4})
    );
    assert!(kept.is_empty());
}

#[test]
fn warning_belongs_to_every_action_of_its_message() {
    let one = attr(1, &attr(1, b"gact\0"));
    let two = attr(2, &attr(1, b"gact\0"));
    let warning = attr(5, b"beware\0");
    let mut all = Vec::new();
    let body = [vec![0; 4], warning.clone(), attr(1, &[one, two].concat())].concat();
    let (_, kept) = decoded_with_details(|context| {
        Action::each(context, &body, |_, it| all.push(it.warning));
        Value::Null
    });
    assert_eq!(all, [Some("beware".to_owned()), Some("beware".to_owned())]);
    assert!(kept.is_empty());
    let body = [vec![0; 4], warning].concat();
    let (_, kept) = decoded_with_details(|context| {
        Action::each(context, &body, |_, _| unreachable!());
        Value::Null
    });
    assert_eq!(kept, [(Some(5), "unknown")]);
}

#[test]
fn excess_of_a_structure_is_unparsed() {
    for (length, kept) in [(11, 1), (12, 0), (16, 0), (17, 1), (20, 1)] {
        let mut body = header(7, 0x0001_0000, ROOT, 2);
        body.extend(attr(TCA_KIND, b"red\0"));
        body.extend(attr(TCA_OPTIONS, &attr(1, &vec![1; length])));
        let (value, unparsed) = decoded(|context| json!(Qdisc::from_body(context, &body)));
        assert_eq!(value["options"]["limit"], 0x0101_0101);
        assert_eq!(unparsed.len(), kept, "{length}");
    }
}

#[test]
fn damaged_messages_do_not_panic() {
    let tables = spec::all().map(|(kind, _)| kind);
    for kind in tables {
        for length in [0, 1, 3, 4, 7, 8, 20, 24, 60, 84, 200] {
            for fill in [0, 1, 4, 0x7f, 0xff] {
                let mut options = Vec::new();
                for number in 0..120 {
                    options.extend(attr(number, &vec![fill; length]));
                }
                let mut body = header(u32::MAX, u32::MAX, u32::MAX, u32::MAX);
                body.extend(attr(TCA_KIND, kind.as_bytes()));
                body.extend(attr(TCA_OPTIONS, &options));
                body.extend(attr(TCA_STATS2, &options));
                body.extend(attr(TCA_STAB, &options));
                let names = Names::builtin();
                let mut context = DecodeContext::new(&names, true);
                for value in [
                    json!(Qdisc::from_body(&mut context, &body)),
                    json!(Class::from_body(&mut context, &body)),
                    json!(Filter::from_body(&mut context, &body)),
                    json!(Chain::from_body(&mut context, &body)),
                ] {
                    assert!(value.is_object());
                }
                let complete = attr(
                    1,
                    &attr(1, &[attr(1, kind.as_bytes()), attr(2, &options)].concat()),
                );
                let body = [vec![0; 4], complete].concat();
                Action::each(&mut context, &body, |_, it| drop(json!(it)));
            }
        }
    }
}
