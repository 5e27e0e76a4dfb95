//! `kind:"xfrm_state"`: states of xfrm, the security associations of IPsec (`XFRM_MSG_NEWSA`,
//! `XFRM_MSG_UPDSA`, `XFRM_MSG_DELSA`; a hard expiry, `XFRM_MSG_EXPIRE`, deletes one).

use std::net::IpAddr;

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::parts::{
    LIMITS, MODES, PROTOCOLS, STATE_DIRECTIONS, USE, XfrmAlgorithm, XfrmEncap, XfrmLimits,
    XfrmOffload, XfrmReplay, XfrmSelector, XfrmUse, address, address_at, family, hex, mark,
    security, spi_at, whole_object,
};
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, Trigger, Triggers};
use crate::kind::wire::{u16_at, u32_at};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::request::Request;
use crate::netlink::xfrm::{STATE, STATE_ID, XFRM_MSG_DELSA, XFRM_MSG_NEWSA, XFRM_MSG_UPDSA};
use crate::value::{FlagNames, Flags, Symbol, Text};

/// A state of xfrm (`struct xfrm_usersa_info`, linux/xfrm.h). Without keys, unless the run has
/// `secrets`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    custom(
        XFRMA_ALG_AUTH = 1 => Self::authentication,
        XFRMA_ALG_AUTH_TRUNC = 20 => Self::truncated_authentication,
        XFRMA_MARK = 21 => Self::mark,
        XFRMA_REPLAY_VAL = 10 => Self::replay,
        XFRMA_REPLAY_ESN_VAL = 23 => Self::extended_replay,
        XFRMA_SET_MARK = 29 => Self::output_mark,
        XFRMA_SET_MARK_MASK = 30 => Self::output_mark_mask,
    ),
    // Read before the others.
    by_caller(XFRMA_SA = 6),
    skip(XFRMA_PAD = 27),
)]
#[state(
    key(src, dst, proto, spi, reqid, mark, mark_mask, if_id),
    prefix(src),
    prefix(dst)
)]
pub struct XfrmState {
    /// Address family: `inet`, `inet6`.
    pub family: Symbol,
    /// Source address.
    pub src: Option<IpAddr>,
    /// Destination address.
    pub dst: Option<IpAddr>,
    /// `esp`, `ah`, `comp`, `route2`, `hao`.
    pub proto: Symbol,
    /// Security parameter index, hexadecimal. 0 until a key daemon has answered an acquisition.
    pub spi: String,
    /// Id by which templates of policies find the state.
    pub reqid: u32,
    /// `transport`, `tunnel`, `ro`, `in_trigger`, `beet`, `iptfs`.
    pub mode: Symbol,
    /// Mark of the packets, hexadecimal.
    pub mark: Option<String>,
    /// Mask of the mark, hexadecimal.
    pub mark_mask: Option<String>,
    /// Id of the xfrm device, hexadecimal.
    #[nla(XFRMA_IF_ID = 31, map(u32, hex))]
    pub if_id: Option<String>,
    /// `in` or `out`, if the state is for one direction.
    #[nla(XFRMA_SA_DIR = 33, names(u8, STATE_DIRECTIONS))]
    pub dir: Option<Symbol>,
    /// Number of the processor that alone uses the state.
    #[nla(XFRMA_SA_PCPU = 35)]
    pub pcpu: Option<u32>,
    /// `noecn`, `decap-dscp`, `nopmtudisc`, `wildrecv`, `icmp`, `af-unspec`, `align4`, `esn`.
    pub flags: Flags,
    /// `dont-encap-dscp`, `oseq-may-wrap`.
    #[nla(XFRMA_SA_EXTRA_FLAGS = 24, flags(u32, EXTRA_FLAGS))]
    pub extra_flags: Flags,
    /// Size of the window against replays, packets.
    pub replay_window: u32,
    /// Number of the acquisition that the state answers.
    pub seq: Option<u32>,
    /// The packets that it is for; absent for any.
    #[state(names_devices, properties)]
    pub selector: Option<XfrmSelector>,
    /// Algorithm of authentication.
    pub auth: Option<XfrmAlgorithm>,
    /// Algorithm of encryption.
    #[nla(XFRMA_ALG_CRYPT = 2, with = plain)]
    pub enc: Option<XfrmAlgorithm>,
    /// Algorithm of authenticated encryption.
    #[nla(XFRMA_ALG_AEAD = 18, with = with_icv)]
    pub aead: Option<XfrmAlgorithm>,
    /// Algorithm of compression.
    #[nla(XFRMA_ALG_COMP = 3, with = plain)]
    pub comp: Option<XfrmAlgorithm>,
    /// Encapsulation in UDP or TCP.
    #[nla(XFRMA_ENCAP = 4)]
    pub encap: Option<XfrmEncap>,
    /// Seconds between packets that keep a translation of addresses alive.
    #[nla(XFRMA_NAT_KEEPALIVE_INTERVAL = 34)]
    pub nat_keepalive: Option<u32>,
    /// Care-of address.
    #[nla(XFRMA_COADDR = 14, with = address)]
    pub coa: Option<IpAddr>,
    /// Bytes to which packets are padded.
    #[nla(XFRMA_TFCPAD = 22)]
    pub tfcpad: Option<u32>,
    /// Mark that the packets get, hexadecimal.
    pub output_mark: Option<String>,
    /// Mask of that mark, hexadecimal.
    pub output_mark_mask: Option<String>,
    /// The device that does the work.
    #[nla(XFRMA_OFFLOAD_DEV = 28)]
    #[state(names_devices)]
    pub offload: Option<XfrmOffload>,
    /// Security label.
    #[nla(XFRMA_SEC_CTX = 8, with = security)]
    pub security: Option<Text>,
    /// Seconds after which a change of the peer's address and port is reported again.
    #[nla(XFRMA_MTIMER_THRESH = 32)]
    pub mapping_threshold: Option<u32>,
    /// Microseconds that IP-TFS waits for a missing packet.
    #[nla(XFRMA_IPTFS_DROP_TIME = 36)]
    pub iptfs_drop_time: Option<u32>,
    /// Packets of IP-TFS that may be out of order.
    #[nla(XFRMA_IPTFS_REORDER_WINDOW = 37)]
    pub iptfs_reorder_window: Option<u16>,
    /// True if IP-TFS does not divide packets.
    #[nla(XFRMA_IPTFS_DONT_FRAG = 38, present)]
    pub iptfs_dont_frag: Option<bool>,
    /// Microseconds that IP-TFS waits for further packets.
    #[nla(XFRMA_IPTFS_INIT_DELAY = 39)]
    pub iptfs_init_delay: Option<u32>,
    /// Bytes that IP-TFS queues.
    #[nla(XFRMA_IPTFS_MAX_QSIZE = 40)]
    pub iptfs_max_queue_size: Option<u32>,
    /// Bytes of an IP-TFS packet; 0 for the path MTU.
    #[nla(XFRMA_IPTFS_PKT_SIZE = 41)]
    pub iptfs_packet_size: Option<u32>,
    /// Limits after which it expires.
    pub limits: Option<XfrmLimits>,
    /// With `details`: what has gone through it.
    #[state(volatile)]
    pub current: Option<XfrmUse>,
    /// With `details`: when it was last used, seconds since 1970.
    #[nla(XFRMA_LASTUSED = 15, details, volatile)]
    pub last_used: Option<u64>,
    /// With `details`: sequence numbers.
    #[state(volatile)]
    pub replay: Option<XfrmReplay>,
    /// With `details`: packets outside of the window, with a number that was received before, and
    /// with a wrong integrity check value.
    #[state(volatile)]
    pub errors: Option<XfrmErrors>,
    /// `hard`: the kernel deleted the state because of this limit.
    #[state(transient)]
    pub expired: Option<Symbol>,
}

/// Packets that a state rejected (`struct xfrm_stats`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct XfrmErrors {
    /// Outside of the window.
    pub replay_window: u32,
    /// With a number that was received before.
    pub replay: u32,
    /// With a wrong integrity check value.
    pub integrity_failed: u32,
}

/// `XFRM_STATE_*`, as `ip xfrm` names them.
const FLAGS: &FlagNames = &[
    (1, "noecn"),
    (2, "decap-dscp"),
    (4, "nopmtudisc"),
    (8, "wildrecv"),
    (16, "icmp"),
    (32, "af-unspec"),
    (64, "align4"),
    (128, "esn"),
];

/// `XFRM_SA_XFLAG_*`
const EXTRA_FLAGS: &FlagNames = &[(1, "dont-encap-dscp"), (2, "oseq-may-wrap")];

impl KindSpec for XfrmState {
    const NETLINK_FAMILY: FamilyId = FamilyId::XFRM;
    const MESSAGES: &'static [u16] = &[XFRM_MSG_NEWSA, XFRM_MSG_UPDSA, XFRM_MSG_DELSA];
    const STALE_AFTER: &'static [Trigger] = &[Trigger::XfrmState];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::xfrm_states()]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let state = match message.kind {
            XFRM_MSG_DELSA => {
                let (id, attributes) = message.body.split_at_checked(STATE_ID)?;
                let whole = whole_object(attributes, Self::XFRMA_SA, STATE);
                let mut state = match whole {
                    Some(info) => Self::of_info(context, info),
                    None => Self::of_id(id),
                };
                state.all_attributes(context, attributes, whole.is_some());
                state
            }
            _ => Self::of_message(context, message.body, STATE)?,
        };
        emit.object(context, state)
    }

    fn triggers(&self, op: Op, _old: Option<&Self>) -> Triggers {
        match op {
            // The message about an update repeats the request, of which the kernel applies a part
            // (`xfrm_state_update`).
            Op::Change => Triggers::of(&[Trigger::XfrmState]),
            _ => Triggers::NONE,
        }
    }
}

impl XfrmState {
    /// Reads the whole of a message that begins with a `struct xfrm_usersa_info` and a header of
    /// `header` bytes. `None` if it is shorter.
    pub(super) fn of_message(
        context: &mut DecodeContext<'_>,
        body: &[u8],
        header: usize,
    ) -> Option<Self> {
        let (info, attributes) = body.split_at_checked(header)?;
        let mut state = Self::of_info(context, info);
        state.all_attributes(context, attributes, false);
        Some(state)
    }

    /// Reads a `struct xfrm_usersa_info`, of [`STATE`] bytes at least.
    fn of_info(context: &DecodeContext<'_>, info: &[u8]) -> Self {
        let af = u16_at(info, 212);
        let (selector, _) = XfrmSelector::read(info);
        let seq = u32_at(info, 204);
        let has_details = context.details;
        XfrmState {
            family: family(af),
            src: Some(address_at(info, 80, af)),
            dst: Some(address_at(info, 56, af)),
            proto: Symbol::of(info[76].into(), PROTOCOLS),
            spi: spi_at(info, 72),
            reqid: u32_at(info, 208),
            mode: Symbol::of(info[214].into(), MODES),
            flags: Flags::new(info[216].into(), FLAGS),
            extra_flags: Flags::new(0, EXTRA_FLAGS),
            replay_window: info[215].into(),
            seq: (seq != 0).then_some(seq),
            selector,
            limits: XfrmLimits::read(&info[96..96 + LIMITS]),
            current: has_details.then(|| XfrmUse::read(&info[160..160 + USE])),
            errors: has_details.then(|| XfrmErrors {
                replay_window: u32_at(info, 192),
                replay: u32_at(info, 196),
                integrity_failed: u32_at(info, 200),
            }),
            ..Default::default()
        }
    }

    /// Reads a `struct xfrm_usersa_id`, of [`STATE_ID`] bytes: all that an older kernel tells.
    fn of_id(id: &[u8]) -> Self {
        let af = u16_at(id, 20);
        XfrmState {
            family: family(af),
            dst: Some(address_at(id, 0, af)),
            proto: Symbol::of(id[22].into(), PROTOCOLS),
            spi: spi_at(id, 16),
            flags: Flags::new(0, FLAGS),
            extra_flags: Flags::new(0, EXTRA_FLAGS),
            ..Default::default()
        }
    }

    /// Reads the attributes. `is_whole`: an `XFRMA_SA` was read.
    fn all_attributes(
        &mut self,
        context: &mut DecodeContext<'_>,
        attributes: &[u8],
        is_whole: bool,
    ) {
        context.each(attributes, |context, attr| match attr.kind {
            Self::XFRMA_SA if is_whole => {
                context.record_excess(&attr, STATE);
                Ok(())
            }
            Self::XFRMA_SA => Err(AttrError::Length),
            _ => self.attribute(context, &attr),
        });
        // Of an IPv4 state its care-of address is one as well.
        if let Some(coa) = &mut self.coa {
            *coa = as_family_of(*coa, self.dst);
        }
    }

    fn authentication(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let auth = plain(context, attr)?;
        // The kernel sends the same algorithm with the length to which it is truncated as well.
        self.auth.get_or_insert(auth);
        Ok(())
    }

    fn truncated_authentication(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        self.auth = Some(with_icv(context, attr)?);
        Ok(())
    }

    fn mark(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        (self.mark, self.mark_mask) = mark(context, attr)?;
        Ok(())
    }

    fn output_mark(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        self.output_mark = Some(hex(attr.u32()?));
        Ok(())
    }

    fn output_mark_mask(
        &mut self,
        _: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let mask = attr.u32()?;
        self.output_mark_mask = (mask != u32::MAX).then(|| hex(mask));
        Ok(())
    }

    fn replay(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let replay = XfrmReplay::read(context, attr)?;
        self.replay = context.details.then_some(replay);
        Ok(())
    }

    /// Reads an `XFRMA_REPLAY_ESN_VAL`, which has the size of the window as well.
    fn extended_replay(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let (replay, window) = XfrmReplay::read_extended(context, attr)?;
        self.replay_window = window;
        self.replay = context.details.then_some(replay);
        Ok(())
    }
}

/// An address of an attribute, which does not say of which family it is, like another one.
fn as_family_of(address: IpAddr, other: Option<IpAddr>) -> IpAddr {
    match (address, other) {
        (IpAddr::V6(address), Some(IpAddr::V4(_))) => {
            let [a, b, c, d, ..] = address.octets();
            IpAddr::from([a, b, c, d])
        }
        _ => address,
    }
}

fn plain(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<XfrmAlgorithm, AttrError> {
    XfrmAlgorithm::read(context, attr, false)
}

fn with_icv(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<XfrmAlgorithm, AttrError> {
    XfrmAlgorithm::read(context, attr, true)
}
