//! The extended matches of a filter (`tcf_em_tree_dump`, net/sched/ematch.c): each has a header,
//! and after it a value whose layout depends on its kind.

use crate::kind::context::DecodeContext;
use crate::kind::route::tc::spec::ematch::{HEADER, IPT, KINDS, META, NBYTE, TEXT};
use crate::kind::table::decode::{self, Out, nest, structure};
use crate::kind::table::plain::plain;
use crate::kind::table::value::{Options, Value};
use crate::kind::table::{Field, Type};
use crate::netlink::attr::{Attr, AttrError};

/// The matches of `TCA_EMATCH_TREE_LIST`.
pub(in crate::kind::route::tc) fn list(
    context: &mut DecodeContext<'_>,
    bytes: &[u8],
) -> Vec<Options> {
    let mut list = Vec::new();
    context.each(bytes, |context, attr| {
        list.push(one(context, &attr)?);
        Ok(())
    });
    list
}

fn one(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Options, AttrError> {
    let (header, rest) = attr
        .value
        .split_first_chunk::<8>()
        .ok_or(AttrError::Length)?;
    let mut it = Out::default();
    structure(context, HEADER, header, &mut it)?;
    let mut it = it.options;
    let kind = u16::from_ne_bytes([header[2], header[3]]);
    match KINDS.iter().find(|(number, _)| *number == kind) {
        Some((_, table)) => match value(context, attr.kind, kind, table, rest) {
            Ok(options) => it.put("options", Value::Options(options)),
            Err(fault) => context.record_unparsed(Some(attr.kind), fault, rest),
        },
        None if rest.is_empty() => {}
        None => it.put("hex", plain(Type::Hex, rest)?.0),
    }
    Ok(it)
}

/// Decodes the value of a match. `number`: its position, which is the type of the attribute around
/// it.
fn value(
    context: &mut DecodeContext<'_>,
    number: u16,
    kind: u16,
    table: &'static [Field],
    bytes: &[u8],
) -> Result<Options, AttrError> {
    let mut out = Out::default();
    let read = match kind {
        IPT => return nest(context, table, number, bytes),
        META => return meta(context, number, table, bytes),
        NBYTE => counted(context, table, 4, bytes, &mut out)?,
        TEXT => counted(context, table, 24, bytes, &mut out)?,
        _ => structure(context, table, bytes, &mut out)?,
    };
    if read < bytes.len() {
        context.record_unparsed(Some(number), AttrError::Length, bytes);
    }
    Ok(out.options)
}

/// Decodes a structure of that length and the bytes after it, whose number is its field `len`.
/// Returns the number of bytes that were read, including the kernel's padding to a multiple of
/// four.
fn counted(
    context: &mut DecodeContext<'_>,
    table: &'static [Field],
    length: usize,
    bytes: &[u8],
    out: &mut Out,
) -> Result<usize, AttrError> {
    let (head, rest) = bytes.split_at_checked(length).ok_or(AttrError::Length)?;
    structure(context, table, head, out)?;
    let count = match out.options.get("len") {
        Some(Value::Number(count)) => usize::try_from(*count).unwrap_or_default(),
        _ => 0,
    };
    let (needle, pad) = rest.split_at_checked(count).ok_or(AttrError::Length)?;
    if !needle.is_empty() {
        out.options.put("needle", plain(Type::Hex, needle)?.0);
    }
    let padded = pad.len() < 4 && pad.iter().all(|byte| *byte == 0);
    Ok(length + count + if padded { pad.len() } else { 0 })
}

/// `TCA_EM_META_*`: the compared objects, and then their numbers or bytes.
fn meta(
    context: &mut DecodeContext<'_>,
    number: u16,
    table: &'static [Field],
    bytes: &[u8],
) -> Result<Options, AttrError> {
    const TCA_EM_META_LVALUE: u16 = 2;
    const TCA_EM_META_RVALUE: u16 = 3;
    let mut it = Options::default();
    context.within(number, |context| {
        context.each(bytes, |context, attr| {
            let side = match attr.kind {
                TCA_EM_META_LVALUE => "left",
                TCA_EM_META_RVALUE => "right",
                _ => {
                    let inner = decode::one(context, table, &attr)?;
                    for (name, value) in inner.0 {
                        it.put(name, value);
                    }
                    return Ok(());
                }
            };
            // Without the header the type of the value is unknown.
            let Some(Value::Options(side)) = it.get_mut(side) else {
                return Err(AttrError::Value);
            };
            let is = |side: &Options, name, expected: &str| {
                matches!(side.get(name), Some(Value::Text(text)) if text == expected)
            };
            let (name, wire) = match (is(side, "type", "int"), is(side, "id", "value")) {
                (true, true) => ("value", Type::HexNumber),
                (true, false) => ("mask", Type::HexNumber),
                (false, _) => ("data", Type::Hex),
            };
            side.put(name, plain(wire, attr.value)?.0);
            Ok(())
        });
    })?;
    Ok(it)
}
