//! Kinds of device with few settings.

use std::net::{Ipv4Addr, Ipv6Addr};

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::values::HexNumber;
use crate::value::{Flags, IfName, LlAddr, Symbol};

/// Settings of a VLAN device (`IFLA_VLAN_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct VlanDevice {
    /// `802.1Q`, `802.1ad`.
    pub protocol: Option<Symbol>,
    /// VLAN id.
    pub id: Option<u16>,
    /// `REORDER_HDR`, `GVRP`, `MVRP`, `LOOSE_BINDING`, `BRIDGE_BINDING`.
    pub flags: Option<Flags>,
    /// VLAN priority of received packets → their priority.
    pub ingress_qos: Option<Vec<QosMap>>,
    /// Priority of sent packets → their VLAN priority.
    pub egress_qos: Option<Vec<QosMap>>,
}

/// A mapping of priorities.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct QosMap {
    /// This priority …
    pub from: u32,
    /// … becomes that.
    pub to: u32,
}

/// Settings of a macvlan or macvtap device (`IFLA_MACVLAN_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Macvlan {
    /// `private`, `vepa`, `bridge`, `passthru`, `source`.
    pub mode: Option<Symbol>,
    /// Mode passthru: the device underneath is not made promiscuous.
    pub nopromisc: Option<bool>,
    /// Mode source: packets are not also delivered to their destination.
    pub nodst: Option<bool>,
    /// Length of the queue for broadcasts that it asks for, packets.
    pub bcqueuelen: Option<u32>,
    /// Length of that queue, packets: the longest that any asks for.
    pub usedbcqueuelen: Option<u32>,
    /// Broadcasts to fewer receivers than this are not queued.
    pub bclim: Option<i32>,
    /// Mode source: how many addresses there are.
    pub macaddr_count: Option<u32>,
    /// Mode source: the addresses that it receives from.
    pub macaddr_data: Option<Vec<LlAddr>>,
}

/// Settings of an ipvlan or ipvtap device (`IFLA_IPVLAN_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Ipvlan {
    /// `l2`, `l3`, `l3s`.
    pub mode: Option<Symbol>,
    /// True: devices on the same device underneath talk to each other.
    pub bridge: Option<bool>,
    /// True: they do not.
    pub private: Option<bool>,
    /// True: they talk to each other through the switch outside.
    pub vepa: Option<bool>,
}

/// Settings of a VRF, or of a port of one (`IFLA_VRF_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Vrf {
    /// Its routing table: a name from rt_tables, else its number.
    pub table: Option<Symbol>,
}

/// Settings of a tun or tap device (`IFLA_TUN_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Tun {
    /// `tun`, `tap`.
    pub r#type: Option<Symbol>,
    /// Packets have a header of packet information.
    pub pi: Option<bool>,
    /// Packets have a virtio header.
    pub vnet_hdr: Option<bool>,
    /// More than one queue.
    pub multi_queue: Option<bool>,
    /// Queues in use.
    pub numqueues: Option<u32>,
    /// Queues that are switched off.
    pub numdisabled: Option<u32>,
    /// It stays when its program ends.
    pub persist: Option<bool>,
    /// User id of its owner.
    pub user: Option<Symbol>,
    /// Group id of its owners.
    pub group: Option<Symbol>,
}

/// Settings of a GTP device (`IFLA_GTP_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Gtp {
    /// `ggsn`, `sgsn`.
    pub role: Option<Symbol>,
    /// Size of the table of contexts.
    pub hsize: Option<u32>,
    /// How often the peer restarted.
    pub restart_count: Option<u8>,
    /// This end, IPv4.
    pub local: Option<Ipv4Addr>,
    /// This end, IPv6.
    pub local6: Option<Ipv6Addr>,
}

/// Settings of an HSR or PRP device (`IFLA_HSR_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Hsr {
    /// The first port.
    pub slave1: Option<IfName>,
    /// That port's device index.
    pub slave1_index: Option<u32>,
    /// The second port.
    pub slave2: Option<IfName>,
    /// That port's device index.
    pub slave2_index: Option<u32>,
    /// The port to another ring.
    pub interlink: Option<IfName>,
    /// That port's device index.
    pub interlink_index: Option<u32>,
    /// With `details`: number of the next packet.
    pub seq_nr: Option<u16>,
    /// The address that supervision packets are sent to.
    pub supervision_addr: Option<LlAddr>,
    /// `hsr`, `prp`.
    pub proto: Option<Symbol>,
    /// Version of HSR.
    pub version: Option<u8>,
}

/// Settings of a MACsec device (`IFLA_MACSEC_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Macsec {
    /// Id of the secure channel, 16 hexadecimal digits.
    pub sci: Option<String>,
    /// Sent packets are protected.
    pub protect: Option<bool>,
    /// `GCM-AES-128`, `GCM-AES-256`, `GCM-AES-XPN-128`, `GCM-AES-XPN-256`, else hexadecimal.
    pub cipher_suite: Option<String>,
    /// Length of the integrity check value, bytes.
    pub icv_len: Option<u8>,
    /// Number of the association in use for sending.
    pub encoding_sa: Option<u8>,
    /// Received packets are checked: `disabled`, `check`, `strict`.
    pub validation: Option<Symbol>,
    /// Sent packets are encrypted.
    pub encrypt: Option<bool>,
    /// Sent packets bear the channel's id.
    pub inc_sci: Option<bool>,
    /// End station bit.
    pub es: Option<bool>,
    /// Single copy broadcast bit.
    pub scb: Option<bool>,
    /// Replayed packets are dropped.
    pub replay_protect: Option<bool>,
    /// Size of the replay window, packets.
    pub window: Option<u32>,
    /// Where it is done: `off`, `phy`, `mac`.
    pub offload: Option<Symbol>,
}

/// Settings of a netkit device (`IFLA_NETKIT_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Netkit {
    /// `l2`, `l3`.
    pub mode: Option<Symbol>,
    /// `primary`, `peer`.
    pub r#type: Option<Symbol>,
    /// What becomes of packets without a program: `forward`, `blackhole`.
    pub policy: Option<Symbol>,
    /// The same at the peer.
    pub peer_policy: Option<Symbol>,
    /// What is cleared of a packet: `none`, `default`.
    pub scrub: Option<Symbol>,
    /// The same at the peer.
    pub peer_scrub: Option<Symbol>,
    /// Room before a packet, bytes.
    pub headroom: Option<u16>,
    /// Room behind a packet, bytes.
    pub tailroom: Option<u16>,
    /// `pair` (it has a peer), `single`.
    pub pairing: Option<Symbol>,
}

/// Settings of a batman-adv device (`IFLA_BATADV_*`, linux/batman_adv.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Batadv {
    /// Routing algorithm: `BATMAN_IV`, `BATMAN_V`.
    pub algo_name: Option<String>,
}

/// Settings of a bareudp device (`IFLA_BAREUDP_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Bareudp {
    /// UDP destination port.
    pub dstport: Option<u16>,
    /// What is inside: `ip`, `ipv6`, `mpls_uc`, `mpls_mc`, else its number.
    pub ethertype: Option<Symbol>,
    /// Lowest UDP source port.
    pub srcportmin: Option<u16>,
    /// Related protocols are carried too.
    pub multiproto: Option<bool>,
}

/// Settings of an AMT device (`IFLA_AMT_*`, linux/amt.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Amt {
    /// `gateway`, `relay`.
    pub mode: Option<Symbol>,
    /// UDP port of the relay.
    pub relay_port: Option<u16>,
    /// UDP port of the gateway.
    pub gateway_port: Option<u16>,
    /// This end.
    pub local: Option<Ipv4Addr>,
    /// The remote end.
    pub remote: Option<Ipv4Addr>,
    /// Where relays are discovered.
    pub discovery: Option<Ipv4Addr>,
    /// The device underneath.
    pub link: Option<IfName>,
    /// That device's index.
    pub link_index: Option<u32>,
    /// Most tunnels.
    pub max_tunnels: Option<u32>,
}

/// Settings of an rmnet device (`IFLA_RMNET_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Rmnet {
    /// Id of the multiplexed channel.
    pub mux_id: Option<u16>,
    /// `INGRESS_DEAGGREGATION`, `INGRESS_MAP_COMMANDS`, `INGRESS_MAP_CKSUMV4`,
    /// `EGRESS_MAP_CKSUMV4`, `INGRESS_MAP_CKSUMV5`, `EGRESS_MAP_CKSUMV5`.
    pub flags: Option<Flags>,
}

/// Settings of an IP over InfiniBand device (`IFLA_IPOIB_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Ipoib {
    /// Partition key, hexadecimal.
    pub key: Option<HexNumber>,
    /// `datagram`, `connected`.
    pub mode: Option<Symbol>,
    /// 1: multicast groups may be joined by user space; hexadecimal.
    pub umcast: Option<HexNumber>,
}

/// Settings of an OpenVPN device (`IFLA_OVPN_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Ovpn {
    /// `p2p` (one peer), `multipeer`.
    pub mode: Option<Symbol>,
}

/// Settings of a port of a switch (`IFLA_DSA_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Dsa {
    /// The device that leads to the switch.
    pub conduit: Option<IfName>,
    /// That device's index.
    pub conduit_index: Option<u32>,
}

/// Settings of a device of a modem (`IFLA_WWAN_*`, linux/wwan.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Wwan {
    /// Id of the channel.
    pub linkid: Option<u32>,
}
