//! Attributes: an iterator over `struct nlattr` that stays within the bytes, and one checked reader
//! per wire type.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// `NLA_TYPE_MASK` (linux/netlink.h): the type without its `NESTED` and `NET_BYTEORDER` bits.
pub const TYPE_MASK: u16 = 0x3fff;
const HEADER: usize = 4;

/// The reason why an attribute was not decoded: `error` of an `unparsed` entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttrError {
    /// No decoder knows this attribute.
    Unknown,
    /// The length is not that of the attribute's type.
    Length,
    /// The length is right, but the bytes are no value of the type.
    Value,
    /// Nested more than [`MAX_DEPTH`] levels deep.
    Depth,
    /// The remaining bytes are not a complete attribute.
    Malformed,
}

/// The maximum nesting of attributes. The kernel stays below 8; the limit keeps a forged capture
/// from exhausting the stack.
pub const MAX_DEPTH: usize = 16;

/// One attribute: its type and its payload, without header and padding. Kept small: a link has fifty
/// attributes, and each word costs it an instruction for each of them.
#[derive(Clone, Copy, Debug)]
pub struct Attr<'a> {
    pub kind: u16,
    pub value: &'a [u8],
}

impl<'a> Attr<'a> {
    /// Splits the first attribute off the bytes, with its padding. `None` if they do not begin with a
    /// complete attribute.
    #[inline]
    pub fn split_first(bytes: &'a [u8]) -> Option<(Attr<'a>, &'a [u8])> {
        let header = bytes.first_chunk::<HEADER>()?;
        let length = usize::from(u16::from_ne_bytes([header[0], header[1]]));
        let kind = u16::from_ne_bytes([header[2], header[3]]) & TYPE_MASK;
        let value = bytes.get(HEADER..length)?;
        let rest = &bytes[align(length).min(bytes.len())..];
        Some((Attr { kind, value }, rest))
    }

    /// Returns true if the first attribute in `bytes` says that it contains attributes
    /// (`NLA_F_NESTED`).
    pub fn is_nested(bytes: &[u8]) -> bool {
        const NLA_F_NESTED: u16 = 0x8000;
        let kind = bytes.get(2..4);
        kind.is_some_and(|it| u16::from_ne_bytes([it[0], it[1]]) & NLA_F_NESTED != 0)
    }

    /// Length of header and payload, without padding, bytes.
    pub fn length(&self) -> usize {
        HEADER + self.value.len()
    }

    fn array<const N: usize>(&self) -> Result<[u8; N], AttrError> {
        self.value.try_into().map_err(|_| AttrError::Length)
    }

    /// `nla_get_u8`
    pub fn u8(&self) -> Result<u8, AttrError> {
        self.array::<1>().map(|b| b[0])
    }
    /// `nla_get_u16`
    pub fn u16(&self) -> Result<u16, AttrError> {
        self.array().map(u16::from_ne_bytes)
    }
    /// `nla_get_be16`
    pub fn be16(&self) -> Result<u16, AttrError> {
        self.array().map(u16::from_be_bytes)
    }
    /// `nla_get_u32`
    pub fn u32(&self) -> Result<u32, AttrError> {
        self.array().map(u32::from_ne_bytes)
    }
    /// `nla_get_be32`
    pub fn be32(&self) -> Result<u32, AttrError> {
        self.array().map(u32::from_be_bytes)
    }
    /// `nla_get_s32`
    pub fn i32(&self) -> Result<i32, AttrError> {
        self.array().map(i32::from_ne_bytes)
    }
    /// `nla_get_u64`: any 64 bits.
    pub fn u64(&self) -> Result<u64, AttrError> {
        self.array().map(u64::from_ne_bytes)
    }
    /// `nla_get_be64`
    pub fn be64(&self) -> Result<u64, AttrError> {
        self.array().map(u64::from_be_bytes)
    }
    /// `nla_get_u64` of a value that a line has as an integer: [`AttrError::Value`] beyond 63 bits,
    /// which many readers of JSON cannot represent.
    pub fn integer(&self) -> Result<u64, AttrError> {
        let value = self.u64()?;
        match i64::try_from(value) {
            Ok(_) => Ok(value),
            Err(_) => Err(AttrError::Value),
        }
    }
    /// `nla_get_uint` (`NLA_UINT`), 32 or 64 bits wide, as [`integer`](Self::integer).
    pub fn uint(&self) -> Result<u64, AttrError> {
        match self.value.len() {
            4 => self.u32().map(u64::from),
            _ => self.integer(),
        }
    }
    /// A `u8` as a boolean: true unless zero.
    pub fn bool(&self) -> Result<bool, AttrError> {
        self.u8().map(|v| v != 0)
    }
    /// An IPv4 address (4 bytes).
    pub fn ipv4(&self) -> Result<Ipv4Addr, AttrError> {
        self.array::<4>().map(Ipv4Addr::from)
    }
    /// An IPv6 address (16 bytes).
    pub fn ipv6(&self) -> Result<Ipv6Addr, AttrError> {
        self.array::<16>().map(Ipv6Addr::from)
    }
    /// An IPv4 (4 bytes) or IPv6 (16 bytes) address.
    pub fn ip(&self) -> Result<IpAddr, AttrError> {
        match self.value.len() {
            4 => self.ipv4().map(IpAddr::V4),
            _ => self.ipv6().map(IpAddr::V6),
        }
    }
    /// `nla_get_string`: the bytes before the first NUL.
    pub fn bytes_z(&self) -> &'a [u8] {
        let end = self.value.iter().position(|b| *b == 0);
        &self.value[..end.unwrap_or(self.value.len())]
    }
    /// A string that the kernel chooses, not a user; an error unless it is UTF-8.
    pub fn str(&self) -> Result<&'a str, AttrError> {
        std::str::from_utf8(self.bytes_z()).map_err(|_| AttrError::Value)
    }
}

/// `nla_for_each_attr`: the attributes in the given bytes. Ends with `Err(rest)` if the remaining
/// bytes are not a complete attribute.
#[derive(Clone, Copy, Debug)]
pub struct Attrs<'a>(&'a [u8]);

impl<'a> Attrs<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Attrs(bytes)
    }

    /// The attributes, each with the bytes of header and payload, up to bytes that are not a complete
    /// attribute.
    pub fn with_bytes(mut self) -> impl Iterator<Item = (Attr<'a>, &'a [u8])> {
        std::iter::from_fn(move || {
            let (attr, rest) = Attr::split_first(self.0)?;
            let bytes = &self.0[..attr.length()];
            self.0 = rest;
            Some((attr, bytes))
        })
    }
}

impl<'a> Iterator for Attrs<'a> {
    type Item = Result<Attr<'a>, &'a [u8]>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.0;
        if bytes.is_empty() {
            return None;
        }
        let Some((attr, rest)) = Attr::split_first(bytes) else {
            self.0 = &[];
            return Some(Err(bytes));
        };
        self.0 = rest;
        Some(Ok(attr))
    }
}

/// `NLMSG_ALIGN`, `NLA_ALIGN`: `length` rounded up to a multiple of four.
pub const fn align(length: usize) -> usize {
    (length + 3) & !3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_long_length_ends_iteration_with_the_remaining_bytes() {
        let bytes = [5, 0, 1, 0, 7, 0, 0, 0, 99, 0, 2, 0, 1];
        let mut attrs = Attrs::new(&bytes);
        assert_eq!(attrs.next().unwrap().unwrap().u8(), Ok(7));
        assert_eq!(attrs.next().unwrap().unwrap_err(), &bytes[8..]);
        assert!(attrs.next().is_none());
    }

    #[test]
    fn length_below_the_header_size_is_malformed() {
        for length in 0..4 {
            let bytes = [length, 0, 1, 0];
            assert_eq!(
                Attrs::new(&bytes).next().unwrap().unwrap_err(),
                &bytes[..],
                "length {length}"
            );
        }
    }

    #[test]
    fn last_attribute_may_lack_padding() {
        let bytes = [5, 0, 1, 0x80, 7];
        let attr = Attrs::new(&bytes).next().unwrap().unwrap();
        assert_eq!((attr.kind, attr.value), (1, &[7][..]));
        assert_eq!(attr.u32(), Err(AttrError::Length));
    }
}
