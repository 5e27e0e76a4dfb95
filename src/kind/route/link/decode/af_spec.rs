//! `IFLA_AF_SPEC`, and `IFLA_PROTINFO` of a message of family inet6: what protocols say of a
//! device.

use super::settings::{Names, counter, exactly, settings, symbol8, u32_at};
use crate::kind::context::DecodeContext;
use crate::kind::route::link::Link;
use crate::kind::route::link::details::{
    AfSpec, Inet6CacheInfo, Inet6Spec, InetSpec, MctpSpec, Table,
};
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{FlagNames, Flags, Symbol};

const AF_INET: u16 = libc::AF_INET as u16;
const AF_INET6: u16 = libc::AF_INET6 as u16;
/// linux/socket.h; libc lacks it.
const AF_MCTP: u16 = 45;

/// `IFLA_AF_SPEC`: an attribute for each family, numbered `AF_*`.
pub(super) fn af_spec(
    context: &mut DecodeContext,
    attr: &Attr,
    into: &mut Link,
) -> Result<(), AttrError> {
    context.nested(attr, |context, attr| {
        match attr.kind {
            AF_INET6 => inet6(context, &attr, into)?,
            AF_INET | AF_MCTP if !context.details => {}
            AF_INET => details(into).inet = Some(inet(context, &attr)?),
            AF_MCTP => details(into).mctp = Some(mctp(context, &attr)?),
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    })
}

fn details(link: &mut Link) -> &mut AfSpec {
    link.af_spec.get_or_insert_default()
}

settings! {
    /// `IFLA_INET_*`
    fn inet(context, attr, into) -> InetSpec {
        IFLA_INET_CONF = 1 => conf: table(&attr, i32::from_ne_bytes, IPV4_DEVCONF)?;
    }
}

settings! {
    /// `IFLA_MCTP_*`
    fn mctp(context, attr, into) -> MctpSpec {
        IFLA_MCTP_NET = 1 => net: attr.u32()?;
        IFLA_MCTP_PHYS_BINDING = 2 => phys_binding: symbol8(attr, MCTP_BINDINGS)?;
    }
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

/// `IFLA_INET6_*`
pub(super) fn inet6(
    context: &mut DecodeContext,
    attr: &Attr,
    into: &mut Link,
) -> Result<(), AttrError> {
    const IFLA_INET6_FLAGS: u16 = 1;
    const IFLA_INET6_CONF: u16 = 2;
    const IFLA_INET6_STATS: u16 = 3;
    const IFLA_INET6_CACHEINFO: u16 = 5;
    const IFLA_INET6_ICMP6STATS: u16 = 6;
    const IFLA_INET6_TOKEN: u16 = 7;
    const IFLA_INET6_ADDR_GEN_MODE: u16 = 8;
    const IFLA_INET6_RA_MTU: u16 = 9;
    context.nested(attr, |context, attr| {
        match attr.kind {
            IFLA_INET6_FLAGS => {
                let flags = attr.u32()? & !SILENT_FLAGS;
                into.inet6_flags = Some(Flags::new(flags.into(), INET6_FLAGS));
            }
            IFLA_INET6_TOKEN => into.inet6_token = Some(attr.ipv6()?),
            IFLA_INET6_ADDR_GEN_MODE => {
                into.inet6_addr_gen_mode = Some(Symbol::of(attr.u8()?.into(), ADDR_GEN_MODES));
            }
            IFLA_INET6_RA_MTU => into.inet6_ra_mtu = Some(attr.u32()?),
            IFLA_INET6_CONF | IFLA_INET6_STATS | IFLA_INET6_CACHEINFO | IFLA_INET6_ICMP6STATS
                if !context.details => {}
            IFLA_INET6_CONF => {
                inet6_details(into).conf = Some(table(&attr, i32::from_ne_bytes, IPV6_DEVCONF)?);
            }
            IFLA_INET6_STATS => inet6_details(into).stats = Some(counters(&attr, IPSTATS)?),
            IFLA_INET6_ICMP6STATS => {
                inet6_details(into).icmp6stats = Some(counters(&attr, ICMP6STATS)?);
            }
            IFLA_INET6_CACHEINFO => inet6_details(into).cacheinfo = Some(cacheinfo(&attr)?),
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    })
}

fn inet6_details(link: &mut Link) -> &mut Inet6Spec {
    details(link).inet6.get_or_insert_default()
}

/// `IF_RA_*` of the kernel's net/if_inet6.h. The other two, `IF_RS_SENT` and `IF_READY`, change
/// without an event.
const INET6_FLAGS: &FlagNames = &[(0x80, "OTHERCONF"), (0x40, "MANAGED"), (0x20, "RCVD")];
const SILENT_FLAGS: u32 = 0x8000_0010;

/// `IN6_ADDR_GEN_MODE_*`
const ADDR_GEN_MODES: Names = &[
    (0, "eui64"),
    (1, "none"),
    (2, "stable_secret"),
    (3, "random"),
];

/// `struct ifla_cacheinfo`
fn cacheinfo(attr: &Attr) -> Result<Inet6CacheInfo, AttrError> {
    let value = exactly(attr, 16)?;
    Ok(Inet6CacheInfo {
        max_reasm_len: u32_at(value, 0)?,
        tstamp: u32_at(value, 4)?,
        reachable_time: u32_at(value, 8)?,
        retrans_time: u32_at(value, 12)?,
    })
}

/// An array of numbers. Newer kernels append to it.
fn table<const N: usize, T>(
    attr: &Attr,
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

/// An array of counters, the first of which is how many there are.
fn counters(attr: &Attr, names: &'static [&'static str]) -> Result<Table<u64>, AttrError> {
    let mut table = table(attr, |bytes| counter(u64::from_ne_bytes(bytes)), names)?;
    let counters = table.values.get(1..).ok_or(AttrError::Length)?;
    table.values = counters.into();
    Ok(table)
}

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
