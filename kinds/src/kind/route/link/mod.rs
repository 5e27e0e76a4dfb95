//! `kind:"link"`: a network device (`RTM_NEWLINK`, `RTM_DELLINK`).

pub mod af_spec;
pub mod bridge_af;
mod decode;
pub mod details;
pub mod device;
pub mod info;
mod names;
mod relations;
pub mod values;
pub mod vf;
pub mod wire;

use std::net::Ipv6Addr;

use nlstream_derive::{Attributes, State};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};
use serde_with::skip_serializing_none;

use af_spec::{ADDR_GEN_MODES, AfSpec, Inet6, Inet6Spec, inet6_flags};
use bridge_af::{Cfm, CfmStatus};
use details::VlanTunnelInfo;
use device::InfoData;
use device::bond::BondPort;
use device::bridge::BridgePort;
use device::can::{Pwm, Tdc};
use info::LinkInfo;
pub(in crate::kind) use names::OPER_STATES;
use names::{BRIDGE_FLAGS, EVENTS, HW_MODES, LINK_MODES, qdisc};
use vf::VfInfo;

use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::fields::{Fields as _, Mask};
use crate::value::{Flags, Hex, IfName, LlAddr, Symbol, Text};

/// The types of devices: those of `ip link add type`, and hardware types.
pub(in crate::kind) fn type_names() -> impl Iterator<Item = &'static str> {
    let hardware = names::LL_TYPES.iter().map(|row| row.1);
    device::kinds().chain(hardware)
}

/// The attributes `IFLA_BRIDGE_*` in the `IFLA_AF_SPEC` of a message of family bridge.
pub struct AfBridge;

/// A network device (`struct ifinfomsg`, linux/rtnetlink.h; attributes `IFLA_*`,
/// linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, JsonSchema, Attributes, State)]
#[nla(
    // By family or hardware type.
    by_caller(IFLA_PROTINFO = 12, IFLA_VFINFO_LIST = 22, IFLA_AF_SPEC = 26),
    nest(IFLA_PROTO_DOWN_REASON = 55, IFLA_DPLL_PIN = 65),
    // IFLA_STATS64 has the same counters in 64 bits.
    skip(IFLA_STATS = 7, IFLA_PAD = 42)
)]
#[nla(in AfBridge, custom(
    IFLA_BRIDGE_VLAN_INFO = 2 => Self::vlan,
    IFLA_BRIDGE_VLAN_TUNNEL_INFO = 3 => Self::vlan_tunnel,
    IFLA_BRIDGE_CFM = 5 => Self::cfm,
))]
#[state(
    key(ifindex),
    is_device(ifindex, ifname),
    names_device(master_index, master),
    names_devices = Self::name_lower_device,
    property(type = link_type),
    property(state = operstate)
)]
pub struct Link {
    /// The device's index.
    pub ifindex: u32,
    /// The device's name.
    #[nla(IFLA_IFNAME = 3)]
    pub ifname: Option<IfName>,
    /// Name as bytes; present only if it is not valid UTF-8.
    pub ifname_hex: Option<Hex>,
    /// Lower device, or peer of a veth (IFLA_LINK); only if in the same namespace.
    pub link: Option<IfName>,
    /// Index of that device, in its own namespace.
    #[nla(IFLA_LINK = 5, nonzero)]
    pub link_index: Option<u32>,
    /// Id of the namespace of that device, if different (IFLA_LINK_NETNSID).
    #[nla(IFLA_LINK_NETNSID = 37)]
    pub link_netnsid: Option<i32>,
    /// User-assigned alias (IFLA_IFALIAS).
    #[nla(IFLA_IFALIAS = 20)]
    pub ifalias: Option<Text>,
    /// Alias as bytes; present only if it is not valid UTF-8.
    pub ifalias_hex: Option<Hex>,
    /// Alternative names (IFLA_ALT_IFNAME).
    #[nla(IFLA_PROP_LIST = 52, entry(IFLA_ALT_IFNAME = 53))]
    pub altnames: Option<Vec<Text>>,
    /// Alternative names as bytes; present only if one is not valid UTF-8.
    pub altnames_hex: Option<Vec<Hex>>,
    /// Device flags as printed by `ip`: `UP`, `LOWER_UP`, `BROADCAST` …; `NO-CARRIER` for a device
    /// that is up but not running.
    pub flags: Flags,
    /// Maximum transmission unit, bytes.
    #[nla(IFLA_MTU = 4)]
    pub mtu: Option<u32>,
    /// Root queueing discipline.
    #[nla(IFLA_QDISC = 6, map(str, qdisc))]
    pub qdisc: Option<Symbol>,
    /// Master device: bridge, bond, VRF or team.
    pub master: Option<IfName>,
    /// Index of the master device; absent if there is none.
    #[nla(IFLA_MASTER = 10, nonzero)]
    pub master_index: Option<u32>,
    /// Operational state (RFC 2863): `UP`, `DOWN`, `LOWERLAYERDOWN`, `DORMANT`, `NOTPRESENT`,
    /// `TESTING`, `UNKNOWN`.
    #[nla(IFLA_OPERSTATE = 16, names(u8, OPER_STATES))]
    pub operstate: Option<Symbol>,
    /// Link mode, the state entered when carrier is present: `DEFAULT`, `DORMANT`, `TESTING`.
    #[nla(IFLA_LINKMODE = 17, names(u8, LINK_MODES))]
    pub linkmode: Option<Symbol>,
    /// Device group, a name from iproute2's group file.
    #[nla(IFLA_GROUP = 27, names(u32, table = groups))]
    pub group: Option<Symbol>,
    /// Length of the transmit queue, packets.
    #[nla(IFLA_TXQLEN = 13)]
    pub txqlen: Option<u32>,
    /// Reason for the notification (`IFLA_EVENT`): `REBOOT`, `FEATURE CHANGE`, `BONDING FAILOVER`,
    /// `NOTIFY PEERS`, `RESEND IGMP`, `BONDING OPTION`.
    #[nla(IFLA_EVENT = 44, nonzero, names(u32, EVENTS))]
    #[state(transient)]
    pub event: Option<Symbol>,
    /// Hardware type: `ether`, `loopback`, `sit` …
    pub link_type: Symbol,
    /// Link-layer address.
    #[nla(IFLA_ADDRESS = 1)]
    pub address: Option<LlAddr>,
    /// Link-layer broadcast address, or peer address of a point-to-point link.
    #[nla(IFLA_BROADCAST = 2)]
    pub broadcast: Option<LlAddr>,
    /// True if `broadcast` is a peer address.
    pub link_pointtopoint: Option<bool>,
    /// Permanent hardware address, if different from `address`.
    #[nla(IFLA_PERM_ADDRESS = 54)]
    pub permaddr: Option<LlAddr>,
    /// Id of the namespace of the device, if it is not the namespace of the socket.
    #[nla(IFLA_TARGET_NETNSID = 46)]
    pub target_netnsid: Option<i32>,
    /// Device moved to another namespace: id of that namespace.
    #[nla(IFLA_NEW_NETNSID = 45)]
    pub new_netnsid: Option<i32>,
    /// Device moved to another namespace: its new index.
    #[nla(IFLA_NEW_IFINDEX = 49)]
    pub new_ifindex: Option<u32>,
    /// Device moved to another namespace that the run watches: its name, as in `netns` of the lines. Of
    /// devices that leave the program's own namespace, with `--all-netns`.
    #[state(transient)]
    pub moved_to: Option<String>,
    /// Device moved from another namespace that the run watches: its name, as in `netns` of the
    /// lines.
    #[state(transient)]
    pub moved_from: Option<String>,
    /// The device cannot be moved to another namespace.
    #[nla(IFLA_NETNS_IMMUTABLE = 67, nonzero)]
    pub netns_immutable: Option<bool>,
    /// Number of users that requested promiscuous mode.
    #[nla(IFLA_PROMISCUITY = 30)]
    pub promiscuity: Option<u32>,
    /// Number of users that requested all-multicast mode.
    #[nla(IFLA_ALLMULTI = 61)]
    pub allmulti: Option<u32>,
    /// Minimum supported MTU, bytes.
    #[nla(IFLA_MIN_MTU = 50)]
    pub min_mtu: Option<u32>,
    /// Maximum supported MTU, bytes; 0 for no limit.
    #[nla(IFLA_MAX_MTU = 51)]
    pub max_mtu: Option<u32>,
    /// Type of the device and its settings.
    #[nla(IFLA_LINKINFO = 18, with = LinkInfo::decode)]
    #[state(names_devices, properties)]
    pub linkinfo: Option<info::LinkInfo>,
    /// VLANs of a bridge or bridge port.
    pub vlans: Option<Vec<details::Vlan>>,
    /// VLAN to tunnel id mappings of a bridge port.
    pub vlan_tunnels: Option<Vec<details::VlanTunnel>>,
    /// State of a bridge port in each spanning tree.
    #[nla(in AfBridge, IFLA_BRIDGE_MST = 6, nonzero, entry(IFLA_BRIDGE_MST_ENTRY = 1))]
    pub mst: Option<Vec<bridge_af::Mst>>,
    /// Media Redundancy Protocol (MRP) rings of a bridge.
    #[nla(in AfBridge, IFLA_BRIDGE_MRP = 4, nonzero, entry(IFLA_BRIDGE_MRP_INFO = 7))]
    #[state(names_devices)]
    pub mrp: Option<Vec<bridge_af::Mrp>>,
    /// Connectivity fault management (CFM) end points of a bridge.
    #[state(names_devices)]
    pub cfm: Option<Vec<bridge_af::Cfm>>,
    /// Status of the CFM end points.
    pub cfm_status: Option<Vec<bridge_af::CfmStatus>>,
    /// Of a device with a bridge in its hardware: `master`, `self`: whether the message is about the
    /// bridge that the device is a port of, or about its own.
    #[nla(in AfBridge, IFLA_BRIDGE_FLAGS = 0, flags(u16, BRIDGE_FLAGS))]
    pub bridge_flags: Option<Flags>,
    /// Hardware bridge mode: `VEB`, `VEPA`.
    #[nla(in AfBridge, IFLA_BRIDGE_MODE = 1, names(u16, HW_MODES))]
    pub hwmode: Option<Symbol>,
    /// Generation mode of IPv6 link-local addresses: `eui64`, `none`, `stable_secret`, `random`.
    #[nla(in Inet6, IFLA_INET6_ADDR_GEN_MODE = 8, names(u8, ADDR_GEN_MODES))]
    pub inet6_addr_gen_mode: Option<Symbol>,
    /// Flags of received IPv6 router advertisements: `RCVD` (one was received), `MANAGED`
    /// (addresses by DHCPv6), `OTHERCONF` (other configuration by DHCPv6).
    #[nla(in Inet6, IFLA_INET6_FLAGS = 1, map(u32, inet6_flags))]
    pub inet6_flags: Option<Flags>,
    /// Tokenized IPv6 interface identifier; `::` if not set.
    #[nla(in Inet6, IFLA_INET6_TOKEN = 7)]
    pub inet6_token: Option<Ipv6Addr>,
    /// MTU from IPv6 router advertisements, bytes.
    #[nla(in Inet6, IFLA_INET6_RA_MTU = 9)]
    pub inet6_ra_mtu: Option<u32>,
    /// Number of transmit queues.
    #[nla(IFLA_NUM_TX_QUEUES = 31)]
    pub num_tx_queues: Option<u32>,
    /// Number of receive queues.
    #[nla(IFLA_NUM_RX_QUEUES = 32)]
    pub num_rx_queues: Option<u32>,
    /// Maximum packet size for segmentation offload (GSO), bytes.
    #[nla(IFLA_GSO_MAX_SIZE = 41)]
    pub gso_max_size: Option<u32>,
    /// Maximum number of segments for segmentation offload (GSO).
    #[nla(IFLA_GSO_MAX_SEGS = 40)]
    pub gso_max_segs: Option<u32>,
    /// Device limit for `gso_max_size`, bytes.
    #[nla(IFLA_TSO_MAX_SIZE = 59)]
    pub tso_max_size: Option<u32>,
    /// Device limit for `gso_max_segs`.
    #[nla(IFLA_TSO_MAX_SEGS = 60)]
    pub tso_max_segs: Option<u32>,
    /// Maximum packet size built by receive offload (GRO), bytes.
    #[nla(IFLA_GRO_MAX_SIZE = 58)]
    pub gro_max_size: Option<u32>,
    /// Maximum IPv4 packet size for segmentation offload, bytes.
    #[nla(IFLA_GSO_IPV4_MAX_SIZE = 63)]
    pub gso_ipv4_max_size: Option<u32>,
    /// Maximum IPv4 packet size built by receive offload, bytes.
    #[nla(IFLA_GRO_IPV4_MAX_SIZE = 64)]
    pub gro_ipv4_max_size: Option<u32>,
    /// Name of the physical port.
    #[nla(IFLA_PHYS_PORT_NAME = 38)]
    pub phys_port_name: Option<String>,
    /// Id of the physical port, hexadecimal.
    #[nla(IFLA_PHYS_PORT_ID = 34)]
    pub phys_port_id: Option<Hex>,
    /// Id of the switch the device is a port of, hexadecimal.
    #[nla(IFLA_PHYS_SWITCH_ID = 36)]
    pub phys_switch_id: Option<Hex>,
    /// Bus of the parent device.
    #[nla(IFLA_PARENT_DEV_BUS_NAME = 57)]
    pub parentbus: Option<String>,
    /// Name of the parent device on that bus.
    #[nla(IFLA_PARENT_DEV_NAME = 56)]
    pub parentdev: Option<String>,
    /// XDP programs.
    #[nla(IFLA_XDP = 43, nonzero)]
    pub xdp: Option<details::Xdp>,
    /// Number of configured virtual functions.
    #[nla(IFLA_NUM_VF = 21)]
    pub num_vf: Option<u32>,
    /// The virtual functions.
    pub vfinfo_list: Option<Vec<vf::VfInfo>>,
    /// The virtual functions as ports of a switch.
    #[nla(IFLA_VF_PORTS = 24, entry(IFLA_VF_PORT = 1))]
    pub vf_ports: Option<Vec<vf::VfPort>>,
    /// The device itself as a port of a switch.
    #[nla(IFLA_PORT_SELF = 25)]
    pub port_self: Option<vf::VfPort>,
    /// The device is held down by a protocol daemon.
    #[nla(IFLA_PROTO_DOWN = 39, nonzero)]
    pub proto_down: Option<bool>,
    /// Reasons for holding the device down: names from protodown_reasons.d, or bit numbers.
    #[nla(IFLA_PROTO_DOWN_REASON / IFLA_PROTO_DOWN_REASON_VALUE = 2, nonzero, with = decode::proto_down_reasons)]
    pub proto_down_reason: Option<Vec<Symbol>>,
    /// Headroom the driver needs before a packet, bytes.
    #[nla(IFLA_HEADROOM = 68)]
    pub headroom: Option<u16>,
    /// Tailroom the driver needs after a packet, bytes.
    #[nla(IFLA_TAILROOM = 69)]
    pub tailroom: Option<u16>,
    /// Maximum pacing horizon that can be offloaded to the device, nanoseconds.
    #[nla(IFLA_MAX_PACING_OFFLOAD_HORIZON = 66, wire = uint)]
    pub max_pacing_offload_horizon: Option<u64>,
    /// Handle of the devlink port.
    #[nla(IFLA_DEVLINK_PORT = 62, nonzero)]
    pub devlink_port: Option<details::DevlinkPort>,
    /// Id of the DPLL pin.
    #[nla(IFLA_DPLL_PIN / DPLL_A_PIN_ID = 1)]
    pub dpll_pin: Option<u32>,
    /// Undecoded wireless extensions event.
    #[nla(IFLA_WIRELESS = 11)]
    #[state(transient)]
    pub wireless: Option<Hex>,
    /// With `details`: true if carrier is present.
    #[nla(IFLA_CARRIER = 33, details)]
    pub carrier: Option<bool>,
    /// With `details`: number of carrier changes.
    #[nla(IFLA_CARRIER_CHANGES = 35, details)]
    pub carrier_changes: Option<u32>,
    /// With `details`: number of times carrier came up.
    #[nla(IFLA_CARRIER_UP_COUNT = 47, details)]
    pub carrier_up_count: Option<u32>,
    /// With `details`: number of times carrier went down.
    #[nla(IFLA_CARRIER_DOWN_COUNT = 48, details)]
    pub carrier_down_count: Option<u32>,
    /// With `details`: counters.
    #[nla(IFLA_STATS64 = 23, details)]
    pub stats64: Option<details::Stats64>,
    /// With `details`: memory, interrupt and DMA of legacy hardware.
    #[nla(IFLA_MAP = 14, details)]
    pub map: Option<details::Map>,
    /// With `details`: per-protocol settings and counters.
    pub af_spec: Option<af_spec::AfSpec>,
}

impl Serialize for Link {
    // Written by hand: serde's derived code for eighty mostly absent fields would be as large
    // again.
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut fields = s.serialize_struct("Link", Self::names().len())?;
        self.serialize_fields(Mask::MAX, &mut fields)?;
        fields.end()
    }
}

/// Calls `each` with the attributes of a link that are in no field's type: those of a nest whose
/// content depends on a name, on the family of the message, or on other attributes.
pub fn declared(each: &mut dyn FnMut(&'static [AttrDecl])) {
    each(<Link as Attributes<AfBridge>>::ATTRS);
    each(<Link as Attributes<Inet6>>::ATTRS);
    each(AfSpec::ATTRS);
    each(Inet6Spec::ATTRS);
    each(LinkInfo::ATTRS);
    InfoData::declared(each);
    each(BondPort::ATTRS);
    each(BridgePort::ATTRS);
    each(Cfm::ATTRS);
    each(CfmStatus::ATTRS);
    each(VlanTunnelInfo::ATTRS);
    each(VfInfo::ATTRS);
    each(Tdc::ATTRS);
    each(Pwm::ATTRS);
}
