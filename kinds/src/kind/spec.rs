//! The declaration of a kind, apart from its payload: the messages that carry it, the dumps that
//! list it, and the implicit changes, for which the kernel sends no event.

use super::attributes::AttrDecl;
use super::context::{DecodeContext, Unparsed};
use super::kind_set::KindSet;
use super::{Kind, Op, Payload};
use crate::channel::FamilyId;
use crate::netlink::family::Protocol;
use crate::netlink::frame::Message;
use crate::netlink::request::Request;
use crate::netlink::rtm::{RTM_GETANYCAST, RTM_GETMDB, RTM_GETMULTICAST};

/// Returns true if the kernel deleted an object together with others, of which this message is.
pub type IsDeleted<T> = fn(&T, &Payload) -> bool;

/// The declaration of a kind, implemented by its payload. All but `MESSAGES` has a default; of
/// `from_body` and `decode` a kind implements one.
pub trait KindSpec: Sized + Into<Payload> {
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
    /// Objects of the kind are tracked only on request (`--track`): their dumps, or what is stored, cost much.
    const ON_REQUEST: bool = false;
    /// A dump lists each object that exists during all of it, whatever happens to other ones meanwhile, so that events
    /// do not make it unclean.
    const STABLE_DUMPS: bool = false;
    /// The message of a deletion has little more than the key: its line has what the stored object had.
    const DELETED_BY_KEY: bool = false;
    /// The triggers after which the kernel may have changed objects of the kind without an event.
    /// If the event is about a device, these are objects of that device, or [`KindSpec::PROPAGATED`].
    const STALE_AFTER: &'static [Trigger] = &[];
    /// The kernel reports objects of a new device before the device itself: their lines wait for its
    /// name.
    const PRECEDES_DEVICE: bool = false;
    /// The triggers after which objects of the event's device are verified: they rarely differ, so
    /// a kind with very many objects is left to the audit.
    const VERIFIED_AFTER: &'static [Trigger] = &[];
    /// How far a change of one device's objects may reach.
    const PROPAGATED: Propagation = Propagation::None;
    /// The declared attributes.
    const ATTRS: &'static [AttrDecl] = &[];
    /// The objects, of other kinds or of this one, for each of which the kernel lists those of this kind in a dump of its
    /// own. These dumps follow on [`KindSpec::dumps`].
    const DUMPS_PER_OBJECT: &'static [DumpsPerObject] = &[];

    /// The dumps that list every object of the kind; none for a message.
    fn dumps(_details: bool) -> Vec<Request> {
        Vec::new()
    }

    /// Returns the object of a message, for a kind whose messages have one object each, which their
    /// body determines. `None` if the body is shorter than its fixed header.
    fn from_body(_context: &mut DecodeContext<'_>, _body: &[u8]) -> Option<Self> {
        None
    }

    /// The requests that list every object of the kind that belongs to the device; none if the
    /// kernel lists these objects only with those of every other device. Requests that are the
    /// same for several devices are sent once. A kernel that ignores the restriction lists more,
    /// which the state skips; one that rejects it is asked for the whole kind.
    fn device_dumps(_device: Device, _details: bool) -> Vec<Request> {
        Vec::new()
    }

    /// Passes every object in `message` to `emit`. `None` if the message is shorter than its fixed
    /// header, or its layout is unknown. By default that of [`KindSpec::from_body`].
    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let object = Self::from_body(context, message.body)?;
        emit.object(context, object)
    }

    /// Completes the object of an event that names only what was added to the stored object.
    fn add_stored(&mut self, _stored: &Self) {}

    /// What is left of the stored object after an event of a deletion, if that names only a part of
    /// it.
    fn remainder(&self, _stored: &Self) -> Option<Self> {
        None
    }

    /// The objects that the kernel deleted together, without a message about each: those of a kind for
    /// which the function, given this payload, returns true.
    fn deletes_others(&self) -> Option<(Kind, IsDeleted<Self>)> {
        None
    }

    /// The triggers of implicit changes that this event implies. `old` is the object's former
    /// state.
    fn triggers(&self, _op: Op, _old: Option<&Self>) -> Triggers {
        Triggers::NONE
    }
}

/// How the objects of a kind are listed that belong to another object, as the elements of a set do; or how what the list
/// of all objects leaves out is read for each, as the governors of thermal zones are.
#[derive(Clone, Copy, Debug)]
pub struct DumpsPerObject {
    /// The kind of the objects that the requests are about. It may be the kind itself.
    pub of: Kind,
    /// The request about one of them; `None` if nothing belongs to it.
    pub request: fn(&Payload) -> Option<Request>,
    /// The error of that request (`E…`) if the object does not exist: it was deleted meanwhile, and the kind is read
    /// again.
    pub missing: i32,
    /// The object may be one to which nothing can belong: then that error means that nothing does.
    pub is_guess: bool,
    /// Returns true if what belongs to that object comes and goes at any time without a message.
    pub is_silent: fn(&Payload) -> bool,
}

impl DumpsPerObject {
    /// A dump for each object of a kind. What belongs to it does not come or go without a message.
    pub const fn of(of: Kind, request: fn(&Payload) -> Option<Request>, missing: i32) -> Self {
        DumpsPerObject {
            of,
            request,
            missing,
            is_guess: false,
            is_silent: |_| false,
        }
    }
}

/// A device whose objects are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Device {
    pub ifindex: u32,
    /// It is a bridge, a port of one, or has VLANs of its own.
    pub bridged: bool,
}

/// The devices beside its own that an event of a device may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// Only the device itself.
    None,
    /// The devices below it and its ports: the kernel copies multicast addresses down to them.
    Down,
    /// Those, its peer and its master: settings, promiscuity and negotiated values.
    Neighbourhood,
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
    /// A device was deleted: the kernel deletes it from multicast routes.
    OldDevice,
    /// A device was added: the kernel joins multicast groups on it while it is down.
    NewDevice,
    /// A device was added, renamed or deleted: the kernel attaches rules to the device that they
    /// name, or detaches them.
    DeviceName,
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
    /// An event was about a device: the first one is not complete, and drivers, bridges and bonds
    /// change settings of the device and its neighbourhood without a further one.
    AnyLink,
    /// Settings of a bridge were changed: the kernel deletes its multicast entries when snooping is
    /// switched off.
    Bridge,
    /// Another port of a bond became the active one: the addresses of the bond move from the filter of
    /// the former one to its filter (`bond_hw_addr_swap`).
    ActivePort,
    /// The MTU of a device was changed, or a router advertised something: the kernel sets the
    /// metrics of IPv6 routes (`rt6_mtu_change`, `ndisc_router_discovery`).
    Metrics,
    /// Forwarding was switched: the device joins or leaves the groups of all routers.
    Forwarding,
    /// A device became an interface of multicast routing, or is none any more: multicast routes that
    /// name the interface have another input or output device (`vif_add`, `vif_delete`).
    MulticastInterface,
    /// The deletion of a forwarding entry that names a nexthop object: perhaps only of a remote that
    /// was appended to the entry, which the message does not show (`vxlan_fdb_info`).
    NexthopEntry,
    /// A set of nftables was deleted, and its elements with it.
    NftSet,
    /// A device was removed from a chain or flowtable of nftables, of which a message names only that device, or a chain
    /// went with its last one.
    NftHook,
    /// A chain of nftables was renamed.
    NftChainName,
    /// States of xfrm were changed in part, or made, without a message about them: an acquisition, an
    /// update, of which the message repeats the request, or a migration.
    XfrmState,
    /// Policies of xfrm got other addresses by a migration.
    XfrmPolicy,
    /// A device of devlink came, went or was reloaded, or its firmware was updated: its health reporters and
    /// versions change without a message.
    Devlink,
    /// A port of devlink came or went, and with it its health reporters.
    DevlinkPort,
    /// An event of a region of devlink told a part of it.
    DevlinkRegion,
    /// A wireless interface got or lost a network, or another channel.
    WifiInterface,
    /// A station is new or was connected, or a wireless interface was deleted.
    WifiStation,
    /// A regulatory domain changed.
    WifiRegdom,
    /// An event of a tunnel or session of L2TP, of this network namespace or another one.
    L2tp,
    /// A team device came or went.
    Team,
    /// A datapath of Open vSwitch came or went, or a device that may be one.
    OvsDatapath,
    /// A thermal zone came, or went with its trips; or the state of a cooling device was announced, and nothing else is
    /// known of it.
    ThermalZone,
}

/// The number of triggers.
const TRIGGERS: usize = Trigger::ThermalZone as usize + 1;

/// A set of [`Trigger`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Triggers(pub(super) u32);

const _: () = assert!(TRIGGERS <= u32::BITS as usize);

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

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those of them whose effects are not limited to the device of the event.
    pub(super) const fn anywhere(self) -> Triggers {
        Triggers(self.0 & Triggers::of(ANYWHERE).0)
    }

    /// Those of them whose effects are limited to the device of the event.
    pub(super) const fn on_device(self) -> Triggers {
        Triggers(self.0 & !Triggers::of(ANYWHERE).0)
    }
}

/// The triggers whose effects are not limited to the device of the event: a route of any device may
/// have a deleted address as its source, or a nexthop.
const ANYWHERE: &[Trigger] = &[
    Trigger::OldAddress,
    Trigger::OldDevice,
    Trigger::Nexthop,
    Trigger::Qdisc,
    Trigger::MulticastInterface,
    Trigger::NftSet,
    Trigger::NftHook,
    Trigger::NftChainName,
    Trigger::XfrmState,
    Trigger::XfrmPolicy,
    Trigger::Devlink,
    Trigger::DevlinkPort,
    Trigger::DevlinkRegion,
    Trigger::WifiRegdom,
    Trigger::L2tp,
    Trigger::Team,
    Trigger::OvsDatapath,
    Trigger::ThermalZone,
];

/// A set of kinds for each trigger.
pub(super) struct KindsByTrigger([KindSet; TRIGGERS]);

impl KindsByTrigger {
    pub(super) const NONE: Self = KindsByTrigger([KindSet::EMPTY; TRIGGERS]);

    /// Adds a kind (the set has one element) to each of its triggers.
    pub(super) const fn with(mut self, kind: KindSet, triggers: &[Trigger]) -> Self {
        let mut i = 0;
        while i < triggers.len() {
            let trigger = triggers[i] as usize;
            self.0[trigger] = self.0[trigger].or(kind);
            i += 1;
        }
        self
    }

    /// The kinds of any of these triggers.
    pub(super) fn of(&self, triggers: Triggers) -> KindSet {
        let mut kinds = KindSet::EMPTY;
        let mut rest = triggers.0;
        while rest != 0 {
            kinds = kinds.or(self.0[rest.trailing_zeros() as usize]);
            rest &= rest - 1;
        }
        kinds
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

    /// Returns true if a kind has the message type.
    pub fn contains(&self, number: u16) -> bool {
        let decoders = self.types.get(usize::from(number));
        decoders.is_some_and(|it| it[0].is_some())
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
