//! The traits behind `#[derive(Attributes)]`: how a type is read from an attribute, and the list of
//! the declared attributes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::context::DecodeContext;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{Hex, IfName, LlAddr, Symbol, Text};

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

/// Returns true if `declared` has an attribute of that number.
pub const fn declares(declared: &[AttrDecl], number: u16) -> bool {
    let mut i = 0;
    while i < declared.len() {
        if declared[i].number == number {
            return true;
        }
        i += 1;
    }
    false
}

/// Returns the declarations of a struct and of those that are flattened into it as one array.
pub const fn concat<const N: usize>(parts: &[&[AttrDecl]]) -> [AttrDecl; N] {
    let mut all = [AttrDecl::new("", 0, || &[]); N];
    let (mut part, mut filled) = (0, 0);
    while part < parts.len() {
        let mut i = 0;
        while i < parts[part].len() {
            all[filled] = parts[part][i];
            filled += 1;
            i += 1;
        }
        part += 1;
    }
    assert!(filled == N, "N is not the number of declarations");
    all
}

/// A struct whose fields are netlink attributes. Implemented by `#[derive(Attributes)]`. A struct
/// that is filled from several sets of attributes implements the trait for each `Set`.
pub trait Attributes<Set = ()> {
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

    /// Decodes every attribute inside `attr`; those that are refused are recorded in the context.
    ///
    /// # Errors
    /// [`AttrError::Depth`] if `attr` is nested too deep.
    fn nest(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        context.nested(attr, |context, attr| self.attribute(context, &attr))
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

    // Never inlined, as the lists below: with them the code for the attributes of a message is too
    // large to be inlined into the loop over them, which costs a link 6 % more instructions.
    #[inline(never)]
    fn from_attr(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let mut value = T::default();
        value.nest(context, attr)?;
        Ok(value)
    }
}

/// A list: an attribute for each entry, whatever its number.
impl<T: FromAttr> FromAttr for Vec<T> {
    const INNER: &'static [AttrDecl] = T::INNER;

    #[inline(never)]
    fn from_attr(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let mut list = Vec::new();
        context.nested(attr, |context, attr| {
            list.push(T::from_attr(context, &attr)?);
            Ok(())
        })?;
        Ok(list)
    }
}

/// Decodes a list of which each entry has the number `entry`. Others are recorded as unknown.
///
/// # Errors
/// [`AttrError::Depth`] if `attr` is nested too deep.
#[inline(never)]
pub fn entries<T: FromAttr>(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
    entry: u16,
) -> Result<Vec<T>, AttrError> {
    let mut list = Vec::new();
    context.nested(attr, |context, attr| {
        if attr.kind != entry {
            return Err(AttrError::Unknown);
        }
        list.push(T::from_attr(context, &attr)?);
        Ok(())
    })?;
    Ok(list)
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
    u64: Attr::integer;
    i32: Attr::i32;
    bool: Attr::bool;
    IpAddr: Attr::ip;
    Ipv4Addr: Attr::ipv4;
    Ipv6Addr: Attr::ipv6;
    String: |attr: &Attr<'_>| attr.str().map(str::to_owned);
    Text: |attr: &Attr<'_>| Ok(Text(attr.bytes_z().into()));
    Hex: |attr: &Attr<'_>| Ok(Hex(attr.value.into()));
    IfName: |attr: &Attr<'_>| IfName::new(attr.bytes_z()).ok_or(AttrError::Length);
    LlAddr: |attr: &Attr<'_>| LlAddr::new(attr.value).ok_or(AttrError::Length);
}

/// A type whose zero means no value.
pub trait Zero: Sized {
    /// Returns true if the value is zero.
    fn is_zero(&self) -> bool;
}

macro_rules! zero {
    ($($type:ty: $zero:expr;)+) => {
        $(impl Zero for $type {
            fn is_zero(&self) -> bool {
                *self == $zero
            }
        })+
    };
}

zero! {
    u8: 0;
    u16: 0;
    u32: 0;
    u64: 0;
    i32: 0;
    bool: false;
    Ipv4Addr: Ipv4Addr::UNSPECIFIED;
    Ipv6Addr: Ipv6Addr::UNSPECIFIED;
    // A zero that has a name is a value.
    Symbol: Symbol::Number(0);
}

impl Zero for IpAddr {
    fn is_zero(&self) -> bool {
        self.is_unspecified()
    }
}

/// Zero is an empty list.
impl<T> Zero for Vec<T> {
    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

/// Zero is a nest of which nothing was decoded.
impl<T: Attributes + Default + PartialEq> Zero for T {
    fn is_zero(&self) -> bool {
        *self == T::default()
    }
}

/// Returns the value, or `None` if it is zero.
pub fn nonzero<T: Zero>(value: T) -> Option<T> {
    (!value.is_zero()).then_some(value)
}
