//! Comparison with serde_json.

use std::collections::BTreeMap;

use serde::Serialize;

use super::*;
use crate::escape;

fn json(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    append(&mut out, |json| value.serialize(json)).unwrap();
    String::from_utf8(out).unwrap()
}

#[derive(Serialize)]
enum Variant {
    Unit,
    Newtype(u8),
    Tuple(i8, bool),
    Struct { a: Option<u8>, b: Option<u8> },
}

#[derive(Serialize)]
struct Newtype(f32);

#[derive(Serialize)]
struct Everything {
    integers: (i8, i16, i32, i64, u8, u16, u32, u64),
    fractions: [f64; 4],
    newtype: Newtype,
    texts: Vec<&'static str>,
    char: char,
    unit: (),
    empty: [u8; 0],
    none: BTreeMap<String, u8>,
    map: BTreeMap<&'static str, Vec<u8>>,
    variants: Vec<Variant>,
    displayed: std::net::Ipv6Addr,
}

#[test]
fn output_equals_serde_json() {
    let is_plain = |c: &char| *c < '\x7f' || escape::is_visible(*c);
    let odd: String = (0..=0x2ff)
        .filter_map(char::from_u32)
        .filter(is_plain)
        .collect();
    let everything = Everything {
        integers: (
            i8::MIN,
            i16::MIN,
            i32::MIN,
            i64::MIN,
            u8::MAX,
            u16::MAX,
            u32::MAX,
            MAX_INTEGER,
        ),
        fractions: [0.0, -1.5, 1e300, f64::NAN],
        newtype: Newtype(0.1),
        texts: vec!["", "plain", "a \"quote\"", "\u{2021}", String::leak(odd)],
        char: '"',
        unit: (),
        empty: [],
        none: BTreeMap::new(),
        map: [("a", vec![1, 2]), ("b\n", vec![])].into(),
        variants: vec![
            Variant::Unit,
            Variant::Newtype(1),
            Variant::Tuple(-1, false),
            Variant::Struct {
                a: None,
                b: Some(1),
            },
        ],
        displayed: std::net::Ipv6Addr::LOCALHOST,
    };
    let expected = serde_json::to_string(&everything).unwrap();
    assert_eq!(json(&everything), expected);
}

#[test]
fn characters_that_are_not_visible_are_escaped_and_read_back() {
    let invisible = |c: &char| *c >= '\x7f' && !escape::is_visible(*c);
    let text: String = ('\x7f'..='\u{10ffff}').filter(invisible).collect();
    let written = json(&text);
    assert!(written.is_ascii());
    assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
}

#[test]
fn integers_saturate_at_63_bits() {
    assert_eq!(
        json(&[u64::MAX, MAX_INTEGER + 1, 1]),
        "[9223372036854775807,9223372036854775807,1]"
    );
}

#[test]
fn a_map_key_that_is_not_a_string_fails() {
    let map = BTreeMap::from([(1, 2)]);
    assert!(append(&mut Vec::new(), |json| map.serialize(json)).is_err());
}
