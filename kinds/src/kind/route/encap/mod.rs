//! Route encapsulation (`RTA_ENCAP`, linux/lwtunnel.h and the headers of the encapsulation types).

pub mod decode;

use std::net::{IpAddr, Ipv6Addr};

use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::object::some;
#[cfg(feature = "schema")]
use crate::kind::route::tc::spec::tunnel::{ERSPAN, GENEVE, VXLAN};
#[cfg(feature = "schema")]
use crate::kind::table::schema::entry_list;
use crate::kind::table::value::Options;
use crate::value::{Flags, IfName, Symbol};

/// Encapsulation of a route. The fields depend on `type`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Encap {
    /// `mpls`, `ip`, `ip6`, `ila`, `seg6`, `seg6local`, `bpf`, `rpl`, `ioam6`, `xfrm`, or a number.
    pub r#type: Option<Symbol>,
    /// mpls: labels separated by `/`, outermost first. ip, ip6, ioam6: destination of the outer
    /// header.
    pub dst: Option<String>,
    /// mpls, ip: time to live.
    pub ttl: Option<u8>,
    /// ip, ip6: 64-bit tunnel id, as a string.
    pub id: Option<String>,
    /// ip, ip6, ioam6: source of the outer header.
    pub src: Option<IpAddr>,
    /// ip: type of service.
    pub tos: Option<u8>,
    /// ip6: hop limit.
    pub hoplimit: Option<u8>,
    /// ip6: traffic class.
    pub tc: Option<u8>,
    /// ip, ip6: `key`, `csum`, `seq`. seg6local: flavors of the action: `psp`, `usp`, `usd`,
    /// `next-csid`.
    pub flags: Option<Flags>,
    /// ip, ip6: options of a geneve tunnel.
    #[schemars(schema_with = "geneve")]
    pub geneve_opts: Option<Vec<Options>>,
    /// ip, ip6: options of a vxlan tunnel.
    #[schemars(schema_with = "vxlan")]
    pub vxlan_opts: Option<Vec<Options>>,
    /// ip, ip6: options of an erspan tunnel.
    #[schemars(schema_with = "erspan")]
    pub erspan_opts: Option<Vec<Options>>,
    /// seg6: `inline`, `encap`, `l2encap`, `encap.red`, `l2encap.red`. ioam6: `inline`, `encap`,
    /// `auto`.
    pub mode: Option<Symbol>,
    /// seg6, seg6local, rpl: segments in the order in which they are visited.
    pub segs: Option<Vec<Ipv6Addr>>,
    /// seg6, seg6local: key of the segment routing header's HMAC.
    pub hmac: Option<u32>,
    /// seg6: source address of the outer header.
    pub tunsrc: Option<Ipv6Addr>,
    /// seg6local: action, such as `End.X`.
    pub action: Option<Symbol>,
    /// seg6local, seg6: routing table.
    pub table: Option<Symbol>,
    /// seg6local: routing table of the VRF.
    pub vrftable: Option<Symbol>,
    /// seg6local: IPv4 next hop.
    pub nh4: Option<IpAddr>,
    /// seg6local: IPv6 next hop.
    pub nh6: Option<IpAddr>,
    /// seg6local: input device.
    pub iif: Option<IfName>,
    /// seg6local: index of the input device.
    pub iif_index: Option<u32>,
    /// seg6local: output device.
    pub oif: Option<IfName>,
    /// seg6local: index of the output device.
    pub oif_index: Option<u32>,
    /// seg6local: counters of the action.
    pub counters: Option<Counters>,
    /// seg6local: length of the locator block, bits (next-csid).
    pub lblen: Option<u8>,
    /// seg6local: length of the node function, bits (next-csid).
    pub nflen: Option<u8>,
    /// ioam6: insert into `k` of `n` packets.
    pub freq_k: Option<u32>,
    /// ioam6: insert into `k` of `n` packets.
    pub freq_n: Option<u32>,
    /// ioam6: the inserted trace.
    pub trace: Option<Trace>,
    /// bpf, seg6local: the programs.
    pub bpf: Option<Vec<Bpf>>,
    /// xfrm: id of the xfrm interface.
    pub if_id: Option<u32>,
    /// xfrm: lower device.
    pub link_dev: Option<IfName>,
    /// xfrm: index of the lower device.
    pub link_index: Option<u32>,
    /// ila: the locator, a string of 4 groups.
    pub locator: Option<String>,
    /// ila: `adj-transport`, `neutral-map`, `neutral-map-auto`, `no-action`.
    pub csum_mode: Option<Symbol>,
    /// ila: `luid`, `use-format` …
    pub ident_type: Option<Symbol>,
    /// ila: `output`, `input`.
    pub hook_type: Option<Symbol>,
}

#[cfg(feature = "schema")]
fn geneve(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    entry_list(GENEVE).try_into().unwrap_or_default()
}

#[cfg(feature = "schema")]
fn vxlan(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    entry_list(VXLAN).try_into().unwrap_or_default()
}

#[cfg(feature = "schema")]
fn erspan(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    entry_list(ERSPAN).try_into().unwrap_or_default()
}

/// Counters of a seg6local action.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Counters {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
    /// Packets that were dropped.
    pub errors: u64,
}

/// An in-situ OAM trace.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Trace {
    /// Trace type: bit mask of the collected data, hexadecimal.
    pub r#type: String,
    /// Namespace of the trace.
    pub ns: u16,
    /// Size of the trace data, bytes.
    pub size: u16,
}

/// A BPF program attached to a route.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Bpf {
    /// Hook: `in`, `out`, `xmit`, `action`.
    pub hook: Symbol,
    /// Its name.
    pub name: Option<String>,
    /// Its id.
    pub id: Option<u32>,
    /// Requested headroom, bytes.
    pub headroom: Option<u32>,
}

impl Encap {
    /// Calls `name` with the index and the name slot of every device in the encapsulation.
    pub fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
        some(name, self.iif_index, &mut self.iif);
        some(name, self.oif_index, &mut self.oif);
        some(name, self.link_index, &mut self.link_dev);
    }
}
