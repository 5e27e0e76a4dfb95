//! Every attribute of every message of the fixtures, at every depth, with its length changed: the
//! other attributes decode as before, its bytes are decoded or kept in `unparsed`, and no byte
//! beyond it is read.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Mutex;

use nlstream::decode::context::DecodeContext;
use nlstream::event::Payload;
use nlstream::family::Family as _;
use nlstream::names::Names;
use nlstream::netlink::attr::Attrs;
use nlstream::netlink::frame::{Message, Messages};
use nlstream::netlink::rtm::Rtnetlink;
use nlstream::netlink::rtm::{
    RTM_NEWACTION, RTM_NEWCHAIN, RTM_NEWLINK, RTM_NEWNEXTHOP, RTM_NEWPREFIX, RTM_NEWQDISC,
    RTM_NEWROUTE, rtm,
};
use serde_json::Value;

use super::{datagrams, each};

/// Splits a list into attributes, each with its padding.
fn split(mut list: &[u8]) -> Option<Vec<&[u8]>> {
    let mut parts = Vec::new();
    while !list.is_empty() {
        let length = usize::from(u16::from_ne_bytes(*list.first_chunk()?));
        if length < 4 || length > list.len() {
            return None;
        }
        let (part, rest) = list.split_at(length.next_multiple_of(4).min(list.len()));
        parts.push(part);
        list = rest;
    }
    Some(parts)
}

/// Returns the payload of an attribute, without padding.
fn value(part: &[u8]) -> &[u8] {
    &part[4..usize::from(u16::from_ne_bytes([part[0], part[1]]))]
}

/// Returns an attribute of the type of `like`, with its padding filled with `pad`.
fn attribute(like: &[u8], value: &[u8], pad: u8) -> Vec<u8> {
    let mut part = (4 + value.len() as u16).to_ne_bytes().to_vec();
    part.extend(&like[2..4]);
    part.extend(value);
    part.resize(part.len().next_multiple_of(4), pad);
    part
}

/// Returns true if the payload can be read as attributes. Some numbers can be too: they are
/// changed in the same way.
fn holds_attributes(value: &[u8]) -> bool {
    let plausible = |part: &&[u8]| matches!(part[2..4], [1..=255, 0 | 0x40 | 0x80]);
    // `struct tc_htb_glob` begins with its version, 3.17, which reads like a type and a length.
    let structure = value.len() == 20 && value.starts_with(&[17, 0, 3, 0]);
    let parts = split(value).filter(|_| !structure);
    parts.is_some_and(|parts| value.len() > 4 && parts.iter().all(plausible))
}

/// Collects the paths to all attributes in the list: positions, outermost first.
fn places(list: &[u8], around: &[usize], found: &mut Vec<Vec<usize>>) {
    for (at, part) in split(list).into_iter().flatten().enumerate() {
        let place = [around, &[at]].concat();
        if holds_attributes(value(part)) {
            places(value(part), &place, found);
        }
        found.push(place);
    }
}

/// Returns the bytes that replace an attribute (the first argument) and those that follow it.
type Change<'c> = dyn Fn(&[u8], &[u8]) -> Vec<u8> + 'c;

/// Returns the list with other bytes from `place` on: `change` gets the attribute there and the
/// bytes that follow it in its list. The lengths of the enclosing attributes are adjusted.
fn rebuilt(list: &[u8], place: &[usize], change: &Change<'_>) -> Vec<u8> {
    let parts = split(list).expect("it was split before");
    let before = parts[..place[0]].concat();
    let (part, after) = (parts[place[0]], parts[place[0] + 1..].concat());
    let new = match &place[1..] {
        [] => change(part, &after),
        inner => [
            attribute(part, &rebuilt(value(part), inner, change), 0),
            after,
        ]
        .concat(),
    };
    [before, new].concat()
}

/// What a message decodes to: the payloads, the same by the path of each value, and the undecoded
/// bytes in hexadecimal.
#[derive(Debug, PartialEq)]
struct Outcome {
    payloads: Value,
    values: BTreeMap<String, Value>,
    unparsed: Vec<String>,
}

fn flatten(path: String, value: Value, into: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                flatten(format!("{path}/{key}"), value, into);
            }
        }
        Value::Array(list) => {
            for (at, value) in list.into_iter().enumerate() {
                flatten(format!("{path}/{at}"), value, into);
            }
        }
        value => drop(into.insert(path, value)),
    }
}

fn decode(names: &Names, kind: u16, body: &[u8]) -> Outcome {
    let mut bytes = (16 + body.len() as u32).to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.resize(16, 0);
    bytes.extend(body);
    let message: Message<'_> = Messages::new(&bytes).next().unwrap().unwrap();
    let (mut payloads, mut unparsed) = (Vec::new(), Vec::new());
    Rtnetlink.decode(
        &mut DecodeContext::new(names, true),
        &message,
        &mut |decoded, left| {
            // A message without a decoder is kept in its payload.
            if let Payload::Unknown(unknown) = &decoded.payload {
                let attributes = unknown.attributes.iter().flatten().map(|it| &it.hex);
                let all = attributes.chain(&unknown.data);
                unparsed.extend(all.map(|hex| {
                    serde_json::to_value(hex)
                        .unwrap()
                        .as_str()
                        .unwrap()
                        .to_owned()
                }));
                return;
            }
            payloads.push(serde_json::to_value(&decoded.payload).unwrap());
            for entry in left {
                let entry = serde_json::to_value(entry).unwrap();
                unparsed.push(entry["hex"].as_str().unwrap().to_owned());
            }
        },
    );
    let (payloads, mut values) = (Value::from(payloads), BTreeMap::new());
    flatten(String::new(), payloads.clone(), &mut values);
    Outcome {
        payloads,
        values,
        unparsed,
    }
}

/// Collects values that changed although they do not depend on the attribute: values of `was` that
/// `without`, the message without the attribute, has too. If a list is shorter without it, its
/// other entries must stay.
fn unrelated_changes(
    path: &str,
    was: &Value,
    without: &Value,
    is: &Value,
    found: &mut Vec<String>,
) {
    match (was, without, is) {
        (Value::Object(was), Value::Object(without), Value::Object(is)) => {
            for (name, was) in was {
                if let Some(without) = without.get(name) {
                    let is = is.get(name).unwrap_or(&Value::Null);
                    unrelated_changes(&format!("{path}/{name}"), was, without, is, found);
                }
            }
        }
        (Value::Array(was), Value::Array(without), Value::Array(is)) => {
            if was.len() == without.len() {
                for (at, (was, without)) in was.iter().zip(without).enumerate() {
                    let is = is.get(at).unwrap_or(&Value::Null);
                    unrelated_changes(&format!("{path}/{at}"), was, without, is, found);
                }
                return;
            }
            let mut left = is.iter();
            for other in without.iter().filter(|other| was.contains(other)) {
                if !left.any(|is| is == other) {
                    found.push(format!("{path} does not hold {other}"));
                }
            }
        }
        _ if was == without && is != was => found.push(format!("{path} is not {was}")),
        _ => {}
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Attributes that are lists, but not of attributes: the next hops of a route, the members of a
/// group, and the settings of a device for IPv4 and IPv6, which are an array.
const LISTS: &[(u16, &[u16])] = &[
    (RTM_NEWROUTE, &[9]),
    (RTM_NEWNEXTHOP, &[2]),
    (RTM_NEWLINK, &[26, 2, 1]),
    (RTM_NEWLINK, &[26, 10, 2]),
    (RTM_NEWLINK, &[12, 2]),
    (RTM_NEWACTION, &[1]),
];

/// Entries of a list that belong to the entries of another list by their position: the headers of
/// the words that pedit edits.
const PAIRED: &[(u16, &[u16])] = &[(RTM_NEWACTION, &[1, 1, 2, 5, 6])];

struct Case<'a> {
    names: &'a Names,
    kind: u16,
    header: &'a [u8],
    list: &'a [u8],
    place: &'a [usize],
    original: &'a Outcome,
    found: &'a Mutex<BTreeSet<String>>,
}

impl Case<'_> {
    fn with_change(&self, change: &Change<'_>) -> Outcome {
        let body = [self.header, &rebuilt(self.list, self.place, change)].concat();
        decode(self.names, self.kind, &body)
    }

    /// Checks that values that do not depend on the attribute stay.
    fn check_unrelated_values(&self, without: &Outcome, changed: &Outcome, change: &str) {
        if PAIRED.contains(&(self.kind & !3, &self.numbers())) {
            return;
        }
        let (mut faults, was) = (Vec::new(), &self.original.payloads);
        unrelated_changes("", was, &without.payloads, &changed.payloads, &mut faults);
        for fault in faults {
            self.report(&fault, change);
        }
    }

    /// Returns the types of the enclosing attributes and of the attribute.
    fn numbers(&self) -> Vec<u16> {
        let mut list = self.list;
        let number = |at: &usize| {
            let part = split(list).unwrap()[*at];
            list = value(part);
            u16::from_ne_bytes([part[2], part[3]]) & 0x3fff
        };
        self.place.iter().map(number).collect()
    }

    fn value(&self) -> &[u8] {
        let inner = |list, at: &usize| value(split(list).unwrap()[*at]);
        self.place.iter().fold(self.list, inner)
    }

    /// Returns true if the attribute is a list: an empty list has nothing to keep.
    fn is_list(&self) -> bool {
        holds_attributes(self.value()) || LISTS.contains(&(self.kind & !3, &self.numbers()))
    }

    fn report(&self, fault: &str, change: &str) {
        let (_, name, _) = rtm(self.kind).unwrap();
        let (family, numbers, value) = (self.header[0], self.numbers(), hex(self.value()));
        self.found.lock().unwrap().insert(format!(
            "{name} of family {family}, attribute {numbers:?} ({value}), {change}: {fault}"
        ));
    }

    /// Checks the message with another value of the attribute.
    fn check_value(&self, without: &Outcome, change: &str, new: &[u8]) {
        let with_pad = |pad: u8| {
            self.with_change(&|part, after| [&attribute(part, new, pad)[..], after].concat())
        };
        let changed = with_pad(0);
        self.check_unrelated_values(without, &changed, change);
        // A nested attribute that is kept undecoded is kept with the padding inside it.
        if self.place.len() == 1 && changed != with_pad(0xff) {
            self.report("padding is read", change);
        }
        let decoded_before = self.original.values != without.values;
        let kept = changed.unparsed.len() > without.unparsed.len();
        // If it is no longer decoded, its bytes are kept; of a list the undecoded part.
        if decoded_before && changed.values == without.values {
            let bytes = hex(new);
            let is_kept = || changed.unparsed.iter().any(|hex| hex.contains(&bytes));
            if !self.value().is_empty()
                && !match self.is_list() {
                    true => kept || new.is_empty(),
                    false => is_kept(),
                }
            {
                self.report("its bytes are not kept", change);
            }
        }
        // If it decodes to the same values, the additional bytes are kept. Exceptions: a string
        // ends at its zero, a flag has no value, and bytes after a list are kept as no attribute.
        // Missing padding of the last attribute of a list does not count as its end.
        let end = match self.is_list() {
            true => self.value().len().next_multiple_of(4),
            false => self.value().len(),
        };
        let longer = new.len() > end;
        let text = match self.value().split_last() {
            Some((last, rest)) => *last == 0 && !rest.contains(&0),
            None => true,
        };
        let kept = changed.unparsed.len() > self.original.unparsed.len();
        if longer && !text && decoded_before && changed.values == self.original.values && !kept {
            self.report("the additional bytes are not kept", change);
        }
    }

    /// Checks a report length: from there on no attribute can be read, and all bytes are kept.
    fn check_wrong_length(&self, cut: &Outcome, length: u16) {
        let change = format!("length {length}");
        let rest = std::cell::RefCell::default();
        let changed = self.with_change(&|part, after| {
            let bytes = [&u16::to_ne_bytes(length), &part[2..], after].concat();
            *rest.borrow_mut() = hex(&bytes);
            bytes
        });
        self.check_unrelated_values(cut, &changed, &change);
        if self.place.len() == 1 && changed.values != cut.values {
            self.report("the attributes before it are decoded differently", &change);
        }
        let rest = rest.into_inner();
        // Options of traffic control without a table are shown in hexadecimal.
        let of_tc = (RTM_NEWQDISC..RTM_NEWPREFIX).contains(&self.kind)
            || (RTM_NEWCHAIN..RTM_NEWNEXTHOP).contains(&self.kind);
        let shown = changed.values.values().filter(|_| of_tc);
        let shown = shown.filter_map(Value::as_str);
        let kept = changed.unparsed.iter().map(String::as_str);
        if !shown.chain(kept).any(|hex| hex.contains(&rest)) {
            self.report("its bytes are not kept", &change);
        }
    }

    fn run(&self) {
        let value = self.value();
        let without = self.with_change(&|_, after| after.to_vec());
        self.check_value(&without, "a byte more", &[value, &[0xa5]].concat());
        self.check_value(&without, "four bytes more", &[value, &[0xa5; 4]].concat());
        let less = value.len().saturating_sub(1);
        self.check_value(&without, "a byte less", &value[..less]);
        self.check_value(&without, "empty", &[]);
        let cut = self.with_change(&|_, _| Vec::new());
        for length in [0, 3, u16::MAX] {
            self.check_wrong_length(&cut, length);
        }
    }
}

#[test]
fn attribute_of_another_length_affects_itself_only() {
    // Each attribute once: the same bytes at the same place of the same message type decode to
    // the same values.
    let mut seen = HashSet::new();
    let mut cases = Vec::new();
    for (_, datagrams) in datagrams() {
        for datagram in datagrams {
            for message in Messages::new(&datagram).flatten() {
                let Some((_, _, fixed)) = rtm(message.kind) else {
                    continue;
                };
                let Some((header, list)) = message.body.split_at_checked(fixed) else {
                    continue;
                };
                if !Attrs::new(list).all(|attr| attr.is_ok()) {
                    continue;
                }
                let mut places_here = Vec::new();
                places(list, &[], &mut places_here);
                places_here.retain(|place| {
                    let mut numbers = Vec::new();
                    let mut inner = list;
                    for at in place {
                        let part = split(inner).unwrap()[*at];
                        numbers.push([part[2], part[3]]);
                        inner = value(part);
                    }
                    seen.insert((message.kind, header[0], numbers, inner.to_vec()))
                });
                if !places_here.is_empty() {
                    cases.push((message.kind, header.to_vec(), list.to_vec(), places_here));
                }
            }
        }
    }
    assert!(seen.len() > 2000, "only {} attributes", seen.len());
    let names = Names::builtin();
    let found = Mutex::new(BTreeSet::new());
    each(&cases, |(kind, header, list, places)| {
        let original = decode(&names, *kind, &[&header[..], list].concat());
        for place in places {
            let case = Case {
                names: &names,
                kind: *kind,
                header,
                list,
                place,
                original: &original,
                found: &found,
            };
            case.run();
        }
    });
    let found = found.into_inner().unwrap();
    let some: Vec<_> = found.iter().take(20).collect();
    assert!(found.is_empty(), "{} faults, as {some:#?}", found.len());
}
