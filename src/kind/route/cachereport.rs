//! `kind:"cachereport"`: the kernel asks the multicast routing daemon (`RTM_NEWCACHEREPORT`).

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::kind::object::Object;
use crate::value::{Hex, Symbol};

/// A packet for which there is no multicast route, or that came the wrong way (`IPMRA_CREPORT_*`,
/// linux/mroute.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Cachereport {
    /// Address family: `ipmr` (IPv4), `ip6mr` (IPv6).
    pub family: Symbol,
    /// `nocache` (no route), `wrongvif` (wrong device), `wholepkt` (for the register tunnel),
    /// `wrvifwhole` (both).
    pub r#type: Option<Symbol>,
    /// Number of the virtual interface that it came by.
    pub vif: Option<u32>,
    /// Source.
    pub src: Option<IpAddr>,
    /// Group.
    pub dst: Option<IpAddr>,
    /// Routing table: a name from rt_tables, else its number.
    pub table: Option<Symbol>,
    /// The packet, or its beginning.
    pub packet: Option<Hex>,
}

impl Object for Cachereport {}
