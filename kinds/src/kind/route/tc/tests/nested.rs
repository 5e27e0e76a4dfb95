//! Matches of filters and options of tunnels, in the kernel's layout.

use serde_json::{Value, json};

use super::*;
use crate::kind::Unparsed;
use crate::kind::spec::KindSpec as _;

/// An unparsed attribute: its number, the reason, and its bytes.
type Kept = (Option<u16>, &'static str, String);

/// The options of a filter, and the unparsed attributes.
fn options_of(kind: &[u8], options: &[u8]) -> (Value, Vec<Kept>) {
    let mut body = header(7, 1, 0x0001_0000, 0);
    body.extend(attr(TCA_KIND, kind));
    body.extend(attr(TCA_OPTIONS, options));
    let (value, kept) = decoded(|context| json!(Filter::from_body(context, &body)));
    let fields = |it: &Unparsed| (it.attr, it.reason, it.hex.to_string());
    (value["options"].clone(), kept.iter().map(fields).collect())
}

/// A `struct tcf_ematch_hdr` and its value, as the attribute of that position.
fn ematch(place: u16, id: u16, kind: u16, flags: u16, value: &[u8]) -> Vec<u8> {
    let header: Vec<_> = [id, kind, flags, 0]
        .iter()
        .flat_map(|it| it.to_ne_bytes())
        .collect();
    attr(place, &[&header, value].concat())
}

/// The decoded matches of a basic filter, and the unparsed attributes.
fn matches_of(list: &[Vec<u8>]) -> (Value, Vec<Kept>) {
    let head = u32s(&[list.len() as u32]);
    let tree = [attr(1, &head), attr(2, &list.concat())].concat();
    let (options, kept) = options_of(b"basic\0", &attr(2, &tree));
    assert_eq!(options["ematches"]["nmatches"], list.len());
    (options["ematches"]["matches"].clone(), kept)
}

#[test]
fn matches_are_named_as_in_tc() {
    let cmp = [
        &u32s(&[1024, 0xff00])[..],
        &2_u16.to_ne_bytes(),
        &[0x12, 0x22],
    ]
    .concat();
    let meta_hdr = [0x0c, 0x10, 3, 0, 0x00, 0x10, 0, 0];
    let meta = [
        attr(1, &meta_hdr),
        attr(2, &u32s(&[0xff])),
        attr(3, &u32s(&[24])),
    ]
    .concat();
    let device = [attr(1, &[5, 0, 0, 0, 0, 0, 0, 0]), attr(3, b"v0")].concat();
    let text = [
        &b"kmp\0\0\0\0\0\0\0\0\0\0\0\0\0"[..],
        &[1, 0, 9, 0, 3, 0, 0x21, 0],
        b"abc",
    ]
    .concat();
    let ipt = [
        attr(2, b"policy\0"),
        attr(1, &u32s(&[4])),
        attr(3, &[1]),
        attr(4, &[2]),
        attr(5, &[7, 8]),
    ]
    .concat();
    let (value, kept) = matches_of(&[
        ematch(1, 0, 1, 1, &cmp),
        ematch(2, 0, 0, 1 | 4, &u32s(&[7])),
        ematch(3, 9, 2, 2, b"\x0c\0\x05\x10ababa\0\0\0"),
        ematch(
            4,
            0,
            3,
            1,
            b"\xff\xff\0\0\x11\x22\0\0\x04\0\0\0\xff\xff\xff\xff",
        ),
        ematch(5, 0, 4, 1, &meta),
        ematch(6, 0, 4, 1, &device),
        ematch(7, 0, 5, 0, &text),
        ematch(
            8,
            0,
            7,
            1,
            &u32s(&[0x8000_0124, 0x8000_000f, 0x123, 0x8000_07ff]),
        ),
        ematch(9, 0, 8, 1, &[3, 0, 2, 2]),
        ematch(10, 0, 9, 0, &ipt),
    ]);
    assert_eq!(
        value,
        json!([
            {"kind": "cmp", "relation": "and", "options": {
                "val": 1024, "mask": "0xff00", "off": 2, "align": "u16", "flags": ["trans"],
                "layer": "transport", "op": "lt"}},
            {"kind": "container", "relation": "and", "flags": ["invert"], "options": {"first": 7}},
            {"matchid": 9, "kind": "nbyte", "relation": "or", "options": {
                "off": 12, "len": 5, "layer": "network", "needle": "6162616261"}},
            {"kind": "u32", "relation": "and", "options": {
                "mask": "ffff0000", "value": "11220000", "off": 4, "offmask": "0xffffffff"}},
            {"kind": "meta", "relation": "and", "options": {
                "left": {"id": "nf_mark", "type": "int", "shift": 3, "mask": "0xff"}, "op": "eq",
                "right": {"id": "value", "type": "int", "value": "0x18"}}},
            {"kind": "meta", "relation": "and", "options": {
                "left": {"id": "dev", "type": "var"}, "op": "eq",
                "right": {"id": "value", "type": "var", "data": "7630"}}},
            {"kind": "text", "options": {
                "algo": "kmp", "from_offset": 1, "to_offset": 9, "len": 3, "from_layer": "network",
                "to_layer": "transport", "needle": "616263"}},
            {"kind": "canid", "relation": "and", "options": {"rules": [
                {"can_id": "0x80000124", "can_mask": "0x8000000f"},
                {"can_id": "0x123", "can_mask": "0x800007ff"}]}},
            {"kind": "ipset", "relation": "and", "options": {
                "index": 3, "dim": 2, "flags": ["src1"]}},
            {"kind": "ipt", "options": {
                "match_name": "policy", "hook": "postrouting", "revision": 1, "nfproto": "ipv4",
                "match_data": "0708"}},
        ])
    );
    assert_eq!(kept, []);
}

#[test]
fn damaged_matches_are_recorded() {
    let hex = |bytes: &[u8]| Hex(bytes.into()).to_string();
    // Kinds without a decoder.
    let (value, kept) = matches_of(&[
        ematch(1, 0, 6, 3, &[1, 2]),
        ematch(2, 0, 40_000, 0x18, &[3]),
        ematch(3, 0, 6, 0, &[]),
    ]);
    assert_eq!(
        value,
        json!([
            {"kind": "vlan", "relation": "3", "hex": "0102"},
            {"kind": "40000", "flags": ["simple", "0x4"], "hex": "03"},
            {"kind": "vlan"},
        ])
    );
    assert_eq!(kept, []);
    // A value of the wrong length is recorded, and the match is still decoded.
    let nbyte = |rest: &[u8]| ematch(1, 0, 2, 0, &[b"\0\0\x02\0", rest].concat());
    let kept_of = |one: Vec<u8>| {
        let (value, mut kept) = matches_of(&[one]);
        assert_eq!(value.as_array().unwrap().len(), 1);
        kept.pop()
    };
    assert_eq!(kept_of(nbyte(b"ab")), None);
    assert_eq!(kept_of(nbyte(b"ab\0\0")), None);
    for rest in [&b"ab\0\0\0\0"[..], b"abc", b"a"] {
        let all = [b"\0\0\x02\0", rest].concat();
        assert_eq!(
            kept_of(nbyte(rest)),
            Some((Some(1), "length", hex(&all))),
            "{rest:?}"
        );
    }
    for (kind, length) in [(0, 5), (1, 13), (2, 3), (3, 17), (5, 23), (7, 9), (8, 5)] {
        let value = vec![0xff; length];
        let all = (Some(1), "length", hex(&value));
        assert_eq!(kept_of(ematch(1, 0, kind, 0, &value)), Some(all), "{kind}");
    }
    // Without the header the type of the number is unknown.
    let value = ematch(1, 0, 4, 0, &attr(3, &u32s(&[24])));
    assert_eq!(
        kept_of(value),
        Some((Some(3), "value", "18000000".to_owned()))
    );
    let (value, kept) = matches_of(&[attr(1, &[0; 7])]);
    assert_eq!((value, kept.len()), (json!([]), 1));
}

/// Two options of geneve.
fn geneve() -> Vec<u8> {
    [
        attr(1, &[1, 2]),
        attr(2, &[0x80]),
        attr(3, &[0, 0x88, 0, 0x22]),
        attr(1, &[1, 3]),
        attr(2, &[0x81]),
        attr(3, &[1, 2, 3, 4, 5, 6, 7, 8]),
    ]
    .concat()
}

#[test]
fn options_of_tunnels_and_their_masks_are_keys() {
    let options = [
        attr(84, &attr(1, &geneve())),
        attr(85, &attr(1, &geneve())),
        attr(84, &attr(2, &attr(1, &u32s(&[120])))),
        attr(
            84,
            &attr(
                3,
                &[attr(1, &[1]), attr(2, &4095_u32.to_be_bytes())].concat(),
            ),
        ),
        attr(
            85,
            &attr(3, &[attr(1, &[2]), attr(3, &[1]), attr(4, &[63])].concat()),
        ),
        attr(84, &attr(4, &[attr(1, &[1]), attr(2, &[9])].concat())),
        attr(84, &attr(5, &[attr(1, &[1]), attr(2, &[0xff; 8])].concat())),
        attr(84, &attr(6, &[1, 2])),
    ]
    .concat();
    let (value, kept) = options_of(b"flower\0", &options);
    let both = json!([
        {"class": 258, "type": 128, "data": "00880022"},
        {"class": 259, "type": 129, "data": "0102030405060708"},
    ]);
    assert_eq!(
        value["keys"],
        json!({
            "geneve_opt_key": both, "geneve_opt_mask": both, "vxlan_opt_key": [{"gbp": 120}],
            "erspan_opt_key": [{"ver": 1, "index": 4095}],
            "erspan_opt_mask": [{"ver": 2, "dir": 1, "hwid": 63}],
            "gtp_opt_key": [{"pdu_type": 1, "qfi": 9}],
            "pfcp_opt_key": [{"type": 1, "seid": "0xffffffffffffffff"}],
        })
    );
    assert_eq!(kept, [(Some(6), "unknown", "0102".to_owned())]);
}

#[test]
fn damaged_geneve_option_does_not_affect_the_others() {
    let of = |parts: &[Vec<u8>]| {
        let (value, kept) = options_of(b"flower\0", &attr(84, &attr(1, &parts.concat())));
        (value["keys"]["geneve_opt_key"].clone(), kept.len())
    };
    let (class, kind, data) = (attr(1, &[0, 1]), attr(2, &[2]), attr(3, &[3]));
    let bad = attr(1, &[0, 1, 2]);
    let complete = json!({"class": 1, "type": 2, "data": "03"});
    let part = json!({"type": 2, "data": "03"});
    let [a, b, c] = [&class, &kind, &data].map(Clone::clone);
    assert_eq!(
        of(&[
            bad.clone(),
            b.clone(),
            c.clone(),
            a.clone(),
            b.clone(),
            c.clone()
        ]),
        (json!([part, complete]), 1)
    );
    assert_eq!(
        of(&[a.clone(), b.clone(), c.clone(), bad, b, c]),
        (json!([complete, part]), 1)
    );
    // Two attributes of one option: one list.
    let twice = [attr(1, &a), attr(1, &a)].concat();
    let (value, _) = options_of(b"flower\0", &attr(84, &twice));
    assert_eq!(
        value["keys"]["geneve_opt_key"],
        json!([{"class": 1}, {"class": 1}])
    );
}

#[test]
fn tunnel_key_action_has_the_options_of_the_tunnel() {
    let options = [
        attr(11, &attr(1, &geneve())),
        attr(7, &42_u32.to_be_bytes()),
    ]
    .concat();
    let action = [attr(1, b"tunnel_key\0"), attr(2, &options)].concat();
    let body = [vec![0; 4], attr(1, &attr(1, &action))].concat();
    let mut all = Vec::new();
    let (_, kept) = decoded(|context| {
        Action::each(context, &body, |_, it| all.push(json!(it)));
        Value::Null
    });
    assert_eq!(
        all[0]["options"],
        json!({"key_id": 42, "geneve_opts": [
            {"class": 258, "type": 128, "data": "00880022"},
            {"class": 259, "type": 129, "data": "0102030405060708"}]})
    );
    assert_eq!(kept, []);
}
