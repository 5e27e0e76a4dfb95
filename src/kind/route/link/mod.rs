//! `kind:"link"`: a network device (`RTM_NEWLINK`, `RTM_DELLINK`).

pub mod bond;
pub mod bridge;
pub mod bridge_af;
pub mod can;
pub mod decode;
pub mod details;
pub mod info;
pub mod kinds;
pub mod tunnel;
pub mod values;
pub mod vf;
pub mod wire;

use std::net::Ipv6Addr;

use schemars::JsonSchema;
use serde::ser::{Serialize, SerializeStruct as _, Serializer};
use serde_with::skip_serializing_none;

use crate::kind::fields::{Fields as _, Mask, fields, key};
use crate::kind::object::{Object, some};
use crate::value::{Flags, Hex, IfName, LlAddr, Symbol, Text};

/// A network device (`struct ifinfomsg`, linux/rtnetlink.h; attributes `IFLA_*`,
/// linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
pub struct Link {
    /// The device's index.
    pub ifindex: u32,
    /// The device's name.
    pub ifname: Option<IfName>,
    /// Name as bytes; present only if it is not valid UTF-8.
    pub ifname_hex: Option<Hex>,
    /// Lower device, or peer of a veth (IFLA_LINK); only if in the same namespace.
    pub link: Option<IfName>,
    /// Index of that device, in its own namespace.
    pub link_index: Option<u32>,
    /// Id of the namespace of that device, if different (IFLA_LINK_NETNSID).
    pub link_netnsid: Option<i32>,
    /// User-assigned alias (IFLA_IFALIAS).
    pub ifalias: Option<Text>,
    /// Alias as bytes; present only if it is not valid UTF-8.
    pub ifalias_hex: Option<Hex>,
    /// Alternative names (IFLA_ALT_IFNAME).
    pub altnames: Option<Vec<Text>>,
    /// Alternative names as bytes; present only if one is not valid UTF-8.
    pub altnames_hex: Option<Vec<Hex>>,
    /// Device flags as printed by `ip`: `UP`, `LOWER_UP`, `BROADCAST` …; `NO-CARRIER` for a device
    /// that is up but not running.
    pub flags: Flags,
    /// Maximum transmission unit, bytes.
    pub mtu: Option<u32>,
    /// Root queueing discipline.
    pub qdisc: Option<Symbol>,
    /// Master device: bridge, bond, VRF or team.
    pub master: Option<IfName>,
    /// Index of the master device; absent if there is none.
    pub master_index: Option<u32>,
    /// Operational state (RFC 2863): `UP`, `DOWN`, `LOWERLAYERDOWN`, `DORMANT`, `NOTPRESENT`,
    /// `TESTING`, `UNKNOWN`.
    pub operstate: Option<Symbol>,
    /// Link mode, the state entered when carrier is present: `DEFAULT`, `DORMANT`, `TESTING`.
    pub linkmode: Option<Symbol>,
    /// Device group, a name from iproute2's group file.
    pub group: Option<Symbol>,
    /// Length of the transmit queue, packets.
    pub txqlen: Option<u32>,
    /// Reason for the notification (`IFLA_EVENT`): `REBOOT`, `FEATURE CHANGE`, `BONDING FAILOVER`,
    /// `NOTIFY PEERS`, `RESEND IGMP`, `BONDING OPTION`.
    pub event: Option<Symbol>,
    /// Hardware type: `ether`, `loopback`, `sit` …
    pub link_type: Symbol,
    /// Link-layer address.
    pub address: Option<LlAddr>,
    /// Link-layer broadcast address, or peer address of a point-to-point link.
    pub broadcast: Option<LlAddr>,
    /// True if `broadcast` is a peer address.
    pub link_pointtopoint: Option<bool>,
    /// Permanent hardware address, if different from `address`.
    pub permaddr: Option<LlAddr>,
    /// Id of the namespace of the device, if it is not the namespace of the socket.
    pub target_netnsid: Option<i32>,
    /// Device moved to another namespace: id of that namespace.
    pub new_netnsid: Option<i32>,
    /// Device moved to another namespace: its new index.
    pub new_ifindex: Option<u32>,
    /// The device cannot be moved to another namespace.
    pub netns_immutable: Option<bool>,
    /// Number of users that requested promiscuous mode.
    pub promiscuity: Option<u32>,
    /// Number of users that requested all-multicast mode.
    pub allmulti: Option<u32>,
    /// Minimum supported MTU, bytes.
    pub min_mtu: Option<u32>,
    /// Maximum supported MTU, bytes; 0 for no limit.
    pub max_mtu: Option<u32>,
    /// Type of the device and its settings.
    pub linkinfo: Option<info::LinkInfo>,
    /// VLANs of a bridge or bridge port.
    pub vlans: Option<Vec<details::Vlan>>,
    /// VLAN to tunnel id mappings of a bridge port.
    pub vlan_tunnels: Option<Vec<details::VlanTunnel>>,
    /// State of a bridge port in each spanning tree.
    pub mst: Option<Vec<bridge_af::Mst>>,
    /// Media Redundancy Protocol (MRP) rings of a bridge.
    pub mrp: Option<Vec<bridge_af::Mrp>>,
    /// Connectivity fault management (CFM) end points of a bridge.
    pub cfm: Option<Vec<bridge_af::Cfm>>,
    /// Status of the CFM end points.
    pub cfm_status: Option<Vec<bridge_af::CfmStatus>>,
    /// Hardware bridge mode: `VEB`, `VEPA`.
    pub hwmode: Option<Symbol>,
    /// Generation mode of IPv6 link-local addresses: `eui64`, `none`, `stable_secret`, `random`.
    pub inet6_addr_gen_mode: Option<Symbol>,
    /// Flags of received IPv6 router advertisements: `RCVD` (one was received), `MANAGED`
    /// (addresses by DHCPv6), `OTHERCONF` (other configuration by DHCPv6).
    pub inet6_flags: Option<Flags>,
    /// Tokenized IPv6 interface identifier; `::` if not set.
    pub inet6_token: Option<Ipv6Addr>,
    /// MTU from IPv6 router advertisements, bytes.
    pub inet6_ra_mtu: Option<u32>,
    /// Number of transmit queues.
    pub num_tx_queues: Option<u32>,
    /// Number of receive queues.
    pub num_rx_queues: Option<u32>,
    /// Maximum packet size for segmentation offload (GSO), bytes.
    pub gso_max_size: Option<u32>,
    /// Maximum number of segments for segmentation offload (GSO).
    pub gso_max_segs: Option<u32>,
    /// Device limit for `gso_max_size`, bytes.
    pub tso_max_size: Option<u32>,
    /// Device limit for `gso_max_segs`.
    pub tso_max_segs: Option<u32>,
    /// Maximum packet size built by receive offload (GRO), bytes.
    pub gro_max_size: Option<u32>,
    /// Maximum IPv4 packet size for segmentation offload, bytes.
    pub gso_ipv4_max_size: Option<u32>,
    /// Maximum IPv4 packet size built by receive offload, bytes.
    pub gro_ipv4_max_size: Option<u32>,
    /// Name of the physical port.
    pub phys_port_name: Option<String>,
    /// Id of the physical port, hexadecimal.
    pub phys_port_id: Option<Hex>,
    /// Id of the switch the device is a port of, hexadecimal.
    pub phys_switch_id: Option<Hex>,
    /// Bus of the parent device.
    pub parentbus: Option<String>,
    /// Name of the parent device on that bus.
    pub parentdev: Option<String>,
    /// XDP programs.
    pub xdp: Option<details::Xdp>,
    /// Number of configured virtual functions.
    pub num_vf: Option<u32>,
    /// The virtual functions.
    pub vfinfo_list: Option<Vec<vf::VfInfo>>,
    /// The virtual functions as ports of a switch.
    pub vf_ports: Option<Vec<vf::VfPort>>,
    /// The device itself as a port of a switch.
    pub port_self: Option<vf::VfPort>,
    /// The device is held down by a protocol daemon.
    pub proto_down: Option<bool>,
    /// Reasons for holding the device down: names from protodown_reasons.d, or bit numbers.
    pub proto_down_reason: Option<Vec<Symbol>>,
    /// Headroom the driver needs before a packet, bytes.
    pub headroom: Option<u16>,
    /// Tailroom the driver needs after a packet, bytes.
    pub tailroom: Option<u16>,
    /// Maximum pacing horizon that can be offloaded to the device, nanoseconds.
    pub max_pacing_offload_horizon: Option<u64>,
    /// Handle of the devlink port.
    pub devlink_port: Option<details::DevlinkPort>,
    /// Id of the DPLL pin.
    pub dpll_pin: Option<u32>,
    /// Undecoded wireless extensions event.
    pub wireless: Option<Hex>,
    /// With `details`: true if carrier is present.
    pub carrier: Option<bool>,
    /// With `details`: number of carrier changes.
    pub carrier_changes: Option<u32>,
    /// With `details`: number of times carrier came up.
    pub carrier_up_count: Option<u32>,
    /// With `details`: number of times carrier went down.
    pub carrier_down_count: Option<u32>,
    /// With `details`: counters.
    pub stats64: Option<details::Stats64>,
    /// With `details`: memory, interrupt and DMA of legacy hardware.
    pub map: Option<details::Map>,
    /// With `details`: per-protocol settings and counters.
    pub af_spec: Option<details::AfSpec>,
}

key!(Link { ifindex });
fields!(Link {
    ifindex,
    ifname,
    ifname_hex,
    link,
    link_index,
    link_netnsid,
    ifalias,
    ifalias_hex,
    altnames,
    altnames_hex,
    flags,
    mtu,
    qdisc,
    master,
    master_index,
    operstate,
    linkmode,
    group,
    txqlen,
    event,
    link_type,
    address,
    broadcast,
    link_pointtopoint,
    permaddr,
    target_netnsid,
    new_netnsid,
    new_ifindex,
    netns_immutable,
    promiscuity,
    allmulti,
    min_mtu,
    max_mtu,
    linkinfo,
    vlans,
    vlan_tunnels,
    mst,
    mrp,
    cfm,
    cfm_status,
    hwmode,
    inet6_addr_gen_mode,
    inet6_flags,
    inet6_token,
    inet6_ra_mtu,
    num_tx_queues,
    num_rx_queues,
    gso_max_size,
    gso_max_segs,
    tso_max_size,
    tso_max_segs,
    gro_max_size,
    gso_ipv4_max_size,
    gro_ipv4_max_size,
    phys_port_name,
    phys_port_id,
    phys_switch_id,
    parentbus,
    parentdev,
    xdp,
    num_vf,
    vfinfo_list,
    vf_ports,
    port_self,
    proto_down,
    proto_down_reason,
    headroom,
    tailroom,
    max_pacing_offload_horizon,
    devlink_port,
    dpll_pin,
    wireless,
    carrier,
    carrier_changes,
    carrier_up_count,
    carrier_down_count,
    stats64,
    map,
    af_spec,
});

impl Serialize for Link {
    // Written by hand: serde's derived code for eighty mostly absent fields would be as large
    // again.
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut fields = s.serialize_struct("Link", Self::names().len())?;
        self.serialize_fields(Mask::MAX, &mut fields)?;
        fields.end()
    }
}

impl Object for Link {
    fn device(&self) -> Option<(u32, Option<&IfName>)> {
        Some((self.ifindex, self.ifname.as_ref()))
    }

    fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
        // An index in another namespace cannot be resolved here.
        let here = self.link_index.filter(|_| self.link_netnsid.is_none());
        some(name, here, &mut self.link);
        some(name, self.master_index, &mut self.master);
        if let Some(info) = &mut self.linkinfo {
            info.for_each_device(name);
        }
        for ring in self.mrp.iter_mut().flatten() {
            some(name, ring.p_port_index, &mut ring.p_port);
            some(name, ring.s_port_index, &mut ring.s_port);
            some(name, ring.i_port_index, &mut ring.i_port);
        }
        for point in self.cfm.iter_mut().flatten() {
            some(name, point.port_index, &mut point.port);
        }
    }
}
