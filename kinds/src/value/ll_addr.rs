//! Link-layer addresses.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{DIGITS, string_schema};

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

    /// The same address in the notation for a device of that `ARPHRD_*` type (`ll_addr_n2a` of
    /// iproute2).
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

    /// The same address in the notation of IP tunnel devices.
    pub fn of_tunnel(mut self) -> Self {
        self.tunnel = self.may_be_ip();
        self
    }

    /// Returns true if the address has the length of an IP address.
    pub fn may_be_ip(&self) -> bool {
        self.length == 4 || self.length == 16
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Pairs of hexadecimal digits with colons, in `text`.
    fn pairs<'t>(&self, text: &'t mut [u8; PAIRS]) -> &'t str {
        for (pair, byte) in text.chunks_exact_mut(3).zip(self.as_bytes()) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
            pair[2] = b':';
        }
        let length = (3 * usize::from(self.length)).saturating_sub(1);
        std::str::from_utf8(&text[..length]).unwrap_or_default()
    }
}

/// Length of the text of the longest address: two digits and a colon per byte.
const PAIRS: usize = 3 * 32;

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
        f.write_str(self.pairs(&mut [0; PAIRS]))
    }
}

impl fmt::Debug for LlAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for LlAddr {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self.tunnel {
            true => s.collect_str(self),
            false => s.serialize_str(self.pairs(&mut [0; PAIRS])),
        }
    }
}

string_schema!(LlAddr, "LlAddr",);
