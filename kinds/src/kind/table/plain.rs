//! Values of options without nested options: bytes → number, name, text.

use std::net::IpAddr;

use super::Type;
use super::value::{Options, Value};
use crate::kind::wire::u32_array;
use crate::netlink::attr::AttrError;
use crate::value::{Flags, Hex, Symbol};

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], AttrError> {
    bytes.try_into().map_err(|_| AttrError::Length)
}

fn u32_of(bytes: &[u8]) -> Result<u32, AttrError> {
    array(bytes).map(u32::from_ne_bytes)
}

pub fn integer(number: u64) -> Result<i64, AttrError> {
    i64::try_from(number).map_err(|_| AttrError::Value)
}

/// A number of one to eight bytes.
fn number(bytes: &[u8], big_endian: bool) -> Result<u64, AttrError> {
    Ok(match (bytes.len(), big_endian) {
        (1, _) => u64::from(bytes[0]),
        (2, false) => u64::from(u16::from_ne_bytes(array(bytes)?)),
        (2, true) => u64::from(u16::from_be_bytes(array(bytes)?)),
        (4, false) => u64::from(u32_of(bytes)?),
        (4, true) => u64::from(u32::from_be_bytes(array(bytes)?)),
        (8, false) => u64::from_ne_bytes(array(bytes)?),
        (8, true) => u64::from_be_bytes(array(bytes)?),
        _ => return Err(AttrError::Length),
    })
}

/// Bits of a structure's bit field: the first is the lowest one, or on a big-endian machine the
/// highest.
pub fn bits(bytes: &[u8], from: u32, count: u32) -> Result<u32, AttrError> {
    let number = u32::try_from(number(bytes, false)?).map_err(|_| AttrError::Value)?;
    let from = match cfg!(target_endian = "big") {
        true => 8 * bytes.len() as u32 - from - count,
        false => from,
    };
    Ok(number >> from & ((1 << count) - 1))
}

/// As `tc` prints fractions: six digits.
fn fraction(number: f64) -> Value {
    Value::Fraction(format!("{number:.5e}").parse().unwrap_or(number))
}

fn name(
    bytes: &[u8],
    big_endian: bool,
    names: &'static [(u32, &'static str)],
) -> Result<Value, AttrError> {
    let number = number(bytes, big_endian)?;
    let number = u32::try_from(number).map_err(|_| AttrError::Value)?;
    Ok(Value::Text(Symbol::of(number, names).to_string()))
}

fn flags(bits: u64, names: &'static [(u64, &'static str)]) -> Value {
    let (set, rest) = Flags::new(bits, names).split();
    let mut names: Vec<_> = set.map(str::to_owned).collect();
    if rest != 0 {
        names.push(format!("{rest:#x}"));
    }
    Value::Names(names)
}

/// Decodes a value without nested options. Returns it and the number of bytes that were read.
pub fn plain(wire: Type, bytes: &[u8]) -> Result<(Value, usize), AttrError> {
    let mut read = bytes.len();
    let value = match wire {
        Type::U8 => Value::Number(i64::from(array::<1>(bytes)?[0])),
        Type::U16 => Value::Number(i64::from(u16::from_ne_bytes(array(bytes)?))),
        Type::I16 => Value::Number(i64::from(i16::from_ne_bytes(array(bytes)?))),
        Type::U32 => Value::Number(i64::from(u32_of(bytes)?)),
        Type::I32 => Value::Number(i64::from(i32::from_ne_bytes(array(bytes)?))),
        Type::U64 => Value::Number(integer(u64::from_ne_bytes(array(bytes)?))?),
        Type::I64 => Value::Number(i64::from_ne_bytes(array(bytes)?)),
        Type::Be16 => Value::Number(i64::from(u16::from_be_bytes(array(bytes)?))),
        Type::Be32 => Value::Number(i64::from(u32::from_be_bytes(array(bytes)?))),
        Type::Be64 => Value::Number(integer(u64::from_be_bytes(array(bytes)?))?),
        Type::Uint => Value::Number(integer(match bytes.len() {
            8 => u64::from_ne_bytes(array(bytes)?),
            _ => u64::from(u32_of(bytes)?),
        })?),
        Type::Power => {
            let power = 1_i64.checked_shl(u32_of(bytes)?).filter(|power| *power > 0);
            Value::Number(power.ok_or(AttrError::Value)?)
        }
        Type::HexNumber => Value::Text(format!("{:#x}", number(bytes, false)?)),
        Type::BeHexNumber => Value::Text(format!("{:#x}", number(bytes, true)?)),
        Type::Text => {
            let (text, rest) = match bytes.iter().position(|byte| *byte == 0) {
                Some(end) => bytes.split_at(end),
                None => (bytes, &[][..]),
            };
            if rest.iter().any(|byte| *byte != 0) {
                read = text.len();
            }
            let text = str::from_utf8(text).map_err(|_| AttrError::Value)?;
            Value::Text(text.to_owned())
        }
        // An empty value is malformed.
        Type::Hex | Type::U32Array | Type::U64Array if bytes.is_empty() => {
            return Err(AttrError::Length);
        }
        Type::Hex => Value::Text(Hex(bytes.into()).to_string()),
        Type::Marker(length) if bytes.len() < length => return Err(AttrError::Length),
        Type::Marker(length) => {
            read = length;
            Value::Yes(true)
        }
        Type::Flag => {
            read = 0;
            Value::Yes(true)
        }
        Type::Yes => match number(bytes, false)? {
            yes @ (0 | 1) => Value::Yes(yes == 1),
            _ => return Err(AttrError::Value),
        },
        Type::Ip => Value::Text(match bytes.len() {
            4 => IpAddr::from(array::<4>(bytes)?).to_string(),
            _ => IpAddr::from(array::<16>(bytes)?).to_string(),
        }),
        Type::Mac => {
            let mac: [u8; 6] = array(bytes)?;
            Value::Text(mac.map(|byte| format!("{byte:02x}")).join(":"))
        }
        Type::ClassId => Value::Text(class_id(u32_of(bytes)?)),
        Type::U32Handle => Value::Text(u32_handle(u32_of(bytes)?)),
        Type::Device(index) => Value::Device(index, u32_of(bytes)?, None),
        Type::Ticks => fraction(f64::from(u32_of(bytes)?) * 64e-9),
        Type::Nanoseconds => fraction(i64::from_ne_bytes(array(bytes)?) as f64 / 1e9),
        Type::Hundredths => Value::Number(integer(u64::from_ne_bytes(array(bytes)?) / 100)?),
        Type::Burst(rate) => Value::Burst(rate, number(bytes, false)?),
        Type::Portion => fraction(f64::from(u32_of(bytes)?) / f64::from(u32::MAX)),
        Type::Share64 => fraction(u64::from_ne_bytes(array(bytes)?) as f64 / u64::MAX as f64),
        Type::Name(names) => name(bytes, false, names)?,
        Type::BeName(names) => name(bytes, true, names)?,
        Type::Flags(names) => flags(number(bytes, false)?, names),
        Type::BeFlags(names) => flags(number(bytes, true)?, names),
        Type::Bitfield(names) => {
            let [value, _selector] = u32_array(bytes)?;
            read = 8;
            flags(u64::from(value), names)
        }
        Type::Control => Value::Options(control(u32_of(bytes)?)),
        Type::Bytes(_) => Value::Numbers(bytes.iter().map(|byte| i64::from(*byte)).collect()),
        Type::U32Array => {
            let (numbers, rest) = bytes.as_chunks();
            if !rest.is_empty() {
                return Err(AttrError::Length);
            }
            let numbers = numbers.iter().map(|it| i64::from(u32::from_ne_bytes(*it)));
            Value::Numbers(numbers.collect())
        }
        Type::U64Array => {
            let (numbers, rest) = bytes.as_chunks();
            read -= rest.len();
            let numbers = numbers.iter().map(|it| integer(u64::from_ne_bytes(*it)));
            Value::Numbers(numbers.collect::<Result<_, _>>()?)
        }
        Type::Queues => queues(bytes)?,
        _ => return Err(AttrError::Unknown),
    };
    Ok((value, read))
}

/// `count[16]` and `offset[16]` of `struct tc_mqprio_qopt`.
fn queues(bytes: &[u8]) -> Result<Value, AttrError> {
    let (numbers, _) = bytes.as_chunks();
    let numbers: Vec<_> = numbers.iter().map(|it| u16::from_ne_bytes(*it)).collect();
    let (counts, offsets) = numbers.split_at_checked(16).ok_or(AttrError::Length)?;
    let classes = counts.iter().zip(offsets).filter(|(count, _)| **count != 0);
    let list = classes.map(|(count, offset)| {
        Options(vec![
            ("offset", Value::Number(i64::from(*offset))),
            ("count", Value::Number(i64::from(*count))),
        ])
    });
    Ok(Value::List(list.collect()))
}

/// `TC_ACT_*` (linux/pkt_cls.h)
fn control(action: u32) -> Options {
    const NAMES: &[(u32, &str)] = &[
        (u32::MAX, "continue"),
        (0, "pass"),
        (1, "reclassify"),
        (2, "drop"),
        (3, "pipe"),
        (4, "stolen"),
        (5, "queued"),
        (6, "repeat"),
        (7, "redirect"),
        (8, "trap"),
    ];
    let rest = i64::from(action & 0x0fff_ffff);
    let (name, more) = match action >> 28 {
        1 => ("jump".to_owned(), Some(("jump", rest))),
        2 => ("goto".to_owned(), Some(("chain", rest))),
        _ => (Symbol::of(action, NAMES).to_string(), None),
    };
    let mut options = Options(vec![("type", Value::Text(name))]);
    if let Some((name, number)) = more {
        options.put(name, Value::Number(number));
    }
    options
}

/// A class as `tc` writes it: `1:10`.
pub fn class_id(id: u32) -> String {
    match (id >> 16, id & 0xffff) {
        (0xffff, 0xffff) => "root".to_owned(),
        (0, 0) => "none".to_owned(),
        (0, minor) => format!(":{minor:x}"),
        (major, 0) => format!("{major:x}:"),
        (major, minor) => format!("{major:x}:{minor:x}"),
    }
}

/// A node of u32 as `tc` writes it: table, bucket, number.
pub fn u32_handle(handle: u32) -> String {
    let (table, bucket, node) = (handle >> 20, handle >> 12 & 0xff, handle & 0xfff);
    let some = |number: u32| match number {
        0 => String::new(),
        number => format!("{number:x}"),
    };
    match node {
        0 => format!("{table:x}:{}", some(bucket)),
        node => format!("{table:x}:{}:{node:x}", some(bucket)),
    }
}
