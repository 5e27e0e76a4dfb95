//! Any message → [`Unknown`].

use super::wire::family;
use crate::event::NlType;
use crate::event::unknown::{Attribute, Unknown};
use crate::event::values::Hex;
use crate::netlink::attr::Attrs;
use crate::netlink::family::Protocol;
use crate::netlink::frame::Message;

/// Splits a message into fixed header and attributes, as far as its type is known.
pub fn decode(protocol: &dyn Protocol, message: &Message<'_>) -> Unknown {
    let body = message.body;
    let number = protocol.message_type(message);
    let mut it = Unknown {
        r#type: NlType::new(protocol.id(), number),
        family: protocol.address_family(message).map(family),
        header: None,
        attributes: None,
        data: None,
    };
    let length = protocol.header_length(number);
    match length.and_then(|length| body.split_at_checked(length)) {
        Some((header, attributes)) => {
            it.header = Some(Hex(header.into()));
            let mut list = Vec::new();
            for attr in Attrs::new(attributes) {
                match attr {
                    Ok(attr) => list.push(Attribute {
                        attr: attr.kind,
                        hex: Hex(attr.value.into()),
                    }),
                    Err(rest) => it.data = Some(Hex(rest.into())),
                }
            }
            it.attributes = (!list.is_empty()).then_some(list);
        }
        None => it.data = (!body.is_empty()).then(|| Hex(body.into())),
    }
    it
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::frame::Messages;
    use crate::netlink::rtm::Rtnetlink;

    /// The message of that type and body.
    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        let length = 16 + body.len() as u32;
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend(body);
        bytes
    }

    fn json(kind: u16, body: &[u8]) -> serde_json::Value {
        let bytes = message(kind, body);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        serde_json::to_value(decode(&Rtnetlink, &message)).unwrap()
    }

    #[test]
    fn what_no_decoder_knows_is_whole() {
        // An RTM_SETDCB with one attribute, and two bytes that are none.
        let mut body = vec![0, 5, 0, 0, 8, 0, 1, 0, 7, 0, 0, 0, 9, 9];
        assert_eq!(
            json(79, &body),
            serde_json::json!({
                "type": "RTM_SETDCB", "family": "unspec", "header": "00050000",
                "attributes": [{"attr": 1, "hex": "07000000"}], "data": "0909",
            })
        );
        // Of a type that came later not even the header is known.
        body.truncate(4);
        assert_eq!(
            json(1000, &body),
            serde_json::json!({"type": "1000", "family": "unspec", "data": "00050000"})
        );
        assert_eq!(json(79, &[]), serde_json::json!({"type": "RTM_SETDCB"}));
    }
}
