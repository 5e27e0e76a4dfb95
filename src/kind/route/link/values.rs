//! Value types that only links have.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::value::{LlAddr, string_schema};

/// A number that `ip` writes as a hexadecimal string: `0x8001`, and `0` for zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HexNumber(pub u64);

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

/// A bridge's id: its priority in hexadecimal, a dot, its MAC address without leading zeros, as
/// `ip` writes it (`struct ifla_bridge_id`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BridgeId {
    pub priority: u16,
    pub address: LlAddr,
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
