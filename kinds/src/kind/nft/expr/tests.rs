use serde_json::{Value as Json, json};

use super::*;
use crate::names::Names;
use crate::netlink::build::attr;

fn expression_of(name: &str, data: &[u8]) -> Vec<u8> {
    let name = [name.as_bytes(), b"\0"].concat();
    let inner = [attr(NFTA_EXPR_NAME, &name), attr(NFTA_EXPR_DATA, data)].concat();
    attr(NFTA_LIST_ELEM, &inner)
}

fn read_all(bytes: &[u8]) -> (Json, usize) {
    let names = Names::builtin();
    let mut context = DecodeContext::new(&names, false);
    let attr = Attr {
        kind: 4,
        value: bytes,
    };
    let list = read(&mut context, &attr).unwrap();
    let json = serde_json::to_value(list).unwrap();
    (json, context.take_unparsed().len())
}

fn be32(kind: u16, number: u32) -> Vec<u8> {
    attr(kind, &number.to_be_bytes())
}

#[test]
fn an_expression_has_its_name_and_a_verdict_is_one() {
    let cmp = [be32(1, 1), be32(2, 1), attr(3, &attr(1, &[10, 0, 0, 1]))].concat();
    let verdict = |code: i32, chain: &[u8]| {
        let code = be32(1, code.cast_unsigned());
        let inner = [code, chain.to_vec()].concat();
        [be32(1, 0), attr(2, &attr(2, &inner))].concat()
    };
    let bytes = [
        expression_of("cmp", &cmp),
        expression_of("immediate", &verdict(-3, &attr(2, b"other\0"))),
        expression_of("immediate", &verdict(0, &[])),
        expression_of("notrack", &[]),
        expression_of("masq", &be32(1, 0x4)),
        expression_of("match", &attr(1, b"comment\0")),
        expression_of("new", &[1, 2]),
    ]
    .concat();
    let expected = json!([
        {"cmp": {"sreg": 1, "op": "!=", "data": "0a000001"}},
        {"jump": {"target": "other"}},
        {"drop": true},
        {"notrack": true},
        {"masquerade": {"flags": ["random"]}},
        {"xt": {"type": "match", "name": "comment"}},
        {"unknown": {"name": "new", "hex": "0102"}},
    ]);
    assert_eq!(read_all(&bytes), (expected, 0));
}

#[test]
fn an_unknown_attribute_of_an_expression_is_recorded() {
    let bytes = expression_of("cmp", &[be32(1, 1), be32(9, 1)].concat());
    assert_eq!(read_all(&bytes), (json!([{"cmp": {"sreg": 1}}]), 1));
}

#[test]
fn counters_of_equal_expressions_are_copied() {
    let list = |packets: u64| {
        let counter = [attr(1, &[0; 8]), attr(2, &packets.to_be_bytes())].concat();
        let bytes = expression_of("counter", &counter);
        let names = Names::builtin();
        let mut context = DecodeContext::new(&names, false);
        let attr = Attr {
            kind: 4,
            value: &bytes,
        };
        Some(read(&mut context, &attr).unwrap())
    };
    let mut new = list(7);
    assert_ne!(new, list(5));
    copy_counters(&mut new, &list(5));
    assert_eq!(new, list(5));
}

#[test]
fn names_are_unique_and_fields_have_a_meaning() {
    for (at, expression) in tables::EXPRESSIONS.iter().enumerate() {
        let mut earlier = tables::EXPRESSIONS[..at].iter();
        assert!(
            earlier.all(|it| it.name < expression.name),
            "{}",
            expression.name
        );
    }
    let objects = tables::OBJECTS
        .iter()
        .map(|(name, fields)| (*name, *fields));
    let expressions = tables::EXPRESSIONS.iter().map(|it| (it.name, it.fields));
    for (name, fields) in objects.chain(expressions) {
        let object = object(&[fields]);
        for (field, schema) in object["properties"].as_object().unwrap() {
            let doc = schema["description"].as_str().unwrap();
            assert!(doc.ends_with(['.', '…']), "{name} {field}");
        }
    }
}
