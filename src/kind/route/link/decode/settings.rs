//! How a set of nested attributes is decoded: one line per attribute.

/// Declares a decoder from the attributes inside an attribute to a struct of options:
///
/// ```text
/// settings! {
///     /// IFLA_VRF_* → the settings of a VRF.
///     fn vrf(cx, attr, into) -> Vrf {
///         IFLA_VRF_TABLE = 1 => table: cx.names.tables.symbol(attr.u32()?);
///     }
///     details { … }   // the same, decoded only with details
///     free { IFLA_X = 2 => { any statements } }
///     skip { IFLA_PAD = 3 }
/// }
/// ```
///
/// An attribute with another number is kept as unknown, one whose value is refused (`?`) as
/// faulty.
macro_rules! settings {
    (
        $(#[$doc:meta])*
        $vis:vis fn $name:ident($context:ident, $attr:ident, $into:ident) -> $type:ty {
            $($const:ident = $number:literal => $field:ident: $value:expr;)*
        }
        $(details { $($dconst:ident = $dnumber:literal => $dfield:ident: $dvalue:expr;)* })?
        $(free { $($fconst:ident = $fnumber:literal => $body:block)* })?
        $(skip { $($sconst:ident = $snumber:literal),+ })?
    ) => {
        $(#[$doc])*
        $vis fn $name(
            context: &mut $crate::kind::context::DecodeContext,
            attr: &$crate::netlink::attr::Attr,
        ) -> Result<$type, $crate::netlink::attr::AttrError> {
            $(const $const: u16 = $number;)*
            $($(const $dconst: u16 = $dnumber;)*)?
            $($(const $fconst: u16 = $fnumber;)*)?
            $($(const $sconst: u16 = $snumber;)+)?
            let mut settings = <$type>::default();
            let $into = &mut settings;
            context.nested(attr, |$context, $attr| {
                let _ = &$context;
                match $attr.kind {
                    $($const => $into.$field = Some($value),)*
                    $($($dconst => if $context.details { $into.$dfield = Some($dvalue) },)*)?
                    $($($fconst => $body)*)?
                    $($($sconst)|+ => {})?
                    _ => return Err($crate::netlink::attr::AttrError::Unknown),
                }
                Ok(())
            })?;
            Ok(settings)
        }
    };
}
pub(super) use settings;

use crate::netlink::attr::{Attr, AttrError};
use crate::value::{LlAddr, Symbol};

pub use crate::kind::route::link::wire::Names;

/// The name of a constant in an attribute of 8 bits.
pub(super) fn symbol8(attr: Attr, names: Names) -> Result<Symbol, AttrError> {
    Ok(Symbol::of(attr.u8()?.into(), names))
}

/// A link-layer address.
pub(super) fn lladdr(attr: Attr) -> Result<LlAddr, AttrError> {
    LlAddr::new(attr.value).ok_or(AttrError::Length)
}

/// The number, unless it is zero: zero says that there is none.
pub(super) fn nonzero<T: Default + PartialEq>(number: T) -> Option<T> {
    (number != T::default()).then_some(number)
}

/// The first `N` bytes at `at`, as an array.
pub(super) fn bytes<const N: usize>(value: &[u8], at: usize) -> Result<[u8; N], AttrError> {
    let rest = value.get(at..).ok_or(AttrError::Length)?;
    rest.first_chunk().copied().ok_or(AttrError::Length)
}

/// The `u32` at `at` of a struct.
pub(super) fn u32_at(value: &[u8], at: usize) -> Result<u32, AttrError> {
    bytes(value, at).map(u32::from_ne_bytes)
}

/// The `u16` at `at` of a struct.
pub(super) fn u16_at(value: &[u8], at: usize) -> Result<u16, AttrError> {
    bytes(value, at).map(u16::from_ne_bytes)
}

/// The `u64` at `at` of a struct.
pub(super) fn u64_at(value: &[u8], at: usize) -> Result<u64, AttrError> {
    bytes(value, at).map(u64::from_ne_bytes)
}

/// A counter as it stands in the line: no JSON integer exceeds `i64`.
pub(super) fn counter(value: u64) -> u64 {
    value.min(i64::MAX as u64)
}

/// The struct in an attribute, which must have exactly the length that is known.
pub(super) fn exactly<'a>(attr: &Attr<'a>, length: usize) -> Result<&'a [u8], AttrError> {
    match attr.value.len() == length {
        true => Ok(attr.value),
        false => Err(AttrError::Length),
    }
}

/// `ETH_P_*` of VLANs, as `ip` names them.
pub(super) const VLAN_PROTOCOLS: Names = &[(0x8100, "802.1Q"), (0x88a8, "802.1ad")];
