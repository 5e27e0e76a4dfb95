//! Any message → [`Unknown`].

use super::words::family;
use crate::event::NlType;
use crate::event::unknown::{Attribute, Unknown};
use crate::event::values::Hex;
use crate::netlink::attr::Attrs;
use crate::netlink::frame::Message;
use crate::netlink::rtm::rtm;

/// The whole message, as far as it can be told without knowing it.
pub fn decode(message: &Message<'_>) -> Unknown {
    let body = message.body;
    let mut it = Unknown {
        r#type: NlType(message.kind),
        family: body.first().map(|byte| family(*byte)),
        header: None,
        attributes: None,
        data: None,
    };
    match rtm(message.kind).and_then(|(.., length)| body.split_at_checked(length)) {
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
