//! Decodes datagrams without a run: for programs that have their own socket or capture.

use crate::channel::Channel;
use crate::decode::context::DecodeContext;
use crate::event::Unparsed;
use crate::family::{Family, family};
use crate::kind::spec::Decoded;
use crate::names::Names;
use crate::netlink::frame::{Message, Messages};
use crate::netlink::other::other;

/// Decodes the datagrams of every supported netlink family.
///
/// A decoder compares nothing with earlier messages: it returns the content of each message. A line
/// of the program also contains the changes; [`Fold`](crate::fold::Fold) reads those lines.
#[derive(Clone, Debug)]
pub struct Decoder {
    names: Names,
    details: bool,
}

/// An object of a message, or the message itself.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DecodedObject {
    /// The message type (`nlmsg_type`).
    pub message_type: u16,
    /// What the message does to the object, and the object.
    pub decoded: Decoded,
    /// The attributes that could not be decoded.
    pub unparsed: Vec<Unparsed>,
}

/// A datagram, or the end of one, that does not consist of netlink messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// `nlmsg_len` is shorter than the header or longer than the rest of the datagram.
    #[error("a message has a wrong length, {0} bytes before the end of the datagram")]
    Length(usize),
}

impl Decoder {
    /// A decoder that takes the names of tables, protocols and groups from `names`.
    pub fn new(names: Names) -> Self {
        Decoder {
            names,
            details: false,
        }
    }

    /// Decodes the optional parts of payloads too, as `--with details`: counters, ages, devconf.
    #[must_use]
    pub fn with_details(self) -> Self {
        Decoder {
            details: true,
            ..self
        }
    }

    /// Decodes every message of a datagram. The messages that end a dump, and acknowledgements,
    /// have no objects.
    ///
    /// # Errors
    /// If the datagram is malformed; the objects of the messages before the malformed one are in
    /// `objects`.
    pub fn decode(
        &self,
        channel: Channel,
        datagram: &[u8],
        objects: &mut Vec<DecodedObject>,
    ) -> Result<(), DecodeError> {
        let family = family(channel.family);
        if other(channel.family).is_text() {
            self.message(family, &Message::of_text(datagram), objects);
            return Ok(());
        }
        for message in Messages::new(datagram) {
            let message = message.map_err(|rest| DecodeError::Length(rest.len()))?;
            if family.control(&message).is_none() {
                self.message(family, &message, objects);
            }
        }
        Ok(())
    }

    fn message(
        &self,
        family: &dyn Family,
        message: &Message<'_>,
        objects: &mut Vec<DecodedObject>,
    ) {
        let mut context = DecodeContext::new(&self.names, self.details);
        family.decode(&mut context, message, &mut |decoded, unparsed| {
            objects.push(DecodedObject {
                message_type: message.kind,
                decoded,
                unparsed,
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::FamilyId;
    use crate::event::Kind;

    /// `RTM_NEWNSID` with a `struct rtgenmsg` and `NETNSA_NSID` 7.
    const NSID: &[u8] = &[
        28, 0, 0, 0, 88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // struct nlmsghdr
        0, 0, 0, 0, 8, 0, 1, 0, 7, 0, 0, 0,
    ];

    fn decode(channel: Channel, datagram: &[u8]) -> (Vec<DecodedObject>, Result<(), DecodeError>) {
        let mut objects = Vec::new();
        let result = Decoder::new(Names::builtin()).decode(channel, datagram, &mut objects);
        (objects, result)
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn objects_before_a_malformed_message_are_decoded() {
        let (objects, result) = decode(Channel::ROUTE_EVENTS, NSID);
        assert_eq!(result, Ok(()));
        assert_eq!(objects.len(), 1);
        assert_eq!(objects[0].message_type, 88);
        assert_eq!(objects[0].decoded.payload.kind(), Kind::Nsid);

        let done = [20, 0, 0, 0, 3, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let (objects, result) = decode(Channel::ROUTE_DUMPS, &done);
        assert_eq!((objects.len(), result), (0, Ok(())));

        let cut = [NSID, &NSID[..20]].concat();
        let (objects, result) = decode(Channel::ROUTE_EVENTS, &cut);
        assert_eq!((objects.len(), result), (1, Err(DecodeError::Length(20))));
    }

    #[test]
    fn every_family_has_objects() {
        for number in 1..32 {
            let channel = Channel {
                family: FamilyId::of_protocol(number).unwrap(),
                ..Channel::ROUTE_EVENTS
            };
            let (objects, result) = decode(channel, NSID);
            assert_eq!((objects.len(), result), (1, Ok(())), "{number}");
            let expected = match channel.family {
                FamilyId::XFRM => Kind::Unknown,
                _ => Kind::Generic,
            };
            assert_eq!(objects[0].decoded.payload.kind(), expected);
        }
    }
}
