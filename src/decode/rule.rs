//! `RTM_NEWRULE`, `RTM_DELRULE` → [`Rule`].

use super::context::DecodeContext;
use super::wire::{family, u32_at};
use crate::event::rule::Rule;
use crate::event::values::{FlagNames, Flags, IfName, Symbol};
use crate::kind::route::rule::dsfield;
use crate::netlink::attr::{Attr, AttrError};

// linux/fib_rules.h
const FRA_DST: u16 = 1;
const FRA_SRC: u16 = 2;
const FRA_IIFNAME: u16 = 3;
const FRA_GOTO: u16 = 4;
const FRA_PRIORITY: u16 = 6;
const FRA_FWMARK: u16 = 10;
const FRA_FLOW: u16 = 11;
const FRA_TUN_ID: u16 = 12;
const FRA_SUPPRESS_IFGROUP: u16 = 13;
const FRA_SUPPRESS_PREFIXLEN: u16 = 14;
const FRA_TABLE: u16 = 15;
const FRA_FWMASK: u16 = 16;
const FRA_OIFNAME: u16 = 17;
const FRA_PAD: u16 = 18;
const FRA_L3MDEV: u16 = 19;
const FRA_UID_RANGE: u16 = 20;
const FRA_PROTOCOL: u16 = 21;
const FRA_IP_PROTO: u16 = 22;
const FRA_SPORT_RANGE: u16 = 23;
const FRA_DPORT_RANGE: u16 = 24;
const FRA_DSCP: u16 = 25;
const FRA_FLOWLABEL: u16 = 26;
const FRA_FLOWLABEL_MASK: u16 = 27;
const FRA_SPORT_MASK: u16 = 28;
const FRA_DPORT_MASK: u16 = 29;
const FRA_DSCP_MASK: u16 = 30;

/// `FIB_RULE_*`
const FLAGS: &FlagNames = &[
    (0x02, "not"),
    (L3MDEV, "l3mdev"),
    (0x01, "permanent"),
    (0x10000, "find_saddr"),
];
/// No flag of the kernel's: the table is the device's own.
const L3MDEV: u64 = 1 << 32;
/// Those that come and go with devices and other rules.
const STATE: &FlagNames = &[
    (0x08, "iif_detached"),
    (0x10, "oif_detached"),
    (0x04, "unresolved"),
];
const STATE_BITS: u64 = 0x1c;

/// `FR_ACT_*`; a look-up, the usual one, is left out.
const TO_TBL: u32 = 1;
const ACTIONS: &[(u32, &str)] = &[
    (2, "goto"),
    (3, "nop"),
    (6, "blackhole"),
    (7, "unreachable"),
    (8, "prohibit"),
];

/// What `body`, a `struct fib_rule_hdr` and its attributes, says. `None` where it is too short.
pub fn decode(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Rule> {
    let (header, attributes) = body.split_first_chunk::<12>()?;
    let [af, dst_len, src_len, tos, table, .., action] = *header.first_chunk::<8>()?;
    let full = if i32::from(af) == libc::AF_INET || af == 128 {
        32
    } else {
        128
    };
    let partial = |length: u8| (length != 0 && length != full).then_some(length);
    let flags = u64::from(u32_at(header, 8));
    let names = context.names;
    let mut it = Rule {
        family: family(af),
        src: Symbol::Known(if src_len == 0 { "all" } else { "0" }),
        srclen: partial(src_len),
        dstlen: partial(dst_len),
        tos: (tos != 0).then(|| dsfield(context, tos)),
        action: (u32::from(action) != TO_TBL).then(|| Symbol::of(u32::from(action), ACTIONS)),
        flags: Flags::new(flags & !STATE_BITS, FLAGS),
        state: Flags::new(flags & STATE_BITS, STATE),
        ..Default::default()
    };
    let mut number = u32::from(table);
    context.each(attributes, |context, attr| {
        match attr.kind {
            FRA_DST => it.dst = Some(attr.ip()?),
            FRA_SRC => it.src = Symbol::Named(attr.ip()?.to_string().into()),
            FRA_IIFNAME => (it.iif, it.iif_hex) = name(&attr)?,
            FRA_OIFNAME => (it.oif, it.oif_hex) = name(&attr)?,
            FRA_GOTO => it.goto = Some(attr.u32()?),
            FRA_PRIORITY => it.priority = attr.u32()?,
            FRA_FWMARK => it.fwmark = Some(hex(attr.u32()?)),
            FRA_FWMASK => {
                // A mark of zero is not sent, and a mask of all bits says nothing.
                let mask = attr.u32()?;
                it.fwmask = (mask != u32::MAX).then(|| hex(mask));
                it.fwmark.get_or_insert_with(|| hex(0));
            }
            FRA_FLOW => {
                let flow = attr.u32()?;
                let (from, to) = (flow >> 16, flow & 0xffff);
                it.flow_from = (from != 0).then(|| names.realms.symbol(from));
                it.flow_to = (to != 0).then(|| names.realms.symbol(to));
            }
            FRA_TUN_ID => it.tun_id = Some(attr.be64()?.to_string()),
            FRA_SUPPRESS_IFGROUP => {
                let group = Some(attr.u32()?).filter(|group| *group != u32::MAX);
                it.suppress_ifgroup = group.map(|group| names.groups.symbol(group));
            }
            FRA_SUPPRESS_PREFIXLEN => {
                it.suppress_prefixlen = Some(attr.u32()?).filter(|length| *length != u32::MAX);
            }
            FRA_TABLE => number = attr.u32()?,
            FRA_PAD => {}
            FRA_L3MDEV if attr.u8()? != 0 => it.flags.bits |= L3MDEV,
            FRA_L3MDEV => {}
            FRA_UID_RANGE => {
                let [start, end] = context.u32_array(&attr)?;
                (it.uid_start, it.uid_end) = (Some(start), Some(end));
            }
            FRA_PROTOCOL => it.protocol = Some(names.protocols.symbol(u32::from(attr.u8()?))),
            FRA_IP_PROTO => it.ipproto = Some(ip_protocol(attr.u8()?)),
            FRA_SPORT_RANGE => (it.sport, it.sport_start, it.sport_end) = range(context, &attr)?,
            FRA_DPORT_RANGE => (it.dport, it.dport_start, it.dport_end) = range(context, &attr)?,
            FRA_DSCP => it.dscp = Some(dscp(context, attr.u8()?)),
            FRA_DSCP_MASK => it.dscp_mask = Some(hex(u32::from(attr.u8()?))),
            FRA_FLOWLABEL => it.flowlabel = Some(hex(attr.be32()?)),
            FRA_FLOWLABEL_MASK => it.flowlabel_mask = Some(hex(attr.be32()?)),
            // A mask of all bits says nothing: newer kernels always send it, older ones never.
            FRA_SPORT_MASK => it.sport_mask = port_mask(&attr)?,
            FRA_DPORT_MASK => it.dport_mask = port_mask(&attr)?,
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    });
    it.table = (number != 0).then(|| names.tables.symbol(number));
    Some(it)
}

type Named = (Option<IfName>, Option<crate::event::values::Hex>);

fn name(attr: &Attr<'_>) -> Result<Named, AttrError> {
    let name = IfName::new(attr.bytes_z()).ok_or(AttrError::Length)?;
    Ok((Some(name), name.hex()))
}

fn hex(number: u32) -> String {
    format!("{number:#x}")
}

fn port_mask(attr: &Attr<'_>) -> Result<Option<String>, AttrError> {
    let mask = attr.u16()?;
    Ok((mask != u16::MAX).then(|| hex(u32::from(mask))))
}

type Range = (Option<u16>, Option<u16>, Option<u16>);

/// `struct fib_rule_port_range`: a single port, or the first and the last.
fn range(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Range, AttrError> {
    let [a, b, c, d] = *attr.value.first_chunk::<4>().ok_or(AttrError::Length)?;
    context.record_excess(attr, 4);
    let (start, end) = (u16::from_ne_bytes([a, b]), u16::from_ne_bytes([c, d]));
    Ok(match start == end {
        true => (Some(start), None, None),
        false => (None, Some(start), Some(end)),
    })
}

/// The upper six bits of the type of service.
fn dscp(context: &DecodeContext<'_>, dscp: u8) -> Symbol {
    let name = context.names.dsfield.get(u32::from(dscp) << 2);
    name.unwrap_or(Symbol::Number(u32::from(dscp)))
}

/// `IPPROTO_*` by the names of /etc/protocols, those that a rule is likely to select.
fn ip_protocol(number: u8) -> Symbol {
    Symbol::of(
        u32::from(number),
        &[
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
        ],
    )
}
