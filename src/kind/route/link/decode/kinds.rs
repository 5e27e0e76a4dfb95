//! Kinds of device with few settings.

use super::settings::{
    Names, VLAN_PROTOCOLS, exactly, lladdr, nonzero, settings, symbol8, symbol32, u32_at,
};
use crate::kind::context::DecodeContext;
use crate::kind::route::link::kinds::{
    Amt, Bareudp, Batadv, Dsa, Gtp, Hsr, Ipoib, Ipvlan, Macsec, Macvlan, Netkit, Ovpn, QosMap,
    Rmnet, Tun, VlanDevice, Vrf, Wwan,
};
use crate::kind::route::link::values::HexNumber;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{FlagNames, Flags, LlAddr, Symbol};

settings! {
    /// `IFLA_VLAN_*` → the settings of a VLAN device.
    pub(super) fn vlan(context, attr, into) -> VlanDevice {
        IFLA_VLAN_ID = 1 => id: attr.u16()?;
        IFLA_VLAN_FLAGS = 2 => flags: Flags::new(u32_at(exactly(&attr, 8)?, 0)?.into(), VLAN_FLAGS);
        IFLA_VLAN_EGRESS_QOS = 3 => egress_qos: qos(context, &attr)?;
        IFLA_VLAN_INGRESS_QOS = 4 => ingress_qos: qos(context, &attr)?;
        IFLA_VLAN_PROTOCOL = 5 => protocol: Symbol::of(attr.be16()?.into(), VLAN_PROTOCOLS);
    }
}

/// `VLAN_FLAG_*` (linux/if_vlan.h)
const VLAN_FLAGS: &FlagNames = &[
    (0x01, "REORDER_HDR"),
    (0x02, "GVRP"),
    (0x08, "MVRP"),
    (0x04, "LOOSE_BINDING"),
    (0x10, "BRIDGE_BINDING"),
];

/// `IFLA_VLAN_QOS_MAPPING`: `struct ifla_vlan_qos_mapping`, an attribute each.
fn qos(context: &mut DecodeContext, attr: &Attr) -> Result<Vec<QosMap>, AttrError> {
    const IFLA_VLAN_QOS_MAPPING: u16 = 1;
    let mut list = Vec::new();
    context.nested(attr, |_, attr| {
        if attr.kind != IFLA_VLAN_QOS_MAPPING {
            return Err(AttrError::Unknown);
        }
        let value = exactly(&attr, 8)?;
        let (from, to) = (u32_at(value, 0)?, u32_at(value, 4)?);
        list.push(QosMap { from, to });
        Ok(())
    })?;
    Ok(list)
}

settings! {
    /// `IFLA_MACVLAN_*` → the settings of a macvlan or macvtap device.
    pub(super) fn macvlan(context, attr, into) -> Macvlan {
        IFLA_MACVLAN_MODE = 1 => mode: symbol32(attr, MACVLAN_MODES)?;
        IFLA_MACVLAN_MACADDR_DATA = 5 => macaddr_data: macaddrs(context, &attr)?;
        IFLA_MACVLAN_MACADDR_COUNT = 6 => macaddr_count: attr.u32()?;
        IFLA_MACVLAN_BC_QUEUE_LEN = 7 => bcqueuelen: attr.u32()?;
        IFLA_MACVLAN_BC_QUEUE_LEN_USED = 8 => usedbcqueuelen: attr.u32()?;
        IFLA_MACVLAN_BC_CUTOFF = 9 => bclim: attr.i32()?;
    }
    free {
        IFLA_MACVLAN_FLAGS = 2 => { macvlan_flags(context, &attr, into)? }
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

/// `MACVLAN_FLAG_*`
fn macvlan_flags(
    context: &mut DecodeContext,
    attr: &Attr,
    into: &mut Macvlan,
) -> Result<(), AttrError> {
    let flags = attr.u16()?;
    into.nopromisc = Some(flags & 1 != 0);
    into.nodst = Some(flags & 2 != 0);
    if flags & !3 != 0 {
        context.record_unparsed(Some(attr.kind), AttrError::Unknown, attr.value);
    }
    Ok(())
}

/// `IFLA_MACVLAN_MACADDR`, an attribute each.
fn macaddrs(context: &mut DecodeContext, attr: &Attr) -> Result<Vec<LlAddr>, AttrError> {
    const IFLA_MACVLAN_MACADDR: u16 = 4;
    let mut list = Vec::new();
    context.nested(attr, |_, attr| {
        if attr.kind != IFLA_MACVLAN_MACADDR {
            return Err(AttrError::Unknown);
        }
        list.push(lladdr(attr)?);
        Ok(())
    })?;
    Ok(list)
}

settings! {
    /// `IFLA_IPVLAN_*` → the settings of an ipvlan or ipvtap device.
    pub(super) fn ipvlan(context, attr, into) -> Ipvlan {
        IFLA_IPVLAN_MODE = 1 => mode: Symbol::of(attr.u16()?.into(), IPVLAN_MODES);
    }
    free {
        // `IPVLAN_F_PRIVATE`, `IPVLAN_F_VEPA`
        IFLA_IPVLAN_FLAGS = 2 => {
            match attr.u16()? {
                0 => into.bridge = Some(true),
                1 => into.private = Some(true),
                2 => into.vepa = Some(true),
                _ => return Err(AttrError::Value),
            }
        }
    }
}

/// `IPVLAN_MODE_*`
const IPVLAN_MODES: Names = &[(0, "l2"), (1, "l3"), (2, "l3s")];

settings! {
    /// `IFLA_VRF_*` → the settings of a VRF; `IFLA_VRF_PORT_*` → those of its port, which are
    /// numbered alike.
    pub(super) fn vrf(context, attr, into) -> Vrf {
        IFLA_VRF_TABLE = 1 => table: context.names.tables.symbol(attr.u32()?);
    }
}

settings! {
    /// `IFLA_TUN_*` → the settings of a tun or tap device.
    pub(super) fn tun(context, attr, into) -> Tun {
        IFLA_TUN_OWNER = 1 => user: Symbol::Number(attr.u32()?);
        IFLA_TUN_GROUP = 2 => group: Symbol::Number(attr.u32()?);
        IFLA_TUN_TYPE = 3 => r#type: symbol8(attr, &[(1, "tun"), (2, "tap")])?;
        IFLA_TUN_PI = 4 => pi: attr.bool()?;
        IFLA_TUN_VNET_HDR = 5 => vnet_hdr: attr.bool()?;
        IFLA_TUN_PERSIST = 6 => persist: attr.bool()?;
        IFLA_TUN_MULTI_QUEUE = 7 => multi_queue: attr.bool()?;
        IFLA_TUN_NUM_QUEUES = 8 => numqueues: attr.u32()?;
        IFLA_TUN_NUM_DISABLED_QUEUES = 9 => numdisabled: attr.u32()?;
    }
}

settings! {
    /// `IFLA_GTP_*` → the settings of a GTP device.
    pub(super) fn gtp(context, attr, into) -> Gtp {
        IFLA_GTP_PDP_HASHSIZE = 3 => hsize: attr.u32()?;
        IFLA_GTP_ROLE = 4 => role: symbol32(attr, &[(0, "ggsn"), (1, "sgsn")])?;
        IFLA_GTP_RESTART_COUNT = 6 => restart_count: attr.u8()?;
        IFLA_GTP_LOCAL = 7 => local: attr.ipv4()?;
        IFLA_GTP_LOCAL6 = 8 => local6: attr.ipv6()?;
    }
}

settings! {
    /// `IFLA_HSR_*` → the settings of an HSR or PRP device.
    pub(super) fn hsr(context, attr, into) -> Hsr {
        IFLA_HSR_SUPERVISION_ADDR = 4 => supervision_addr: lladdr(attr)?;
        IFLA_HSR_VERSION = 6 => version: attr.u8()?;
        IFLA_HSR_PROTOCOL = 7 => proto: symbol8(attr, &[(0, "hsr"), (1, "prp")])?;
    }
    details {
        IFLA_HSR_SEQ_NR = 5 => seq_nr: attr.u16()?;
    }
    free {
        IFLA_HSR_SLAVE1 = 1 => { into.slave1_index = nonzero(attr.u32()?) }
        IFLA_HSR_SLAVE2 = 2 => { into.slave2_index = nonzero(attr.u32()?) }
        IFLA_HSR_INTERLINK = 8 => { into.interlink_index = nonzero(attr.u32()?) }
    }
}

settings! {
    /// `IFLA_MACSEC_*` → the settings of a MACsec device.
    pub(super) fn macsec(context, attr, into) -> Macsec {
        IFLA_MACSEC_SCI = 1 => sci: format!("{:016x}", attr.be64()?);
        IFLA_MACSEC_ICV_LEN = 3 => icv_len: attr.u8()?;
        IFLA_MACSEC_CIPHER_SUITE = 4 => cipher_suite: cipher_suite(attr.u64()?);
        IFLA_MACSEC_WINDOW = 5 => window: attr.u32()?;
        IFLA_MACSEC_ENCODING_SA = 6 => encoding_sa: attr.u8()?;
        IFLA_MACSEC_ENCRYPT = 7 => encrypt: attr.bool()?;
        IFLA_MACSEC_PROTECT = 8 => protect: attr.bool()?;
        IFLA_MACSEC_INC_SCI = 9 => inc_sci: attr.bool()?;
        IFLA_MACSEC_ES = 10 => es: attr.bool()?;
        IFLA_MACSEC_SCB = 11 => scb: attr.bool()?;
        IFLA_MACSEC_REPLAY_PROTECT = 12 => replay_protect: attr.bool()?;
        IFLA_MACSEC_VALIDATION = 13 => validation: symbol8(attr, MACSEC_VALIDATE)?;
        IFLA_MACSEC_OFFLOAD = 15 => offload: symbol8(attr, &[(0, "off"), (1, "phy"), (2, "mac")])?;
    }
    skip { IFLA_MACSEC_PAD = 14 }
}

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

settings! {
    /// `IFLA_NETKIT_*` → the settings of a netkit device.
    pub(super) fn netkit(context, attr, into) -> Netkit {
        IFLA_NETKIT_PRIMARY = 2 => r#type: symbol8(attr, &[(0, "peer"), (1, "primary")])?;
        IFLA_NETKIT_POLICY = 3 => policy: symbol32(attr, NETKIT_POLICIES)?;
        IFLA_NETKIT_PEER_POLICY = 4 => peer_policy: symbol32(attr, NETKIT_POLICIES)?;
        IFLA_NETKIT_MODE = 5 => mode: symbol32(attr, &[(0, "l2"), (1, "l3")])?;
        IFLA_NETKIT_SCRUB = 6 => scrub: symbol32(attr, NETKIT_SCRUBS)?;
        IFLA_NETKIT_PEER_SCRUB = 7 => peer_scrub: symbol32(attr, NETKIT_SCRUBS)?;
        IFLA_NETKIT_HEADROOM = 8 => headroom: attr.u16()?;
        IFLA_NETKIT_TAILROOM = 9 => tailroom: attr.u16()?;
        IFLA_NETKIT_PAIRING = 10 => pairing: symbol32(attr, &[(0, "pair"), (1, "single")])?;
    }
}

/// `NETKIT_PASS`, `NETKIT_DROP`
const NETKIT_POLICIES: Names = &[(0, "forward"), (2, "blackhole")];
/// `NETKIT_SCRUB_*`
const NETKIT_SCRUBS: Names = &[(0, "none"), (1, "default")];

settings! {
    /// `IFLA_BATADV_*` → the settings of a batman-adv device.
    pub(super) fn batadv(context, attr, into) -> Batadv {
        IFLA_BATADV_ALGO_NAME = 1 => algo_name: attr.str()?.to_owned();
    }
}

settings! {
    /// `IFLA_BAREUDP_*` → the settings of a bareudp device.
    pub(super) fn bareudp(context, attr, into) -> Bareudp {
        IFLA_BAREUDP_PORT = 1 => dstport: attr.be16()?;
        IFLA_BAREUDP_ETHERTYPE = 2 => ethertype: Symbol::of(attr.be16()?.into(), ETHERTYPES);
        IFLA_BAREUDP_SRCPORT_MIN = 3 => srcportmin: attr.u16()?;
        IFLA_BAREUDP_MULTIPROTO_MODE = 4 => multiproto: true;
    }
}

/// `ETH_P_*` (linux/if_ether.h) that bareudp carries.
const ETHERTYPES: Names = &[
    (0x0800, "ip"),
    (0x86dd, "ipv6"),
    (0x8847, "mpls_uc"),
    (0x8848, "mpls_mc"),
];

settings! {
    /// `IFLA_AMT_*` → the settings of an AMT device.
    pub(super) fn amt(context, attr, into) -> Amt {
        IFLA_AMT_MODE = 1 => mode: symbol32(attr, &[(0, "gateway"), (1, "relay")])?;
        IFLA_AMT_RELAY_PORT = 2 => relay_port: attr.be16()?;
        IFLA_AMT_GATEWAY_PORT = 3 => gateway_port: attr.be16()?;
        IFLA_AMT_LOCAL_IP = 5 => local: attr.ipv4()?;
        IFLA_AMT_REMOTE_IP = 6 => remote: attr.ipv4()?;
        IFLA_AMT_DISCOVERY_IP = 7 => discovery: attr.ipv4()?;
        IFLA_AMT_MAX_TUNNELS = 8 => max_tunnels: attr.u32()?;
    }
    free {
        IFLA_AMT_LINK = 4 => { into.link_index = nonzero(attr.u32()?) }
    }
}

settings! {
    /// `IFLA_RMNET_*` → the settings of an rmnet device.
    pub(super) fn rmnet(context, attr, into) -> Rmnet {
        IFLA_RMNET_MUX_ID = 1 => mux_id: attr.u16()?;
        IFLA_RMNET_FLAGS = 2 => flags: Flags::new(u32_at(exactly(&attr, 8)?, 0)?.into(), RMNET_FLAGS);
    }
}

/// `RMNET_FLAGS_*`
const RMNET_FLAGS: &FlagNames = &[
    (0x01, "INGRESS_DEAGGREGATION"),
    (0x02, "INGRESS_MAP_COMMANDS"),
    (0x04, "INGRESS_MAP_CKSUMV4"),
    (0x08, "EGRESS_MAP_CKSUMV4"),
    (0x10, "INGRESS_MAP_CKSUMV5"),
    (0x20, "EGRESS_MAP_CKSUMV5"),
];

settings! {
    /// `IFLA_IPOIB_*` → the settings of an IP over InfiniBand device.
    pub(super) fn ipoib(context, attr, into) -> Ipoib {
        IFLA_IPOIB_PKEY = 1 => key: HexNumber(attr.u16()?.into());
        IFLA_IPOIB_MODE = 2 => mode: Symbol::of(attr.u16()?.into(), &[(0, "datagram"), (1, "connected")]);
        IFLA_IPOIB_UMCAST = 3 => umcast: HexNumber(attr.u16()?.into());
    }
}

settings! {
    /// `IFLA_OVPN_*` → the settings of an OpenVPN device.
    pub(super) fn ovpn(context, attr, into) -> Ovpn {
        IFLA_OVPN_MODE = 1 => mode: symbol8(attr, &[(0, "p2p"), (1, "multipeer")])?;
    }
}

settings! {
    /// `IFLA_DSA_*` → the settings of a port of a switch.
    pub(super) fn dsa(context, attr, into) -> Dsa {}
    free {
        IFLA_DSA_CONDUIT = 1 => { into.conduit_index = nonzero(attr.u32()?) }
    }
}

settings! {
    /// `IFLA_WWAN_*` → the settings of a device of a modem.
    pub(super) fn wwan(context, attr, into) -> Wwan {
        IFLA_WWAN_LINK_ID = 1 => linkid: attr.u32()?;
    }
}
