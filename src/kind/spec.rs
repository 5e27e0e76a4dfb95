//! The declaration of a kind, apart from its payload: the messages that carry it, the dumps that
//! list it, and the implicit changes, for which the kernel sends no event.

use super::attributes::AttrDecl;
use super::context::{DecodeContext, Unparsed};
use super::kind_set::KindSet;
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
    /// for one device, parent and block, actions only for one type: such objects are reported but
    /// not stored.
    const LISTED: bool = true;
    /// The triggers after which the kernel may have changed objects of the kind without an event.
    const STALE_AFTER: &'static [Trigger] = &[];
    /// The kernel reports objects of a new device before the device itself: their lines wait for its
    /// name.
    const PRECEDES_DEVICE: bool = false;
    /// The declared attributes.
    const ATTRS: &'static [AttrDecl] = &[];

    /// The dumps that list every object of the kind; none for a message.
    fn dumps(_details: bool) -> Vec<Request> {
        Vec::new()
    }

    /// Passes every object in `message` to `emit`. `None` if the message is shorter than its fixed
    /// header, or its layout is unknown.
    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()>;

    /// The triggers of implicit changes that this event implies. `old` is the object's former
    /// state.
    fn triggers(&self, _op: Op, _old: Option<&Self>) -> Triggers {
        Triggers::NONE
    }
}

/// The effect of a message on its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageAction {
    /// The payload is the object's state.
    New,
    /// The payload is a part of the object's state.
    Partial,
    /// The device is no longer a bridge port.
    LeaveBridge,
    /// The object was deleted.
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

/// Receives the objects that a decoder finds in a message.
pub struct Emit<'a> {
    each: &'a mut dyn FnMut(Decoded, Vec<Unparsed>),
    action: MessageAction,
}

impl<'a> Emit<'a> {
    /// Calls `each` with each object of a message and the attributes that were not decoded.
    /// `action`: that of the message by its type.
    pub fn new(action: MessageAction, each: &'a mut dyn FnMut(Decoded, Vec<Unparsed>)) -> Self {
        Emit { each, action }
    }

    /// The action of the message by its type.
    pub fn action(&self) -> MessageAction {
        self.action
    }

    /// Passes on an object. Returns `Some(())`, the result of a decoder.
    #[inline]
    pub fn object(
        &mut self,
        context: &mut DecodeContext<'_>,
        payload: impl Into<Payload>,
    ) -> Option<()> {
        self.object_as(context, self.action, payload)
    }

    /// Passes on an object of a message whose type does not determine the action.
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

/// An event with which the kernel also changes other objects, without an event for those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A device was deleted, or its flags or carrier changed: the kernel deletes its IPv4 routes
    /// and nexthops, or joins multicast groups on it and adds the default queueing discipline.
    Device,
    /// A device was added: the kernel joins multicast groups on it while it is down.
    NewDevice,
    /// A device joined or left a bridge or VRF, with effects on its forwarding entries and routes.
    Master,
    /// A nexthop was changed or deleted: the kernel deletes IPv4 routes through it, and removes it
    /// from its groups.
    Nexthop,
    /// An address was added or changed: the kernel joins multicast groups, which are entries of the
    /// device's own filter and neighbours.
    NewAddress,
    /// An address was deleted: the kernel deletes IPv4 routes whose gateway was in its subnet.
    OldAddress,
    /// A queueing discipline was added or deleted, and with it those below it; the default one
    /// replaces a deleted root.
    Qdisc,
}

/// The number of triggers.
const TRIGGERS: usize = Trigger::Qdisc as usize + 1;

/// A set of [`Trigger`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Triggers(pub(super) u8);

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
}

/// The kinds that are stale after each trigger.
pub(super) struct StaleKinds(pub(super) [KindSet; TRIGGERS]);

impl StaleKinds {
    pub(super) const NONE: Self = StaleKinds([KindSet::EMPTY; TRIGGERS]);

    /// Adds a kind (the set has one element) to the triggers in its `STALE_AFTER`.
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
    /// Empty: every family without another decoder.
    families: &'static [u8],
    decode: Decode,
}

/// At most two kinds share a message type: `RTM_NEWNEIGH` carries neighbours and forwarding
/// entries.
const KINDS_PER_TYPE: usize = 2;

/// Every message type is below this number.
const TYPES: usize = 128;

/// The decoders of a netlink family's kinds by message type.
pub struct Decoders {
    family: FamilyId,
    types: [[Option<Decoder>; KINDS_PER_TYPE]; TYPES],
}

impl Decoders {
    /// The decoders of a netlink family, without any kind yet.
    pub(super) const fn of(family: FamilyId) -> Self {
        Decoders {
            family,
            types: [[None; KINDS_PER_TYPE]; TYPES],
        }
    }

    /// Adds the decoder of a kind, if the kind belongs to the netlink family. A decoder for some
    /// address families precedes the one for all others.
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

/// Passes every object in `message` to `emit`. `None` if no kind of the netlink family has the
/// message type, or if the message is too short.
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
