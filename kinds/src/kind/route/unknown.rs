//! `kind:"unknown"`: a message that no kind decodes, in hexadecimal.

use nlstream_derive::Object;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::NlType;
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, MessageAction};
use crate::kind::wire::family;
use crate::netlink::attr::Attrs;
use crate::netlink::family::Protocol;
use crate::netlink::frame::Message;
use crate::netlink::rtm::Rtnetlink;
use crate::value::{Hex, Symbol};

/// A message that no kind decodes.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Object)]
#[state(no_property(type))]
pub struct Unknown {
    /// Message type: the constant of the kernel's header, else its number.
    pub r#type: NlType,
    /// Address family: the first byte of every rtnetlink message. Absent for other netlink families.
    pub family: Option<Symbol>,
    /// Fixed header of the message type, from the family on.
    pub header: Option<Hex>,
    /// Attributes.
    pub attributes: Option<Vec<Attribute>>,
    /// All bytes after the message header, if the fixed header of the type is not known; else the
    /// bytes after the attributes that are no complete attribute.
    pub data: Option<Hex>,
}

/// An attribute that is not decoded.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Attribute {
    /// Number of the attribute.
    pub attr: u16,
    /// Payload of the attribute.
    pub hex: Hex,
}

impl KindSpec for Unknown {
    // No message types of its own: the messages that no other kind decodes.
    const MESSAGES: &'static [u16] = &[];

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        emit.object_as(
            context,
            MessageAction::Notify,
            Unknown::new(&Rtnetlink, message),
        )
    }
}

impl Unknown {
    /// Splits a message as far as that is possible without its kind.
    pub fn new(protocol: &(impl Protocol + ?Sized), message: &Message<'_>) -> Self {
        let body = message.body;
        let number = protocol.message_type(message);
        let mut unknown = Unknown {
            r#type: NlType::new(protocol.id(), number),
            family: protocol.address_family(message).map(family),
            ..Default::default()
        };
        let length = protocol.header_length(number);
        let Some((header, attributes)) = length.and_then(|length| body.split_at_checked(length))
        else {
            unknown.data = (!body.is_empty()).then(|| Hex(body.into()));
            return unknown;
        };
        unknown.header = Some(Hex(header.into()));
        let mut list = Vec::new();
        for attr in Attrs::new(attributes) {
            match attr {
                Ok(attr) => list.push(Attribute {
                    attr: attr.kind,
                    hex: Hex(attr.value.into()),
                }),
                Err(rest) => unknown.data = Some(Hex(rest.into())),
            }
        }
        unknown.attributes = (!list.is_empty()).then_some(list);
        unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::build::message;
    use crate::netlink::frame::Messages;

    fn json(kind: u16, body: &[u8]) -> serde_json::Value {
        let bytes = message(kind, body);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        serde_json::to_value(Unknown::new(&Rtnetlink, &message)).unwrap()
    }

    #[test]
    fn message_of_no_kind_is_whole() {
        // An RTM_SETDCB with one attribute and two bytes that are no attribute.
        let mut body = vec![0, 5, 0, 0, 8, 0, 1, 0, 7, 0, 0, 0, 9, 9];
        assert_eq!(
            json(79, &body),
            serde_json::json!({
                "type": "RTM_SETDCB", "family": "unspec", "header": "00050000",
                "attributes": [{"attr": 1, "hex": "07000000"}], "data": "0909",
            })
        );
        // The header of a type that is newer than the table of types is not known.
        body.truncate(4);
        assert_eq!(
            json(1000, &body),
            serde_json::json!({"type": "1000", "family": "unspec", "data": "00050000"})
        );
        assert_eq!(json(79, &[]), serde_json::json!({"type": "RTM_SETDCB"}));
    }
}
