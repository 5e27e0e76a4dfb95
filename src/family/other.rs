//! The protocols and generic netlink families without a kind of their own.

use std::sync::Arc;

use super::Family;
use super::known::{GenericFamilies, Known};
use crate::channel::FamilyId;
use crate::decode::context::DecodeContext;
use crate::decode::{Decoded, MessageAction};
use crate::event::generic::{Announced, Generic};
use crate::event::kind_set::KindSet;
use crate::event::{Kind, Unparsed};
use crate::netlink::family::{Groups, Protocol};
use crate::netlink::frame::{ControlMessage, Message};
use crate::netlink::other::{Other, other};

/// Such a protocol or family, and what the kernel announced about it.
#[derive(Clone, Copy, Debug)]
pub struct OtherFamily<'a> {
    protocol: Other,
    known: Option<&'a Known>,
}

impl<'a> OtherFamily<'a> {
    /// The family of that id.
    pub fn new(id: FamilyId, families: &'a GenericFamilies) -> Self {
        OtherFamily {
            protocol: *other(id),
            known: families.get(id),
        }
    }

    /// Returns true if its datagrams are text without message headers.
    pub fn is_text(self) -> bool {
        self.protocol.is_text()
    }
}

fn kinds() -> KindSet {
    KindSet::of(&[Kind::Generic])
}

/// Splits a message as far as that is possible.
pub(super) fn decode(
    protocol: Other,
    known: Option<&Known>,
    context: &mut DecodeContext<'_>,
    message: &Message<'_>,
    each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
) {
    let announced = known.map(|known| Announced {
        name: &known.name,
        header: known.header,
    });
    let generic = Generic::new(context, protocol, announced, message);
    let decoded = Decoded {
        action: MessageAction::Notify,
        payload: generic.into(),
    };
    each(decoded, context.take_unparsed());
}

impl Family for Other {
    fn kinds(&self) -> KindSet {
        kinds()
    }

    fn objects(
        &self,
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
    ) {
        decode(*self, None, context, message, each);
    }
}

impl Family for OtherFamily<'_> {
    fn kinds(&self) -> KindSet {
        kinds()
    }

    fn objects(
        &self,
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
    ) {
        decode(self.protocol, self.known, context, message, each);
    }
}

impl Protocol for OtherFamily<'_> {
    fn id(&self) -> FamilyId {
        self.protocol.id()
    }

    fn name(&self) -> &'static str {
        self.protocol.name()
    }

    fn groups(&self) -> Groups {
        self.protocol.groups()
    }

    fn group_name(&self, group: u32) -> String {
        self.protocol.group_name(group)
    }

    fn label(&self) -> Option<(&'static str, Option<&'static str>)> {
        // A protocol without a name has `nl.proto`, too: its number.
        self.protocol.label().or(Some(("", None)))
    }

    fn announced_name(&self) -> Option<Arc<str>> {
        self.known.map(|known| known.name.clone())
    }

    fn control(&self, message: &Message<'_>) -> Option<ControlMessage> {
        self.protocol.control(message)
    }

    fn message_type(&self, message: &Message<'_>) -> u16 {
        self.protocol.message_type(message)
    }

    fn address_family(&self, message: &Message<'_>) -> Option<u8> {
        self.protocol.address_family(message)
    }

    fn type_name(&self, number: u16) -> Option<&'static str> {
        self.protocol.type_name(number)
    }

    fn header_length(&self, number: u16) -> Option<usize> {
        self.protocol.header_length(number)
    }
}
