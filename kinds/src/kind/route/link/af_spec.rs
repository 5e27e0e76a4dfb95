//! Per-protocol settings and counters of a link (`IFLA_AF_SPEC`; `IFLA_PROTINFO` of a message of
//! family inet6).

use std::borrow::Cow;

use nlstream_derive::Attributes;
use serde::{Serialize, Serializer};

use serde_with::skip_serializing_none;

use super::Link;
use super::wire::{Names, exact_u32s};
use crate::json::JsonSchema;
use crate::kind::attributes::{Attributes, FromAttr};
use crate::kind::context::DecodeContext;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{FlagNames, Flags, Symbol};

/// The attributes `IFLA_INET6_*` that become fields of the link itself. The others have a struct of
/// their own, [`Inet6Spec`].
pub struct Inet6;

/// Per-protocol settings and counters of a device (`IFLA_AF_SPEC`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(by_caller(AF_INET6 = 10))]
pub struct AfSpec {
    /// IPv4.
    #[nla(AF_INET = 2, details)]
    pub inet: Option<InetSpec>,
    /// IPv6.
    pub inet6: Option<Box<Inet6Spec>>,
    /// Management component transport protocol.
    #[nla(AF_MCTP = 45, details)]
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct InetSpec {
    /// Settings, as in /proc/sys/net/ipv4/conf.
    #[nla(IFLA_INET_CONF = 1, with = ipv4_conf)]
    pub conf: Option<Table<i32>>,
}

/// IPv6 on a device (`IFLA_INET6_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct Inet6Spec {
    /// Settings, as in /proc/sys/net/ipv6/conf.
    #[nla(IFLA_INET6_CONF = 2, details, with = ipv6_conf)]
    pub conf: Option<Table<i32>>,
    /// Counters of packets (`IPSTATS_MIB_*`, linux/snmp.h).
    #[nla(IFLA_INET6_STATS = 3, details, with = ip_counters)]
    pub stats: Option<Table<u64>>,
    /// Counters of ICMPv6 messages (`ICMP6_MIB_*`, linux/snmp.h).
    #[nla(IFLA_INET6_ICMP6STATS = 6, details, with = icmp6_counters)]
    pub icmp6stats: Option<Table<u64>>,
    /// IPv6 timers.
    #[nla(IFLA_INET6_CACHEINFO = 5, details)]
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct MctpSpec {
    /// Network id.
    #[nla(IFLA_MCTP_NET = 1)]
    pub net: Option<u32>,
    /// Physical transport: `smbus`, `pcie_vdm`, `usb` …
    #[nla(IFLA_MCTP_PHYS_BINDING = 2, names(u8, MCTP_BINDINGS))]
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

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Table<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Table".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object",
            "additionalProperties": generator.subschema_for::<T>(),
        })
    }
}

impl Link {
    /// Decodes an `IFLA_AF_SPEC`: a nest for each family, numbered `AF_*`.
    ///
    /// # Errors
    /// [`AttrError::Depth`] if `attr` is nested too deep.
    pub(super) fn af_spec(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let mut spec = AfSpec::default();
        context.nested(attr, |context, attr| match attr.kind {
            AfSpec::AF_INET6 => self.inet6(context, &attr),
            _ => spec.attribute(context, &attr),
        })?;
        // Every attribute of the struct is a detail.
        if context.details && spec != AfSpec::default() {
            let af_spec = self.af_spec.get_or_insert_default();
            spec.merge_missing(af_spec);
            *af_spec = spec;
        }
        Ok(())
    }

    /// Decodes a nest of `IFLA_INET6_*`, of which a part belongs to the link itself.
    ///
    /// # Errors
    /// [`AttrError::Depth`] if `attr` is nested too deep.
    pub(super) fn inet6(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let mut spec = Inet6Spec::default();
        context.nested(attr, |context, attr| {
            match Attributes::<Inet6>::attribute(self, context, &attr) {
                Err(AttrError::Unknown) => spec.attribute(context, &attr),
                result => result,
            }
        })?;
        if context.details && spec != Inet6Spec::default() {
            self.af_spec.get_or_insert_default().inet6 = Some(spec.into());
        }
        Ok(())
    }
}

/// `IF_RA_*` of the kernel's net/if_inet6.h, without `IF_RS_SENT` and `IF_READY`, which change
/// without an event.
pub(super) fn inet6_flags(flags: u32) -> Flags {
    Flags::new((flags & !SILENT_FLAGS).into(), INET6_FLAGS)
}

const INET6_FLAGS: &FlagNames = &[(0x80, "OTHERCONF"), (0x40, "MANAGED"), (0x20, "RCVD")];
const SILENT_FLAGS: u32 = 0x8000_0010;

/// `IN6_ADDR_GEN_MODE_*`
pub(super) const ADDR_GEN_MODES: Names = &[
    (0, "eui64"),
    (1, "none"),
    (2, "stable_secret"),
    (3, "random"),
];

/// `struct ifla_cacheinfo`
impl FromAttr for Inet6CacheInfo {
    fn from_attr(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let [max_reasm_len, tstamp, reachable_time, retrans_time] = exact_u32s(attr.value)?;
        Ok(Inet6CacheInfo {
            max_reasm_len,
            tstamp,
            reachable_time,
            retrans_time,
        })
    }
}

fn ipv4_conf(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Table<i32>, AttrError> {
    table(attr, i32::from_ne_bytes, IPV4_DEVCONF)
}

fn ipv6_conf(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Table<i32>, AttrError> {
    table(attr, i32::from_ne_bytes, IPV6_DEVCONF)
}

fn ip_counters(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Table<u64>, AttrError> {
    counters(context, attr, IPSTATS)
}

fn icmp6_counters(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<Table<u64>, AttrError> {
    counters(context, attr, ICMP6STATS)
}

/// An array of numbers, to which newer kernels append.
fn table<const N: usize, T>(
    attr: &Attr<'_>,
    read: fn([u8; N]) -> T,
    names: &'static [&'static str],
) -> Result<Table<T>, AttrError> {
    let (numbers, rest) = attr.value.as_chunks::<N>();
    match rest {
        [] => Ok(Table {
            values: numbers.iter().map(|bytes| read(*bytes)).collect(),
            names,
        }),
        _ => Err(AttrError::Length),
    }
}

/// An array of counters, the first of which is their number.
fn counters(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
    names: &'static [&'static str],
) -> Result<Table<u64>, AttrError> {
    let mut table = table(attr, u64::from_ne_bytes, names)?;
    let counters = table.values.get(1..).ok_or(AttrError::Length)?;
    table.values = counters.into();
    context.limit_counters(attr, &mut table.values);
    Ok(table)
}

/// `MCTP_PHYS_BINDING_*` (linux/mctp.h)
const MCTP_BINDINGS: Names = &[
    (0x01, "smbus"),
    (0x02, "pcie_vdm"),
    (0x03, "usb"),
    (0x04, "kcs"),
    (0x05, "serial"),
    (0x06, "i3c"),
    (0x07, "mmbi"),
    (0x08, "pcc"),
    (0x09, "ucie"),
    (0xff, "vendor"),
];

/// `IPV4_DEVCONF_*` (linux/ip.h), from 1.
const IPV4_DEVCONF: &[&str] = &[
    "forwarding",
    "mc_forwarding",
    "proxy_arp",
    "accept_redirects",
    "secure_redirects",
    "send_redirects",
    "shared_media",
    "rp_filter",
    "accept_source_route",
    "bootp_relay",
    "log_martians",
    "tag",
    "arpfilter",
    "medium_id",
    "noxfrm",
    "nopolicy",
    "force_igmp_version",
    "arp_announce",
    "arp_ignore",
    "promote_secondaries",
    "arp_accept",
    "arp_notify",
    "accept_local",
    "src_vmark",
    "proxy_arp_pvlan",
    "route_localnet",
    "igmpv2_unsolicited_report_interval",
    "igmpv3_unsolicited_report_interval",
    "ignore_routes_with_linkdown",
    "drop_unicast_in_l2_multicast",
    "drop_gratuitous_arp",
    "bc_forwarding",
    "arp_evict_nocarrier",
];

/// `DEVCONF_*` (linux/ipv6.h), from 0.
const IPV6_DEVCONF: &[&str] = &[
    "forwarding",
    "hoplimit",
    "mtu6",
    "accept_ra",
    "accept_redirects",
    "autoconf",
    "dad_transmits",
    "rtr_solicits",
    "rtr_solicit_interval",
    "rtr_solicit_delay",
    "use_tempaddr",
    "temp_valid_lft",
    "temp_prefered_lft",
    "regen_max_retry",
    "max_desync_factor",
    "max_addresses",
    "force_mld_version",
    "accept_ra_defrtr",
    "accept_ra_pinfo",
    "accept_ra_rtr_pref",
    "rtr_probe_interval",
    "accept_ra_rt_info_max_plen",
    "proxy_ndp",
    "optimistic_dad",
    "accept_source_route",
    "mc_forwarding",
    "disable_ipv6",
    "accept_dad",
    "force_tllao",
    "ndisc_notify",
    "mldv1_unsolicited_report_interval",
    "mldv2_unsolicited_report_interval",
    "suppress_frag_ndisc",
    "accept_ra_from_local",
    "use_optimistic",
    "accept_ra_mtu",
    "stable_secret",
    "use_oif_addrs_only",
    "accept_ra_min_hop_limit",
    "ignore_routes_with_linkdown",
    "drop_unicast_in_l2_multicast",
    "drop_unsolicited_na",
    "keep_addr_on_down",
    "rtr_solicit_max_interval",
    "seg6_enabled",
    "seg6_require_hmac",
    "enhanced_dad",
    "addr_gen_mode",
    "disable_policy",
    "accept_ra_rt_info_min_plen",
    "ndisc_tclass",
    "rpl_seg_enabled",
    "ra_defrtr_metric",
    "ioam6_enabled",
    "ioam6_id",
    "ioam6_id_wide",
    "ndisc_evict_nocarrier",
    "accept_untracked_na",
    "accept_ra_min_lft",
    "force_forwarding",
];

/// `IPSTATS_MIB_*` (linux/snmp.h), from 1.
const IPSTATS: &[&str] = &[
    "in_pkts",
    "in_octets",
    "in_delivers",
    "out_forw_datagrams",
    "out_requests",
    "out_octets",
    "in_hdr_errors",
    "in_too_big_errors",
    "in_no_routes",
    "in_addr_errors",
    "in_unknown_protos",
    "in_truncated_pkts",
    "in_discards",
    "out_discards",
    "out_no_routes",
    "reasm_timeout",
    "reasm_reqds",
    "reasm_oks",
    "reasm_fails",
    "frag_oks",
    "frag_fails",
    "frag_creates",
    "in_mcast_pkts",
    "out_mcast_pkts",
    "in_bcast_pkts",
    "out_bcast_pkts",
    "in_mcast_octets",
    "out_mcast_octets",
    "in_bcast_octets",
    "out_bcast_octets",
    "in_csum_errors",
    "in_no_ect_pkts",
    "in_ect1_pkts",
    "in_ect0_pkts",
    "in_ce_pkts",
    "reasm_overlaps",
    "out_pkts",
];

/// `ICMP6_MIB_*` (linux/snmp.h), from 1.
const ICMP6STATS: &[&str] = &[
    "in_msgs",
    "in_errors",
    "out_msgs",
    "out_errors",
    "csum_errors",
    "rate_limit_host",
];
