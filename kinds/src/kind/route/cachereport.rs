//! `kind:"cachereport"`: requests of the kernel to the multicast routing daemon
//! (`RTM_NEWCACHEREPORT`).

use std::net::IpAddr;

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, MessageAction};
use crate::kind::wire::family;
use crate::netlink::frame::Message;
use crate::netlink::rtm::RTM_NEWCACHEREPORT;
use crate::value::{Hex, Symbol};

/// `IGMPMSG_*` (linux/mroute.h), `MRT6MSG_*` (linux/mroute6.h)
pub(in crate::kind) const TYPES: &[(u32, &str)] = &[
    (1, "nocache"),
    (2, "wrongvif"),
    (3, "wholepkt"),
    (4, "wrvifwhole"),
];

/// A packet for which there is no multicast route, or that arrived on the wrong device
/// (`IPMRA_CREPORT_*`, linux/mroute.h, with the numbers of `IP6MRA_CREPORT_*`, linux/mroute6.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[state(prefix(src), prefix(dst))]
pub struct Cachereport {
    /// Address family: `ipmr` (IPv4), `ip6mr` (IPv6).
    pub family: Symbol,
    /// `nocache` (no route), `wrongvif` (wrong device), `wholepkt` (for the register tunnel),
    /// `wrvifwhole` (both).
    #[nla(IPMRA_CREPORT_MSGTYPE = 1, names(u8, TYPES))]
    pub r#type: Option<Symbol>,
    /// Number of the virtual interface that received the packet.
    #[nla(IPMRA_CREPORT_VIF_ID = 2)]
    pub vif: Option<u32>,
    /// Source.
    #[nla(IPMRA_CREPORT_SRC_ADDR = 3)]
    pub src: Option<IpAddr>,
    /// Group.
    #[nla(IPMRA_CREPORT_DST_ADDR = 4)]
    pub dst: Option<IpAddr>,
    /// Routing table: a name from rt_tables, else its number.
    #[nla(IPMRA_CREPORT_TABLE = 6, names(u32, table = tables))]
    pub table: Option<Symbol>,
    /// The packet, or its beginning.
    #[nla(IPMRA_CREPORT_PKT = 5)]
    pub packet: Option<Hex>,
}

impl KindSpec for Cachereport {
    const MESSAGES: &'static [u16] = &[RTM_NEWCACHEREPORT];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let (header, attributes) = message.body.split_first_chunk::<4>()?;
        let mut report = Cachereport {
            family: family(header[0]),
            ..Default::default()
        };
        report.attributes(context, attributes);
        emit.object_as(context, MessageAction::Notify, report)
    }
}
