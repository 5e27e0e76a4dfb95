//! The types of the tables that traffic control does not have.

use serde_json::{Value as Json, json};

use super::Type::*;
use super::decode::of;
use super::{Field, options};
use crate::kind::context::DecodeContext;
use crate::names::Names;
use crate::netlink::attr::MAX_DEPTH;
use crate::netlink::build::attr;

options! {
    ROOT {
        1 id: U32, "Id.";
        2 limit: Uint, "Limit.";
        3 handle: Be64, "Handle.";
        4 ports: Multi(&U16), "Ports.";
        5 names: Multi(&Text), "Names.";
        6 data: Select("kind", CHOICES), "Data.";
        7 kind: Text, "Kind.";
        8 entries: Nests(ENTRY), "Entries.";
    }
    ENTRY {
        1 address: Ip, "Address.";
        2 mac: Mac, "Address.";
    }
    LEFT {
        1 left: U8, "Left.";
    }
    RIGHT {
        1 right: Be16, "Right.";
    }
    DEEP {
        1 deeper: Nest(DEEPER), "Deeper.";
    }
}
const CHOICES: &[(&str, &super::Type)] = &[("left", &Nest(LEFT)), ("right", &Nest(RIGHT))];
/// A table that contains itself cannot be written as a constant of constants: the levels are those of
/// the bytes.
const DEEPER: &[Field] = DEEPEST;
options! {
    DEEPEST {
        1 end: Hex, "End.";
    }
}

/// The options in `attrs`, and what is unparsed: path, number and reason.
fn read(table: &'static [Field], attrs: &[Vec<u8>]) -> (Json, Json) {
    let names = Names::builtin();
    let mut context = DecodeContext::new(&names, true);
    let out = of(&mut context, table, 9, &attrs.concat()).unwrap();
    let unparsed: Vec<_> = context
        .take_unparsed()
        .into_iter()
        .map(|it| json!([it.within, it.attr, it.reason]))
        .collect();
    (json!(out.options), json!(unparsed))
}

#[test]
fn numbers_have_the_width_and_the_order_of_the_wire() {
    let attrs = [
        attr(2, &7_u32.to_ne_bytes()),
        attr(3, &0x0102_u64.to_be_bytes()),
    ];
    let (options, unparsed) = read(ROOT, &attrs);
    assert_eq!(options, json!({"limit": 7, "handle": 0x0102}));
    assert_eq!(unparsed, json!([]));
    let (options, _) = read(ROOT, &[attr(2, &(1_u64 << 40).to_ne_bytes())]);
    assert_eq!(options, json!({"limit": 1_u64 << 40}));
    // Beyond 63 bits, and of a width that the kernel does not write.
    let wrong = [attr(2, &u64::MAX.to_ne_bytes()), attr(2, &[1, 2])];
    let (options, unparsed) = read(ROOT, &wrong);
    assert_eq!(options, json!({}));
    assert_eq!(unparsed, json!([[[9], 2, "value"], [[9], 2, "length"]]));
}

#[test]
fn an_attribute_that_repeats_is_a_list() {
    let attrs = [
        attr(4, &80_u16.to_ne_bytes()),
        attr(5, b"a\0"),
        attr(4, &443_u16.to_ne_bytes()),
        attr(4, &[1]),
        attr(5, b"b\0"),
    ];
    let (options, unparsed) = read(ROOT, &attrs);
    assert_eq!(options, json!({"ports": [80, 443], "names": ["a", "b"]}));
    assert_eq!(unparsed, json!([[[9], 4, "length"]]));
}

#[test]
fn a_sibling_selects_the_type_before_or_after_it() {
    let left = attr(6, &attr(1, &[5]));
    let kind = |name: &[u8]| attr(7, name);
    for attrs in [[kind(b"left"), left.clone()], [left.clone(), kind(b"left")]] {
        let (options, unparsed) = read(ROOT, &attrs);
        assert_eq!(options, json!({"kind": "left", "data": {"left": 5}}));
        assert_eq!(unparsed, json!([]));
    }
    // A kind without a table, and none at all.
    for attrs in [vec![kind(b"other"), left.clone()], vec![left.clone()]] {
        let (_, unparsed) = read(ROOT, &attrs);
        assert_eq!(unparsed, json!([[[9], 6, "unknown"]]));
    }
    let right = [kind(b"right"), attr(6, &attr(1, &[1, 2]))];
    let (options, _) = read(ROOT, &right);
    assert_eq!(options["data"], json!({"right": 0x0102}));
}

#[test]
fn addresses_are_text_and_entries_a_list() {
    let first = attr(1, &attr(1, &[192, 0, 2, 1]));
    let second = attr(
        2,
        &[attr(1, &[0; 16]), attr(2, &[2, 0, 0, 0, 0, 1])].concat(),
    );
    let (options, unparsed) = read(ROOT, &[attr(8, &[first, second].concat())]);
    let expected = json!([{"address": "192.0.2.1"}, {"address": "::", "mac": "02:00:00:00:00:01"}]);
    assert_eq!(options, json!({"entries": expected}));
    assert_eq!(unparsed, json!([]));
}

#[test]
fn nesting_is_bounded() {
    let names = Names::builtin();
    let mut context = DecodeContext::new(&names, true);
    fn descend(context: &mut DecodeContext<'_>, levels: usize) -> bool {
        match levels {
            0 => of(context, DEEP, 1, &attr(1, &attr(1, &[1]))).is_ok(),
            _ => context
                .within(1, |context| descend(context, levels - 1))
                .unwrap_or(false),
        }
    }
    assert!(descend(&mut context, MAX_DEPTH - 2));
    assert!(context.is_fully_decoded());
    // The nest in the deepest attribute, and the attribute itself.
    descend(&mut context, MAX_DEPTH - 1);
    let reasons: Vec<_> = context.take_unparsed().iter().map(|it| it.reason).collect();
    assert_eq!(reasons, ["depth"]);
    assert!(!descend(&mut context, MAX_DEPTH));
}

#[test]
fn cost_grows_with_the_bytes_and_not_with_their_square() {
    let cost = |attrs: usize| {
        let bytes = attr(4, &[1, 0]).repeat(attrs);
        let names = Names::builtin();
        let begun = std::time::Instant::now();
        let mut context = DecodeContext::new(&names, true);
        of(&mut context, ROOT, 9, &bytes).unwrap();
        begun.elapsed()
    };
    cost(1000);
    let least = |attrs| (0..5).map(|_| cost(attrs)).min().unwrap();
    let (few, many) = (least(2_000), least(64_000));
    assert!(many < few * 32 * 8, "{few:?} {many:?}");
}
