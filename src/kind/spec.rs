//! What a kind says of itself beside its payload: the messages that carry it, the dumps that list
//! it, and the changes that the kernel makes without an event.

use super::attributes::AttrDecl;
use super::context::{DecodeContext, Unparsed};
use super::kind_set::KindSet;
use super::kinds::STALE_AFTER;
use super::{Op, Payload};
use crate::channel::FamilyId;
use crate::netlink::family::Protocol;
use crate::netlink::frame::Message;
use crate::netlink::request::Request;
use crate::netlink::rtm::{RTM_GETANYCAST, RTM_GETMDB, RTM_GETMULTICAST};

/// The declaration of a kind, implemented by its payload. All but `decode` has a default.
pub trait KindSpec: Sized {
    /// The netlink family of these messages.
    const NETLINK_FAMILY: FamilyId = FamilyId::ROUTE;
    /// The message types that carry objects of the kind; of generic netlink, the commands.
    const MESSAGES: &'static [u16];
    /// The address families of these messages; empty: every family that no other kind has.
    const FAMILIES: &'static [u8] = &[];
    /// The kernel lists all objects of the kind at once. Classes, filters and chains it lists only
    /// for one device, parent and block, actions only for one type: these are events, and not
    /// remembered.
    const LISTED: bool = true;
    /// The changes with which the kernel changes objects of the kind without an event.
    const STALE_AFTER: &'static [Trigger] = &[];
    /// The declared attributes.
    const ATTRS: &'static [AttrDecl] = &[];

    /// The dumps that list every object of the kind; none for a message.
    fn dumps(_details: bool) -> Vec<Request> {
        Vec::new()
    }

    /// Gives every object in `message` to `emit`. `None` where the message is shorter than its
    /// fixed header or has a layout that is not known.
    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()>;

    /// The changes without an event that this event stands for. `old` is the object's former
    /// state.
    fn triggers(&self, _op: Op, _old: Option<&Self>) -> Triggers {
        Triggers::NONE
    }
}

/// What a message does to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageAction {
    /// The payload is the object's state.
    New,
    /// The payload is a part of the object's state.
    Partial,
    /// The device is no bridge port any more.
    LeaveBridge,
    /// The object is gone.
    Delete,
    /// The payload is no state, but a message.
    Notify,
}

impl MessageAction {
    /// The action of a message of rtnetlink by its type: `NEW` or `DEL`.
    pub fn of(message: &Message<'_>) -> Self {
        match message.kind % 4 {
            0 => MessageAction::New,
            // The kernel gives the entries of these dumps the type of the request.
            _ if matches!(message.kind, RTM_GETMULTICAST | RTM_GETANYCAST | RTM_GETMDB) => {
                MessageAction::New
            }
            _ => MessageAction::Delete,
        }
    }
}

/// A decoded object or message.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    pub action: MessageAction,
    pub payload: Payload,
}

/// Takes what a decoder finds in a message.
pub struct Emit<'a> {
    each: &'a mut dyn FnMut(Decoded, Vec<Unparsed>),
    action: MessageAction,
}

impl<'a> Emit<'a> {
    /// Gives each object of a message to `each`, with the attributes that were not decoded.
    /// `action`: that of the message by its type.
    pub fn new(action: MessageAction, each: &'a mut dyn FnMut(Decoded, Vec<Unparsed>)) -> Self {
        Emit { each, action }
    }

    /// The action of the message by its type.
    pub fn action(&self) -> MessageAction {
        self.action
    }

    /// Takes an object. Returns `Some(())`, as the end of a decoder.
    #[inline]
    pub fn object(
        &mut self,
        context: &mut DecodeContext<'_>,
        payload: impl Into<Payload>,
    ) -> Option<()> {
        self.object_as(context, self.action, payload)
    }

    /// Takes an object of a message whose type does not say what the message does.
    #[inline]
    pub fn object_as(
        &mut self,
        context: &mut DecodeContext<'_>,
        action: MessageAction,
        payload: impl Into<Payload>,
    ) -> Option<()> {
        let payload = payload.into();
        (self.each)(Decoded { action, payload }, context.take_unparsed());
        Some(())
    }
}

/// A change that the kernel makes along with others, of which it sends no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A device went, or its flags or carrier changed: IPv4 routes and nexthops go with it, the
    /// multicast groups that the kernel joins on it come, and so does the default queueing
    /// discipline.
    Device,
    /// A device came: the kernel joins multicast groups on it while it is down.
    NewDevice,
    /// A device joined or left a bridge or VRF, which takes entries along.
    Master,
    /// A nexthop changed or went: IPv4 routes go with it, and groups lose their members.
    Nexthop,
    /// An address came or changed: multicast groups come with it, as entries of the device's own
    /// filter and as neighbours.
    NewAddress,
    /// An address went: IPv4 routes go with the subnet of their router.
    OldAddress,
    /// A queueing discipline came or went, and others below it; in the place of a root comes the
    /// default one.
    Qdisc,
}

/// The number of triggers.
const TRIGGERS: usize = Trigger::Qdisc as usize + 1;

/// A set of [`Trigger`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Triggers(u8);

const _: () = assert!(TRIGGERS <= u8::BITS as usize);

impl Triggers {
    pub const NONE: Triggers = Triggers(0);

    pub const fn of(triggers: &[Trigger]) -> Self {
        let mut set = Triggers(0);
        let mut i = 0;
        while i < triggers.len() {
            set.0 |= 1 << triggers[i] as u8;
            i += 1;
        }
        set
    }

    #[must_use]
    pub const fn or(self, other: Triggers) -> Triggers {
        Triggers(self.0 | other.0)
    }

    /// The kinds that name one of these triggers.
    pub fn stale_kinds(self) -> KindSet {
        let mut kinds = KindSet::EMPTY;
        let mut rest = self.0;
        while rest != 0 {
            kinds = kinds.or(STALE_AFTER.0[rest.trailing_zeros() as usize]);
            rest &= rest - 1;
        }
        kinds
    }
}

/// The kinds that are stale after each trigger.
pub(super) struct StaleKinds([KindSet; TRIGGERS]);

impl StaleKinds {
    pub(super) const NONE: Self = StaleKinds([KindSet::EMPTY; TRIGGERS]);

    /// Adds the kinds of the set, which is of one, to the triggers that the kind names.
    pub(super) const fn with<T: KindSpec>(mut self, kind: KindSet) -> Self {
        let mut i = 0;
        while i < T::STALE_AFTER.len() {
            let trigger = T::STALE_AFTER[i] as usize;
            self.0[trigger] = self.0[trigger].or(kind);
            i += 1;
        }
        self
    }
}

type Decode = fn(&mut DecodeContext<'_>, &Message<'_>, &mut Emit<'_>) -> Option<()>;

/// The decoder of some families of a message type.
#[derive(Clone, Copy)]
struct Decoder {
    /// Empty: every other family.
    families: &'static [u8],
    decode: Decode,
}

/// Two kinds share a message type at most: `RTM_NEWNEIGH` is of neighbours and of forwarding
/// entries.
const KINDS_PER_TYPE: usize = 2;

/// The message types are smaller.
const TYPES: usize = 128;

/// The decoders of a netlink family's kinds by message type.
pub struct Decoders {
    family: FamilyId,
    types: [[Option<Decoder>; KINDS_PER_TYPE]; TYPES],
}

impl Decoders {
    /// Those of a netlink family, without any kind yet.
    pub(super) const fn of(family: FamilyId) -> Self {
        Decoders {
            family,
            types: [[None; KINDS_PER_TYPE]; TYPES],
        }
    }

    /// Adds those of a kind, if the kind belongs to the netlink family. One for some families stands before one for every other family.
    pub(super) const fn with<T: KindSpec>(mut self) -> Self {
        if !self.family.is(T::NETLINK_FAMILY) {
            return self;
        }
        let decoder = Decoder {
            families: T::FAMILIES,
            decode: T::decode,
        };
        let mut i = 0;
        while i < T::MESSAGES.len() {
            let slot = &mut self.types[T::MESSAGES[i] as usize];
            assert!(slot[1].is_none(), "three kinds of one message type");
            match slot[0] {
                None => slot[0] = Some(decoder),
                Some(other) if other.families.is_empty() => {
                    assert!(!T::FAMILIES.is_empty(), "two kinds of one message type");
                    *slot = [Some(decoder), Some(other)];
                }
                Some(_) => slot[1] = Some(decoder),
            }
            i += 1;
        }
        self
    }
}

/// Gives every object in `message` to `emit`. `None` if no kind of the netlink family has the
/// message, or if it is too short.
#[inline]
pub fn decode(
    protocol: &impl Protocol,
    decoders: &Decoders,
    context: &mut DecodeContext<'_>,
    message: &Message<'_>,
    emit: &mut Emit<'_>,
) -> Option<()> {
    if message.body.is_empty() {
        return None;
    }
    let family = protocol.address_family(message);
    let number = usize::from(protocol.message_type(message));
    let decoders = decoders.types.get(number)?;
    let fits = |decoder: &&Decoder| {
        decoder.families.is_empty() || family.is_some_and(|it| decoder.families.contains(&it))
    };
    let decoder = decoders.iter().flatten().find(fits)?;
    (decoder.decode)(context, message, emit)
}
