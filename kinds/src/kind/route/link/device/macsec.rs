//! MACsec devices.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::route::link::wire::Names;
use crate::value::Symbol;

/// Settings of a MACsec device (`IFLA_MACSEC_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(skip(IFLA_MACSEC_PAD = 14))]
pub struct Macsec {
    /// Id of the secure channel, 16 hexadecimal digits.
    #[nla(IFLA_MACSEC_SCI = 1, map(be64, |sci| format!("{sci:016x}")))]
    pub sci: Option<String>,
    /// Sent packets are protected.
    #[nla(IFLA_MACSEC_PROTECT = 8)]
    pub protect: Option<bool>,
    /// `GCM-AES-128`, `GCM-AES-256`, `GCM-AES-XPN-128`, `GCM-AES-XPN-256`, or hexadecimal.
    #[nla(IFLA_MACSEC_CIPHER_SUITE = 4, map(u64, cipher_suite))]
    pub cipher_suite: Option<String>,
    /// Length of the integrity check value, bytes.
    #[nla(IFLA_MACSEC_ICV_LEN = 3)]
    pub icv_len: Option<u8>,
    /// Number of the secure association for sending.
    #[nla(IFLA_MACSEC_ENCODING_SA = 6)]
    pub encoding_sa: Option<u8>,
    /// Validation of received packets: `disabled`, `check`, `strict`.
    #[nla(IFLA_MACSEC_VALIDATION = 13, names(u8, MACSEC_VALIDATE))]
    pub validation: Option<Symbol>,
    /// Sent packets are encrypted.
    #[nla(IFLA_MACSEC_ENCRYPT = 7)]
    pub encrypt: Option<bool>,
    /// Sent packets contain the id of the secure channel.
    #[nla(IFLA_MACSEC_INC_SCI = 9)]
    pub inc_sci: Option<bool>,
    /// End station bit.
    #[nla(IFLA_MACSEC_ES = 10)]
    pub es: Option<bool>,
    /// Single copy broadcast bit.
    #[nla(IFLA_MACSEC_SCB = 11)]
    pub scb: Option<bool>,
    /// Replayed packets are dropped.
    #[nla(IFLA_MACSEC_REPLAY_PROTECT = 12)]
    pub replay_protect: Option<bool>,
    /// Size of the replay window, packets.
    #[nla(IFLA_MACSEC_WINDOW = 5)]
    pub window: Option<u32>,
    /// Hardware offload: `off`, `phy`, `mac`.
    #[nla(IFLA_MACSEC_OFFLOAD = 15, names(u8, &[(0, "off"), (1, "phy"), (2, "mac")]))]
    pub offload: Option<Symbol>,
}

/// `MACSEC_CIPHER_ID_*`, `MACSEC_DEFAULT_CIPHER_ID` (linux/if_macsec.h)
fn cipher_suite(id: u64) -> String {
    match id {
        0x0080_0200_0100_0001 | 0x0080_c200_0100_0001 => "GCM-AES-128".into(),
        0x0080_c200_0100_0002 => "GCM-AES-256".into(),
        0x0080_c200_0100_0003 => "GCM-AES-XPN-128".into(),
        0x0080_c200_0100_0004 => "GCM-AES-XPN-256".into(),
        _ => format!("{id:#018x}"),
    }
}

/// `MACSEC_VALIDATE_*`
const MACSEC_VALIDATE: Names = &[(0, "disabled"), (1, "check"), (2, "strict")];
