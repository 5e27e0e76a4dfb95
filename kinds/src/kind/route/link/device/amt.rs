//! AMT devices.

use std::net::Ipv4Addr;

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::value::{IfName, Symbol};

/// Settings of an AMT device (`IFLA_AMT_*`, linux/amt.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[state(names_device(link_index, link))]
pub struct Amt {
    /// `gateway`, `relay`.
    #[nla(IFLA_AMT_MODE = 1, names(u32, &[(0, "gateway"), (1, "relay")]))]
    pub mode: Option<Symbol>,
    /// UDP port of the relay.
    #[nla(IFLA_AMT_RELAY_PORT = 2, wire = be16)]
    pub relay_port: Option<u16>,
    /// UDP port of the gateway.
    #[nla(IFLA_AMT_GATEWAY_PORT = 3, wire = be16)]
    pub gateway_port: Option<u16>,
    /// Local address.
    #[nla(IFLA_AMT_LOCAL_IP = 5)]
    pub local: Option<Ipv4Addr>,
    /// Remote address.
    #[nla(IFLA_AMT_REMOTE_IP = 6)]
    pub remote: Option<Ipv4Addr>,
    /// Discovery address of relays.
    #[nla(IFLA_AMT_DISCOVERY_IP = 7)]
    pub discovery: Option<Ipv4Addr>,
    /// The lower device.
    pub link: Option<IfName>,
    /// Index of that device.
    #[nla(IFLA_AMT_LINK = 4, nonzero)]
    pub link_index: Option<u32>,
    /// Maximum number of tunnels.
    #[nla(IFLA_AMT_MAX_TUNNELS = 8)]
    pub max_tunnels: Option<u32>,
}
