//! Nested objects of a link.

use nlstream_derive::Attributes;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::values::HexNumber;
use super::wire::{Names, array, bytes_at, u64_at};
use crate::json::JsonSchema;
use crate::kind::attributes::FromAttr;
use crate::kind::context::DecodeContext;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{FlagNames, Flags, Symbol};

/// A VLAN, or a range of VLANs, of a bridge or bridge port.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "PortVlan")]
pub struct Vlan {
    /// VLAN id, or the first of a range.
    pub vlan: u16,
    /// Last VLAN id of a range.
    pub vlan_end: Option<u16>,
    /// `PVID` (assigned to untagged packets), `Egress Untagged` (packets leave untagged).
    pub flags: Flags,
}

/// A VLAN, or a range of VLANs, that a bridge port maps to tunnel ids.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct VlanTunnel {
    /// VLAN id, or the first of a range.
    pub vlan: u16,
    /// Last VLAN id of a range.
    pub vlan_end: Option<u16>,
    /// Tunnel id of the first VLAN.
    pub tunid: u32,
    /// Tunnel id of the last VLAN.
    pub tunid_end: Option<u32>,
}

/// The XDP programs of a device (`IFLA_XDP_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(custom(
    IFLA_XDP_DRV_PROG_ID = 5 => Self::attached,
    IFLA_XDP_SKB_PROG_ID = 6 => Self::attached,
    IFLA_XDP_HW_PROG_ID = 7 => Self::attached,
))]
pub struct Xdp {
    /// Attachment mode: `drv` (driver), `skb` (generic), `hw` (hardware), `multi` (several).
    #[nla(IFLA_XDP_ATTACHED = 2, nonzero, names(u8, XDP_ATTACHED))]
    pub mode: Option<Symbol>,
    /// The program, if exactly one is attached.
    #[nla(IFLA_XDP_PROG_ID = 4)]
    pub prog: Option<XdpProg>,
    /// Programs by attachment mode.
    pub attached: Option<Vec<XdpAttached>>,
}

/// An XDP program in one attachment mode.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct XdpAttached {
    /// `drv`, `skb`, `hw`.
    pub mode: Symbol,
    /// The program.
    pub prog: XdpProg,
}

/// An XDP program.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct XdpProg {
    /// Program id.
    pub id: u32,
}

/// Handle of a devlink port.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[schemars(rename = "LinkDevlinkPort")]
pub struct DevlinkPort {
    /// Name of the bus.
    #[nla(DEVLINK_ATTR_BUS_NAME = 1)]
    pub bus_name: Option<String>,
    /// Name of the device on that bus.
    #[nla(DEVLINK_ATTR_DEV_NAME = 2)]
    pub dev_name: Option<String>,
    /// Index of the port.
    #[nla(DEVLINK_ATTR_PORT_INDEX = 3)]
    pub port_index: Option<u32>,
    /// Index of the devlink instance.
    #[nla(DEVLINK_ATTR_INDEX = 184, wire = uint)]
    pub index: Option<u64>,
}

/// Counters of a device (`struct rtnl_link_stats64`, linux/if_link.h).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "LinkStats")]
pub struct Stats64 {
    /// Received.
    pub rx: RxStats,
    /// Sent.
    pub tx: TxStats,
}

/// Receive counters of a device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct RxStats {
    /// Bytes.
    pub bytes: u64,
    /// Packets.
    pub packets: u64,
    /// Receive errors of all types.
    pub errors: u64,
    /// Dropped packets.
    pub dropped: u64,
    /// Receiver FIFO overruns.
    pub over_errors: u64,
    /// Multicast packets.
    pub multicast: u64,
    /// Packets with a length error.
    pub length_errors: u64,
    /// Packets with a CRC error.
    pub crc_errors: u64,
    /// Packets with a framing error.
    pub frame_errors: u64,
    /// Receive queue overflows.
    pub fifo_errors: u64,
    /// Packets missed by the host.
    pub missed_errors: u64,
    /// Compressed packets.
    pub compressed: u64,
    /// Packets received while the device was not up.
    pub nohandler: u64,
    /// Packets dropped because they were addressed to another host.
    pub otherhost_dropped: u64,
}

/// Transmit counters of a device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct TxStats {
    /// Bytes.
    pub bytes: u64,
    /// Packets.
    pub packets: u64,
    /// Transmit errors of all types.
    pub errors: u64,
    /// Dropped packets.
    pub dropped: u64,
    /// Transmit errors due to lost carrier.
    pub carrier_errors: u64,
    /// Collisions.
    pub collisions: u64,
    /// Packets aborted after collisions.
    pub aborted_errors: u64,
    /// Transmit FIFO underruns.
    pub fifo_errors: u64,
    /// Late collisions.
    pub window_errors: u64,
    /// Heartbeat failures.
    pub heartbeat_errors: u64,
    /// Compressed packets.
    pub compressed: u64,
}

/// Memory, interrupt and DMA of legacy hardware (`struct rtnl_link_ifmap`, linux/if_link.h).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Map {
    /// Start of the shared memory, hexadecimal.
    pub mem_start: HexNumber,
    /// End of the shared memory, hexadecimal.
    pub mem_end: HexNumber,
    /// I/O port address, hexadecimal.
    pub base_addr: HexNumber,
    /// Interrupt.
    pub irq: u16,
    /// DMA channel.
    pub dma: u8,
    /// Connector type.
    pub port: u8,
}

impl Vlan {
    /// Adds the VLAN of a `struct bridge_vlan_info` to `vlans`. A range consists of two of them.
    ///
    /// # Errors
    /// [`AttrError::Value`] for the end of a range without a beginning.
    pub(super) fn add(vlans: &mut Vec<Self>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let [f0, f1, v0, v1] = array(attr.value)?;
        let (flags, vlan) = (u16::from_ne_bytes([f0, f1]), u16::from_ne_bytes([v0, v1]));
        if flags & RANGE_END != 0 {
            let first = vlans.last_mut().ok_or(AttrError::Value)?;
            first.vlan_end = Some(vlan);
            return Ok(());
        }
        vlans.push(Vlan {
            vlan,
            vlan_end: None,
            flags: Flags::new((flags & !RANGE_BEGIN).into(), VLAN_FLAGS),
        });
        Ok(())
    }
}

/// The attributes of an `IFLA_BRIDGE_VLAN_TUNNEL_INFO`: a VLAN and its tunnel id, or one end of two
/// ranges.
#[derive(Default, Attributes)]
pub(super) struct VlanTunnelInfo {
    #[nla(IFLA_BRIDGE_VLAN_TUNNEL_ID = 1)]
    id: Option<u32>,
    #[nla(IFLA_BRIDGE_VLAN_TUNNEL_VID = 2)]
    vid: Option<u16>,
    #[nla(IFLA_BRIDGE_VLAN_TUNNEL_FLAGS = 3)]
    flags: u16,
}

impl VlanTunnel {
    /// Adds the VLAN of an `IFLA_BRIDGE_VLAN_TUNNEL_INFO` to `tunnels`.
    ///
    /// # Errors
    /// [`AttrError::Value`] without a VLAN or a tunnel id, and for the end of a range without a
    /// beginning.
    pub(super) fn add(tunnels: &mut Vec<Self>, info: &VlanTunnelInfo) -> Result<(), AttrError> {
        let (tunid, vlan) = info.id.zip(info.vid).ok_or(AttrError::Value)?;
        if info.flags & RANGE_END != 0 {
            let first = tunnels.last_mut().ok_or(AttrError::Value)?;
            (first.vlan_end, first.tunid_end) = (Some(vlan), Some(tunid));
            return Ok(());
        }
        tunnels.push(VlanTunnel {
            vlan,
            vlan_end: None,
            tunid,
            tunid_end: None,
        });
        Ok(())
    }
}

/// `BRIDGE_VLAN_INFO_*`
const VLAN_FLAGS: &FlagNames = &[(1 << 1, "PVID"), (1 << 2, "Egress Untagged")];
const RANGE_BEGIN: u16 = 1 << 3;
const RANGE_END: u16 = 1 << 4;

impl Xdp {
    /// Adds a program: each mode has an attribute of its own.
    fn attached(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let prog = XdpProg { id: attr.u32()? };
        let mode = Symbol::Known(match attr.kind {
            Self::IFLA_XDP_DRV_PROG_ID => "drv",
            Self::IFLA_XDP_SKB_PROG_ID => "skb",
            _ => "hw",
        });
        let attached = self.attached.get_or_insert_default();
        attached.push(XdpAttached { mode, prog });
        Ok(())
    }
}

impl FromAttr for XdpProg {
    fn from_attr(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        Ok(XdpProg { id: attr.u32()? })
    }
}

/// `XDP_ATTACHED_*`
const XDP_ATTACHED: Names = &[(1, "drv"), (2, "skb"), (3, "hw"), (4, "multi")];

/// `struct rtnl_link_stats64`. Newer kernels append counters: the unknown ones are recorded.
impl FromAttr for Stats64 {
    fn from_attr(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        const KNOWN: usize = 25;
        let length = attr.value.len();
        // Linux 5.19 added the last one.
        if !length.is_multiple_of(8) {
            return Err(AttrError::Length);
        }
        let counters = context.counters::<KNOWN>(attr, KNOWN - 1)?;
        if length > KNOWN * 8 {
            context.record_unparsed(
                Some(attr.kind),
                AttrError::Unknown,
                &attr.value[KNOWN * 8..],
            );
        }
        let at = |place: usize| counters[place];
        Ok(Stats64 {
            rx: RxStats {
                packets: at(0),
                bytes: at(2),
                errors: at(4),
                dropped: at(6),
                multicast: at(8),
                length_errors: at(10),
                over_errors: at(11),
                crc_errors: at(12),
                frame_errors: at(13),
                fifo_errors: at(14),
                missed_errors: at(15),
                compressed: at(21),
                nohandler: at(23),
                otherhost_dropped: at(24),
            },
            tx: TxStats {
                packets: at(1),
                bytes: at(3),
                errors: at(5),
                dropped: at(7),
                collisions: at(9),
                aborted_errors: at(16),
                carrier_errors: at(17),
                fifo_errors: at(18),
                heartbeat_errors: at(19),
                window_errors: at(20),
                compressed: at(22),
            },
        })
    }
}

/// `struct rtnl_link_ifmap`: 28 bytes, padded to 32.
impl FromAttr for Map {
    fn from_attr(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let value = &array::<32>(attr.value)?;
        let [i0, i1, dma, port] = bytes_at(value, 24)?;
        Ok(Map {
            mem_start: HexNumber(u64_at(value, 0)?),
            mem_end: HexNumber(u64_at(value, 8)?),
            base_addr: HexNumber(u64_at(value, 16)?),
            irq: u16::from_ne_bytes([i0, i1]),
            dma,
            port,
        })
    }
}
