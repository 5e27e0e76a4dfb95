//! The traits behind `#[derive(Attributes)]`: how a type is read from an attribute, and the list of
//! the declared attributes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::context::DecodeContext;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{Hex, IfName, LlAddr};

/// A declared attribute.
#[derive(Clone, Copy, Debug)]
pub struct AttrDecl {
    /// The constant of the kernel's header.
    pub name: &'static str,
    /// Its number.
    pub number: u16,
    /// The attributes inside it. A function, since attributes may nest in themselves.
    pub inner: fn() -> &'static [AttrDecl],
}

impl AttrDecl {
    /// Declares an attribute that the derive cannot express.
    pub const fn new(name: &'static str, number: u16, inner: fn() -> &'static [AttrDecl]) -> Self {
        AttrDecl {
            name,
            number,
            inner,
        }
    }
}

/// A struct whose fields are netlink attributes. Implemented by `#[derive(Attributes)]`.
pub trait Attributes {
    /// The attributes.
    const ATTRS: &'static [AttrDecl];

    /// Decodes one attribute into its field.
    ///
    /// # Errors
    /// [`AttrError::Unknown`] if it is not declared; otherwise the reason why its value is refused.
    fn attribute(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError>;

    /// Decodes every attribute in `bytes`; those that are refused are recorded in the context.
    #[inline]
    fn attributes(&mut self, context: &mut DecodeContext<'_>, bytes: &[u8]) {
        context.each(bytes, |context, attr| self.attribute(context, &attr));
    }
}

/// A type that determines how its values are read from an attribute.
#[diagnostic::on_unimplemented(
    message = "the type `{Self}` does not determine how an attribute is read",
    label = "no `FromAttr`, and no nest (`#[derive(Attributes)]` and `Default`)",
    note = "add `wire`, `names`, `flags`, `map`, `with` or `entry` to the field's `#[nla]`"
)]
pub trait FromAttr: Sized {
    /// The attributes inside, if the type is a nest.
    const INNER: &'static [AttrDecl] = &[];

    /// Reads the value of an attribute.
    ///
    /// # Errors
    /// If the attribute has the wrong length or no value of the type.
    fn from_attr(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError>;
}

/// A nest.
impl<T: Attributes + Default> FromAttr for T {
    const INNER: &'static [AttrDecl] = T::ATTRS;

    fn from_attr(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let mut value = T::default();
        context.nested(attr, |context, attr| value.attribute(context, &attr))?;
        Ok(value)
    }
}

/// A list: an attribute for each entry, whatever its number.
impl<T: FromAttr> FromAttr for Vec<T> {
    const INNER: &'static [AttrDecl] = T::INNER;

    fn from_attr(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let mut list = Vec::new();
        context.nested(attr, |context, attr| {
            list.push(T::from_attr(context, &attr)?);
            Ok(())
        })?;
        Ok(list)
    }
}

/// Implements [`FromAttr`] by readers of [`Attr`].
macro_rules! read_by {
    ($($type:ty: $read:expr;)+) => {
        $(impl FromAttr for $type {
            #[inline]
            fn from_attr(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
                $read(attr)
            }
        })+
    };
}

read_by! {
    u8: Attr::u8;
    u16: Attr::u16;
    u32: Attr::u32;
    u64: Attr::u64;
    i32: Attr::i32;
    bool: Attr::bool;
    IpAddr: Attr::ip;
    Ipv4Addr: Attr::ipv4;
    Ipv6Addr: Attr::ipv6;
    String: |attr: &Attr<'_>| attr.str().map(str::to_owned);
    Hex: |attr: &Attr<'_>| Ok(Hex(attr.value.into()));
    IfName: |attr: &Attr<'_>| IfName::new(attr.bytes_z()).ok_or(AttrError::Length);
    LlAddr: |attr: &Attr<'_>| LlAddr::new(attr.value).ok_or(AttrError::Length);
}

/// A type whose zero stands for no value.
pub trait Zero: Sized {
    /// Returns true if the value is zero.
    fn is_zero(&self) -> bool;
}

macro_rules! zero {
    ($($type:ty)+) => {
        $(impl Zero for $type {
            fn is_zero(&self) -> bool {
                *self == 0
            }
        })+
    };
}
zero!(u8 u16 u32 u64 i32);

impl Zero for IpAddr {
    fn is_zero(&self) -> bool {
        self.is_unspecified()
    }
}

impl Zero for Ipv4Addr {
    fn is_zero(&self) -> bool {
        self.is_unspecified()
    }
}

impl Zero for Ipv6Addr {
    fn is_zero(&self) -> bool {
        self.is_unspecified()
    }
}

/// Returns the value, or `None` if it is zero.
pub fn nonzero<T: Zero>(value: T) -> Option<T> {
    (!value.is_zero()).then_some(value)
}
