//! Device types with few settings.

use std::net::{Ipv4Addr, Ipv6Addr};

use nlstream_derive::{Attributes, Object};
use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::values::HexNumber;
use super::wire::{Names, VLAN_PROTOCOLS, exact_u32s};
use crate::kind::attributes::FromAttr;
use crate::kind::context::DecodeContext;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{FlagNames, Flags, IfName, LlAddr, Symbol};

/// Settings of a VLAN device (`IFLA_VLAN_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct VlanDevice {
    /// `802.1Q`, `802.1ad`.
    #[nla(IFLA_VLAN_PROTOCOL = 5, names(be16, VLAN_PROTOCOLS))]
    pub protocol: Option<Symbol>,
    /// VLAN id.
    #[nla(IFLA_VLAN_ID = 1)]
    pub id: Option<u16>,
    /// `REORDER_HDR`, `GVRP`, `MVRP`, `LOOSE_BINDING`, `BRIDGE_BINDING`.
    #[nla(IFLA_VLAN_FLAGS = 2, with = vlan_flags)]
    pub flags: Option<Flags>,
    /// Mapping of the VLAN priority of received packets to the packet priority.
    #[nla(IFLA_VLAN_INGRESS_QOS = 4, entry(IFLA_VLAN_QOS_MAPPING = 1))]
    pub ingress_qos: Option<Vec<QosMap>>,
    /// Mapping of the packet priority of sent packets to the VLAN priority.
    #[nla(IFLA_VLAN_EGRESS_QOS = 3, entry(IFLA_VLAN_QOS_MAPPING = 1))]
    pub egress_qos: Option<Vec<QosMap>>,
}

/// An entry of a priority mapping.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct QosMap {
    /// The original priority.
    pub from: u32,
    /// The priority that replaces it.
    pub to: u32,
}

/// Settings of a macvlan or macvtap device (`IFLA_MACVLAN_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(custom(IFLA_MACVLAN_FLAGS = 2 => Self::flags))]
pub struct Macvlan {
    /// `private`, `vepa`, `bridge`, `passthru`, `source`.
    #[nla(IFLA_MACVLAN_MODE = 1, names(u32, MACVLAN_MODES))]
    pub mode: Option<Symbol>,
    /// Mode passthru: promiscuous mode of the lower device is not set.
    pub nopromisc: Option<bool>,
    /// Mode source: packets are not delivered to their destination too.
    pub nodst: Option<bool>,
    /// Requested length of the broadcast queue, packets.
    #[nla(IFLA_MACVLAN_BC_QUEUE_LEN = 7)]
    pub bcqueuelen: Option<u32>,
    /// Length of the broadcast queue, packets: the longest requested on the lower device.
    #[nla(IFLA_MACVLAN_BC_QUEUE_LEN_USED = 8)]
    pub usedbcqueuelen: Option<u32>,
    /// Broadcasts to fewer receivers than this number are not queued.
    #[nla(IFLA_MACVLAN_BC_CUTOFF = 9)]
    pub bclim: Option<i32>,
    /// Mode source: number of source addresses.
    #[nla(IFLA_MACVLAN_MACADDR_COUNT = 6)]
    pub macaddr_count: Option<u32>,
    /// Mode source: source addresses of accepted packets.
    #[nla(IFLA_MACVLAN_MACADDR_DATA = 5, entry(IFLA_MACVLAN_MACADDR = 4))]
    pub macaddr_data: Option<Vec<LlAddr>>,
}

/// Settings of an ipvlan or ipvtap device (`IFLA_IPVLAN_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(custom(IFLA_IPVLAN_FLAGS = 2 => Self::flags))]
pub struct Ipvlan {
    /// `l2`, `l3`, `l3s`.
    #[nla(IFLA_IPVLAN_MODE = 1, names(u16, IPVLAN_MODES))]
    pub mode: Option<Symbol>,
    /// True: devices on the same lower device can reach each other.
    pub bridge: Option<bool>,
    /// True: devices on the same lower device cannot reach each other.
    pub private: Option<bool>,
    /// True: devices on the same lower device reach each other through the external switch.
    pub vepa: Option<bool>,
}

/// Settings of a VRF, or of a port of one (`IFLA_VRF_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Vrf {
    /// Routing table: a name from rt_tables, or its number.
    #[nla(IFLA_VRF_TABLE = 1, names(u32, table = tables))]
    pub table: Option<Symbol>,
}

/// Settings of a tun or tap device (`IFLA_TUN_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Tun {
    /// `tun`, `tap`.
    #[nla(IFLA_TUN_TYPE = 3, names(u8, &[(1, "tun"), (2, "tap")]))]
    pub r#type: Option<Symbol>,
    /// Packets have a packet information header.
    #[nla(IFLA_TUN_PI = 4)]
    pub pi: Option<bool>,
    /// Packets have a virtio header.
    #[nla(IFLA_TUN_VNET_HDR = 5)]
    pub vnet_hdr: Option<bool>,
    /// The device can have several queues.
    #[nla(IFLA_TUN_MULTI_QUEUE = 7)]
    pub multi_queue: Option<bool>,
    /// Number of enabled queues.
    #[nla(IFLA_TUN_NUM_QUEUES = 8)]
    pub numqueues: Option<u32>,
    /// Number of disabled queues.
    #[nla(IFLA_TUN_NUM_DISABLED_QUEUES = 9)]
    pub numdisabled: Option<u32>,
    /// The device persists after its program ends.
    #[nla(IFLA_TUN_PERSIST = 6)]
    pub persist: Option<bool>,
    /// User id of the owner.
    #[nla(IFLA_TUN_OWNER = 1, map(u32, Symbol::Number))]
    pub user: Option<Symbol>,
    /// Group id of the owners.
    #[nla(IFLA_TUN_GROUP = 2, map(u32, Symbol::Number))]
    pub group: Option<Symbol>,
}

/// Settings of a GTP device (`IFLA_GTP_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Gtp {
    /// `ggsn`, `sgsn`.
    #[nla(IFLA_GTP_ROLE = 4, names(u32, &[(0, "ggsn"), (1, "sgsn")]))]
    pub role: Option<Symbol>,
    /// Size of the table of contexts.
    #[nla(IFLA_GTP_PDP_HASHSIZE = 3)]
    pub hsize: Option<u32>,
    /// Restart counter.
    #[nla(IFLA_GTP_RESTART_COUNT = 6)]
    pub restart_count: Option<u8>,
    /// Local address, IPv4.
    #[nla(IFLA_GTP_LOCAL = 7)]
    pub local: Option<Ipv4Addr>,
    /// Local address, IPv6.
    #[nla(IFLA_GTP_LOCAL6 = 8)]
    pub local6: Option<Ipv6Addr>,
}

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

/// Settings of a netkit device (`IFLA_NETKIT_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Netkit {
    /// `l2`, `l3`.
    #[nla(IFLA_NETKIT_MODE = 5, names(u32, &[(0, "l2"), (1, "l3")]))]
    pub mode: Option<Symbol>,
    /// `primary`, `peer`.
    #[nla(IFLA_NETKIT_PRIMARY = 2, names(u8, &[(0, "peer"), (1, "primary")]))]
    pub r#type: Option<Symbol>,
    /// Default policy without a BPF program: `forward`, `blackhole`.
    #[nla(IFLA_NETKIT_POLICY = 3, names(u32, NETKIT_POLICIES))]
    pub policy: Option<Symbol>,
    /// Default policy of the peer.
    #[nla(IFLA_NETKIT_PEER_POLICY = 4, names(u32, NETKIT_POLICIES))]
    pub peer_policy: Option<Symbol>,
    /// Metadata of a packet that is cleared: `none`, `default`.
    #[nla(IFLA_NETKIT_SCRUB = 6, names(u32, NETKIT_SCRUBS))]
    pub scrub: Option<Symbol>,
    /// Metadata of a packet that the peer clears.
    #[nla(IFLA_NETKIT_PEER_SCRUB = 7, names(u32, NETKIT_SCRUBS))]
    pub peer_scrub: Option<Symbol>,
    /// Headroom of a packet, bytes.
    #[nla(IFLA_NETKIT_HEADROOM = 8)]
    pub headroom: Option<u16>,
    /// Tailroom of a packet, bytes.
    #[nla(IFLA_NETKIT_TAILROOM = 9)]
    pub tailroom: Option<u16>,
    /// `pair` (it has a peer), `single`.
    #[nla(IFLA_NETKIT_PAIRING = 10, names(u32, &[(0, "pair"), (1, "single")]))]
    pub pairing: Option<Symbol>,
}

/// Settings of a batman-adv device (`IFLA_BATADV_*`, linux/batman_adv.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Batadv {
    /// Routing algorithm: `BATMAN_IV`, `BATMAN_V`.
    #[nla(IFLA_BATADV_ALGO_NAME = 1)]
    pub algo_name: Option<String>,
}

/// Settings of a bareudp device (`IFLA_BAREUDP_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Bareudp {
    /// UDP destination port.
    #[nla(IFLA_BAREUDP_PORT = 1, wire = be16)]
    pub dstport: Option<u16>,
    /// Payload protocol: `ip`, `ipv6`, `mpls_uc`, `mpls_mc`, or its number.
    #[nla(IFLA_BAREUDP_ETHERTYPE = 2, names(be16, ETHERTYPES))]
    pub ethertype: Option<Symbol>,
    /// Minimum UDP source port.
    #[nla(IFLA_BAREUDP_SRCPORT_MIN = 3)]
    pub srcportmin: Option<u16>,
    /// Protocols related to `ethertype` are carried too.
    #[nla(IFLA_BAREUDP_MULTIPROTO_MODE = 4, present)]
    pub multiproto: Option<bool>,
}

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

/// Settings of an rmnet device (`IFLA_RMNET_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Rmnet {
    /// Id of the multiplexed channel.
    #[nla(IFLA_RMNET_MUX_ID = 1)]
    pub mux_id: Option<u16>,
    /// `INGRESS_DEAGGREGATION`, `INGRESS_MAP_COMMANDS`, `INGRESS_MAP_CKSUMV4`,
    /// `EGRESS_MAP_CKSUMV4`, `INGRESS_MAP_CKSUMV5`, `EGRESS_MAP_CKSUMV5`.
    #[nla(IFLA_RMNET_FLAGS = 2, with = rmnet_flags)]
    pub flags: Option<Flags>,
}

/// Settings of an IP over InfiniBand device (`IFLA_IPOIB_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Ipoib {
    /// Partition key, hexadecimal.
    #[nla(IFLA_IPOIB_PKEY = 1, map(u16, HexNumber::new))]
    pub key: Option<HexNumber>,
    /// `datagram`, `connected`.
    #[nla(IFLA_IPOIB_MODE = 2, names(u16, &[(0, "datagram"), (1, "connected")]))]
    pub mode: Option<Symbol>,
    /// 1: user space may join multicast groups; hexadecimal.
    #[nla(IFLA_IPOIB_UMCAST = 3, map(u16, HexNumber::new))]
    pub umcast: Option<HexNumber>,
}

/// Settings of an OpenVPN device (`IFLA_OVPN_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Ovpn {
    /// `p2p` (one peer), `multipeer`.
    #[nla(IFLA_OVPN_MODE = 1, names(u8, &[(0, "p2p"), (1, "multipeer")]))]
    pub mode: Option<Symbol>,
}

/// Settings of a switch port (`IFLA_DSA_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[state(names_device(conduit_index, conduit))]
pub struct Dsa {
    /// The conduit: the device that is connected to the switch.
    pub conduit: Option<IfName>,
    /// Index of that device.
    #[nla(IFLA_DSA_CONDUIT = 1, nonzero)]
    pub conduit_index: Option<u32>,
}

/// Settings of a modem device (`IFLA_WWAN_*`, linux/wwan.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Wwan {
    /// Id of the channel.
    #[nla(IFLA_WWAN_LINK_ID = 1)]
    pub linkid: Option<u32>,
}

/// `VLAN_FLAG_*` (linux/if_vlan.h)
const VLAN_FLAGS: &FlagNames = &[
    (0x01, "REORDER_HDR"),
    (0x02, "GVRP"),
    (0x08, "MVRP"),
    (0x04, "LOOSE_BINDING"),
    (0x10, "BRIDGE_BINDING"),
];

/// `struct ifla_vlan_flags`: the flags, and a mask that only a request has.
fn vlan_flags(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Flags, AttrError> {
    let [flags, _mask] = exact_u32s(attr.value)?;
    Ok(Flags::new(flags.into(), VLAN_FLAGS))
}

/// `struct ifla_vlan_qos_mapping`
impl FromAttr for QosMap {
    fn from_attr(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let [from, to] = exact_u32s(attr.value)?;
        Ok(QosMap { from, to })
    }
}

/// `MACVLAN_MODE_*`
const MACVLAN_MODES: Names = &[
    (1, "private"),
    (2, "vepa"),
    (4, "bridge"),
    (8, "passthru"),
    (16, "source"),
];

impl Macvlan {
    /// `MACVLAN_FLAG_*`: each has a field of its own.
    fn flags(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let flags = attr.u16()?;
        self.nopromisc = Some(flags & 1 != 0);
        self.nodst = Some(flags & 2 != 0);
        if flags & !3 != 0 {
            context.record_unparsed(Some(attr.kind), AttrError::Unknown, attr.value);
        }
        Ok(())
    }
}

impl Ipvlan {
    /// `IPVLAN_F_PRIVATE`, `IPVLAN_F_VEPA`: `ip` shows each of the three values as a field.
    fn flags(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let field = match attr.u16()? {
            0 => &mut self.bridge,
            1 => &mut self.private,
            2 => &mut self.vepa,
            _ => return Err(AttrError::Value),
        };
        *field = Some(true);
        Ok(())
    }
}

/// `IPVLAN_MODE_*`
const IPVLAN_MODES: Names = &[(0, "l2"), (1, "l3"), (2, "l3s")];

/// `MACSEC_VALIDATE_*`
const MACSEC_VALIDATE: Names = &[(0, "disabled"), (1, "check"), (2, "strict")];

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

/// `NETKIT_PASS`, `NETKIT_DROP`
const NETKIT_POLICIES: Names = &[(0, "forward"), (2, "blackhole")];
/// `NETKIT_SCRUB_*`
const NETKIT_SCRUBS: Names = &[(0, "none"), (1, "default")];

/// `ETH_P_*` (linux/if_ether.h) that bareudp carries.
const ETHERTYPES: Names = &[
    (0x0800, "ip"),
    (0x86dd, "ipv6"),
    (0x8847, "mpls_uc"),
    (0x8848, "mpls_mc"),
];

/// `RMNET_FLAGS_*`
const RMNET_FLAGS: &FlagNames = &[
    (0x01, "INGRESS_DEAGGREGATION"),
    (0x02, "INGRESS_MAP_COMMANDS"),
    (0x04, "INGRESS_MAP_CKSUMV4"),
    (0x08, "EGRESS_MAP_CKSUMV4"),
    (0x10, "INGRESS_MAP_CKSUMV5"),
    (0x20, "EGRESS_MAP_CKSUMV5"),
];

/// `struct ifla_rmnet_flags`: the flags, and a mask that only a request has.
fn rmnet_flags(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Flags, AttrError> {
    let [flags, _mask] = exact_u32s(attr.value)?;
    Ok(Flags::new(flags.into(), RMNET_FLAGS))
}
