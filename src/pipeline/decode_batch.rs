//! The first stage: splits inputs into decoded objects. Its result does not depend on the state
//! that earlier inputs change, so a batch of inputs passes it together.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::namespaces::Namespaces;
use crate::channel::{Channel, FamilyId, NetnsId};
use crate::decode::context::DecodeContext;
use crate::decode::{Decoded, MessageAction, wire};
use crate::event::ethtool::strings::StringSets;
use crate::event::unknown::Unknown;
use crate::event::values::{Hex, Symbol, Time};
use crate::event::{Event, Kind, Nl, NlFlags, NlProto, NlType, Op, Origin, Unparsed};
use crate::family::generations::Generations;
use crate::family::known::GenericFamilies;
use crate::family::other::OtherFamily;
use crate::family::{Family, with_kinds};
use crate::input::{Input, InputData};
use crate::kind::nft::{RuleOrder, SetTypes};
use crate::netlink::family::Protocol;
use crate::netlink::frame::{ControlMessage, Message, Messages};
use crate::netlink::genl::Nlctrl;
use crate::netlink::rtm::Rtnetlink;
use crate::state::{Key, State};

/// The content of a batch of inputs, in order.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every input has its object"
)]
pub(super) enum DecodedItem<'a> {
    /// An input begins.
    Input(&'a Input<'a>),
    /// A control message of the netlink protocol.
    Control(Channel, ControlMessage),
    /// A dump entry without an object.
    NoObject(Channel),
    /// The item was processed.
    Processed,
    /// One object of a message.
    Object(DecodedObject<'a>),
    /// Bytes that are not a complete message.
    Malformed(Channel, Time, &'a [u8]),
}

/// One object of a message.
pub(super) struct DecodedObject<'a> {
    pub channel: Channel,
    pub message: Message<'a>,
    pub action: MessageAction,
    /// The key of an event's object, see [`State::key`].
    pub key: Option<Key>,
    /// The event. [`State::event`] sets `op`, `change` and the names of devices.
    pub event: Event,
    /// The number of the event's line, if it has one.
    pub seq: Option<u64>,
    /// This is the last object of its message.
    pub is_last: bool,
}

impl DecodedObject<'_> {
    /// Returns true for an event about a stored range of ids, which may overlap others.
    #[inline]
    pub(super) fn is_range_event(&self) -> bool {
        self.event.payload.kind().has_ranges() && self.key.is_some() && self.channel.is_events()
    }
}

/// The optional parts of a line that decoding provides.
#[derive(Clone, Copy, Debug)]
pub(super) struct OptionalParts {
    pub details: bool,
    pub raw: bool,
    /// Keys and other secrets, also in `raw`.
    pub secrets: bool,
    /// Not of the message: the pipeline adds it to the event.
    pub by: bool,
}

/// What earlier datagrams said that is needed to decode later ones.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    pub families: GenericFamilies,
    pub generations: Generations,
    pub set_types: SetTypes,
    pub rule_order: RefCell<RuleOrder>,
}

impl Learnt {
    /// Forgets what concerns a namespace, of which the number is given to another one.
    pub(super) fn forget(&mut self, netns: NetnsId) {
        self.generations.forget(netns);
        self.set_types.forget(netns);
        self.rule_order.get_mut().forget(netns);
    }

    /// Forgets what lost messages may have changed.
    pub(super) fn forget_order(&mut self, netns: NetnsId, of_all: bool) {
        match of_all {
            true => self.rule_order.get_mut().forget_all(),
            false => self.rule_order.get_mut().forget(netns),
        }
    }
}

/// Decodes inputs, and appends their content to `items`.
pub(super) fn items<'a>(
    inputs: &'a [Input<'a>],
    learnt: &mut Learnt,
    namespaces: &Namespaces,
    optional_parts: OptionalParts,
    items: &mut Vec<DecodedItem<'a>>,
) {
    for input in inputs {
        items.push(DecodedItem::Input(input));
        let InputData::Datagram(channel, bytes) = input.data else {
            continue;
        };
        let datagram = Datagram {
            time: input.time,
            channel,
            state: &namespaces.get(channel.netns).state,
            strings: None,
            optional_parts,
            generation: None,
            set_types: None,
            rule_order: None,
        };
        // Nearly every datagram is one of rtnetlink: its functions are called directly.
        if channel.family == FamilyId::ROUTE {
            datagram.items(&Rtnetlink, bytes, items);
        } else {
            datagram.items_of_others(learnt, bytes, items);
        }
    }
    // Prefetch each object's stored state so that cache misses overlap.
    for item in items {
        if let DecodedItem::Object(DecodedObject {
            event,
            key: Some(key),
            ..
        }) = item
        {
            let state = &namespaces.get(event.netns).state;
            state.prefetch(event.payload.kind(), *key);
        }
    }
}

/// What the messages of a datagram have in common.
struct Datagram<'s> {
    time: Time,
    channel: Channel,
    /// The state of the channel's namespace.
    state: &'s State,
    /// The names of bits in messages of ethtool.
    strings: Option<&'s StringSets>,
    optional_parts: OptionalParts,
    /// The number of the last transaction of nftables before an event.
    generation: Option<u32>,
    /// The types of the sets of nftables.
    set_types: Option<&'s SetTypes>,
    /// The order of its rules.
    rule_order: Option<&'s RefCell<RuleOrder>>,
}

impl<'s> Datagram<'s> {
    /// Appends the content of a datagram that is not of rtnetlink.
    #[cold]
    fn items_of_others<'a>(
        mut self,
        learnt: &'s mut Learnt,
        bytes: &'a [u8],
        items: &mut Vec<DecodedItem<'a>>,
    ) {
        let Learnt {
            families,
            generations,
            set_types,
            rule_order,
        } = learnt;
        families.note(self.channel, bytes);
        let families = &*families;
        let Channel { netns, family, .. } = self.channel;
        if family == FamilyId::NLCTRL {
            return self.items(&Nlctrl, bytes, items);
        }
        if family == FamilyId::NFTABLES {
            if self.channel.is_events() {
                self.generation = generations.get(netns);
            }
            generations.learn(netns, bytes);
            set_types.learn(netns, bytes);
            self.set_types = Some(set_types);
            self.rule_order = Some(rule_order);
        }
        if let Some(family) = families.curated(family) {
            self.strings = Some(families.strings());
            return self.items(family, bytes, items);
        }
        if let Some(family) = with_kinds(family) {
            return self.items(family, bytes, items);
        }
        let family = OtherFamily::new(self.channel.family, families);
        match family.is_text() {
            true => self.objects(&family, Message::of_text(bytes), items),
            false => self.items(&family, bytes, items),
        }
    }

    /// Appends the content of the datagram.
    #[inline]
    fn items<'a, F: Family + ?Sized>(
        &self,
        family: &F,
        bytes: &'a [u8],
        items: &mut Vec<DecodedItem<'a>>,
    ) {
        for message in Messages::new(bytes) {
            match message {
                Ok(message) => match family.control(&message) {
                    None => self.objects(family, message, items),
                    Some(control) => items.push(DecodedItem::Control(self.channel, control)),
                },
                Err(rest) => items.push(DecodedItem::Malformed(self.channel, self.time, rest)),
            }
        }
    }

    /// Appends the objects of a message.
    #[inline]
    fn objects<'a, F: Family + ?Sized>(
        &self,
        family: &F,
        message: Message<'a>,
        items: &mut Vec<DecodedItem<'a>>,
    ) {
        let mut context = DecodeContext::new(self.state.names(), self.optional_parts.details)
            .with_interner(self.state.interner())
            .with_secrets(self.optional_parts.secrets);
        if let Some(strings) = self.strings {
            context.use_strings(strings, self.channel.netns);
        }
        context.generation = self.generation;
        let Channel { netns, .. } = self.channel;
        context.set_types = self.set_types.map(|types| (types, netns));
        let is_event = self.channel.is_events();
        context.rule_order = self.rule_order.map(|order| (order, netns, is_event));
        let raw = self.optional_parts.raw;
        let raw = raw.then(|| {
            let redacted = family.redacted(&message, self.optional_parts.secrets);
            let bytes = redacted.as_deref().unwrap_or(message.bytes);
            Rc::new(Hex(bytes.into()))
        });
        let is_empty = Cell::new(true);
        let each = &mut |decoded, unparsed| {
            is_empty.set(false);
            items.push(self.object(family, message, decoded, unparsed, raw.clone()));
        };
        family.decode(&mut context, &message, each);
        if is_empty.get() {
            if !self.channel.is_events() {
                return items.push(DecodedItem::NoObject(self.channel));
            }
            let decoded = Decoded {
                action: MessageAction::Notify,
                payload: Unknown::new(family, &message).into(),
            };
            each(decoded, Vec::new());
        }
        if let Some(DecodedItem::Object(object)) = items.last_mut() {
            object.is_last = true;
        }
    }

    #[inline]
    fn object<'a, F: Family + ?Sized>(
        &self,
        family: &F,
        message: Message<'a>,
        decoded: Decoded,
        unparsed: Vec<Unparsed>,
        raw: Option<Rc<Hex>>,
    ) -> DecodedItem<'a> {
        let key = match self.channel.is_events() {
            true => self.state.key(&decoded),
            false => None,
        };
        // A datagram of text has no header.
        let has_header = message.body.len() < message.bytes.len();
        let nl = has_header.then(|| self.nl(family, &message, &decoded));
        let Decoded { action, payload } = decoded;
        DecodedItem::Object(DecodedObject {
            channel: self.channel,
            message,
            action,
            key,
            event: Event {
                time: self.time,
                netns: self.channel.netns,
                op: Op::Notify,
                origin: Some(Origin::Kernel),
                payload,
                change: None,
                uncertain: false,
                by: None,
                nl,
                unparsed,
                raw,
            },
            seq: None,
            is_last: false,
        })
    }

    /// The message's header.
    #[inline]
    fn nl<F: Family + ?Sized>(&self, family: &F, message: &Message<'_>, decoded: &Decoded) -> Nl {
        let is_partial_link = decoded.payload.kind() == Kind::Link
            && matches!(
                decoded.action,
                MessageAction::Partial | MessageAction::LeaveBridge
            );
        let address_family = match is_partial_link {
            true => family.address_family(message).filter(|it| *it != 0),
            false => None,
        };
        let is_new = decoded.action == MessageAction::New;
        let nl = header(family, self.channel, message);
        Nl {
            family: nl.family.or(address_family.map(wire::family).map(Box::new)),
            flags: nl.flags.filter(|_| is_new),
            ..nl
        }
    }
}

/// The header of a message, without what depends on its content. In a dump entry `portid`, `seq`
/// and `flags` are those of the program's own dump request, and left out.
#[inline]
pub(super) fn header<P: Protocol + ?Sized>(
    protocol: &P,
    channel: Channel,
    message: &Message<'_>,
) -> Nl {
    let is_event = channel.is_events();
    let flags = message.flags & 0xf00;
    let label = protocol.label();
    Nl {
        r#type: NlType::new(protocol.id(), protocol.message_type(message)),
        proto: label.map(|_| NlProto(protocol.id())),
        family: label
            .and_then(|(_, name)| name)
            .map(Symbol::Known)
            .or_else(|| protocol.announced_name().map(Symbol::Named))
            .map(Box::new),
        portid: Some(message.portid).filter(|portid| is_event && *portid != 0),
        seq: Some(message.seq).filter(|seq| is_event && *seq != 0),
        flags: Some(NlFlags(flags)).filter(|_| is_event && flags != 0),
    }
}
