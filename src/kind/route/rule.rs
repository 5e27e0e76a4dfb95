//! `kind:"rule"`: which routing table is asked (`RTM_NEWRULE`, `RTM_DELRULE`).

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::kind::context::DecodeContext;
use crate::kind::fields::{fields, key};
use crate::kind::object::Object;
use crate::value::{Flags, Hex, IfName, Symbol};

/// A routing rule (`struct fib_rule_hdr`, linux/fib_rules.h). A rule has no name: it is what
/// its fields say.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, JsonSchema)]
pub struct Rule {
    /// Address family: `inet`, `inet6`, `ipmr`, `ip6mr`.
    pub family: Symbol,
    /// Order of the rule: the lowest is asked first.
    pub priority: u32,
    /// Source: an address, `all` without a prefix.
    pub src: Symbol,
    /// Length of the source prefix in bits.
    pub srclen: Option<u8>,
    /// Destination address.
    pub dst: Option<IpAddr>,
    /// Length of the destination prefix in bits.
    pub dstlen: Option<u8>,
    /// Type of service: a name from rt_dsfield, else hexadecimal.
    pub tos: Option<Symbol>,
    /// Differentiated services code point: a name from rt_dsfield, else its number.
    pub dscp: Option<Symbol>,
    /// Mask of the code point, hexadecimal.
    pub dscp_mask: Option<String>,
    /// Firewall mark, hexadecimal.
    pub fwmark: Option<String>,
    /// Mask of the firewall mark, hexadecimal.
    pub fwmask: Option<String>,
    /// Name of the incoming device.
    pub iif: Option<IfName>,
    /// The name's bytes, where they are not UTF-8.
    pub iif_hex: Option<Hex>,
    /// Name of the outgoing device.
    pub oif: Option<IfName>,
    /// The name's bytes, where they are not UTF-8.
    pub oif_hex: Option<Hex>,
    /// First user id.
    pub uid_start: Option<u32>,
    /// Last user id.
    pub uid_end: Option<u32>,
    /// IP protocol: a name, else its number.
    pub ipproto: Option<Symbol>,
    /// Source port.
    pub sport: Option<u16>,
    /// First source port of a range.
    pub sport_start: Option<u16>,
    /// Last source port of a range.
    pub sport_end: Option<u16>,
    /// Mask of the source port, hexadecimal.
    pub sport_mask: Option<String>,
    /// Destination port.
    pub dport: Option<u16>,
    /// First destination port of a range.
    pub dport_start: Option<u16>,
    /// Last destination port of a range.
    pub dport_end: Option<u16>,
    /// Mask of the destination port, hexadecimal.
    pub dport_mask: Option<String>,
    /// IPv6 flow label, hexadecimal.
    pub flowlabel: Option<String>,
    /// Mask of the flow label, hexadecimal.
    pub flowlabel_mask: Option<String>,
    /// Tunnel id, a string: it has 64 bits.
    pub tun_id: Option<String>,
    /// Routing table: a name from rt_tables, else its number.
    pub table: Option<Symbol>,
    /// A found route with a prefix of at most so many bits is not used.
    pub suppress_prefixlen: Option<u32>,
    /// A found route through a device of this group is not used.
    pub suppress_ifgroup: Option<Symbol>,
    /// Routing realm of the source.
    pub flow_from: Option<Symbol>,
    /// Routing realm of the destination.
    pub flow_to: Option<Symbol>,
    /// Priority of the rule to go on with.
    pub goto: Option<u32>,
    /// What is done instead of a look-up: `blackhole`, `unreachable`, `prohibit`, `goto`, `nop`.
    pub action: Option<Symbol>,
    /// `not` (selectors are inverted), `l3mdev` (the table is that of the device's l3mdev),
    /// `permanent`, `find_saddr`.
    pub flags: Flags,
    /// `iif_detached`, `oif_detached` (no such device now), `unresolved` (no such rule to go to
    /// now). Not part of what identifies the rule: the kernel does not tell when it changes.
    pub state: Flags,
    /// Who added it: a name from rt_protos.
    pub protocol: Option<Symbol>,
}

macro_rules! rule_fields {
    ($($field:ident),+; $($state:ident),+) => {
        fields!(Rule { $($field,)+ $($state),+ });
        key!(Rule { $($field),+ });
    };
}

rule_fields!(
    family,
    priority,
    src,
    srclen,
    dst,
    dstlen,
    tos,
    dscp,
    dscp_mask,
    fwmark,
    fwmask,
    iif,
    iif_hex,
    oif,
    oif_hex,
    uid_start,
    uid_end,
    ipproto,
    sport,
    sport_start,
    sport_end,
    sport_mask,
    dport,
    dport_start,
    dport_end,
    dport_mask,
    flowlabel,
    flowlabel_mask,
    tun_id,
    table,
    suppress_prefixlen,
    suppress_ifgroup,
    flow_from,
    flow_to,
    goto,
    action,
    flags,
    protocol;
    state
);

impl Object for Rule {}

/// Returns the type of service by the names of `rtnl_dsfield_n2a` of iproute2.
pub fn dsfield(context: &DecodeContext<'_>, tos: u8) -> Symbol {
    let name = context.names.dsfield.get(u32::from(tos));
    name.unwrap_or_else(|| Symbol::Named(format!("{tos:#04x}").into()))
}
