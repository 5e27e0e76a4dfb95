//! What the kinds of xfrm have in common: selectors, limits, counters and numbers with names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nlstream_derive::Object;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::json::MAX_INTEGER;
use crate::kind::attributes::FromAttr;
use crate::kind::context::DecodeContext;
use crate::kind::route::rule::IP_PROTOCOLS;
use crate::kind::wire::{u16_at, u32_at};
use crate::netlink::attr::{Attr, AttrError, Attrs};
use crate::netlink::xfrm::SELECTOR;
use crate::value::{Hex, IfName, Prefix, Symbol, Text};

/// Protocols of IPsec as `ip xfrm` names them.
pub(super) const PROTOCOLS: &[(u32, &str)] = &[
    (50, "esp"),
    (51, "ah"),
    (108, "comp"),
    (43, "route2"),
    (60, "hao"),
    (0, "any"),
    (255, "ipsec-any"),
];

/// `XFRM_MODE_*`
pub(super) const MODES: &[(u32, &str)] = &[
    (0, "transport"),
    (1, "tunnel"),
    (2, "ro"),
    (3, "in_trigger"),
    (4, "beet"),
    (5, "iptfs"),
];

/// `XFRM_SHARE_*`
pub(super) const SHARES: &[(u32, &str)] = &[(0, "any"), (1, "session"), (2, "user"), (3, "unique")];

/// `XFRM_POLICY_TYPE_*`
pub(super) const POLICY_TYPES: &[(u32, &str)] = &[(0, "main"), (1, "sub"), (255, "any")];

/// `XFRM_POLICY_IN` and the following; three more for the policies of sockets (`xfrm_policy_id2dir`,
/// `xfrm_sk_policy_insert`).
pub(super) const DIRECTIONS: &[(u32, &str)] = &[
    (0, "in"),
    (1, "out"),
    (2, "fwd"),
    (3, "socket_in"),
    (4, "socket_out"),
    (5, "socket_fwd"),
];

/// `XFRM_SA_DIR_*`
pub(super) const STATE_DIRECTIONS: &[(u32, &str)] = &[(1, "in"), (2, "out")];

/// The whole of a deleted object among the attributes of the message about its deletion, which begins with its
/// id: the value of the first attribute `kind` that has `length` bytes at least. `None` if there is none.
pub(super) fn whole_object(attributes: &[u8], kind: u16, length: usize) -> Option<&[u8]> {
    let all = Attrs::new(attributes).flatten();
    let of_kind = all.filter(|it| it.kind == kind);
    of_kind.map(|it| it.value).find(|it| it.len() >= length)
}

/// A native `u64` at `at` of a structure.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_ne_bytes(number)
}

/// A `u16` in network byte order at `at` of a structure.
pub(super) fn be16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

/// An `xfrm_address_t` at `at` of a structure: of every family but `AF_INET` an IPv6 address.
pub(super) fn address_at(bytes: &[u8], at: usize, family: u16) -> IpAddr {
    let mut octets = [0; 16];
    octets.copy_from_slice(&bytes[at..at + 16]);
    match i32::from(family) {
        libc::AF_INET => IpAddr::V4(Ipv4Addr::new(octets[0], octets[1], octets[2], octets[3])),
        _ => IpAddr::V6(Ipv6Addr::from(octets)),
    }
}

/// The name of an address family, of which the structures have 16 bits.
pub(super) fn family(family: u16) -> Symbol {
    match u8::try_from(family) {
        Ok(family) => crate::kind::wire::family(family),
        Err(_) => Symbol::Number(family.into()),
    }
}

/// A security parameter index as `ip xfrm` writes it.
pub(super) fn spi_at(bytes: &[u8], at: usize) -> String {
    let spi = u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    format!("{spi:#010x}")
}

pub(super) fn hex(number: u32) -> String {
    format!("{number:#x}")
}

/// The value and the mask of a `struct xfrm_mark`.
pub(super) fn mark(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<(Option<String>, Option<String>), AttrError> {
    let [value, mask] = context.u32_array(attr)?;
    Ok((Some(hex(value)), Some(hex(mask))))
}

/// The text of a `struct xfrm_user_sec_ctx`.
pub(super) fn security(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<Text, AttrError> {
    const HEADER: usize = 8;
    let (header, text) = attr
        .value
        .split_at_checked(HEADER)
        .ok_or(AttrError::Length)?;
    let length = usize::from(u16_at(header, 6));
    let text = text.get(..length).ok_or(AttrError::Length)?;
    context.record_excess(attr, HEADER + length);
    let end = text.iter().position(|byte| *byte == 0);
    Ok(Text(text[..end.unwrap_or(text.len())].into()))
}

/// The packets that a policy or a state is for (`struct xfrm_selector`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Object)]
#[state(names_device(ifindex, dev), prefix(src), prefix(dst))]
pub struct XfrmSelector {
    /// Source addresses.
    pub src: Option<Prefix>,
    /// Destination addresses.
    pub dst: Option<Prefix>,
    /// IP protocol: a name, else its number; absent for any.
    pub proto: Option<Symbol>,
    /// Source port.
    pub sport: Option<u16>,
    /// Mask of the source port, hexadecimal, unless all bits are set.
    pub sport_mask: Option<String>,
    /// Destination port.
    pub dport: Option<u16>,
    /// Mask of the destination port, hexadecimal, unless all bits are set.
    pub dport_mask: Option<String>,
    /// Type of ICMP or mobility messages.
    pub icmp_type: Option<u16>,
    /// Code of ICMP or mobility messages.
    pub icmp_code: Option<u16>,
    /// Key of GRE.
    pub gre_key: Option<u32>,
    /// The device's index.
    pub ifindex: Option<u32>,
    /// The device's name.
    pub dev: Option<IfName>,
    /// User id.
    pub user: Option<u32>,
}

impl XfrmSelector {
    /// Reads one of [`SELECTOR`] bytes. Returns it and its address family; `None` if it is for
    /// every packet of any family.
    pub(super) fn read(bytes: &[u8]) -> (Option<Self>, u16) {
        const ICMP: u8 = 1;
        const GRE: u8 = 47;
        const ICMPV6: u8 = 58;
        const MOBILITY: u8 = 135;
        let bytes = &bytes[..SELECTOR];
        let family = u16_at(bytes, 40);
        if bytes.iter().all(|byte| *byte == 0) {
            return (None, family);
        }
        let prefix = |at, length| Prefix {
            address: address_at(bytes, at, family),
            length,
        };
        let proto = bytes[44];
        let (dport, dport_mask) = (be16_at(bytes, 32), be16_at(bytes, 34));
        let (sport, sport_mask) = (be16_at(bytes, 36), be16_at(bytes, 38));
        let number = |number: u32| (number != 0).then_some(number);
        let mut selector = XfrmSelector {
            src: (family != 0).then(|| prefix(16, bytes[43])),
            dst: (family != 0).then(|| prefix(0, bytes[42])),
            proto: (proto != 0).then(|| Symbol::of(proto.into(), IP_PROTOCOLS)),
            ifindex: number(u32_at(bytes, 48)),
            user: number(u32_at(bytes, 52)),
            ..Default::default()
        };
        let value = |number, mask| (mask != 0).then_some(number);
        let mask = |mask: u16| (mask != 0 && mask != u16::MAX).then(|| hex(mask.into()));
        match proto {
            ICMP | ICMPV6 | MOBILITY => {
                selector.icmp_type = value(sport, sport_mask);
                selector.icmp_code = value(dport, dport_mask);
            }
            GRE if sport_mask != 0 || dport_mask != 0 => {
                selector.gre_key = Some(u32::from(sport) << 16 | u32::from(dport));
            }
            _ => {
                selector.sport = value(sport, sport_mask);
                selector.dport = value(dport, dport_mask);
                selector.sport_mask = mask(sport_mask);
                selector.dport_mask = mask(dport_mask);
            }
        }
        (Some(selector), family)
    }
}

/// Limits after which a state or a policy expires (`struct xfrm_lifetime_cfg`); those that are
/// infinite are absent. After a soft one a key daemon is asked for a successor.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct XfrmLimits {
    /// Bytes.
    pub soft_bytes: Option<u64>,
    /// Bytes.
    pub hard_bytes: Option<u64>,
    /// Packets.
    pub soft_packets: Option<u64>,
    /// Packets.
    pub hard_packets: Option<u64>,
    /// Seconds since it was added.
    pub soft_add: Option<u64>,
    /// Seconds since it was added.
    pub hard_add: Option<u64>,
    /// Seconds since it was first used.
    pub soft_use: Option<u64>,
    /// Seconds since it was first used.
    pub hard_use: Option<u64>,
}

/// Length of `struct xfrm_lifetime_cfg`.
pub(super) const LIMITS: usize = 64;

impl XfrmLimits {
    /// Reads one of [`LIMITS`] bytes; `None` if all are infinite.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        // A number that no line can have is beyond every limit.
        let count = |at| Some(u64_at(bytes, at)).filter(|it| *it <= MAX_INTEGER);
        let seconds = |at| count(at).filter(|it| *it != 0);
        let limits = XfrmLimits {
            soft_bytes: count(0),
            hard_bytes: count(8),
            soft_packets: count(16),
            hard_packets: count(24),
            soft_add: seconds(32),
            hard_add: seconds(40),
            soft_use: seconds(48),
            hard_use: seconds(56),
        };
        (limits != XfrmLimits::default()).then_some(limits)
    }
}

/// What has gone through a state or a policy (`struct xfrm_lifetime_cur`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct XfrmUse {
    /// Bytes.
    pub bytes: u64,
    /// Packets.
    pub packets: u64,
    /// When it was added: seconds since 1970.
    pub add_time: Option<u64>,
    /// When it was first used: seconds since 1970.
    pub use_time: Option<u64>,
}

/// Length of `struct xfrm_lifetime_cur`.
pub(super) const USE: usize = 32;

impl XfrmUse {
    /// Reads one of [`USE`] bytes.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let time = |at| Some(u64_at(bytes, at).min(MAX_INTEGER)).filter(|it| *it != 0);
        XfrmUse {
            bytes: u64_at(bytes, 0).min(MAX_INTEGER),
            packets: u64_at(bytes, 8).min(MAX_INTEGER),
            add_time: time(16),
            use_time: time(24),
        }
    }
}

impl FromAttr for XfrmUse {
    fn from_attr(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let bytes = attr.value.get(..USE).ok_or(AttrError::Length)?;
        context.record_excess(attr, USE);
        Ok(XfrmUse::read(bytes))
    }
}

/// Sequence numbers of a state against replays (`struct xfrm_replay_state`,
/// `struct xfrm_replay_state_esn`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct XfrmReplay {
    /// Number of the last packet that was sent.
    pub oseq: u64,
    /// Highest number that was received.
    pub seq: u64,
    /// The numbers below it that were received: words of 32 bits, hexadecimal.
    pub bitmap: Option<String>,
}

impl XfrmReplay {
    /// Reads an `XFRMA_REPLAY_VAL`.
    pub(super) fn read(
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<Self, AttrError> {
        let [oseq, seq, bitmap] = context.u32_array(attr)?;
        Ok(XfrmReplay {
            oseq: oseq.into(),
            seq: seq.into(),
            bitmap: Some(format!("{bitmap:08x}")),
        })
    }

    /// Reads an `XFRMA_REPLAY_ESN_VAL`. Returns it and the size of the window.
    pub(super) fn read_extended(
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(Self, u32), AttrError> {
        const HEADER: usize = 24;
        let [words, oseq, seq, oseq_hi, seq_hi, window] = crate::kind::wire::u32_array(attr.value)?;
        let length = (words as usize).saturating_mul(4);
        let words = attr.value[HEADER..]
            .get(..length)
            .ok_or(AttrError::Length)?;
        context.record_excess(attr, HEADER + length);
        let (words, _) = words.as_chunks::<4>();
        let words: String = words
            .iter()
            .map(|word| format!("{:08x}", u32::from_ne_bytes(*word)))
            .collect();
        let number =
            |high: u32, low: u32| (u64::from(high) << 32 | u64::from(low)).min(MAX_INTEGER);
        let replay = XfrmReplay {
            oseq: number(oseq_hi, oseq),
            seq: number(seq_hi, seq),
            bitmap: (!words.is_empty()).then_some(words),
        };
        Ok((replay, window))
    }
}

impl FromAttr for XfrmReplay {
    fn from_attr(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        XfrmReplay::read(context, attr)
    }
}

/// An algorithm (`struct xfrm_algo`, `struct xfrm_algo_auth`, `struct xfrm_algo_aead`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct XfrmAlgorithm {
    /// Name of the algorithm in the kernel's crypto API: `cbc(aes)`.
    pub name: String,
    /// Length of the key in bits.
    pub key_bits: Option<u32>,
    /// Length of the integrity check value in bits.
    pub icv_bits: Option<u32>,
    /// The key. Only with `secrets`.
    pub key: Option<Hex>,
}

impl XfrmAlgorithm {
    /// Reads an algorithm whose structure has a second length (`has_icv`), or has not.
    pub(super) fn read(
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
        has_icv: bool,
    ) -> Result<Self, AttrError> {
        const NAME: usize = 64;
        let header = NAME + if has_icv { 8 } else { 4 };
        let (head, rest) = attr
            .value
            .split_at_checked(header)
            .ok_or(AttrError::Length)?;
        let key_bits = u32_at(head, NAME);
        let length = key_bits.div_ceil(8) as usize;
        let key = rest.get(..length).ok_or(AttrError::Length)?;
        // The excess may be secret, too.
        if context.secrets {
            context.record_excess(attr, header + length);
        }
        let name = head[..NAME].split(|byte| *byte == 0).next();
        Ok(XfrmAlgorithm {
            name: String::from_utf8_lossy(name.unwrap_or_default()).into_owned(),
            key_bits: (key_bits != 0).then_some(key_bits),
            icv_bits: has_icv.then(|| u32_at(head, NAME + 4)),
            key: (context.secrets && length > 0).then(|| Hex(key.into())),
        })
    }
}

/// `UDP_ENCAP_*` (linux/udp.h), `TCP_ENCAP_ESPINTCP` (linux/tcp.h).
const ENCAPS: &[(u32, &str)] = &[(1, "espinudp-nonike"), (2, "espinudp"), (7, "espintcp")];

/// Encapsulation in UDP or TCP, through NAT (`struct xfrm_encap_tmpl`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct XfrmEncap {
    /// `espinudp`, `espinudp-nonike`, `espintcp`.
    pub r#type: Symbol,
    /// Source port.
    pub sport: u16,
    /// Destination port.
    pub dport: u16,
    /// The original address of the peer.
    pub original: Option<IpAddr>,
}

impl FromAttr for XfrmEncap {
    fn from_attr(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        const LENGTH: usize = 24;
        let bytes = attr.value.get(..LENGTH).ok_or(AttrError::Length)?;
        context.record_excess(attr, LENGTH);
        // Its family is not in the structure: only an IPv6 address has more than four bytes.
        let family = match bytes[12..24].iter().all(|byte| *byte == 0) {
            true => libc::AF_INET,
            false => libc::AF_INET6,
        };
        let original = address_at(bytes, 8, family as u16);
        Ok(XfrmEncap {
            r#type: Symbol::of(u16_at(bytes, 0).into(), ENCAPS),
            sport: be16_at(bytes, 2),
            dport: be16_at(bytes, 4),
            original: (!original.is_unspecified()).then_some(original),
        })
    }
}

/// A device that does the work of a state or a policy (`struct xfrm_user_offload`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Object)]
#[state(names_device(ifindex, dev))]
pub struct XfrmOffload {
    /// `crypto`, or `packet`: all of the packet.
    pub mode: Symbol,
    /// `in` or `out`.
    pub dir: Symbol,
    /// The device's index.
    pub ifindex: u32,
    /// The device's name.
    pub dev: Option<IfName>,
}

impl FromAttr for XfrmOffload {
    fn from_attr(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        const XFRM_OFFLOAD_INBOUND: u8 = 2;
        const XFRM_OFFLOAD_PACKET: u8 = 4;
        const LENGTH: usize = 8;
        let bytes = attr.value.get(..LENGTH).ok_or(AttrError::Length)?;
        context.record_excess(attr, LENGTH);
        let has = |flag, yes, no| match bytes[4] & flag != 0 {
            true => Symbol::Known(yes),
            false => Symbol::Known(no),
        };
        Ok(XfrmOffload {
            ifindex: u32_at(bytes, 0),
            mode: has(XFRM_OFFLOAD_PACKET, "packet", "crypto"),
            dir: has(XFRM_OFFLOAD_INBOUND, "in", "out"),
            dev: None,
        })
    }
}

/// What a policy demands of packets (`struct xfrm_user_tmpl`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct XfrmTemplate {
    /// Source address of a tunnel.
    pub src: Option<IpAddr>,
    /// Destination address of a tunnel.
    pub dst: Option<IpAddr>,
    /// `esp`, `ah`, `comp`, `route2`, `hao`.
    pub proto: Symbol,
    /// Security parameter index, hexadecimal; absent for any.
    pub spi: Option<String>,
    /// Id of the states that fit; 0 for any.
    pub reqid: u32,
    /// `transport`, `tunnel`, `ro`, `in_trigger`, `beet`, `iptfs`.
    pub mode: Symbol,
    /// Who may share a state: `any`, `session`, `user`, `unique`.
    pub share: Symbol,
    /// True if packets need not be protected.
    pub optional: Option<bool>,
    /// The algorithms of authentication that are allowed, as bits, unless all are; hexadecimal.
    pub aalgos: Option<String>,
    /// Those of encryption.
    pub ealgos: Option<String>,
    /// Those of compression.
    pub calgos: Option<String>,
}

/// Reads an `XFRMA_TMPL`.
pub(super) fn templates(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<Vec<XfrmTemplate>, AttrError> {
    const LENGTH: usize = 64;
    let (list, rest) = attr.value.as_chunks::<LENGTH>();
    context.record_excess(attr, attr.value.len() - rest.len());
    let one = |bytes: &[u8; LENGTH]| {
        let family = u16_at(bytes, 24);
        let address =
            |at| Some(address_at(bytes, at, family)).filter(|address| !address.is_unspecified());
        let algorithms = |at| {
            Some(u32_at(bytes, at))
                .filter(|it| *it != u32::MAX)
                .map(hex)
        };
        XfrmTemplate {
            src: address(28),
            dst: address(0),
            proto: Symbol::of(bytes[20].into(), PROTOCOLS),
            spi: (bytes[16..20] != [0; 4]).then(|| spi_at(bytes, 16)),
            reqid: u32_at(bytes, 44),
            mode: Symbol::of(bytes[48].into(), MODES),
            share: Symbol::of(bytes[49].into(), SHARES),
            optional: (bytes[50] != 0).then_some(true),
            aalgos: algorithms(52),
            ealgos: algorithms(56),
            calgos: algorithms(60),
        }
    };
    Ok(list.iter().map(one).collect())
}

/// The type of policies in a `struct xfrm_userpolicy_type`.
pub(super) fn policy_type(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<Symbol, AttrError> {
    const LENGTH: usize = 6;
    let kind = attr.value.first().ok_or(AttrError::Length)?;
    context.record_excess(attr, LENGTH);
    Ok(Symbol::of((*kind).into(), POLICY_TYPES))
}

/// The address in an attribute.
pub(super) fn address(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<IpAddr, AttrError> {
    const LENGTH: usize = 16;
    let bytes = attr.value.get(..LENGTH).ok_or(AttrError::Length)?;
    context.record_excess(attr, LENGTH);
    Ok(address_at(bytes, 0, libc::AF_INET6 as u16))
}
