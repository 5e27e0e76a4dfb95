//! The tables that say which options there are, and how each is sent.

/// How an option is sent, and so what it is in JSON.
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
    /// Of a 32-bit number two to its power.
    Power,
    /// Hexadecimal text of a number, of whatever length: `0x1f`.
    HexNumber,
    /// The same, in network order.
    BeHexNumber,
    Text,
    /// Bytes.
    Hex,
    /// Present means yes.
    Flag,
    /// The same, with so many bytes that say nothing.
    Marker(usize),
    /// A number that means yes or no.
    Yes,
    /// An IP address.
    Ip,
    Mac,
    /// `1:10`
    ClassId,
    /// A device by its index; the name is that of the index.
    Device(&'static str),
    /// Clock ticks of the packet scheduler (64 ns), as seconds.
    Ticks,
    /// Nanoseconds, as seconds.
    Nanoseconds,
    /// Hundredths of a second, as whole seconds.
    Hundredths,
    /// Clock ticks that a burst lasts at the rate of that name, as bytes, or packets.
    Burst(&'static str),
    /// A part of 2^32, from 0 to 1.
    Portion,
    /// A part of 2^64, from 0 to 1.
    Share64,
    /// A name out of a set.
    Name(&'static [(u32, &'static str)]),
    /// The same, in network order: a type of Ethernet frame.
    BeName(&'static [(u32, &'static str)]),
    /// Flags.
    Flags(&'static [(u64, &'static str)]),
    /// What an action does with the packet then (`TC_ACT_*`).
    Control,
    /// Number of a hash table of u32: `800:`.
    U32Handle,
    /// So many numbers of a byte each.
    Bytes(usize),
    /// `struct tc_mqprio_qopt` from its 16 counts on: queues by class.
    Queues,
    /// Bits of a number of so many bytes: from which, how many, and what they are as a number of
    /// 32 bits.
    Bits(usize, u32, u32, &'static Type),
    /// Numbers of 32 bits, as many as there are.
    Words32,
    /// The same of 64 bits.
    Words64,
    /// Attributes of one type, one after the other.
    List(&'static Type),
    /// `struct nla_bitfield32`
    Bitfield(&'static [(u64, &'static str)]),
    /// A structure of so many bytes, with attributes behind it.
    Head(usize, &'static [Field]),
    /// Attributes in it.
    Nest(&'static [Field]),
    /// Attributes in it, whose options stand among the others.
    Flat(&'static [Field]),
    /// A structure: `number` is the offset.
    Struct(&'static [Field]),
    /// The same, in an object of its own.
    SubStruct(&'static [Field]),
    /// Any number of structures, one after the other.
    Structs(usize, &'static [Field]),
    /// Attributes, each of which holds attributes.
    Nests(&'static [Field]),
    /// Attributes of several entries, one entry behind the other.
    Rows(&'static [Field]),
    /// Extended matches, an attribute each.
    Matches,
    /// The one of these tables that another field says.
    OneOf(&'static [(u16, &'static [Field])]),
    /// In an object of that name.
    In(&'static str, &'static Type),
    /// Left out where it is 0.
    NotZero(&'static Type),
    /// What no other field is for: options in an object of their own, keys with their masks.
    Keys(&'static [Field]),
    /// The attribute comes once for each entry, and holds attributes.
    Collect(&'static [Field]),
    /// The actions of a filter.
    Actions,
    /// The policer of a filter, one of its actions.
    Police,
    /// An attribute that only pads.
    Skip,
    /// So many bytes of a structure that say nothing.
    Pad(usize),
    /// Only with `details`.
    Details(&'static Type),
}

/// An option: the number of its attribute (or its offset in a structure), its name, how it is
/// sent, and what it means.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub number: u16,
    pub name: &'static str,
    pub wire: Type,
    pub doc: &'static str,
}

/// Declares tables of options, one row an option:
///
/// - of attributes `TCA_FQ_QUANTUM = 3 quantum: U32, "Description.";`: the constant of the kernel's
///   header and its number, the name in the line, the wire type,
/// - of a structure `4 burst: U32, "Description.";`: the offset in bytes in the place of both.
macro_rules! options {
    ($($(#[$meta:meta])* $vis:vis $table:ident {
        $($($constant:ident =)? $number:literal $name:ident: $wire:expr, $doc:literal;)*
    })+) => {
        $($(#[$meta])* $vis const $table: &[$crate::kind::route::tc::table::Field] = {
            #[allow(unused_imports, reason = "not every table has every type")]
            use $crate::kind::route::tc::table::Type::*;
            &[$($crate::kind::route::tc::table::Field {
                number: $number,
                name: $crate::kind::fields::plain(stringify!($name)),
                wire: $wire,
                doc: $doc,
            }),*]
        };)+
    };
}
pub(crate) use options;
