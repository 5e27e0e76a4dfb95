//! Value types used only by links.

use std::fmt;

use serde::{Serialize, Serializer};

use super::wire::array;
use crate::kind::attributes::{FromAttr, Zero};
use crate::kind::context::DecodeContext;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{LlAddr, string_schema};

/// A number that `ip` prints in hexadecimal: `0x8001`, and `0` for zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HexNumber(pub u64);

impl HexNumber {
    pub fn new(number: impl Into<u64>) -> Self {
        HexNumber(number.into())
    }
}

impl Zero for HexNumber {
    fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for HexNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("0"),
            number => write!(f, "{number:#x}"),
        }
    }
}

impl Serialize for HexNumber {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

string_schema!(HexNumber, "HexNumber", "pattern": "^(0|0x[0-9a-f]+)$");

/// A bridge id as printed by `ip`: priority in hexadecimal, a dot, MAC address without leading
/// zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BridgeId {
    pub priority: u16,
    pub address: LlAddr,
}

/// `struct ifla_bridge_id`
impl FromAttr for BridgeId {
    fn from_attr(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let [p0, p1, address @ ..] = array::<8>(attr.value)?;
        Ok(BridgeId {
            priority: u16::from_be_bytes([p0, p1]),
            address: LlAddr::new(&address).ok_or(AttrError::Length)?,
        })
    }
}

impl fmt::Display for BridgeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}", self.priority)?;
        for (i, byte) in self.address.as_bytes().iter().enumerate() {
            let separator = if i == 0 { '.' } else { ':' };
            write!(f, "{separator}{byte:x}")?;
        }
        Ok(())
    }
}

impl Serialize for BridgeId {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

string_schema!(BridgeId, "BridgeId", "pattern": "^[0-9a-f]{4}\\.([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$");
