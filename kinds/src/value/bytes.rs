//! Device names, free text, bytes and prefixes.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;

use serde::{Serialize, Serializer};

use super::{DIGITS, string_schema};

/// A device name: at most 15 bytes (`IFNAMSIZ`), any byte but `/`, `:`, `%`, white space and NUL.
/// Invalid UTF-8 is replaced by U+FFFD in the output.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IfName {
    length: u8,
    bytes: [u8; 15],
}

impl IfName {
    /// Returns `None` if the name is longer than 15 bytes.
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

    /// Returns the bytes for the `…_hex` field if the name is not valid UTF-8.
    pub fn hex(&self) -> Option<Hex> {
        hex_unless_utf8(self.as_bytes())
    }
}

/// Returns the bytes if they are not valid UTF-8.
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
        match std::str::from_utf8(self.as_bytes()) {
            Ok(name) => s.serialize_str(name),
            Err(_) => s.collect_str(self),
        }
    }
}

string_schema!(IfName, "IfName",);

/// Bytes, written as a string of hexadecimal digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hex(pub Box<[u8]>);

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Formatted in blocks of 64 bytes; one `write_str` call per digit would dominate the cost.
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

/// User-defined text (an alias, an alternative name): arbitrary bytes. Invalid UTF-8 is replaced by
/// U+FFFD in the output.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Text(pub Box<[u8]>);

impl Text {
    /// Returns the bytes for the `…_hex` field if the text is not valid UTF-8.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    pub address: IpAddr,
    pub length: u8,
}

impl Hash for Prefix {
    /// Rotates the network bits to the end, so that consecutive prefixes differ in the last hashed
    /// byte and share a bucket (see state/key.rs).
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.length.hash(state);
        let length = u32::from(self.length);
        match self.address {
            IpAddr::V4(v4) => {
                let bits = v4.to_bits().rotate_right(u32::BITS.wrapping_sub(length));
                state.write(&bits.to_be_bytes());
            }
            IpAddr::V6(v6) => {
                let bits = v6.to_bits().rotate_right(u128::BITS.wrapping_sub(length));
                state.write(&bits.to_be_bytes());
            }
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

/// Buffer for the text of an IPv4 prefix.
pub type PrefixText = [u8; "255.255.255.255/255".len()];

impl Prefix {
    /// Formats an IPv4 prefix into `text`; returns `None` for IPv6. Does not use `write!`, which
    /// would cost more per route than decoding it.
    pub fn ipv4<'t>(&self, text: &'t mut PrefixText) -> Option<&'t [u8]> {
        let IpAddr::V4(address) = self.address else {
            return None;
        };
        let mut end = 0;
        for (number, after) in address.octets().iter().zip(b".../") {
            end += decimal(&mut text[end..], *number);
            text[end] = *after;
            end += 1;
        }
        end += decimal(&mut text[end..], self.length);
        Some(&text[..end])
    }
}

impl Serialize for Prefix {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut text = PrefixText::default();
        let text = self.ipv4(&mut text).map(std::str::from_utf8);
        match text {
            Some(Ok(text)) => s.serialize_str(text),
            _ => s.collect_str(self),
        }
    }
}

/// Writes the decimal digits of `number` to the start of `text` (at least three bytes) and returns
/// their count.
#[inline]
fn decimal(text: &mut [u8], number: u8) -> usize {
    /// For each byte value: its digits, left-aligned, and their count.
    const DECIMALS: [[u8; 4]; 256] = {
        let mut all = [[b'0'; 4]; 256];
        let mut number = 0;
        while number < all.len() {
            let (hundreds, tens, ones) = (number / 100, number / 10 % 10, number % 10);
            let digits = [hundreds as u8, tens as u8, ones as u8];
            let skip = if number < 10 {
                2
            } else if number < 100 {
                1
            } else {
                0
            };
            let mut at = skip;
            while at < 3 {
                all[number][at - skip] += digits[at];
                at += 1;
            }
            all[number][3] = 3 - skip as u8;
            number += 1;
        }
        all
    };
    let [digits @ .., count] = DECIMALS[usize::from(number)];
    if let Some(text) = text.first_chunk_mut() {
        *text = digits;
    }
    usize::from(count)
}

string_schema!(Prefix, "Prefix", "pattern": "^[0-9a-f.:]+/[0-9]{1,3}$");
