//! netlink-packet-route as the independent judge: it decodes every message of the fixtures too, and
//! each field that both decoders have must be equal. `fields/*.txt` pair the fields.

mod convert;
mod table;
mod tree;
mod value;

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::path::Path;

use netlink_packet_core::ParseableParametrized;
use netlink_packet_route::RouteNetlinkMessage;
use nlstream::capture::Reader;
use nlstream::channel::{Channel, FamilyId};
use nlstream::decoder::{DecodedObject, Decoder};
use nlstream::input::InputData;
use nlstream::names::Names;
use nlstream::netlink::frame::{Message, Messages};
use nlstream::netlink::rtm;
use serde_json::Value;

use crate::common;
use convert::Field;
use table::{Does, Rule};
use tree::Fields;

/// The errors of netlink-packet-route, with the reason why nlstream decodes the message.
const NOT_PARSED: [(&str, &str); 2] = [
    (
        "Unknown message type",
        "netlink-packet-route has no decoder for the type",
    ),
    (
        "Invalid UTF-8",
        "names may be any bytes; netlink-packet-route requires UTF-8",
    ),
];

#[derive(Default)]
struct Figures {
    messages: usize,
    parsed: usize,
    compared: usize,
    equal: usize,
    explained: usize,
    /// Fields of netlink-packet-route that a table leaves out, with a reason.
    skipped: usize,
    /// Attributes that netlink-packet-route keeps as bytes.
    undecoded: usize,
    /// Fields of nlstream, in messages that both decode, that no rule of a table reads.
    nlstream_only: usize,
    /// Messages that netlink-packet-route cannot parse, by the error in [`NOT_PARSED`] and type.
    failed: BTreeMap<&'static str, BTreeMap<&'static str, usize>>,
    /// Differences without an explanation and fields without a rule, by kind and path.
    wrong: BTreeMap<String, (usize, String)>,
}

impl Figures {
    fn wrong(&mut self, kind: &str, path: &str, detail: String) {
        let entry = self.wrong.entry(format!("{kind} {path}"));
        entry.or_insert((0, detail)).0 += 1;
    }
}

#[test]
fn netlink_packet_route_decodes_the_same_values() {
    let rules = table::rules();
    let mut figures = Figures::default();
    for folder in common::fixtures() {
        read(&folder.join("capture.pcapng"), &rules, &mut figures);
    }
    println!(
        "{} messages, {} decoded by both; {} fields compared: {} equal, {} explained; {} not \
         compared, with a reason; {} attributes that netlink-packet-route does not decode; {} \
         fields of nlstream alone",
        figures.messages,
        figures.parsed,
        figures.compared,
        figures.equal,
        figures.explained,
        figures.skipped,
        figures.undecoded,
        figures.nlstream_only,
    );
    for (error, reason) in NOT_PARSED {
        match figures.failed.get(error) {
            Some(types) => {
                let sum: usize = types.values().sum();
                println!("{sum} messages not parsed: {reason}: {types:?}");
            }
            None => figures.wrong("", error, "no message has this error".to_owned()),
        }
    }
    for rule in &rules {
        let used = rule.used.get();
        match rule.does {
            _ if used == 0 => {
                figures.wrong(
                    rule.kind,
                    rule.path,
                    "the rule applies to nothing".to_owned(),
                );
            }
            Does::Explain(value, reason) => {
                println!("{} {} {value}: {used}x: {reason}", rule.kind, rule.path);
            }
            Does::Skip(reason) => assert!(!reason.is_empty(), "{} {}", rule.kind, rule.path),
            Does::Compare { .. } => {}
        }
    }
    for (path, (count, detail)) in &figures.wrong {
        println!("{path} {count}x: {detail}");
    }
    assert!(
        figures.wrong.is_empty(),
        "fields differ, or are in no table: see above"
    );
    assert!(
        figures.compared > 170_000,
        "{} fields compared",
        figures.compared
    );
}

fn read(capture: &Path, rules: &[Rule], figures: &mut Figures) {
    let file = File::open(capture).unwrap();
    let mut reader = Reader::new(file, capture.display().to_string()).unwrap();
    let names = Names::from(&reader.header().unwrap().names);
    let decoder = Decoder::new(names).with_details();
    while let Some(input) = reader.next().unwrap() {
        let InputData::Datagram(channel, bytes) = input.data else {
            continue;
        };
        // netlink-packet-route decodes rtnetlink alone.
        if channel.family != FamilyId::ROUTE {
            continue;
        }
        for message in Messages::new(bytes).flatten() {
            // The ends of dumps, and errors.
            let Some((_, name, _)) = rtm::rtm(message.kind) else {
                continue;
            };
            figures.messages += 1;
            match RouteNetlinkMessage::parse_with_param(message.body, message.kind) {
                Ok(parsed) => {
                    figures.parsed += 1;
                    let fields = tree::fields(&format!("{parsed:?}"));
                    compare(&decoder, &message, name, &fields, rules, figures);
                }
                Err(error) => {
                    let error = error.to_string();
                    let known = NOT_PARSED.iter().find(|(text, _)| error.contains(text));
                    let (known, _) = known.unwrap_or_else(|| panic!("{name}: {error}"));
                    *figures
                        .failed
                        .entry(known)
                        .or_default()
                        .entry(name)
                        .or_default() += 1;
                }
            }
        }
    }
}

/// Returns the kind by which the tables name the message, and its event; for actions the list of
/// events.
fn event(decoder: &Decoder, message: &Message<'_>, name: &str) -> (String, Value) {
    let mut objects = Vec::new();
    let result = decoder.decode(Channel::ROUTE_EVENTS, message.bytes, &mut objects);
    assert_eq!(result, Ok(()), "{name}");
    let event = |object: DecodedObject| {
        assert!(object.unparsed.is_empty(), "{:?}", object.unparsed);
        serde_json::to_value(object.decoded.payload).unwrap()
    };
    let mut events: Vec<_> = objects.into_iter().map(event).collect();
    let family = i32::from(message.body[0]);
    let kind = match name.split_once('_').unwrap().1[3..].to_lowercase().as_str() {
        "neigh" if family == libc::AF_BRIDGE => "fdb".to_owned(),
        // RTNL_FAMILY_IPMR, RTNL_FAMILY_IP6MR
        "route" if [128, 129].contains(&family) => "mroute".to_owned(),
        kind => kind.to_owned(),
    };
    match kind.as_str() {
        "action" => (kind, Value::Array(events)),
        _ => {
            assert_eq!(events.len(), 1, "{name}");
            (kind, events.remove(0))
        }
    }
}

fn compare(
    decoder: &Decoder,
    message: &Message<'_>,
    name: &str,
    fields: &Fields,
    rules: &[Rule],
    figures: &mut Figures,
) {
    let (kind, event) = event(decoder, message, name);
    let mut read = HashSet::new();
    for (path, values) in fields {
        let (applicable, rest) = table::of(rules, &kind, path);
        if table::is_undecoded(path) && applicable.iter().all(|rule| rule.path != path) {
            figures.undecoded += 1;
            continue;
        }
        if applicable.is_empty() {
            figures.wrong(&kind, path, format!("no rule: {values:?} {event}"));
        }
        let mut difference = None;
        let mut skipped = false;
        for rule in &applicable {
            rule.used
                .set(rule.used.get() + usize::from(!matches!(rule.does, Does::Explain(..))));
            match rule.does {
                Does::Compare {
                    field,
                    convert,
                    absent_if_zero,
                } => {
                    let field = field.replace("{}", &rest);
                    let expected = Field {
                        message: fields,
                        path,
                        values,
                    };
                    let expected = convert::convert(convert, &expected);
                    let actual = value::values(&event, &field);
                    read.extend(value::places(&event, &field).map(std::ptr::from_ref));
                    if !equal(&expected, &actual, absent_if_zero) {
                        difference = Some(format!("{values:?} {expected:?} {field} {actual:?}"));
                    }
                }
                Does::Skip(_) => skipped = true,
                Does::Explain(..) => {}
            }
        }
        if skipped {
            figures.skipped += 1;
            continue;
        }
        figures.compared += usize::from(!applicable.is_empty());
        let Some(difference) = difference else {
            figures.equal += usize::from(!applicable.is_empty());
            continue;
        };
        let all = values.join(",");
        let explains =
            |rule: &&&Rule| matches!(rule.does, Does::Explain(v, _) if v == "*" || v == all);
        match applicable.iter().find(explains) {
            Some(rule) => {
                rule.used.set(rule.used.get() + 1);
                figures.explained += 1;
            }
            None => figures.wrong(&kind, path, format!("{difference} {event}")),
        }
    }
    figures.nlstream_only += unread(&event, &read);
}

/// Returns how many fields of the event no rule read. A list of plain values is one field.
fn unread(value: &Value, read: &HashSet<*const Value>) -> usize {
    if read.contains(&std::ptr::from_ref(value)) {
        return 0;
    }
    match value {
        Value::Object(fields) => fields.values().map(|value| unread(value, read)).sum(),
        Value::Array(list) if list.iter().any(|it| it.is_object() || it.is_array()) => {
            list.iter().map(|value| unread(value, read)).sum()
        }
        Value::Array(list) if list.iter().any(|it| read.contains(&std::ptr::from_ref(it))) => 0,
        _ => 1,
    }
}

fn equal(
    expected: &[String],
    actual: &[std::borrow::Cow<'_, Value>],
    absent_if_zero: bool,
) -> bool {
    let same = |expected: &[&String]| {
        expected.len() == actual.len()
            && expected.iter().zip(actual).all(|(t, o)| value::same(t, o))
    };
    same(&expected.iter().collect::<Vec<_>>())
        || absent_if_zero
            && same(
                &expected
                    .iter()
                    .filter(|t| !value::is_zero(t))
                    .collect::<Vec<_>>(),
            )
}
