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
    /// The name's bytes, where they are not UTF-8.
    pub ifname_hex: Option<Hex>,
    /// The device underneath, or the other end of a veth, where it is in the same namespace.
    pub link: Option<IfName>,
    /// That device's index, in its own namespace.
    pub link_index: Option<u32>,
    /// Id of the namespace that it lives in, where that is another one.
    pub link_netnsid: Option<i32>,
    /// What somebody called the device.
    pub ifalias: Option<Text>,
    /// The alias's bytes, where they are not UTF-8.
    pub ifalias_hex: Option<Hex>,
    /// Other names that it answers to.
    pub altnames: Option<Vec<Text>>,
    /// Their bytes, where any is not UTF-8.
    pub altnames_hex: Option<Vec<Hex>>,
    /// `UP`, `LOWER_UP`, `BROADCAST` …, as `ip` shows them: `NO-CARRIER` for a device that is up
    /// and not running.
    pub flags: Flags,
    /// Largest packet, bytes.
    pub mtu: Option<u32>,
    /// The queueing discipline at its root.
    pub qdisc: Option<Symbol>,
    /// The bridge, bond, VRF or team that it belongs to.
    pub master: Option<IfName>,
    /// That device's index; absent where it belongs to none.
    pub master_index: Option<u32>,
    /// `UP`, `DOWN`, `LOWERLAYERDOWN`, `DORMANT`, `NOTPRESENT`, `TESTING`, `UNKNOWN` (RFC 2863).
    pub operstate: Option<Symbol>,
    /// `DEFAULT`, `DORMANT`, `TESTING`: what carrier makes of the state.
    pub linkmode: Option<Symbol>,
    /// Device group, a name from iproute2's group file.
    pub group: Option<Symbol>,
    /// Length of the transmit queue, packets.
    pub txqlen: Option<u32>,
    /// What made the kernel tell: `REBOOT`, `FEATURE CHANGE`, `BONDING FAILOVER`, `NOTIFY PEERS`,
    /// `RESEND IGMP`, `BONDING OPTION` (`IFLA_EVENT`).
    pub event: Option<Symbol>,
    /// Hardware type: `ether`, `loopback`, `sit` …
    pub link_type: Symbol,
    /// Link-layer address.
    pub address: Option<LlAddr>,
    /// Link-layer broadcast address, or the other end of a point-to-point link.
    pub broadcast: Option<LlAddr>,
    /// True where `broadcast` is the other end.
    pub link_pointtopoint: Option<bool>,
    /// The hardware's own address, where `address` is another.
    pub permaddr: Option<LlAddr>,
    /// Id of the namespace that the device is in, where that is not the listener's.
    pub target_netnsid: Option<i32>,
    /// A device on its way to another namespace: that namespace's id.
    pub new_netnsid: Option<i32>,
    /// A device on its way to another namespace: its index there.
    pub new_ifindex: Option<u32>,
    /// The device cannot be moved to another namespace.
    pub netns_immutable: Option<bool>,
    /// How many ask for promiscuous mode.
    pub promiscuity: Option<u32>,
    /// How many ask for all multicast packets.
    pub allmulti: Option<u32>,
    /// Smallest MTU that it takes, bytes.
    pub min_mtu: Option<u32>,
    /// Largest MTU that it takes, bytes; 0 for no limit.
    pub max_mtu: Option<u32>,
    /// What kind of device it is, and its settings.
    pub linkinfo: Option<info::LinkInfo>,
    /// VLANs of a bridge or bridge port.
    pub vlans: Option<Vec<details::Vlan>>,
    /// VLANs of a bridge port that are mapped to tunnel ids.
    pub vlan_tunnels: Option<Vec<details::VlanTunnel>>,
    /// A bridge port's state in each spanning tree.
    pub mst: Option<Vec<bridge_af::Mst>>,
    /// Rings of a bridge (media redundancy protocol).
    pub mrp: Option<Vec<bridge_af::Mrp>>,
    /// End points of a bridge's connectivity fault management.
    pub cfm: Option<Vec<bridge_af::Cfm>>,
    /// What these have seen.
    pub cfm_status: Option<Vec<bridge_af::CfmStatus>>,
    /// Hardware bridge mode: `VEB`, `VEPA`.
    pub hwmode: Option<Symbol>,
    /// How IPv6 link-local addresses are made: `eui64`, `none`, `stable_secret`, `random`.
    pub inet6_addr_gen_mode: Option<Symbol>,
    /// What the IPv6 router announced: `RCVD` (anything), `MANAGED` (addresses come by DHCP),
    /// `OTHERCONF` (other settings come by DHCP).
    pub inet6_flags: Option<Flags>,
    /// The second half of IPv6 addresses that was chosen for it; `::` for none.
    pub inet6_token: Option<Ipv6Addr>,
    /// The MTU that the router announced, bytes.
    pub inet6_ra_mtu: Option<u32>,
    /// Transmit queues.
    pub num_tx_queues: Option<u32>,
    /// Receive queues.
    pub num_rx_queues: Option<u32>,
    /// Largest packet for segmentation offload, bytes.
    pub gso_max_size: Option<u32>,
    /// Most segments for segmentation offload.
    pub gso_max_segs: Option<u32>,
    /// What the device can do of `gso_max_size`, bytes.
    pub tso_max_size: Option<u32>,
    /// What the device can do of `gso_max_segs`.
    pub tso_max_segs: Option<u32>,
    /// Largest packet that receive offload makes, bytes.
    pub gro_max_size: Option<u32>,
    /// The same for IPv4, segmentation offload.
    pub gso_ipv4_max_size: Option<u32>,
    /// The same for IPv4, receive offload.
    pub gro_ipv4_max_size: Option<u32>,
    /// Name of the physical port.
    pub phys_port_name: Option<String>,
    /// Id of the physical port, hexadecimal.
    pub phys_port_id: Option<Hex>,
    /// Id of the switch that it is a port of, hexadecimal.
    pub phys_switch_id: Option<Hex>,
    /// The bus of the hardware.
    pub parentbus: Option<String>,
    /// The hardware's name on that bus.
    pub parentdev: Option<String>,
    /// XDP programs.
    pub xdp: Option<details::Xdp>,
    /// Virtual functions that are configured.
    pub num_vf: Option<u32>,
    /// The virtual functions.
    pub vfinfo_list: Option<Vec<vf::VfInfo>>,
    /// The virtual functions as ports of a switch.
    pub vf_ports: Option<Vec<vf::VfPort>>,
    /// The device itself as a port of a switch.
    pub port_self: Option<vf::VfPort>,
    /// Held down by a protocol daemon.
    pub proto_down: Option<bool>,
    /// Who holds it down: names from protodown_reasons.d, or bit numbers.
    pub proto_down_reason: Option<Vec<Symbol>>,
    /// Room that a driver needs before a packet, bytes.
    pub headroom: Option<u16>,
    /// Room that a driver needs behind a packet, bytes.
    pub tailroom: Option<u16>,
    /// Longest delay that paced sending can be given to the device for, nanoseconds.
    pub max_pacing_offload_horizon: Option<u64>,
    /// Handle of the devlink port.
    pub devlink_port: Option<details::DevlinkPort>,
    /// Id of the pin of a digital phase locked loop.
    pub dpll_pin: Option<u32>,
    /// An event of the wireless extensions, as it came.
    pub wireless: Option<Hex>,
    /// With `details`: carrier is there.
    pub carrier: Option<bool>,
    /// With `details`: how often carrier changed.
    pub carrier_changes: Option<u32>,
    /// With `details`: how often carrier came.
    pub carrier_up_count: Option<u32>,
    /// With `details`: how often carrier went.
    pub carrier_down_count: Option<u32>,
    /// With `details`: counters.
    pub stats64: Option<details::Stats64>,
    /// With `details`: memory and interrupt of old hardware.
    pub map: Option<details::Map>,
    /// With `details`: settings and counters of the protocols on it.
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
    // Eighty fields, most of them absent: what serde derives would be as large again.
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
        // An index of another namespace names nothing here.
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
