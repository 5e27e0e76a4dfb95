//! `kind:"rule"`: routing rules, which select the routing table (`RTM_NEWRULE`, `RTM_DELRULE`).

use std::fmt::LowerHex;
use std::net::IpAddr;

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{KindSpec, Trigger};
use crate::kind::wire::{family, u32_at};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::request::Request;
use crate::netlink::rtm::{RTM_DELRULE, RTM_NEWRULE};
use crate::value::{FlagNames, Flags, Hex, IfName, Symbol};

/// A routing rule (`struct fib_rule_hdr`, linux/fib_rules.h). It has no number: all its fields but
/// `state` identify it.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, JsonSchema, Attributes, State)]
#[nla(
    custom(
        FRA_IIFNAME = 3 => Self::incoming_device,
        FRA_FLOW = 11 => Self::flow,
        FRA_FWMASK = 16 => Self::mark_mask,
        FRA_OIFNAME = 17 => Self::outgoing_device,
        FRA_L3MDEV = 19 => Self::l3mdev,
        FRA_UID_RANGE = 20 => Self::user_ids,
        FRA_SPORT_RANGE = 23 => Self::source_ports,
        FRA_DPORT_RANGE = 24 => Self::destination_ports,
    ),
    skip(FRA_PAD = 18),
)]
#[state(
    key_except(state),
    property(type = action),
    prefix(src, srclen),
    prefix(dst, dstlen)
)]
pub struct Rule {
    /// Address family: `inet`, `inet6`, `ipmr`, `ip6mr`.
    pub family: Symbol,
    /// Order of the rule: the lowest is evaluated first.
    #[nla(FRA_PRIORITY = 6)]
    pub priority: u32,
    /// Source address; `all` without a prefix.
    #[nla(FRA_SRC = 2, map(ip, |src: IpAddr| Symbol::Named(src.to_string().into())))]
    pub src: Symbol,
    /// Length of the source prefix in bits.
    pub srclen: Option<u8>,
    /// Destination address.
    #[nla(FRA_DST = 1)]
    pub dst: Option<IpAddr>,
    /// Length of the destination prefix in bits.
    pub dstlen: Option<u8>,
    /// Type of service: a name from rt_dsfield, else hexadecimal.
    pub tos: Option<Symbol>,
    /// Differentiated services code point: a name from rt_dsfield, else its number.
    #[nla(FRA_DSCP = 25, with = dscp)]
    pub dscp: Option<Symbol>,
    /// Mask of the code point, hexadecimal.
    #[nla(FRA_DSCP_MASK = 30, map(u8, hex))]
    pub dscp_mask: Option<String>,
    /// Firewall mark, hexadecimal.
    #[nla(FRA_FWMARK = 10, map(u32, hex))]
    pub fwmark: Option<String>,
    /// Mask of the firewall mark, hexadecimal.
    pub fwmask: Option<String>,
    /// Name of the incoming device.
    pub iif: Option<IfName>,
    /// Bytes of the name, if they are not UTF-8.
    pub iif_hex: Option<Hex>,
    /// Name of the outgoing device.
    pub oif: Option<IfName>,
    /// Bytes of the name, if they are not UTF-8.
    pub oif_hex: Option<Hex>,
    /// First user id.
    pub uid_start: Option<u32>,
    /// Last user id.
    pub uid_end: Option<u32>,
    /// IP protocol: a name, else its number.
    #[nla(FRA_IP_PROTO = 22, names(u8, IP_PROTOCOLS))]
    pub ipproto: Option<Symbol>,
    /// Source port.
    pub sport: Option<u16>,
    /// First source port of a range.
    pub sport_start: Option<u16>,
    /// Last source port of a range.
    pub sport_end: Option<u16>,
    /// Mask of the source port, hexadecimal.
    #[nla(FRA_SPORT_MASK = 28, optional, map(u16, port_mask))]
    pub sport_mask: Option<String>,
    /// Destination port.
    pub dport: Option<u16>,
    /// First destination port of a range.
    pub dport_start: Option<u16>,
    /// Last destination port of a range.
    pub dport_end: Option<u16>,
    /// Mask of the destination port, hexadecimal.
    #[nla(FRA_DPORT_MASK = 29, optional, map(u16, port_mask))]
    pub dport_mask: Option<String>,
    /// IPv6 flow label, hexadecimal.
    #[nla(FRA_FLOWLABEL = 26, map(be32, hex))]
    pub flowlabel: Option<String>,
    /// Mask of the flow label, hexadecimal.
    #[nla(FRA_FLOWLABEL_MASK = 27, map(be32, hex))]
    pub flowlabel_mask: Option<String>,
    /// Tunnel id, a string because it has 64 bits.
    #[nla(FRA_TUN_ID = 12, map(be64, |id: u64| id.to_string()))]
    pub tun_id: Option<String>,
    /// Routing table: a name from rt_tables, else its number.
    #[nla(FRA_TABLE = 15, optional, with = table)]
    pub table: Option<Symbol>,
    /// Routes with a prefix of at most this length are not used.
    #[nla(FRA_SUPPRESS_PREFIXLEN = 14, optional, map(u32, unless_all_bits))]
    pub suppress_prefixlen: Option<u32>,
    /// Routes through a device of this group are not used.
    #[nla(FRA_SUPPRESS_IFGROUP = 13, optional, with = suppressed_group)]
    pub suppress_ifgroup: Option<Symbol>,
    /// Routing realm of the source.
    pub flow_from: Option<Symbol>,
    /// Routing realm of the destination.
    pub flow_to: Option<Symbol>,
    /// Priority of the rule to continue with.
    #[nla(FRA_GOTO = 4)]
    pub goto: Option<u32>,
    /// Action instead of a lookup: `blackhole`, `unreachable`, `prohibit`, `goto`, `nop`.
    pub action: Option<Symbol>,
    /// `not` (selectors are inverted), `l3mdev` (the table is the one of the device's l3mdev),
    /// `permanent`, `find_saddr`.
    pub flags: Flags,
    /// `iif_detached`, `oif_detached` (the device does not exist now), `unresolved` (the rule to
    /// continue with does not exist now). The kernel sends no event when it changes.
    pub state: Flags,
    /// Origin of the rule: a name from rt_protos, else its number.
    #[nla(FRA_PROTOCOL = 21, names(u8, table = protocols))]
    pub protocol: Option<Symbol>,
}

/// `FIB_RULE_*`
const FLAGS: &FlagNames = &[
    (0x02, "not"),
    (L3MDEV, "l3mdev"),
    (0x01, "permanent"),
    (0x10000, "find_saddr"),
];
/// Not a flag of the kernel: bit for `FRA_L3MDEV`, above the 32 bits of the header.
const L3MDEV: u64 = 1 << 32;
const IIF_DETACHED: u64 = 0x08;
const OIF_DETACHED: u64 = 0x10;
/// The flags that change with devices and other rules.
pub(in crate::kind) const STATE: &FlagNames = &[
    (IIF_DETACHED, "iif_detached"),
    (OIF_DETACHED, "oif_detached"),
    (0x04, "unresolved"),
];
const STATE_BITS: u64 = 0x1c;

/// `FR_ACT_*`; the usual action, a lookup, is omitted.
const TO_TBL: u32 = 1;
pub(in crate::kind) const ACTIONS: &[(u32, &str)] = &[
    (2, "goto"),
    (3, "nop"),
    (6, "blackhole"),
    (7, "unreachable"),
    (8, "prohibit"),
];

/// `IPPROTO_*` by the names of /etc/protocols, as far as rules are likely to select them.
pub const IP_PROTOCOLS: &[(u32, &str)] = &[
    (1, "icmp"),
    (2, "igmp"),
    (4, "ipencap"),
    (6, "tcp"),
    (17, "udp"),
    (33, "dccp"),
    (41, "ipv6"),
    (47, "gre"),
    (50, "esp"),
    (51, "ah"),
    (58, "ipv6-icmp"),
    (89, "ospf"),
    (103, "pim"),
    (108, "ipcomp"),
    (112, "vrrp"),
    (115, "l2tp"),
    (132, "sctp"),
    (136, "udplite"),
];

impl Rule {
    /// The rule when a device has that name, or none has it any more.
    #[must_use]
    pub fn with_device(&self, name: IfName, exists: bool) -> Rule {
        let mut rule = self.clone();
        for (device, bit) in [(self.iif, IIF_DETACHED), (self.oif, OIF_DETACHED)] {
            if device == Some(name) {
                match exists {
                    true => rule.state.bits &= !bit,
                    false => rule.state.bits |= bit,
                }
            }
        }
        rule
    }
}

impl KindSpec for Rule {
    const MESSAGES: &'static [u16] = &[RTM_NEWRULE, RTM_DELRULE];
    const VERIFIED_AFTER: &'static [Trigger] = &[Trigger::DeviceName];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::rules()]
    }

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (header, attributes) = body.split_first_chunk::<12>()?;
        let [af, dst_len, src_len, tos, table, .., action] = *header.first_chunk::<8>()?;
        let full = match i32::from(af) {
            libc::AF_INET | 128 => 32,
            _ => 128,
        };
        let partial = |length: u8| (length != 0 && length != full).then_some(length);
        let flags = u64::from(u32_at(header, 8));
        let mut rule = Rule {
            family: family(af),
            src: Symbol::Known(if src_len == 0 { "all" } else { "0" }),
            srclen: partial(src_len),
            dstlen: partial(dst_len),
            tos: (tos != 0).then(|| dsfield(context, tos)),
            table: table_name(context, u32::from(table)),
            action: (u32::from(action) != TO_TBL).then(|| Symbol::of(u32::from(action), ACTIONS)),
            flags: Flags::new(flags & !STATE_BITS, FLAGS),
            state: Flags::new(flags & STATE_BITS, STATE),
            ..Default::default()
        };
        rule.attributes(context, attributes);
        Some(rule)
    }
}

impl Rule {
    fn incoming_device(
        &mut self,
        _: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let name = IfName::new(attr.bytes_z()).ok_or(AttrError::Length)?;
        (self.iif, self.iif_hex) = (Some(name), name.hex());
        Ok(())
    }

    fn outgoing_device(
        &mut self,
        _: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let name = IfName::new(attr.bytes_z()).ok_or(AttrError::Length)?;
        (self.oif, self.oif_hex) = (Some(name), name.hex());
        Ok(())
    }

    /// Reads the mask of the firewall mark. A mask of all bits is the default. The kernel omits a
    /// mark of zero, which has a meaning with a mask (fib_nl_fill_rule).
    fn mark_mask(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        self.fwmask = unless_all_bits(attr.u32()?).map(hex);
        self.fwmark.get_or_insert_with(|| hex(0));
        Ok(())
    }

    /// Reads the realms of the source (upper 16 bits) and the destination.
    fn flow(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let flow = attr.u32()?;
        let realm = |realm| (realm != 0).then(|| context.names.realms.symbol(realm));
        (self.flow_from, self.flow_to) = (realm(flow >> 16), realm(flow & 0xffff));
        Ok(())
    }

    fn l3mdev(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        if attr.u8()? != 0 {
            self.flags.bits |= L3MDEV;
        }
        Ok(())
    }

    /// Reads a `struct fib_rule_uid_range`.
    fn user_ids(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let [start, end] = context.u32_array(attr)?;
        (self.uid_start, self.uid_end) = (Some(start), Some(end));
        Ok(())
    }

    fn source_ports(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        (self.sport, self.sport_start, self.sport_end) = ports(context, attr)?;
        Ok(())
    }

    fn destination_ports(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        (self.dport, self.dport_start, self.dport_end) = ports(context, attr)?;
        Ok(())
    }
}

fn hex(number: impl LowerHex) -> String {
    format!("{number:#x}")
}

/// Returns `None` for all bits, which the kernel sends for no value.
fn unless_all_bits(number: u32) -> Option<u32> {
    (number != u32::MAX).then_some(number)
}

/// Returns a mask, or `None` for all bits: newer kernels always send the mask, older ones never.
fn port_mask(mask: u16) -> Option<String> {
    (mask != u16::MAX).then(|| hex(mask))
}

/// Returns the name of a table, or `None` for 0: the action is no lookup.
fn table_name(context: &DecodeContext<'_>, table: u32) -> Option<Symbol> {
    (table != 0).then(|| context.names.tables.symbol(table))
}

/// Reads the table, of which the header has 8 bits only.
fn table(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Option<Symbol>, AttrError> {
    Ok(table_name(context, attr.u32()?))
}

fn suppressed_group(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<Option<Symbol>, AttrError> {
    let group = unless_all_bits(attr.u32()?);
    Ok(group.map(|group| context.names.groups.symbol(group)))
}

/// A single port, or the first and the last port.
type Ports = (Option<u16>, Option<u16>, Option<u16>);

/// Reads a `struct fib_rule_port_range`.
fn ports(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Ports, AttrError> {
    let [a, b, c, d] = *attr.value.first_chunk::<4>().ok_or(AttrError::Length)?;
    context.record_excess(attr, 4);
    let (start, end) = (u16::from_ne_bytes([a, b]), u16::from_ne_bytes([c, d]));
    Ok(match start == end {
        true => (Some(start), None, None),
        false => (None, Some(start), Some(end)),
    })
}

/// Returns the type of service by the names of `rtnl_dsfield_n2a` of iproute2.
pub fn dsfield(context: &DecodeContext<'_>, tos: u8) -> Symbol {
    let name = context.names.dsfield.get(u32::from(tos));
    name.unwrap_or_else(|| Symbol::Named(format!("{tos:#04x}").into()))
}

/// Reads a code point, the upper six bits of the type of service.
fn dscp(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Symbol, AttrError> {
    let dscp = u32::from(attr.u8()?);
    let name = context.names.dsfield.get(dscp << 2);
    Ok(name.unwrap_or(Symbol::Number(dscp)))
}
