//! `kind:"generic"`: the messages of the netlink protocols, and of the generic netlink families,
//! that have no kind of their own.

use nlstream_derive::Object;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::tables::{self, NamedAttributes};
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec};
use crate::kind::table::decode;
use crate::netlink::attr::{Attr, MAX_DEPTH};
use crate::netlink::family::Protocol as _;
use crate::netlink::frame::Message;
use crate::netlink::genl;
use crate::netlink::other::Other;
use crate::netlink::raw::{NETLINK_CONNECTOR, NETLINK_KOBJECT_UEVENT};
use crate::value::Hex;

/// A message of a netlink family without a kind of its own.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Object)]
pub struct Generic {
    /// The netlink family: name of the generic netlink family, or its id if the kernel's list of
    /// families was not seen; of another netlink protocol, its name or number.
    pub family: String,
    /// The message: the constant of the kernel's header, else its number; of a uevent, the action.
    pub message: String,
    /// Version of the generic netlink family's protocol.
    pub version: Option<u8>,
    /// Fixed header of the message.
    pub header: Option<Hex>,
    /// The attributes by name, if they are known.
    pub named: Option<NamedAttributes>,
    /// The attributes by number, if their names are not known.
    pub attributes: Option<Vec<GenericAttribute>>,
    /// The strings of a message of text: of a uevent, its device and variables.
    pub text: Option<Vec<String>>,
    /// The bytes that are neither header nor complete attribute.
    pub data: Option<Hex>,
}

/// An attribute without a name.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct GenericAttribute {
    /// Number of the attribute.
    pub attr: u16,
    /// The attributes in it, if it has the flag `NLA_F_NESTED`.
    pub attributes: Option<Vec<GenericAttribute>>,
    /// Payload of an attribute without that flag; absent if it is empty.
    pub hex: Option<Hex>,
}

/// A generic netlink family, as the kernel announced it.
#[derive(Clone, Copy, Debug)]
pub struct Announced<'a> {
    /// Its name.
    pub name: &'a str,
    /// Length of its own fixed header, bytes.
    pub header: usize,
}

impl KindSpec for Generic {
    const NETLINK_FAMILY: FamilyId = FamilyId::GENERIC;
    // No message types of its own: the messages of every family without a kind.
    const MESSAGES: &'static [u16] = &[];

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let other = crate::netlink::other::other(FamilyId::GENERIC);
        let generic = Generic::new(context, *other, None, message);
        emit.object(context, generic)
    }
}

impl Generic {
    /// Splits a message of that protocol or family as far as that is possible. `announced`: what the
    /// kernel said about the generic netlink family.
    pub fn new(
        context: &mut DecodeContext<'_>,
        protocol: Other,
        announced: Option<Announced<'_>>,
        message: &Message<'_>,
    ) -> Self {
        let id = protocol.id();
        if protocol.is_text() {
            return Self::uevent(message.bytes);
        }
        let number = protocol.message_type(message);
        let mut generic = Generic {
            message: match protocol.type_name(number) {
                Some(name) => name.to_owned(),
                None => number.to_string(),
            },
            ..Generic::default()
        };
        if id.is_generic() {
            generic.family = match announced {
                Some(announced) => announced.name.to_owned(),
                None => id.generic_id().to_string(),
            };
            generic.of_family(context, announced, number, message.body);
            return generic;
        }
        generic.family = match protocol.label() {
            Some((name, _)) => name.to_owned(),
            None => id.protocol().to_string(),
        };
        let length = protocol.header_length(number);
        match length.and_then(|length| message.body.split_at_checked(length)) {
            Some((header, attributes)) => {
                generic.header = nonempty(header);
                generic.numbered(attributes);
            }
            None if id == FamilyId::AUDIT => generic.text = Some(strings(message.body)),
            None => generic.data = nonempty(message.body),
        }
        if id.protocol() == NETLINK_CONNECTOR {
            // The type is that of the end of a dump: the message has no name.
            generic.message = "cn_msg".to_owned();
        }
        generic
    }

    /// A message of a generic netlink family (`struct genlmsghdr`).
    fn of_family(
        &mut self,
        context: &mut DecodeContext<'_>,
        announced: Option<Announced<'_>>,
        number: u16,
        body: &[u8],
    ) {
        let Some((header, rest)) = body.split_first_chunk::<{ genl::HEADER }>() else {
            self.data = nonempty(body);
            return;
        };
        self.version = Some(header[1]);
        let length = announced.map_or(0, |it| it.header);
        let Some((own, attributes)) = rest.split_at_checked(length) else {
            self.data = nonempty(rest);
            return;
        };
        self.header = nonempty(own);
        let table = announced.and_then(|it| tables::message(it.name, number));
        if let Some((name, fields)) = table {
            self.message = name.to_owned();
            if !fields.is_empty() {
                let options = decode::attributes(context, fields, attributes).nonempty();
                self.named = options.map(NamedAttributes);
                return;
            }
        }
        self.numbered(attributes);
    }

    /// The attributes by number.
    fn numbered(&mut self, bytes: &[u8]) {
        let (list, rest) = tree(bytes, 1);
        self.attributes = (!list.is_empty()).then_some(list);
        self.data = nonempty(rest);
    }

    /// `ACTION@DEVPATH`, and variables, each ended by a zero byte; of udev, a binary header before the
    /// variables (`struct udev_monitor_netlink_header` of systemd).
    fn uevent(bytes: &[u8]) -> Self {
        const PROPERTIES: usize = 16;
        let family = crate::netlink::raw::protocol_name(NETLINK_KOBJECT_UEVENT);
        let mut generic = Generic {
            family: family.unwrap_or_default().to_owned(),
            ..Generic::default()
        };
        let mut text = bytes;
        if bytes.starts_with(b"libudev\0") {
            let at = bytes.get(PROPERTIES..PROPERTIES + 4);
            let at = at.and_then(|at| at.try_into().ok()).map(u32::from_ne_bytes);
            let split = at.and_then(|at| bytes.split_at_checked(at as usize));
            let (header, rest) = split.unwrap_or((bytes, &[]));
            (generic.header, text) = (nonempty(header), rest);
        }
        let list = strings(text);
        let action = list.iter().find_map(|it| it.strip_prefix("ACTION="));
        let first = || {
            list.first()
                .and_then(|it| it.split_once('@'))
                .map(|it| it.0)
        };
        generic.message = action.or_else(first).unwrap_or("unknown").to_owned();
        generic.text = Some(list).filter(|list| !list.is_empty());
        generic
    }
}

fn nonempty(bytes: &[u8]) -> Option<Hex> {
    (!bytes.is_empty()).then(|| Hex(bytes.into()))
}

/// The strings that zero bytes separate, with replacement characters for bytes that are not UTF-8.
fn strings(bytes: &[u8]) -> Vec<String> {
    let parts = bytes
        .split(|byte| *byte == 0)
        .filter(|part| !part.is_empty());
    parts
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .collect()
}

/// The complete attributes in `bytes`, and the bytes after them. `depth`: of these attributes. Those
/// below [`MAX_DEPTH`] remain hexadecimal.
fn tree(mut bytes: &[u8], depth: usize) -> (Vec<GenericAttribute>, &[u8]) {
    let mut list = Vec::new();
    while let Some((attr, rest)) = Attr::split_first(bytes) {
        let nested = match Attr::is_nested(bytes) && depth < MAX_DEPTH {
            // A flag that is wrong: the payload does not consist of attributes.
            true => Some(tree(attr.value, depth + 1)).filter(|(_, rest)| rest.is_empty()),
            false => None,
        };
        let (attributes, hex) = match nested {
            Some((attributes, _)) => (Some(attributes), None),
            None => (None, nonempty(attr.value)),
        };
        list.push(GenericAttribute {
            attr: attr.kind,
            attributes,
            hex,
        });
        bytes = rest;
    }
    (list, bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::names::Names;
    use crate::netlink::build::{attr, message};
    use crate::netlink::frame::Messages;
    use crate::netlink::other::other;

    fn decoded(id: FamilyId, announced: Option<Announced<'_>>, kind: u16, body: &[u8]) -> Generic {
        let bytes = message(kind, body);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        let names = Names::builtin();
        let mut context = DecodeContext::new(&names, false);
        Generic::new(&mut context, *other(id), announced, &message)
    }

    #[test]
    fn nesting_is_told_by_its_flag() {
        let nested = attr(0x8000 | 3, &[attr(1, &[7]), attr(0x8000 | 2, &[])].concat());
        let lies = attr(0x8000 | 4, &[1, 2, 3]);
        let body = [
            &[5, 2, 0, 0][..],
            &attr(1, &attr(9, &[])),
            &nested,
            &lies,
            &[9, 9],
        ]
        .concat();
        let id = FamilyId::generic(29).unwrap();
        let generic = serde_json::to_value(decoded(id, None, 29, &body)).unwrap();
        assert_eq!(
            generic,
            json!({
                "family": "29", "message": "5", "version": 2,
                "attributes": [
                    {"attr": 1, "hex": "04000900"},
                    {"attr": 3, "attributes": [{"attr": 1, "hex": "07"}, {"attr": 2, "attributes": []}]},
                    {"attr": 4, "hex": "010203"},
                ],
                "data": "0909",
            })
        );
    }

    #[test]
    fn depth_is_bounded() {
        let mut value = vec![];
        for _ in 0..4 * MAX_DEPTH {
            value = attr(0x8000 | 1, &value);
        }
        let (mut list, rest) = tree(&value, 1);
        assert!(rest.is_empty());
        let mut depth = 0;
        while let Some(inner) = list.pop() {
            depth += 1;
            assert_eq!(inner.hex.is_some(), depth == MAX_DEPTH);
            list = inner.attributes.unwrap_or_default();
        }
        assert_eq!(depth, MAX_DEPTH);
    }

    #[test]
    fn a_family_with_a_table_has_named_attributes() {
        let ethtool = Announced {
            name: "ethtool",
            header: 0,
        };
        let device = [attr(1, &3_u32.to_ne_bytes()), attr(2, b"eth0\0")].concat();
        let body = [
            &[17, 1, 0, 0][..],
            &attr(1, &device),
            &attr(6, &512_u32.to_ne_bytes()),
        ]
        .concat();
        let id = FamilyId::generic(21).unwrap();
        let generic = serde_json::to_value(decoded(id, Some(ethtool), 21, &body)).unwrap();
        assert_eq!(
            generic,
            json!({
                "family": "ethtool", "message": "ETHTOOL_MSG_RINGS_NTF", "version": 1,
                "named": {"ifindex": 3, "dev": "eth0", "rx_ring": 512},
            })
        );
    }

    #[test]
    fn raw_protocols_have_the_headers_of_their_messages() {
        let netfilter = FamilyId::of_protocol(12).unwrap();
        let body = [&[2, 0, 0, 7][..], &attr(1, b"filter\0")].concat();
        let generic = serde_json::to_value(decoded(netfilter, None, 0x0a00, &body)).unwrap();
        assert_eq!(
            generic,
            json!({
                "family": "netfilter", "message": "NFT_MSG_NEWTABLE", "header": "02000007",
                "attributes": [{"attr": 1, "hex": "66696c74657200"}],
            })
        );
        let unnamed = decoded(FamilyId::of_protocol(30).unwrap(), None, 99, &[1, 2]);
        assert_eq!((&*unnamed.family, &*unnamed.message), ("30", "99"));
        assert_eq!(unnamed.data, nonempty(&[1, 2]));
    }

    #[test]
    fn a_uevent_is_text() {
        let bytes = b"add@/devices/virtual/net/v0\0ACTION=add\0SUBSYSTEM=net\0";
        let generic = serde_json::to_value(Generic::uevent(bytes)).unwrap();
        assert_eq!(
            generic,
            json!({
                "family": "uevent", "message": "add",
                "text": ["add@/devices/virtual/net/v0", "ACTION=add", "SUBSYSTEM=net"],
            })
        );
        assert_eq!(Generic::uevent(&[0xff]).message, "unknown");
        assert_eq!(Generic::uevent(b"libudev\0short").message, "unknown");
    }
}
