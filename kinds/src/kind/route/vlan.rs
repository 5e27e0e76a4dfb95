//! `kind:"vlan"`: the VLAN database of a bridge and its ports (`RTM_NEWVLAN`, `RTM_DELVLAN`).

use std::net::{Ipv4Addr, Ipv6Addr};

use nlstream_derive::{Attributes, Object, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::mdb::RouterPort;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes, FromAttr};
use crate::kind::context::DecodeContext;
use crate::kind::range::{IdRange, Ranged};
use crate::kind::spec::{Device, Emit, KindSpec, Trigger};
use crate::kind::wire::{u16_at, u32_at};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::request::Request;
use crate::netlink::rtm::{RTM_DELVLAN, RTM_NEWVLAN};
use crate::value::{FlagNames, Flags, IfName, Symbol};

/// VLANs of a bridge or port, or the bridge-wide options of VLANs (`struct br_vlan_msg`,
/// linux/if_bridge.h): consecutive ids that the kernel reported as one range. A later message may be
/// about other ranges; then lines with the origin `inferred` cut or delete the stored ones that
/// overlap, before its own line. So no two objects of a device contain the same VLAN.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    nest(
        BRIDGE_VLANDB_ENTRY = 1,
        BRIDGE_VLANDB_ENTRY / BRIDGE_VLANDB_ENTRY_TUNNEL_INFO = 4,
        BRIDGE_VLANDB_GLOBAL_OPTIONS = 2,
    ),
    custom(
        BRIDGE_VLANDB_ENTRY / BRIDGE_VLANDB_ENTRY_INFO = 1 => Self::info,
        BRIDGE_VLANDB_ENTRY / BRIDGE_VLANDB_ENTRY_RANGE = 2 => Self::end,
        BRIDGE_VLANDB_GLOBAL_OPTIONS / BRIDGE_VLANDB_GOPTS_RANGE = 2 => Self::end,
    ),
    skip(
        // The command of a request (RTM_SETLINK or RTM_DELLINK).
        BRIDGE_VLANDB_ENTRY_TUNNEL_INFO / BRIDGE_VLANDB_TINFO_CMD = 2,
        BRIDGE_VLANDB_GLOBAL_OPTIONS / BRIDGE_VLANDB_GOPTS_PAD = 9,
    ),
)]
#[state(key(ifindex, vlan, global), device(ifindex, dev))]
pub struct Vlan {
    /// Index of the bridge or port.
    pub ifindex: u32,
    /// Name of the bridge or port.
    pub dev: Option<IfName>,
    /// VLAN id, or the first one of a range.
    #[nla(BRIDGE_VLANDB_GLOBAL_OPTIONS / BRIDGE_VLANDB_GOPTS_ID = 1)]
    pub vlan: u16,
    /// Last VLAN id of a range; absent for a single VLAN.
    pub vlan_end: Option<u16>,
    /// True for the bridge-wide options of the VLAN.
    pub global: Option<bool>,
    /// `PVID` (untagged packets belong to the VLAN), `Egress Untagged` (packets of the VLAN leave
    /// untagged).
    pub flags: Option<Flags>,
    /// `disabled`, `listening`, `learning`, `forwarding`, `blocking`.
    #[nla(BRIDGE_VLANDB_ENTRY / BRIDGE_VLANDB_ENTRY_STATE = 3, names(u8, STATES))]
    pub state: Option<Symbol>,
    /// Tunnel id that the VLAN is mapped to; of a range that of the first VLAN, the others follow.
    #[nla(BRIDGE_VLANDB_ENTRY_TUNNEL_INFO / BRIDGE_VLANDB_TINFO_ID = 1)]
    pub tunid: Option<u32>,
    /// Neighbour discovery and ARP are suppressed.
    #[nla(BRIDGE_VLANDB_ENTRY / BRIDGE_VLANDB_ENTRY_NEIGH_SUPPRESS = 9)]
    pub neigh_suppress: Option<bool>,
    /// Gratuitous ARP and unsolicited neighbour advertisements are forwarded in spite of
    /// `neigh_suppress`.
    #[nla(BRIDGE_VLANDB_ENTRY / BRIDGE_VLANDB_ENTRY_NEIGH_FORWARD_GRAT = 10)]
    pub neigh_forward_grat: Option<bool>,
    /// Multicast router: 0 never, 1 by queries, 2 always.
    #[nla(BRIDGE_VLANDB_ENTRY / BRIDGE_VLANDB_ENTRY_MCAST_ROUTER = 6)]
    pub mcast_router: Option<u8>,
    /// Maximum number of multicast groups; 0 for no limit.
    #[nla(BRIDGE_VLANDB_ENTRY / BRIDGE_VLANDB_ENTRY_MCAST_MAX_GROUPS = 8)]
    pub mcast_max_groups: Option<u32>,
    /// With `details`: number of multicast groups.
    #[nla(BRIDGE_VLANDB_ENTRY / BRIDGE_VLANDB_ENTRY_MCAST_N_GROUPS = 7, details, volatile)]
    pub mcast_n_groups: Option<u32>,
    /// Global: multicast snooping is on.
    #[nla(BRIDGE_VLANDB_GLOBAL_OPTIONS / BRIDGE_VLANDB_GOPTS_MCAST_SNOOPING = 3)]
    pub mcast_snooping: Option<bool>,
    /// Global: the bridge sends multicast queries.
    #[nla(BRIDGE_VLANDB_GLOBAL_OPTIONS / BRIDGE_VLANDB_GOPTS_MCAST_QUERIER = 15)]
    pub mcast_querier: Option<bool>,
    /// Global: version of IGMP.
    #[nla(BRIDGE_VLANDB_GLOBAL_OPTIONS / BRIDGE_VLANDB_GOPTS_MCAST_IGMP_VERSION = 4)]
    pub mcast_igmp_version: Option<u8>,
    /// Global: version of MLD.
    #[nla(BRIDGE_VLANDB_GLOBAL_OPTIONS / BRIDGE_VLANDB_GOPTS_MCAST_MLD_VERSION = 5)]
    pub mcast_mld_version: Option<u8>,
    /// Global: queries before a group is removed.
    #[nla(BRIDGE_VLANDB_GLOBAL_OPTIONS / BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_CNT = 6)]
    pub mcast_last_member_count: Option<u32>,
    /// Global: queries at startup.
    #[nla(BRIDGE_VLANDB_GLOBAL_OPTIONS / BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_CNT = 7)]
    pub mcast_startup_query_count: Option<u32>,
    /// Global: interval of the queries before a group is removed, hundredths of a second.
    #[nla(BRIDGE_VLANDB_GLOBAL_OPTIONS / BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_INTVL = 8)]
    pub mcast_last_member_interval: Option<u64>,
    /// Global: time after the last report until a member expires, hundredths of a second.
    #[nla(BRIDGE_VLANDB_GLOBAL_OPTIONS / BRIDGE_VLANDB_GOPTS_MCAST_MEMBERSHIP_INTVL = 10)]
    pub mcast_membership_interval: Option<u64>,
    /// Global: time after the last query until another querier expires, hundredths of a second.
    #[nla(BRIDGE_VLANDB_GLOBAL_OPTIONS / BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_INTVL = 11)]
    pub mcast_querier_interval: Option<u64>,
    /// Global: interval of queries, hundredths of a second.
    #[nla(BRIDGE_VLANDB_GLOBAL_OPTIONS / BRIDGE_VLANDB_GOPTS_MCAST_QUERY_INTVL = 12)]
    pub mcast_query_interval: Option<u64>,
    /// Global: maximum time until a response, hundredths of a second.
    #[nla(BRIDGE_VLANDB_GLOBAL_OPTIONS / BRIDGE_VLANDB_GOPTS_MCAST_QUERY_RESPONSE_INTVL = 13)]
    pub mcast_query_response_interval: Option<u64>,
    /// Global: interval of queries at startup, hundredths of a second.
    #[nla(BRIDGE_VLANDB_GLOBAL_OPTIONS / BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_INTVL = 14)]
    pub mcast_startup_query_interval: Option<u64>,
    /// Global: spanning tree instance.
    #[nla(BRIDGE_VLANDB_GLOBAL_OPTIONS / BRIDGE_VLANDB_GOPTS_MSTI = 18)]
    pub msti: Option<u16>,
    /// Global: the active multicast queriers.
    #[nla(BRIDGE_VLANDB_GLOBAL_OPTIONS / BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_STATE = 17, nonzero)]
    #[state(names_devices)]
    pub mcast_querier_state: Option<McastQueriers>,
    /// Global: the ports with multicast routers.
    #[nla(BRIDGE_VLANDB_GLOBAL_OPTIONS / BRIDGE_VLANDB_GOPTS_MCAST_ROUTER_PORTS = 16, entry(MDBA_ROUTER_PORT = 1))]
    #[state(names_devices, properties)]
    pub mcast_router_ports: Option<Vec<McastRouterPort>>,
    /// With `details`: counters.
    #[nla(BRIDGE_VLANDB_ENTRY / BRIDGE_VLANDB_ENTRY_STATS = 5, details, volatile)]
    pub stats: Option<VlanStats>,
}

/// The active multicast queriers of a VLAN (`BRIDGE_QUERIER_*`, linux/if_bridge.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[schemars(rename = "VlanMcastQueriers")]
// The timers count down without an event.
#[nla(skip(
    BRIDGE_QUERIER_PAD = 4,
    BRIDGE_QUERIER_IP_OTHER_TIMER = 3,
    BRIDGE_QUERIER_IPV6_OTHER_TIMER = 7,
))]
#[state(
    names_device(ipv4_port_index, ipv4_port),
    names_device(ipv6_port_index, ipv6_port)
)]
pub struct McastQueriers {
    /// Address of the querier, IPv4.
    #[nla(BRIDGE_QUERIER_IP_ADDRESS = 1, nonzero)]
    pub ipv4_addr: Option<Ipv4Addr>,
    /// Port towards that querier.
    pub ipv4_port: Option<IfName>,
    /// Index of that port.
    #[nla(BRIDGE_QUERIER_IP_PORT = 2, nonzero)]
    pub ipv4_port_index: Option<u32>,
    /// Address of the querier, IPv6.
    #[nla(BRIDGE_QUERIER_IPV6_ADDRESS = 5, nonzero)]
    pub ipv6_addr: Option<Ipv6Addr>,
    /// Port towards that querier.
    pub ipv6_port: Option<IfName>,
    /// Index of that port.
    #[nla(BRIDGE_QUERIER_IPV6_PORT = 6, nonzero)]
    pub ipv6_port_index: Option<u32>,
}

/// A port with multicast routers.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Object)]
#[schemars(rename = "VlanMcastRouterPort")]
#[state(names_device(port_index, port))]
pub struct McastRouterPort {
    /// Index of the port.
    pub port_index: u32,
    /// Name of the port.
    pub port: Option<IfName>,
    /// How the port became one: `permanent`, `temp`, `temp_query`, `disabled`.
    pub router: Symbol,
}

/// The index of a port, and the attributes that follow it.
impl FromAttr for McastRouterPort {
    const INNER: &'static [AttrDecl] = RouterPort::ATTRS;

    fn from_attr(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let (index, port) = RouterPort::read(context, attr)?;
        Ok(McastRouterPort {
            port_index: index,
            port: None,
            router: port.router,
        })
    }
}

/// Counters of a VLAN (`BRIDGE_VLANDB_STATS_*`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(skip(BRIDGE_VLANDB_STATS_PAD = 5))]
pub struct VlanStats {
    /// Bytes received.
    #[nla(BRIDGE_VLANDB_STATS_RX_BYTES = 1)]
    pub rx_bytes: u64,
    /// Packets received.
    #[nla(BRIDGE_VLANDB_STATS_RX_PACKETS = 2)]
    pub rx_packets: u64,
    /// Bytes sent.
    #[nla(BRIDGE_VLANDB_STATS_TX_BYTES = 3)]
    pub tx_bytes: u64,
    /// Packets sent.
    #[nla(BRIDGE_VLANDB_STATS_TX_PACKETS = 4)]
    pub tx_packets: u64,
}

/// `BR_STATE_*`
pub(in crate::kind) const STATES: &[(u32, &str)] = &[
    (0, "disabled"),
    (1, "listening"),
    (2, "learning"),
    (3, "forwarding"),
    (4, "blocking"),
];

/// `BRIDGE_VLAN_INFO_*`, by the names of `bridge vlan`.
const FLAGS: &FlagNames = &[
    (0x02, "PVID"),
    (0x04, "Egress Untagged"),
    (0x01, "master"),
    (0x20, "brentry"),
    (0x40, "only_opts"),
];

impl KindSpec for Vlan {
    const MESSAGES: &'static [u16] = &[RTM_NEWVLAN, RTM_DELVLAN];
    const STALE_AFTER: &'static [Trigger] = &[Trigger::Master];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::vlans(), Request::global_vlans()]
    }

    fn device_dumps(device: Device, _details: bool) -> Vec<Request> {
        Request::vlans_of_device(device.ifindex).into()
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let (header, attributes) = message.body.split_first_chunk::<8>()?;
        context.each(attributes, |context, attr| {
            let mut vlan = Vlan {
                ifindex: u32_at(header, 4),
                global: (attr.kind == Self::BRIDGE_VLANDB_GLOBAL_OPTIONS).then_some(true),
                ..Default::default()
            };
            vlan.attribute(context, &attr)?;
            let last = vlan.vlan_end.unwrap_or_default().min(MAX_ID);
            vlan.vlan_end = Some(last).filter(|last| *last > vlan.vlan);
            emit.object(context, vlan);
            Ok(())
        });
        Some(())
    }
}

/// The largest VLAN id.
const MAX_ID: u16 = 4095;

impl Ranged for Vlan {
    fn range(&self) -> IdRange {
        IdRange {
            ifindex: self.ifindex,
            global: self.global == Some(true),
            first: self.vlan.into(),
            last: self.vlan_end.unwrap_or(self.vlan).into(),
        }
    }

    fn set_range(&mut self, first: u64, last: u64) {
        let id = |id: u64| u16::try_from(id).unwrap_or(u16::MAX);
        let (first, last) = (id(first), id(last));
        // The tunnel ids of a range are consecutive as well (br_vlan_tunnel_info).
        let shift = u32::from(first).wrapping_sub(self.vlan.into());
        self.tunid = self.tunid.map(|tunid| tunid.wrapping_add(shift));
        self.vlan = first;
        self.vlan_end = (last > first).then_some(last);
    }
}

impl Vlan {
    /// Reads a `struct bridge_vlan_info`.
    fn info(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        /// `BRIDGE_VLAN_INFO_RANGE_BEGIN` and `_END`, which the attribute of the range repeats.
        const RANGE: u16 = 0x08 | 0x10;
        let info = attr.value.first_chunk::<4>().ok_or(AttrError::Length)?;
        context.record_excess(attr, 4);
        self.flags = Some(Flags::new(u64::from(u16_at(info, 0) & !RANGE), FLAGS));
        self.vlan = u16_at(info, 2);
        Ok(())
    }

    /// Reads the last VLAN id of a range.
    fn end(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        self.vlan_end = Some(attr.u16()?);
        Ok(())
    }
}
