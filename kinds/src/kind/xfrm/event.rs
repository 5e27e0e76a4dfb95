//! `kind:"xfrm_event"`: messages of xfrm that are no state: a key daemon is asked for a state
//! (`XFRM_MSG_ACQUIRE`), a soft limit was reached, the address of a peer changed, and others. A hard expiry
//! is the deletion of a state or policy.

use std::net::IpAddr;

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::parts::{
    MODES, POLICY_TYPES, PROTOCOLS, STATE_DIRECTIONS, XfrmEncap, XfrmReplay, XfrmSelector, XfrmUse,
    address_at, be16_at, family, hex, mark, policy_type, spi_at,
};
use super::{XfrmPolicy, XfrmState};
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, MessageAction, Trigger, Triggers};
use crate::kind::wire::{u16_at, u32_at};
use crate::kind::{Kind, Op, Payload};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::xfrm::{
    ACQUIRE, AEVENT, DEFAULT, EXPIRE, FLUSH, MAPPING, POLICY, POLICY_EXPIRE, POLICY_ID, REPORT,
    STATE, XFRM_MSG_ACQUIRE, XFRM_MSG_EXPIRE, XFRM_MSG_FLUSHPOLICY, XFRM_MSG_FLUSHSA,
    XFRM_MSG_GETDEFAULT, XFRM_MSG_MAPPING, XFRM_MSG_MIGRATE, XFRM_MSG_NEWAE, XFRM_MSG_POLEXPIRE,
    XFRM_MSG_REPORT,
};
use crate::value::{FlagNames, Flags, Symbol};

/// An event of xfrm (linux/xfrm.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(
    custom(XFRMA_MARK = 21 => Self::mark, XFRMA_REPLAY_ESN_VAL = 23 => Self::extended_replay),
    by_caller(XFRMA_COADDR = 14),
    skip(XFRMA_PAD = 27),
)]
#[state(prefix(src), prefix(dst), no_property(state))]
pub struct XfrmEvent {
    /// `acquire` (a key daemon is asked for a state), `expire` (a soft limit was reached), `flush` (all
    /// states of a protocol, or all policies of a type, were deleted), `mapping` (the address or port of a
    /// peer behind NAT changed), `migrate` (states and policies got other addresses), `report` (packets did
    /// not fit a policy), `aevent` (sequence numbers and counters of a state, for another machine that may
    /// take over), `default` (the action for packets without a policy was set).
    pub event: Symbol,
    /// Address family: `inet`, `inet6`.
    pub family: Option<Symbol>,
    /// Source address of the state.
    pub src: Option<IpAddr>,
    /// Destination address of the state.
    pub dst: Option<IpAddr>,
    /// `esp`, `ah`, `comp`, `route2`, `hao`, `any`.
    pub proto: Option<Symbol>,
    /// Security parameter index, hexadecimal.
    pub spi: Option<String>,
    /// Id by which templates of policies find the state.
    pub reqid: Option<u32>,
    /// Number of an acquisition, which the answer repeats.
    pub seq: Option<u32>,
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
    /// The packets that caused it.
    #[state(names_devices, properties)]
    pub selector: Option<XfrmSelector>,
    /// Type of the policies: `main`, `sub`.
    #[nla(XFRMA_POLICY_TYPE = 16, with = policy_type)]
    pub ptype: Option<Symbol>,
    /// Of `mapping`: the former address.
    pub old_src: Option<IpAddr>,
    /// Of `mapping`: the former port.
    pub old_sport: Option<u16>,
    /// Of `mapping`: the present address.
    pub new_src: Option<IpAddr>,
    /// Of `mapping`: the present port.
    pub new_sport: Option<u16>,
    /// Of `report`: care-of address.
    pub coa: Option<IpAddr>,
    /// Of `migrate`: the former and the present addresses.
    #[nla(XFRMA_MIGRATE = 17, with = migrations)]
    pub migrations: Option<Vec<XfrmMigration>>,
    /// Of `migrate`: addresses of the key daemons.
    #[nla(XFRMA_KMADDRESS = 19, with = key_managers)]
    pub key_managers: Option<XfrmKeyManagers>,
    /// Of `migrate`: encapsulation in UDP or TCP.
    #[nla(XFRMA_ENCAP = 4)]
    pub encap: Option<XfrmEncap>,
    /// Of `aevent`, why: `replay-threshold`, `replay`, `lifetime`, `timer-threshold`, `replay-update`,
    /// `timer-expired`, `policy-updated`.
    pub flags: Option<Flags>,
    /// Of `aevent`: sequence numbers.
    #[nla(XFRMA_REPLAY_VAL = 10)]
    pub replay: Option<XfrmReplay>,
    /// Of `aevent`: size of the window against replays, packets.
    pub replay_window: Option<u32>,
    /// Of `aevent`: what has gone through the state.
    #[nla(XFRMA_LTIME_VAL = 9)]
    pub current: Option<XfrmUse>,
    /// Of `aevent`: packets after which the next one follows.
    #[nla(XFRMA_REPLAY_THRESH = 11)]
    pub replay_threshold: Option<u32>,
    /// Of `aevent`: tenths of a second after which the next one follows.
    #[nla(XFRMA_ETIMER_THRESH = 12)]
    pub timer_threshold: Option<u32>,
    /// Of `default`, for incoming packets: `allow`, `block`.
    pub default_in: Option<Symbol>,
    /// Of `default`, for forwarded packets.
    pub default_fwd: Option<Symbol>,
    /// Of `default`, for outgoing packets.
    pub default_out: Option<Symbol>,
    /// Of `expire`: the state.
    #[state(names_devices)]
    pub state: Option<Box<XfrmState>>,
    /// Of `acquire`: the policy that needs a state. Of `expire` and `migrate`: the policy.
    #[state(names_devices)]
    pub policy: Option<Box<XfrmPolicy>>,
}

/// The change of addresses of the states of a policy (`struct xfrm_user_migrate`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct XfrmMigration {
    /// Former source address.
    pub old_src: Option<IpAddr>,
    /// Former destination address.
    pub old_dst: Option<IpAddr>,
    /// Present source address.
    pub new_src: Option<IpAddr>,
    /// Present destination address.
    pub new_dst: Option<IpAddr>,
    /// `esp`, `ah`, `comp`.
    pub proto: Symbol,
    /// `transport`, `tunnel`, `beet`, `iptfs`.
    pub mode: Symbol,
    /// Id by which templates of policies find the states.
    pub reqid: u32,
}

/// Addresses of the key daemons of a migration (`struct xfrm_user_kmaddress`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct XfrmKeyManagers {
    /// That of this machine.
    pub local: Option<IpAddr>,
    /// That of the peer.
    pub remote: Option<IpAddr>,
}

/// `XFRM_AE_*`
const CAUSES: &FlagNames = &[
    (1, "replay-threshold"),
    (2, "replay"),
    (4, "lifetime"),
    (8, "timer-threshold"),
    (16, "replay-update"),
    (32, "timer-expired"),
    (64, "policy-updated"),
];

/// `XFRM_USERPOLICY_*`
const DEFAULTS: &[(u32, &str)] = &[(1, "block"), (2, "allow")];

const HARD: Symbol = Symbol::Known("hard");

fn migrations(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<Vec<XfrmMigration>, AttrError> {
    const LENGTH: usize = 76;
    let (list, rest) = attr.value.as_chunks::<LENGTH>();
    context.record_excess(attr, attr.value.len() - rest.len());
    let one = |bytes: &[u8; LENGTH]| {
        let (old, new) = (u16_at(bytes, 72), u16_at(bytes, 74));
        XfrmMigration {
            old_dst: Some(address_at(bytes, 0, old)),
            old_src: Some(address_at(bytes, 16, old)),
            new_dst: Some(address_at(bytes, 32, new)),
            new_src: Some(address_at(bytes, 48, new)),
            proto: Symbol::of(bytes[64].into(), PROTOCOLS),
            mode: Symbol::of(bytes[65].into(), MODES),
            reqid: u32_at(bytes, 68),
        }
    };
    Ok(list.iter().map(one).collect())
}

fn key_managers(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<XfrmKeyManagers, AttrError> {
    const LENGTH: usize = 40;
    let bytes = attr.value.get(..LENGTH).ok_or(AttrError::Length)?;
    context.record_excess(attr, LENGTH);
    let family = u16_at(bytes, 36);
    Ok(XfrmKeyManagers {
        local: Some(address_at(bytes, 0, family)),
        remote: Some(address_at(bytes, 16, family)),
    })
}

impl KindSpec for XfrmEvent {
    const NETLINK_FAMILY: FamilyId = FamilyId::XFRM;
    const MESSAGES: &'static [u16] = &[
        XFRM_MSG_ACQUIRE,
        XFRM_MSG_EXPIRE,
        XFRM_MSG_POLEXPIRE,
        XFRM_MSG_FLUSHSA,
        XFRM_MSG_FLUSHPOLICY,
        XFRM_MSG_NEWAE,
        XFRM_MSG_REPORT,
        XFRM_MSG_MIGRATE,
        XFRM_MSG_MAPPING,
        XFRM_MSG_GETDEFAULT,
    ];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let body = message.body;
        let event = match message.kind {
            XFRM_MSG_ACQUIRE => Self::acquire(context, body)?,
            XFRM_MSG_EXPIRE => {
                let mut state = XfrmState::of_message(context, body, EXPIRE)?;
                if body[STATE] != 0 {
                    state.expired = Some(HARD);
                    return emit.object_as(context, MessageAction::Delete, state);
                }
                Self::soft_expiry(state)
            }
            XFRM_MSG_POLEXPIRE => {
                let mut policy = XfrmPolicy::of_message(context, body, POLICY_EXPIRE)?;
                if body[POLICY] != 0 {
                    policy.expired = Some(HARD);
                    return emit.object_as(context, MessageAction::Delete, policy);
                }
                XfrmEvent {
                    policy: Some(Box::new(policy)),
                    ..Self::named("expire")
                }
            }
            XFRM_MSG_FLUSHSA => {
                let (header, attributes) = body.split_at_checked(FLUSH)?;
                let event = XfrmEvent {
                    proto: Some(Symbol::of(header[0].into(), PROTOCOLS)),
                    ..Self::named("flush")
                };
                event.with_attributes(context, attributes)
            }
            XFRM_MSG_FLUSHPOLICY => Self::flush_of_policies().with_attributes(context, body),
            XFRM_MSG_NEWAE => {
                let (header, attributes) = body.split_at_checked(AEVENT)?;
                let af = u16_at(header, 20);
                let event = XfrmEvent {
                    src: Some(address_at(header, 24, af)),
                    flags: Some(Flags::new(u32_at(header, 40).into(), CAUSES)),
                    reqid: Some(u32_at(header, 44)),
                    ..Self::of_state("aevent", header)
                };
                event.with_attributes(context, attributes)
            }
            XFRM_MSG_REPORT => Self::report(context, body)?,
            XFRM_MSG_MIGRATE => {
                let (header, attributes) = body.split_at_checked(POLICY_ID)?;
                let XfrmPolicy {
                    family,
                    dir,
                    selector,
                    ..
                } = XfrmPolicy::of_id(header);
                let event = XfrmEvent {
                    family: Some(family),
                    dir: Some(dir),
                    selector,
                    ..Self::named("migrate")
                };
                event.with_attributes(context, attributes)
            }
            XFRM_MSG_MAPPING => {
                let (header, attributes) = body.split_at_checked(MAPPING)?;
                let af = u16_at(header, 20);
                let event = XfrmEvent {
                    reqid: Some(u32_at(header, 24)),
                    old_src: Some(address_at(header, 28, af)),
                    new_src: Some(address_at(header, 44, af)),
                    old_sport: Some(be16_at(header, 60)),
                    new_sport: Some(be16_at(header, 62)),
                    ..Self::of_state("mapping", header)
                };
                event.with_attributes(context, attributes)
            }
            XFRM_MSG_GETDEFAULT => {
                let (header, attributes) = body.split_at_checked(DEFAULT)?;
                let action = |at: usize| Some(Symbol::of(header[at].into(), DEFAULTS));
                let event = XfrmEvent {
                    default_in: action(0),
                    default_fwd: action(1),
                    default_out: action(2),
                    ..Self::named("default")
                };
                event.with_attributes(context, attributes)
            }
            _ => return None,
        };
        emit.object_as(context, MessageAction::Notify, event)
    }

    fn deletes_others(&self) -> Option<(Kind, fn(&Self, &Payload) -> bool)> {
        match (self.event.is("flush"), &self.proto) {
            (false, _) => None,
            (true, Some(_)) => Some((Kind::XfrmState, Self::has_flushed)),
            (true, None) => Some((Kind::XfrmPolicy, Self::has_flushed)),
        }
    }

    fn triggers(&self, _op: Op, _old: Option<&Self>) -> Triggers {
        match &self.event {
            // The kernel adds a state without an index, which a key daemon is to complete.
            event if event.is("acquire") => Triggers::of(&[Trigger::XfrmState]),
            // A dump in progress may list what the kernel has deleted since.
            event if event.is("flush") => match self.proto {
                Some(_) => Triggers::of(&[Trigger::XfrmState]),
                None => Triggers::of(&[Trigger::XfrmPolicy]),
            },
            event if event.is("migrate") => {
                Triggers::of(&[Trigger::XfrmState, Trigger::XfrmPolicy])
            }
            _ => Triggers::NONE,
        }
    }
}

impl XfrmEvent {
    fn named(event: &'static str) -> Self {
        XfrmEvent {
            event: Symbol::Known(event),
            ..Default::default()
        }
    }

    /// The event about all policies, of which the kernel may tell no more.
    pub fn flush_of_policies() -> Self {
        Self::named("flush")
    }

    /// An event about the state of a `struct xfrm_usersa_id`.
    fn of_state(event: &'static str, id: &[u8]) -> Self {
        let af = u16_at(id, 20);
        XfrmEvent {
            family: Some(family(af)),
            dst: Some(address_at(id, 0, af)),
            spi: Some(spi_at(id, 16)),
            proto: Some(Symbol::of(id[22].into(), PROTOCOLS)),
            ..Self::named(event)
        }
    }

    fn with_attributes(mut self, context: &mut DecodeContext<'_>, attributes: &[u8]) -> Self {
        context.each(attributes, |context, attr| match attr.kind {
            Self::XFRMA_COADDR => {
                let af = match self.family.as_ref().is_some_and(|it| it.is("inet")) {
                    true => libc::AF_INET,
                    false => libc::AF_INET6,
                };
                let bytes = attr.value.get(..16).ok_or(AttrError::Length)?;
                context.record_excess(&attr, 16);
                self.coa = Some(address_at(bytes, 0, af as u16));
                Ok(())
            }
            _ => self.attribute(context, &attr),
        });
        self
    }

    fn soft_expiry(state: XfrmState) -> Self {
        XfrmEvent {
            family: Some(state.family.clone()),
            src: state.src,
            dst: state.dst,
            proto: Some(state.proto.clone()),
            spi: Some(state.spi.clone()),
            reqid: Some(state.reqid),
            state: Some(Box::new(state)),
            ..Self::named("expire")
        }
    }

    fn acquire(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        // Offsets in struct xfrm_user_acquire.
        const SOURCE: usize = 24;
        const SELECTOR: usize = 40;
        const POLICY: usize = 96;
        let (header, attributes) = body.split_at_checked(ACQUIRE)?;
        let (selector, mut af) = XfrmSelector::read(&header[SELECTOR..]);
        let mut policy = XfrmPolicy::of_info(context, &header[POLICY..]);
        policy.all_attributes(context, attributes, false);
        // A tunnel may carry packets of another family: that of the addresses is in the template.
        let template = policy.tmpl.iter().flatten().next();
        match template.and_then(|it| it.dst.or(it.src)) {
            Some(IpAddr::V4(_)) => af = libc::AF_INET as u16,
            Some(IpAddr::V6(_)) => af = libc::AF_INET6 as u16,
            None => {}
        }
        Some(XfrmEvent {
            family: Some(family(af)),
            dst: Some(address_at(header, 0, af)),
            src: Some(address_at(header, SOURCE, af)),
            proto: Some(Symbol::of(header[20].into(), PROTOCOLS)),
            spi: Some(spi_at(header, 16)),
            seq: Some(u32_at(header, ACQUIRE - 4)),
            selector,
            policy: Some(Box::new(policy)),
            ..Self::named("acquire")
        })
    }

    fn report(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (header, attributes) = body.split_at_checked(REPORT)?;
        let (selector, af) = XfrmSelector::read(&header[4..]);
        let event = XfrmEvent {
            family: Some(family(af)),
            proto: Some(Symbol::of(header[0].into(), PROTOCOLS)),
            selector,
            ..Self::named("report")
        };
        Some(event.with_attributes(context, attributes))
    }

    fn mark(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        (self.mark, self.mark_mask) = mark(context, attr)?;
        Ok(())
    }

    fn extended_replay(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let (replay, window) = XfrmReplay::read_extended(context, attr)?;
        (self.replay, self.replay_window) = (Some(replay), Some(window));
        Ok(())
    }

    /// Returns true if the flush has deleted a state or policy (`xfrm_id_proto_match`,
    /// `xfrm_policy_flush`).
    fn has_flushed(&self, object: &Payload) -> bool {
        match (object, &self.proto) {
            (Payload::XfrmState(state), Some(proto)) => {
                let is_of_ipsec = ["esp", "ah", "comp"].iter().any(|it| state.proto.is(it));
                proto.is("any") || *proto == state.proto || proto.is("ipsec-any") && is_of_ipsec
            }
            (Payload::XfrmPolicy(policy), None) => {
                let of = |ptype: &Option<Symbol>| {
                    let main = Symbol::of(0, POLICY_TYPES);
                    ptype.clone().unwrap_or(main)
                };
                let is_of_socket = policy.dir.to_string().starts_with("socket");
                !is_of_socket && of(&policy.ptype) == of(&self.ptype)
            }
            _ => false,
        }
    }
}
