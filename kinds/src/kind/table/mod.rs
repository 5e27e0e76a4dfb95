//! The table-driven decoder of attributes that need no typed access. A table has a row for each
//! attribute: number, name, wire format and description; the decoder ([`decode`]), the JSON Schema
//! ([`schema`]) and the text output follow from it. Traffic control and generic netlink use it.

pub mod decode;
pub mod named;
pub mod plain;
pub mod schema;
#[cfg(test)]
mod tests;
pub mod value;

use crate::kind::context::DecodeContext;
use crate::netlink::attr::AttrError;

/// Pseudo attribute number: the field covers the entire payload.
pub const WHOLE: u16 = u16::MAX;

/// Wire format of an option, which also determines its JSON type.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    U8,
    U16,
    U32,
    I16,
    I32,
    U64,
    I64,
    Be16,
    Be32,
    Be64,
    /// A number that the kernel writes with 32 or 64 bits (`NLA_UINT`).
    Uint,
    /// 2 to the power of a 32-bit number.
    Power,
    /// A number of any width as hexadecimal text: `0x1f`.
    HexNumber,
    /// As [`Type::HexNumber`], in network byte order.
    BeHexNumber,
    Text,
    /// Bytes.
    Hex,
    /// True if present; no payload.
    Flag,
    /// True if present; the payload of the given size is ignored.
    Marker(usize),
    /// A number used as a boolean.
    Yes,
    /// An IP address.
    Ip,
    Mac,
    /// `1:10`
    ClassId,
    /// A device index; the parameter is the name of the field that holds the index.
    Device(&'static str),
    /// Packet scheduler ticks (64 ns), converted to seconds.
    Ticks,
    /// Nanoseconds, converted to seconds.
    Nanoseconds,
    /// Hundredths of a second, converted to whole seconds.
    Hundredths,
    /// A burst in scheduler ticks at the rate in the named option, converted to bytes or packets.
    Burst(&'static str),
    /// A fraction of 2^32, converted to 0 to 1.
    Portion,
    /// A fraction of 2^64, converted to 0 to 1.
    Share64,
    /// An enumerated name.
    Name(&'static [(u32, &'static str)]),
    /// An EtherType name, in network byte order.
    BeName(&'static [(u32, &'static str)]),
    /// Bit flags.
    Flags(&'static [(u64, &'static str)]),
    /// Bit flags, in network byte order.
    BeFlags(&'static [(u64, &'static str)]),
    /// Control action (`TC_ACT_*`).
    Control,
    /// Hash table handle of u32: `800:`.
    U32Handle,
    /// An array of bytes, as numbers.
    Bytes(usize),
    /// The arrays of `struct tc_mqprio_qopt`: queue counts and offsets by class.
    Queues,
    /// Bit field: width of the number in bytes, first bit, number of bits, and the format of the
    /// extracted 32-bit value.
    Bits(usize, u32, u32, &'static Type),
    /// An array of 32-bit numbers.
    U32Array,
    /// An array of 64-bit numbers.
    U64Array,
    /// A sequence of attributes of one type.
    List(&'static Type),
    /// `struct nla_bitfield32`
    Bitfield(&'static [(u64, &'static str)]),
    /// A structure of the given size, followed by attributes.
    Head(usize, &'static [Field]),
    /// Nested attributes, as an object.
    Nest(&'static [Field]),
    /// Nested attributes, merged into the parent object.
    Flat(&'static [Field]),
    /// A structure, merged into the parent object; `number` is the offset.
    Struct(&'static [Field]),
    /// A structure, as an object; `number` is the offset.
    SubStruct(&'static [Field]),
    /// An array of structures of the given size.
    Structs(usize, &'static [Field]),
    /// A list of attributes that each contain attributes.
    Nests(&'static [Field]),
    /// The attributes of several entries in sequence.
    Entries(&'static [Field]),
    /// One of several tables, selected by another field.
    OneOf(&'static [(u16, &'static [Field])]),
    /// Placed in a nested object of the given name.
    In(&'static str, &'static Type),
    /// Omitted if 0.
    NotZero(&'static Type),
    /// All remaining attributes, as an object: keys with their masks.
    Keys(&'static [Field]),
    /// The attribute repeats, once per entry, and contains attributes.
    Collect(&'static [Field]),
    /// The attribute repeats, and each has one value of that type: a list of numbers or of texts.
    Multi(&'static Type),
    /// One of several types, selected by the text of another field beside it, in whichever order the
    /// two attributes are.
    Select(&'static str, &'static [(&'static str, &'static Type)]),
    /// Decoded by a function.
    Hook(&'static Hook),
    /// A padding attribute.
    Skip,
    /// Padding bytes of a structure.
    Pad(usize),
    /// Only with `details`.
    Details(&'static Type),
}

/// Decodes the payload of the attribute of that number, and returns the number of bytes that were read.
pub type Decode = fn(
    &mut DecodeContext<'_>,
    &'static Field,
    u16,
    &[u8],
    &mut decode::Out,
) -> Result<usize, AttrError>;

/// The decoder and the JSON Schema of a type that one family alone has.
#[derive(Clone, Copy, Debug)]
pub struct Hook {
    pub decode: Decode,
    /// The schema of the value; `None` if it is no field of the options.
    pub schema: fn() -> Option<serde_json::Value>,
}

/// An option: attribute number (or offset in a structure), name, wire format and description.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub number: u16,
    pub name: &'static str,
    pub wire: Type,
    pub doc: &'static str,
}

/// Declares tables of options, one line per option:
///
/// - of attributes `TCA_FQ_QUANTUM = 3 quantum: U32, "Description.";`: the constant of the kernel's
///   header and its number, the name in the line, the wire type,
/// - of a structure `4 burst: U32, "Description.";`: the offset in bytes instead of both.
macro_rules! options {
    ($($(#[$meta:meta])* $vis:vis $table:ident {
        $($($constant:ident =)? $number:literal $name:ident: $wire:expr, $doc:literal;)*
    })+) => {
        $($(#[$meta])* $vis const $table: &[$crate::kind::table::Field] = {
            #[allow(unused_imports, reason = "not every table has every type")]
            use $crate::kind::table::Type::*;
            &[$($crate::kind::table::Field {
                number: $number,
                name: $crate::kind::fields::plain(stringify!($name)),
                wire: $wire,
                doc: $doc,
            }),*]
        };)+
    };
}
pub(crate) use options;
