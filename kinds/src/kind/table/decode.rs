//! The interpreter of the tables: attributes and structures → options by name.

use std::net::IpAddr;

use super::plain::{bits, integer, plain};
use super::value::{Options, Value};
use super::{Field, Type, WHOLE};
use crate::kind::context::DecodeContext;
use crate::kind::route::tc::Action;
use crate::netlink::attr::{Attr, AttrError};

/// The decoded options of an object.
#[derive(Debug, Default)]
pub struct Out {
    pub options: Options,
    /// Counters, which change without an event.
    pub counters: Options,
    pub actions: Option<Vec<Action>>,
    /// Attributes whose type another one selects that has not been decoded yet.
    deferred: Vec<(&'static Field, u16, Box<[u8]>)>,
}

/// Decodes an attribute of options by their table.
pub fn decode(
    context: &mut DecodeContext<'_>,
    table: &'static [Field],
    attr: &Attr<'_>,
) -> Result<Out, AttrError> {
    of(context, table, attr.kind, attr.value)
}

/// The same for the payload of the attribute `kind`.
pub fn of(
    context: &mut DecodeContext<'_>,
    table: &'static [Field],
    kind: u16,
    bytes: &[u8],
) -> Result<Out, AttrError> {
    let mut out = Out::default();
    let mut attributes = bytes;
    if let Some((fields, length)) = head(table) {
        let head;
        let all = attributes.len();
        (head, attributes) = attributes.split_at(length.min(all));
        if head.len() < length && length != usize::MAX {
            return Err(AttrError::Length);
        }
        if structure(context, fields, head, &mut out)? < head.len() {
            context.record_unparsed(Some(kind), AttrError::Length, head);
        }
    }
    context.within(kind, |context| {
        context.each(attributes, |context, attr| {
            field(context, table, &attr, &mut out)
        });
        decode_deferred(context, &mut out);
    })?;
    resolve_references(&mut out.options);
    Ok(out)
}

/// Decodes the attributes of a message by their table.
pub fn attributes(
    context: &mut DecodeContext<'_>,
    table: &'static [Field],
    bytes: &[u8],
) -> Options {
    let mut out = Out::default();
    context.each(bytes, |context, attr| {
        field(context, table, &attr, &mut out)
    });
    decode_deferred(context, &mut out);
    resolve_references(&mut out.options);
    out.options
}

/// The structure at the beginning of the options.
fn head(table: &'static [Field]) -> Option<(&'static [Field], usize)> {
    let complete = table.iter().filter(|field| field.number == WHOLE);
    let mut heads = complete.filter_map(|field| match field.wire {
        Type::Head(length, fields) => Some((fields, length)),
        _ => None,
    });
    heads.next()
}

/// An attribute, by the field of its number.
fn field(
    context: &mut DecodeContext<'_>,
    table: &'static [Field],
    attr: &Attr<'_>,
    out: &mut Out,
) -> Result<(), AttrError> {
    if let Some(field) = table.iter().find(|field| field.number == attr.kind) {
        let read = value(context, field, field.wire, attr.kind, attr.value, out)?;
        context.record_excess(attr, read);
        return Ok(());
    }
    for field in table {
        if let Type::Keys(keys) = field.wire
            && let Some(key) = keys.iter().find(|key| key.number == attr.kind)
        {
            let mut inner = Out::default();
            let read = value(context, key, key.wire, attr.kind, attr.value, &mut inner)?;
            context.record_excess(attr, read);
            let group = out.options.within(field.name);
            let full = attr.value.iter().all(|byte| *byte == 0xff);
            for (name, value) in inner.options.0 {
                put_key(group, name, value, full);
            }
            return Ok(());
        }
    }
    Err(AttrError::Unknown)
}

/// Decodes a structure: each field has its own length, or ends where the next one begins. Fields
/// beyond the received length are omitted (older kernels). Returns the number of bytes that were
/// read: the structure of a newer kernel may be longer, or the last field truncated.
pub fn structure(
    context: &mut DecodeContext<'_>,
    fields: &'static [Field],
    bytes: &[u8],
    out: &mut Out,
) -> Result<usize, AttrError> {
    if bytes.is_empty() && !fields.is_empty() {
        return Err(AttrError::Length);
    }
    let mut end = 0;
    for field in fields {
        let at = usize::from(field.number);
        let next = fields.iter().map(|field| usize::from(field.number));
        let next = next.filter(|next| *next > at).min();
        let length = size(field.wire).or(next.map(|next| next - at));
        let piece = match length {
            Some(length) => bytes.get(at..at.saturating_add(length)),
            None => bytes.get(at..).filter(|rest| !rest.is_empty()),
        };
        if let Some(piece) = piece {
            let read = value(context, field, field.wire, field.number, piece, out)?;
            end = end.max(at + length.unwrap_or(read));
        }
    }
    Ok(end)
}

/// Length of a value in a structure, bytes; `None` if that depends on the structure.
fn size(wire: Type) -> Option<usize> {
    Some(match wire {
        Type::U8 => 1,
        Type::U16 | Type::I16 | Type::Be16 => 2,
        Type::U32 | Type::I32 | Type::Be32 | Type::ClassId | Type::Device(_) => 4,
        Type::Ticks | Type::Burst(_) | Type::Portion | Type::Power | Type::Control => 4,
        Type::U32Handle => 4,
        Type::U64
        | Type::Be64
        | Type::I64
        | Type::Nanoseconds
        | Type::Hundredths
        | Type::Share64 => 8,
        Type::Bytes(count) | Type::Pad(count) | Type::Bits(count, ..) => count,
        Type::Queues => 64,
        Type::Details(inner) | Type::NotZero(inner) | Type::In(_, inner) => return size(*inner),
        _ => return None,
    })
}

/// Decodes `bytes` into `out`, and returns the number of bytes that were read. `kind`: the
/// attribute around them.
fn value(
    context: &mut DecodeContext<'_>,
    field: &'static Field,
    wire: Type,
    kind: u16,
    bytes: &[u8],
    out: &mut Out,
) -> Result<usize, AttrError> {
    let name = field.name;
    let mut read = bytes.len();
    let value = match wire {
        Type::Skip | Type::Pad(_) => return Ok(read),
        Type::Details(inner) => {
            if !context.details {
                return Ok(read);
            }
            let mut inner_out = Out::default();
            read = value(context, field, *inner, kind, bytes, &mut inner_out)?;
            for (name, value) in inner_out.options.0 {
                out.counters.put(name, value);
            }
            return Ok(read);
        }
        Type::NotZero(inner) => {
            if bytes.iter().all(|byte| *byte == 0) {
                return Ok(read);
            }
            return value(context, field, *inner, kind, bytes, out);
        }
        Type::Bits(_, from, count, inner) => {
            let number = bits(bytes, from, count)?.to_ne_bytes();
            value(context, field, *inner, kind, &number, out)?;
            return Ok(read);
        }
        Type::In(group, inner) => {
            let mut inner_out = Out::default();
            read = value(context, field, *inner, kind, bytes, &mut inner_out)?;
            let group = out.options.within(group);
            for (name, value) in inner_out.options.0 {
                group.put(name, value);
            }
            return Ok(read);
        }
        // Index 0: no device.
        Type::Device(_) if bytes == [0; 4] => return Ok(read),
        Type::Struct(fields) => return structure(context, fields, bytes, out),
        Type::Head(..) | Type::Keys(_) => return Err(AttrError::Unknown),
        Type::Flat(fields) => {
            context.within(kind, |context| {
                context.each(bytes, |context, attr| {
                    self::field(context, fields, &attr, out)
                });
            })?;
            return Ok(read);
        }
        Type::Hook(hook) => return (hook.decode)(context, field, kind, bytes, out),
        Type::Select(sibling, choices) => {
            let Some(selector) = out.options.get(sibling) else {
                out.deferred.push((field, kind, bytes.into()));
                return Ok(read);
            };
            let choice = match selector {
                Value::Text(text) => choices.iter().find(|(name, _)| name == text),
                _ => None,
            };
            let (_, wire) = choice.ok_or(AttrError::Unknown)?;
            return value(context, field, **wire, kind, bytes, out);
        }
        Type::Multi(inner) => {
            let value;
            (value, read) = plain(*inner, bytes)?;
            match (out.options.take(name), value) {
                (Some(Value::Numbers(mut list)), Value::Number(number)) => {
                    list.push(number);
                    Value::Numbers(list)
                }
                (Some(Value::Names(mut list)), Value::Text(text)) => {
                    list.push(text);
                    Value::Names(list)
                }
                (_, Value::Number(number)) => Value::Numbers(vec![number]),
                (_, Value::Text(text)) => Value::Names(vec![text]),
                _ => return Err(AttrError::Value),
            }
        }
        Type::SubStruct(fields) => {
            let mut inner = Out::default();
            read = structure(context, fields, bytes, &mut inner)?;
            Value::Options(inner.options)
        }
        Type::Nest(fields) => Value::Options(nest(context, fields, kind, bytes)?),
        Type::Structs(length, fields) => {
            let mut list = Vec::new();
            let chunks = bytes.chunks_exact(length);
            read -= chunks.remainder().len();
            for chunk in chunks {
                let mut inner = Out::default();
                structure(context, fields, chunk, &mut inner)?;
                list.push(inner.options);
            }
            Value::List(list)
        }
        Type::Nests(fields) => {
            let mut list = Vec::new();
            context.within(kind, |context| {
                context.each(bytes, |context, attr| {
                    list.push(nest(context, fields, attr.kind, attr.value)?);
                    Ok(())
                });
            })?;
            Value::List(list)
        }
        Type::Collect(fields) => {
            let entry = nest(context, fields, kind, bytes)?;
            let mut list = match out.options.take(name) {
                Some(Value::List(list)) => list,
                _ => Vec::new(),
            };
            list.push(entry);
            Value::List(list)
        }
        Type::Entries(fields) => Value::List(entries(
            context,
            fields,
            kind,
            bytes,
            out.options.take(name),
        )?),
        Type::List(inner) => {
            let mut list = Vec::new();
            context.within(kind, |context| {
                context.each(bytes, |_, attr| {
                    list.push(match inner {
                        Type::U8 => i64::from(attr.u8()?),
                        Type::U64 => integer(attr.u64()?)?,
                        _ => i64::from(attr.u32()?),
                    });
                    Ok(())
                });
            })?;
            Value::Numbers(list)
        }
        wire => {
            let value;
            (value, read) = plain(wire, bytes)?;
            value
        }
    };
    put(&mut out.options, name, value);
    Ok(read)
}

/// Decodes the attributes that waited for the one that selects their type. Without it their type
/// is unknown.
fn decode_deferred(context: &mut DecodeContext<'_>, out: &mut Out) {
    for (field, kind, bytes) in std::mem::take(&mut out.deferred) {
        let result = value(context, field, field.wire, kind, &bytes, out);
        let waits_again = !std::mem::take(&mut out.deferred).is_empty();
        match result {
            Ok(_) if waits_again => {
                context.record_unparsed(Some(kind), AttrError::Unknown, &bytes);
            }
            Ok(read) if read < bytes.len() => {
                context.record_unparsed(Some(kind), AttrError::Length, &bytes);
            }
            Ok(_) => {}
            Err(fault) => context.record_unparsed(Some(kind), fault, &bytes),
        }
    }
}

/// Sets a value. The entries of two lists of one name are merged by their position.
fn put(options: &mut Options, name: &'static str, value: Value) {
    match (options.get_mut(name), value) {
        (Some(Value::List(old)), Value::List(mut new)) => {
            let more = new.split_off(new.len().min(old.len()));
            for (old, new) in old.iter_mut().zip(new) {
                for (name, value) in new.0 {
                    old.put(name, value);
                }
            }
            old.extend(more);
        }
        (_, value) => options.put(name, value),
    }
}

/// The options in one attribute.
pub fn one(
    context: &mut DecodeContext<'_>,
    fields: &'static [Field],
    attr: &Attr<'_>,
) -> Result<Options, AttrError> {
    let mut out = Out::default();
    field(context, fields, attr, &mut out)?;
    Ok(out.options)
}

/// The options in the attributes inside an attribute, which contain no counters.
pub fn nest(
    context: &mut DecodeContext<'_>,
    fields: &'static [Field],
    kind: u16,
    bytes: &[u8],
) -> Result<Options, AttrError> {
    let mut inner = Out::default();
    context.within(kind, |context| {
        context.each(bytes, |context, attr| {
            field(context, fields, &attr, &mut inner)
        });
        decode_deferred(context, &mut inner);
    })?;
    Ok(inner.options)
}

/// Decodes the attributes of several entries. The attributes of one entry have ascending numbers.
/// `list`: the previous entries.
fn entries(
    context: &mut DecodeContext<'_>,
    fields: &'static [Field],
    kind: u16,
    bytes: &[u8],
    list: Option<Value>,
) -> Result<Vec<Options>, AttrError> {
    let mut list = match list {
        Some(Value::List(list)) => list,
        _ => Vec::new(),
    };
    let (mut entry, mut last) = (Out::default(), 0);
    let mut done = |entry: &mut Out| {
        let entry = std::mem::take(&mut entry.options);
        if !entry.0.is_empty() {
            list.push(entry);
        }
    };
    context.within(kind, |context| {
        context.each(bytes, |context, attr| {
            if attr.kind <= last {
                done(&mut entry);
            }
            last = attr.kind;
            field(context, fields, &attr, &mut entry)
        });
    })?;
    done(&mut entry);
    Ok(list)
}

/// Sets a key. A mask is appended to its key, unless all its bits are set (`full`).
fn put_key(keys: &mut Options, name: &'static str, value: Value, full: bool) {
    let Some(of) = name.strip_suffix("_mask") else {
        keys.put(name, value);
        return;
    };
    let Value::Text(mask) = &value else {
        keys.put(name, value);
        return;
    };
    let of = keys.0.iter_mut().find(|(name, _)| *name == of);
    let Some((_, of)) = of else {
        keys.put(name, value);
        return;
    };
    match of {
        _ if full => {}
        Value::Text(text) if mask.parse::<IpAddr>().is_ok() => {
            let length = mask.parse().ok().and_then(prefix_length);
            match length {
                Some(length) => text.push_str(&format!("/{length}")),
                None => text.push_str(&format!("/{mask}")),
            }
        }
        Value::Text(text) if mask.len() == 17 => text.push_str(&format!("/{mask}")),
        _ => keys.put(name, value),
    }
}

/// The prefix length of a mask; `None` if its set bits are not contiguous.
fn prefix_length(mask: IpAddr) -> Option<u32> {
    let (bits, width) = match mask {
        IpAddr::V4(mask) => (u128::from(mask.to_bits()) << 96, 32),
        IpAddr::V6(mask) => (mask.to_bits(), 128),
    };
    let length = bits.leading_ones();
    (bits.count_ones() == length && length <= width).then_some(length)
}

/// Converts bursts to bytes by the rates in other options, and removes empty options.
fn resolve_references(options: &mut Options) {
    for at in 0..options.0.len() {
        let Value::Burst(rate, ticks) = options.0[at].1 else {
            continue;
        };
        let rate = match options.get(rate) {
            Some(Value::Number(rate)) => *rate,
            _ => 0,
        };
        // A tick of the packet scheduler is 64 ns.
        let bytes = i128::from(rate).saturating_mul(i128::from(ticks) * 64) / 1_000_000_000;
        options.0[at].1 = Value::Number(i64::try_from(bytes).unwrap_or(i64::MAX));
    }
    let useless = |value: &Value| matches!(value, Value::Options(inner) if inner.0.is_empty());
    options.0.retain(|(_, value)| !useless(value));
}
