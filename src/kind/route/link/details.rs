//! Nested objects of a link.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use serde_with::skip_serializing_none;

use super::values::HexNumber;
use crate::value::{Flags, Symbol};

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
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Xdp {
    /// Attachment mode: `drv` (driver), `skb` (generic), `hw` (hardware), `multi` (several).
    pub mode: Option<Symbol>,
    /// The program, if exactly one is attached.
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct DevlinkPort {
    /// Name of the bus.
    pub bus_name: Option<String>,
    /// Name of the device on that bus.
    pub dev_name: Option<String>,
    /// Index of the port.
    pub port_index: Option<u32>,
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

/// Per-protocol settings and counters of a device (`IFLA_AF_SPEC`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct AfSpec {
    /// IPv4.
    pub inet: Option<InetSpec>,
    /// IPv6.
    pub inet6: Option<Box<Inet6Spec>>,
    /// Management component transport protocol.
    pub mctp: Option<MctpSpec>,
}

impl AfSpec {
    /// Copies from `old` the protocols that are absent from `self`.
    pub fn merge_missing(&mut self, old: &AfSpec) {
        if self.inet.is_none() {
            self.inet.clone_from(&old.inet);
        }
        if self.inet6.is_none() {
            self.inet6.clone_from(&old.inet6);
        }
        if self.mctp.is_none() {
            self.mctp.clone_from(&old.mctp);
        }
    }
}

/// IPv4 on a device (`IFLA_INET_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct InetSpec {
    /// Settings, as in /proc/sys/net/ipv4/conf.
    pub conf: Option<Table<i32>>,
}

/// IPv6 on a device (`IFLA_INET6_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Inet6Spec {
    /// Settings, as in /proc/sys/net/ipv6/conf.
    pub conf: Option<Table<i32>>,
    /// Counters of packets (`IPSTATS_MIB_*`, linux/snmp.h).
    pub stats: Option<Table<u64>>,
    /// Counters of ICMPv6 messages (`ICMP6_MIB_*`, linux/snmp.h).
    pub icmp6stats: Option<Table<u64>>,
    /// IPv6 timers.
    pub cacheinfo: Option<Inet6CacheInfo>,
}

/// IPv6 timers of a device (`struct ifla_cacheinfo`, linux/if_link.h).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Inet6CacheInfo {
    /// Maximum size of a reassembled packet, bytes.
    pub max_reasm_len: u32,
    /// Time of the last change, 1/100 s since boot.
    pub tstamp: u32,
    /// Time for which a neighbour is considered reachable, milliseconds.
    pub reachable_time: u32,
    /// Time between neighbour solicitations, milliseconds.
    pub retrans_time: u32,
}

/// MCTP on a device (`IFLA_MCTP_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct MctpSpec {
    /// Network id.
    pub net: Option<u32>,
    /// Physical transport: `smbus`, `pcie_vdm`, `usb` …
    pub phys_binding: Option<Symbol>,
}

/// An array of numbers, serialized as an object: each value under its name, or under its index if
/// it has none.
#[derive(Clone, Debug, PartialEq)]
pub struct Table<T> {
    pub values: Box<[T]>,
    pub names: &'static [&'static str],
}

impl<T: Serialize> Serialize for Table<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let numbered = self.values.iter().enumerate();
        s.collect_map(numbered.map(|(place, value)| {
            let name = self.names.get(place).map(|name| Cow::Borrowed(*name));
            (name.unwrap_or_else(|| place.to_string().into()), value)
        }))
    }
}

impl<T: JsonSchema> JsonSchema for Table<T> {
    fn schema_name() -> Cow<'static, str> {
        "Table".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "additionalProperties": generator.subschema_for::<T>(),
        })
    }
}
