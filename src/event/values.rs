//! The value types that payload fields are made of. Small, mostly `Copy`, each writing itself as
//! one JSON type.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Gives a type the schema of a plain JSON string.
macro_rules! string_schema {
    ($type:ty, $name:literal, $($extra:tt)*) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", $($extra)* })
            }
        }
    };
}

pub(crate) use string_schema;

/// A name out of a set: a constant of the kernel, or an entry of iproute2's name files. What has
/// no name is its decimal number, as a string, so that the field's JSON type never changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// Named in this program.
    Known(&'static str),
    /// Named in a file of the machine.
    Named(Arc<str>),
    /// Has no name.
    Number(u32),
}

impl Default for Symbol {
    fn default() -> Self {
        Symbol::Number(0)
    }
}

impl Symbol {
    /// Looks `number` up in a table of constants.
    pub fn of(number: u32, names: &'static [(u32, &'static str)]) -> Self {
        match names.iter().find(|(n, _)| *n == number) {
            Some((_, name)) => Symbol::Known(name),
            None => Symbol::Number(number),
        }
    }

    /// Is this the symbol `name`?
    pub fn is(&self, name: &str) -> bool {
        match self {
            Symbol::Known(s) => *s == name,
            Symbol::Named(s) => &**s == name,
            Symbol::Number(_) => false,
        }
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Symbol::Known(s) => f.write_str(s),
            Symbol::Named(s) => f.write_str(s),
            Symbol::Number(n) => write!(f, "{n}"),
        }
    }
}

impl Serialize for Symbol {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Symbol::Known(name) => s.serialize_str(name),
            Symbol::Named(name) => s.serialize_str(name),
            Symbol::Number(_) => s.collect_str(self),
        }
    }
}

string_schema!(Symbol, "Symbol",);

/// The names of a flag word's bits, in the order in which `ip` prints them.
pub type FlagNames = [(u64, &'static str)];

/// A flag word, written as an array of names; bits without a name come last, as one hexadecimal
/// string.
#[derive(Clone, Copy, Default)]
pub struct Flags {
    pub bits: u64,
    names: &'static FlagNames,
}

impl Flags {
    pub const fn new(bits: u64, names: &'static FlagNames) -> Self {
        Flags { bits, names }
    }

    /// Is the bit of that name set?
    pub fn has(&self, name: &str) -> bool {
        self.names
            .iter()
            .any(|(bit, n)| *n == name && self.bits & bit != 0)
    }

    /// The names of the set bits, and the bits that have none.
    pub fn split(&self) -> (impl Iterator<Item = &'static str> + use<>, u64) {
        let bits = self.bits;
        let rest = self.names.iter().fold(bits, |rest, (bit, _)| rest & !bit);
        let names = self.names.iter();
        let set = names.filter_map(move |(bit, name)| (bits & bit != 0).then_some(*name));
        (set, rest)
    }
}

impl PartialEq for Flags {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
    }
}
impl Eq for Flags {}

impl std::hash::Hash for Flags {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.bits.hash(state);
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.bits)
    }
}

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq;
        let (names, rest) = self.split();
        let mut seq = s.serialize_seq(None)?;
        for name in names {
            seq.serialize_element(name)?;
        }
        if rest != 0 {
            seq.serialize_element(&format_args!("{rest:#x}"))?;
        }
        seq.end()
    }
}

impl JsonSchema for Flags {
    fn schema_name() -> Cow<'static, str> {
        "Flags".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": { "type": "string" } })
    }
}

/// A device name: at most 15 bytes (`IFNAMSIZ`), of any value but `/`, `:`, `%`, white space and
/// NUL. Shown lossily where it is not UTF-8.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IfName {
    length: u8,
    bytes: [u8; 15],
}

impl IfName {
    /// `None` for a name that no kernel device can bear.
    pub fn new(name: &[u8]) -> Option<Self> {
        let mut bytes = [0; 15];
        bytes.get_mut(..name.len())?.copy_from_slice(name);
        Some(IfName {
            length: name.len() as u8,
            bytes,
        })
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// The name's bytes where they are not UTF-8: what an `…_hex` field carries.
    pub fn hex(&self) -> Option<Hex> {
        hex_unless_utf8(self.as_bytes())
    }
}

/// The bytes, where they are not UTF-8.
pub fn hex_unless_utf8(bytes: &[u8]) -> Option<Hex> {
    std::str::from_utf8(bytes)
        .is_err()
        .then(|| Hex(bytes.into()))
}

impl fmt::Display for IfName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.as_bytes()))
    }
}

impl fmt::Debug for IfName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(self.as_bytes()), f)
    }
}

impl Serialize for IfName {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&String::from_utf8_lossy(self.as_bytes()))
    }
}

string_schema!(IfName, "IfName",);

/// A link-layer address: up to 32 bytes (`MAX_ADDR_LEN`), written as `ip` writes it: pairs of
/// hexadecimal digits with colons, or an IP address where the device is an IP tunnel.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LlAddr {
    length: u8,
    tunnel: bool,
    bytes: [u8; 32],
}

impl LlAddr {
    /// `None` for more than 32 bytes.
    pub fn new(address: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        bytes.get_mut(..address.len())?.copy_from_slice(address);
        Some(LlAddr {
            length: address.len() as u8,
            tunnel: false,
            bytes,
        })
    }

    /// The same address as a device of that `ARPHRD_*` type shows it (`ll_addr_n2a` of iproute2).
    pub fn on(self, arphrd: u16) -> Self {
        match arphrd {
            libc::ARPHRD_TUNNEL
            | libc::ARPHRD_SIT
            | libc::ARPHRD_IPGRE
            | libc::ARPHRD_TUNNEL6
            | ARPHRD_IP6GRE => self.of_tunnel(),
            _ => self,
        }
    }

    /// The same address as an IP tunnel's device shows it.
    pub fn of_tunnel(mut self) -> Self {
        self.tunnel = self.length == 4 || self.length == 16;
        self
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// linux/if_arp.h
const ARPHRD_IP6GRE: u16 = 823;

impl fmt::Display for LlAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.as_bytes();
        if self.tunnel {
            if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
                return fmt::Display::fmt(&std::net::Ipv4Addr::from(v4), f);
            }
            if let Ok(v6) = <[u8; 16]>::try_from(bytes) {
                return fmt::Display::fmt(&std::net::Ipv6Addr::from(v6), f);
            }
        }
        let mut text = [0u8; 96];
        let mut at = 0;
        for (i, byte) in bytes.iter().enumerate() {
            if i > 0 {
                text[at] = b':';
                at += 1;
            }
            text[at] = DIGITS[usize::from(byte >> 4)];
            text[at + 1] = DIGITS[usize::from(byte & 15)];
            at += 2;
        }
        f.write_str(std::str::from_utf8(&text[..at]).map_err(|_| fmt::Error)?)
    }
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

impl fmt::Debug for LlAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for LlAddr {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

string_schema!(LlAddr, "LlAddr",);

/// Bytes, written as a string of hexadecimal digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hex(pub Box<[u8]>);

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In pieces: a call for each digit would cost more than the digit.
        let mut text = [0; 128];
        for bytes in self.0.chunks(text.len() / 2) {
            for (digits, byte) in text.chunks_exact_mut(2).zip(bytes) {
                digits[0] = DIGITS[usize::from(byte >> 4)];
                digits[1] = DIGITS[usize::from(byte & 15)];
            }
            let digits = &text[..2 * bytes.len()];
            f.write_str(std::str::from_utf8(digits).map_err(|_| fmt::Error)?)?;
        }
        Ok(())
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

string_schema!(Hex, "Hex", "pattern": "^([0-9a-f]{2})*$");

/// Text that somebody chose freely (an alias, an alternative name): bytes, shown lossily where
/// they are not UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Text(pub Box<[u8]>);

impl Text {
    /// The bytes where they are not UTF-8: what an `…_hex` field carries.
    pub fn hex(&self) -> Option<Hex> {
        hex_unless_utf8(&self.0)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&String::from_utf8_lossy(&self.0))
    }
}

string_schema!(Text, "Text",);

/// An address with its prefix length: `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix {
    pub address: std::net::IpAddr,
    pub length: u8,
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

impl Serialize for Prefix {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

string_schema!(Prefix, "Prefix", "pattern": "^[0-9a-f.:]+/[0-9]{1,3}$");

/// A moment: RFC 3339, UTC, always nine digits after the point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Timestamp);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.9}", self.0)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(d)?;
        text.parse().map(Time).map_err(serde::de::Error::custom)
    }
}

string_schema!(
    Time, "Time", "format": "date-time",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{9}Z$"
);

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: &impl Serialize) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn flags_without_a_name_come_last() {
        let flags = Flags::new(0b1101, &[(1, "A"), (2, "B"), (4, "C")]);
        assert_eq!(json(&flags), r#"["A","C","0x8"]"#);
        assert!(flags.has("A") && !flags.has("B"));
    }

    #[test]
    fn a_name_that_is_not_utf8_is_shown_lossily_and_kept_in_hex() {
        let name = IfName::new(b"v\xff\"").unwrap();
        assert_eq!(json(&name), "\"v\u{fffd}\\\"\"");
        assert_eq!(json(&name.hex()), r#""76ff22""#);
        assert_eq!(IfName::new(b"veth0").unwrap().hex(), None);
        assert_eq!(IfName::new(&[b'a'; 16]), None);
    }

    #[test]
    fn a_link_layer_address_of_a_tunnel_is_an_ip_address() {
        let address = LlAddr::new(&[10, 0, 0, 1]).unwrap();
        assert_eq!(address.to_string(), "0a:00:00:01");
        assert_eq!(address.on(libc::ARPHRD_IPGRE).to_string(), "10.0.0.1");
        assert_eq!(LlAddr::new(&[]).unwrap().to_string(), "");
    }
}
