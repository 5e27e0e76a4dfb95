//! What filters compare: properties of objects that several kinds have, under whichever field. The
//! derive macros `State` and `Object` find them in the declaration of a kind.

use std::net::IpAddr;

use super::conntrack;
use super::genl::devlink;
use super::nl::NlType;
use super::route::{
    address, cachereport, fdb, link, mdb, mroute, neigh, nexthop, route, rule, tc, vlan,
};
use crate::names::Names;
use crate::value::{Flags, IfName, Prefix, Symbol};

/// A property of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Property {
    /// Names of devices: every field of the type `IfName`, including those of next hops.
    Dev,
    /// The address family.
    Family,
    /// The addresses or prefixes that the object is about (not its gateways).
    Prefix,
    /// The routing table.
    Table,
    /// The origin of the object: `RTPROT_*`, of an address `IFAPROT_*`.
    Protocol,
    /// The type: of a route, a device, a queueing discipline …
    Type,
    /// The state: of a neighbour, a device, a port …
    State,
}

/// A value of a property.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// A name, or anything else that the line has as a string.
    Word(&'a str),
    /// A number without a name.
    Number(u64),
    /// The name of a device, bytes.
    Device(&'a [u8]),
    /// An address and the length of its prefix in bits.
    Address(IpAddr, u8),
}

impl Value<'_> {
    /// The value with the length of the prefix that another field has.
    #[must_use]
    pub fn with_length(self, length: u8) -> Self {
        match self {
            Value::Address(address, _) => Value::Address(address, length),
            Value::Word(text) => match text.parse() {
                Ok(address) => Value::Address(address, length),
                Err(_) => self,
            },
            _ => self,
        }
    }
}

/// Length of an address in bits.
pub const fn bits(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// Where a payload has a property.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// In a field.
    Field {
        /// The property.
        property: Property,
        /// Name of the field.
        field: &'static str,
        /// Name of the field with the length of the prefix.
        length: Option<&'static str>,
    },
    /// In the fields of an object or of a list of objects.
    Inside(&'static str, &'static [Place]),
}

impl Place {
    /// Returns true if this is a place of the property.
    pub fn has(&self, wanted: Property) -> bool {
        match self {
            Place::Field { property, .. } => *property == wanted,
            Place::Inside(_, places) => places.iter().any(|place| place.has(wanted)),
        }
    }
}

/// Access to the properties of a payload. Implemented by `#[derive(State)]` and
/// `#[derive(Object)]`.
pub trait Properties {
    /// Where the payload has properties.
    const PLACES: &'static [Place];

    /// Returns true if `is_match` does for one of the values of a property.
    fn any_value(&self, property: Property, is_match: &mut dyn FnMut(Value<'_>) -> bool) -> bool;
}

impl<T: Properties> Properties for Option<T> {
    const PLACES: &'static [Place] = T::PLACES;

    fn any_value(&self, property: Property, is_match: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let mut values = self.iter();
        values.any(|inner| inner.any_value(property, is_match))
    }
}

impl<T: Properties> Properties for Vec<T> {
    const PLACES: &'static [Place] = T::PLACES;

    fn any_value(&self, property: Property, is_match: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let mut values = self.iter();
        values.any(|inner| inner.any_value(property, is_match))
    }
}

/// The type of a field that is a property.
pub trait PropertyValue {
    /// Returns true if `is_match` does for a value of the field.
    fn any(&self, is_match: &mut dyn FnMut(Value<'_>) -> bool) -> bool;
}

impl<T: PropertyValue> PropertyValue for Option<T> {
    fn any(&self, is_match: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        self.as_ref().is_some_and(|value| value.any(is_match))
    }
}

impl PropertyValue for Symbol {
    fn any(&self, is_match: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        is_match(match self {
            Symbol::Known(name) => Value::Word(name),
            Symbol::Named(name) => Value::Word(name),
            Symbol::Number(number) => Value::Number(u64::from(*number)),
        })
    }
}

impl PropertyValue for Flags {
    fn any(&self, is_match: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let (mut names, _) = self.split();
        names.any(|name| is_match(Value::Word(name)))
    }
}

impl PropertyValue for IfName {
    fn any(&self, is_match: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        is_match(Value::Device(self.as_bytes()))
    }
}

impl PropertyValue for IpAddr {
    fn any(&self, is_match: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        is_match(Value::Address(*self, bits(*self)))
    }
}

impl PropertyValue for Prefix {
    fn any(&self, is_match: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        is_match(Value::Address(self.address, self.length))
    }
}

impl PropertyValue for String {
    fn any(&self, is_match: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        is_match(Value::Word(self))
    }
}

impl PropertyValue for NlType {
    fn any(&self, is_match: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        is_match(Value::Word(&self.to_string()))
    }
}

macro_rules! numbers {
    ($($type:ty)+) => {
        $(impl PropertyValue for $type {
            fn any(&self, is_match: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
                is_match(Value::Number(u64::from(*self)))
            }
        })+
    };
}
numbers!(u8 u16 u32);

/// The type of a field with the length of a prefix.
pub trait PrefixLength {
    /// The length in bits, if there is one.
    fn length(&self) -> Option<u8>;
}

impl PrefixLength for u8 {
    fn length(&self) -> Option<u8> {
        Some(*self)
    }
}

impl PrefixLength for Option<u8> {
    fn length(&self) -> Option<u8> {
        *self
    }
}

/// Returns true if `is_match` does for the prefix whose address and length are in two fields.
pub fn any_prefix(
    address: &impl PropertyValue,
    length: &impl PrefixLength,
    is_match: &mut dyn FnMut(Value<'_>) -> bool,
) -> bool {
    let length = length.length();
    address.any(&mut |value| match length {
        Some(length) => is_match(value.with_length(length)),
        None => is_match(value),
    })
}

/// The names that a property may have, in any kind; empty if every name is possible. Tables and
/// protocols have the names of a machine.
pub fn known(property: Property, names: &Names) -> Vec<String> {
    let numbered =
        |table: &[(u32, &'static str)]| table.iter().map(|row| row.1).collect::<Vec<_>>();
    let flags = |table: &[(u64, &'static str)]| table.iter().map(|row| row.1).collect::<Vec<_>>();
    let lists: Vec<Vec<&str>> = match property {
        Property::Dev | Property::Prefix => Vec::new(),
        Property::Family => vec![numbered(super::wire::FAMILIES)],
        Property::Table => vec![names.tables.names().collect()],
        Property::Protocol => vec![
            names.protocols.names().collect(),
            numbered(address::PROTOCOLS),
        ],
        Property::Type => vec![
            numbered(route::TYPES),
            link::type_names().collect(),
            numbered(nexthop::TYPES),
            numbered(rule::ACTIONS),
            numbered(cachereport::TYPES),
            tc::spec::type_names().collect(),
        ],
        Property::State => vec![
            flags(neigh::STATES),
            numbered(link::OPER_STATES),
            numbered(vlan::STATES),
            flags(fdb::STATES),
            numbered(mdb::STATES),
            mroute::STATES.to_vec(),
            flags(rule::STATE),
            numbered(devlink::HEALTH_STATES),
            numbered(devlink::LINECARD_STATES),
            numbered(conntrack::TCP_STATES),
            numbered(conntrack::SCTP_STATES),
            numbered(conntrack::DCCP_STATES),
        ],
    };
    let mut all = Vec::<String>::new();
    for name in lists.into_iter().flatten() {
        if !all.iter().any(|known| known == name) {
            all.push(name.to_owned());
        }
    }
    all
}
