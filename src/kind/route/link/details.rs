//! The nested objects of a link.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use serde_with::skip_serializing_none;

use super::values::HexNumber;
use crate::value::{Flags, Symbol};

/// A VLAN, or a range of them, of a bridge or bridge port.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "PortVlan")]
pub struct Vlan {
    /// VLAN id; the first one of a range.
    pub vlan: u16,
    /// The last one of a range.
    pub vlan_end: Option<u16>,
    /// `PVID` (untagged packets belong to it), `Egress Untagged` (its packets leave untagged).
    pub flags: Flags,
}

/// A VLAN, or a range of them, that a bridge port maps to tunnel ids.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct VlanTunnel {
    /// VLAN id; the first one of a range.
    pub vlan: u16,
    /// The last one of a range.
    pub vlan_end: Option<u16>,
    /// Tunnel id of the first one.
    pub tunid: u32,
    /// Tunnel id of the last one.
    pub tunid_end: Option<u32>,
}

/// The XDP programs of a device (`IFLA_XDP_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Xdp {
    /// Where it runs: `drv` (driver), `skb` (generic), `hw` (hardware), `multi` (several places).
    pub mode: Option<Symbol>,
    /// The program, where there is one.
    pub prog: Option<XdpProg>,
    /// The programs by place.
    pub attached: Option<Vec<XdpAttached>>,
}

/// An XDP program in one place.
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
    /// Its id.
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

/// Counters of what a device received.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct RxStats {
    /// Bytes.
    pub bytes: u64,
    /// Packets.
    pub packets: u64,
    /// Bad packets, all kinds.
    pub errors: u64,
    /// Dropped packets.
    pub dropped: u64,
    /// Packets lost to overflow of the receiver.
    pub over_errors: u64,
    /// Multicast packets.
    pub multicast: u64,
    /// Packets of a wrong length.
    pub length_errors: u64,
    /// Packets with a wrong checksum.
    pub crc_errors: u64,
    /// Badly aligned packets.
    pub frame_errors: u64,
    /// Overflows of the receive queue.
    pub fifo_errors: u64,
    /// Packets that the host missed.
    pub missed_errors: u64,
    /// Compressed packets.
    pub compressed: u64,
    /// Packets that an idle device received.
    pub nohandler: u64,
    /// Packets for another host, dropped.
    pub otherhost_dropped: u64,
}

/// Counters of what a device sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct TxStats {
    /// Bytes.
    pub bytes: u64,
    /// Packets.
    pub packets: u64,
    /// Failures, all kinds.
    pub errors: u64,
    /// Dropped packets.
    pub dropped: u64,
    /// Failures for lack of carrier.
    pub carrier_errors: u64,
    /// Collisions.
    pub collisions: u64,
    /// Packets given up after collisions.
    pub aborted_errors: u64,
    /// Underflows of the send queue.
    pub fifo_errors: u64,
    /// Late collisions.
    pub window_errors: u64,
    /// Heartbeat failures.
    pub heartbeat_errors: u64,
    /// Compressed packets.
    pub compressed: u64,
}

/// Memory and interrupt of old hardware (`struct rtnl_link_ifmap`, linux/if_link.h).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Map {
    /// Start of the shared memory, hexadecimal.
    pub mem_start: HexNumber,
    /// End of the shared memory, hexadecimal.
    pub mem_end: HexNumber,
    /// Address of the ports, hexadecimal.
    pub base_addr: HexNumber,
    /// Interrupt.
    pub irq: u16,
    /// DMA channel.
    pub dma: u8,
    /// Kind of connector.
    pub port: u8,
}

/// Settings and counters of the protocols on a device (`IFLA_AF_SPEC`).
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
    /// Takes from `old` the protocols of which `self` says nothing.
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
    /// Times.
    pub cacheinfo: Option<Inet6CacheInfo>,
}

/// Times of IPv6 on a device (`struct ifla_cacheinfo`, linux/if_link.h).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Inet6CacheInfo {
    /// Longest packet that is put together, bytes.
    pub max_reasm_len: u32,
    /// When it last changed, 1/100 s since the start of the system.
    pub tstamp: u32,
    /// How long a neighbour counts as reachable, milliseconds.
    pub reachable_time: u32,
    /// Time between neighbour solicitations, milliseconds.
    pub retrans_time: u32,
}

/// MCTP on a device (`IFLA_MCTP_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct MctpSpec {
    /// Id of the network.
    pub net: Option<u32>,
    /// What carries it: `smbus`, `pcie_vdm`, `usb` …
    pub phys_binding: Option<Symbol>,
}

/// Numbers in a fixed order, written as an object: each under its name, those that have none yet
/// under their place in the order.
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
