//! HSR and PRP devices.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::value::{IfName, LlAddr, Symbol};

/// Settings of an HSR or PRP device (`IFLA_HSR_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[state(
    names_device(slave1_index, slave1),
    names_device(slave2_index, slave2),
    names_device(interlink_index, interlink)
)]
pub struct Hsr {
    /// The first port.
    pub slave1: Option<IfName>,
    /// Index of that port.
    #[nla(IFLA_HSR_SLAVE1 = 1, nonzero)]
    pub slave1_index: Option<u32>,
    /// The second port.
    pub slave2: Option<IfName>,
    /// Index of that port.
    #[nla(IFLA_HSR_SLAVE2 = 2, nonzero)]
    pub slave2_index: Option<u32>,
    /// The port to another ring (interlink).
    pub interlink: Option<IfName>,
    /// Index of that port.
    #[nla(IFLA_HSR_INTERLINK = 8, nonzero)]
    pub interlink_index: Option<u32>,
    /// With `details`: sequence number of the next packet.
    #[nla(IFLA_HSR_SEQ_NR = 5, details)]
    pub seq_nr: Option<u16>,
    /// Destination address of supervision packets.
    #[nla(IFLA_HSR_SUPERVISION_ADDR = 4)]
    pub supervision_addr: Option<LlAddr>,
    /// `hsr`, `prp`.
    #[nla(IFLA_HSR_PROTOCOL = 7, names(u8, &[(0, "hsr"), (1, "prp")]))]
    pub proto: Option<Symbol>,
    /// Version of HSR.
    #[nla(IFLA_HSR_VERSION = 6)]
    pub version: Option<u8>,
}
