//! What the registers of a rule hold: adds to values that expressions compare with them their text.

use super::super::meaning::Meaning;
use crate::kind::table::value::{Options, Value};

/// The meaning of what was loaded into the registers of a rule so far.
#[derive(Default)]
pub(super) struct Registers {
    loaded: Vec<(i64, Meaning)>,
    /// The constants that are in registers: the expression that loaded each.
    constants: Vec<(i64, usize)>,
}

fn number(fields: &Options, name: &str) -> Option<i64> {
    match fields.get(name)? {
        Value::Number(number) => Some(*number),
        _ => None,
    }
}

fn word<'a>(fields: &'a Options, name: &str) -> &'a str {
    match fields.get(name) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    digits.map(byte).collect()
}

/// Adds the text of a hexadecimal value.
fn add_text(fields: &mut Options, value: &str, text: &'static str, meaning: Meaning) {
    let bytes = bytes(word(fields, value));
    if let Some(found) = bytes.and_then(|bytes| meaning.text(&bytes)) {
        fields.put(text, Value::Text(found));
    }
}

impl Registers {
    fn of(&self, register: Option<i64>) -> Option<Meaning> {
        let register = register?;
        let mut loaded = self.loaded.iter();
        loaded.find(|(it, _)| *it == register).map(|(_, it)| *it)
    }

    fn load(&mut self, register: i64, meaning: Option<Meaning>) {
        self.loaded.retain(|(it, _)| *it != register);
        self.constants.retain(|(it, _)| *it != register);
        self.loaded
            .extend(meaning.map(|meaning| (register, meaning)));
    }

    /// Follows the last one of these expressions.
    pub(super) fn follow(&mut self, expressions: &mut [Options]) {
        let last = expressions.len().saturating_sub(1);
        let Some(Options(fields)) = expressions.get_mut(last) else {
            return;
        };
        let [(name, Value::Options(fields))] = &mut fields[..] else {
            return;
        };
        let name = *name;
        let source = self.of(number(fields, "sreg"));
        match (name, source) {
            ("cmp", Some(meaning)) => add_text(fields, "data", "text", meaning),
            ("range", Some(meaning)) => {
                add_text(fields, "from", "from_text", meaning);
                add_text(fields, "to", "to_text", meaning);
            }
            ("bitwise", Some(meaning)) => add_text(fields, "mask", "mask_text", meaning),
            _ => {}
        }
        let meaning = match name {
            "payload" => of_payload(fields),
            "meta" => of_meta(word(fields, "key")),
            "ct" => of_connection(word(fields, "key")),
            "bitwise" => source,
            _ => None,
        };
        if let Some(register) = number(fields, "dreg") {
            self.load(register, meaning);
            if name == "immediate" {
                self.constants.push((register, last));
            }
        }
        let address = match word(fields, "family") {
            "ip" => Some(Meaning::Ipv4),
            "ip6" => Some(Meaning::Ipv6),
            _ => None,
        };
        let uses = [
            ("reg_addr_min", address),
            ("reg_addr_max", address),
            ("reg_addr", address),
            ("reg_proto_min", Some(Meaning::Port)),
            ("reg_proto_max", Some(Meaning::Port)),
            ("reg_port", Some(Meaning::Port)),
        ];
        let used = uses.map(|(field, meaning)| number(fields, field).zip(meaning));
        for (register, meaning) in used.into_iter().flatten() {
            let mut constants = self.constants.iter();
            let constant = constants.find(|(it, _)| *it == register);
            if let Some((_, at)) = constant
                && let [(_, Value::Options(fields))] = &mut expressions[*at].0[..]
            {
                add_text(fields, "data", "text", meaning);
            }
        }
    }
}

/// The meaning of bytes of a packet, by their place in a header.
fn of_payload(fields: &Options) -> Option<Meaning> {
    let place = (number(fields, "offset")?, number(fields, "len")?);
    Some(match (word(fields, "base"), place) {
        ("ll", (0 | 6, 6)) => Meaning::Mac,
        ("ll", (12, 2)) => Meaning::EtherType,
        ("nh", (9 | 6, 1)) => Meaning::Protocol,
        ("nh", (12 | 16, 4)) => Meaning::Ipv4,
        ("nh", (8 | 24, 16)) => Meaning::Ipv6,
        ("th", (0 | 2, 2)) => Meaning::Port,
        _ => return None,
    })
}

fn of_meta(key: &str) -> Option<Meaning> {
    Some(match key {
        "iifname" | "oifname" | "ibrname" | "obrname" | "iifkind" | "oifkind" | "sdifname" => {
            Meaning::Name
        }
        "l4proto" => Meaning::Protocol,
        "nfproto" => Meaning::Family,
        "protocol" => Meaning::EtherType,
        "mark" => Meaning::Mark,
        "iif" | "oif" | "skuid" | "skgid" | "length" | "cpu" | "iifgroup" | "oifgroup" => {
            Meaning::Number
        }
        _ => return None,
    })
}

fn of_connection(key: &str) -> Option<Meaning> {
    Some(match key {
        "state" => Meaning::State,
        "mark" => Meaning::Mark,
        "protocol" => Meaning::Protocol,
        "l3proto" => Meaning::Family,
        "ip saddr" | "ip daddr" => Meaning::Ipv4,
        "ip6 saddr" | "ip6 daddr" => Meaning::Ipv6,
        "proto-src" | "proto-dst" => Meaning::Port,
        _ => return None,
    })
}
