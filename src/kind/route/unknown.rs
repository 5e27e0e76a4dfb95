//! `kind:"unknown"`: the complete content of a message without a decoder.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::kind::NlType;
use crate::kind::object::Object;
use crate::value::{Hex, Symbol};

/// A message type without a decoder.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Unknown {
    /// Message type: its constant in linux/rtnetlink.h, or its number.
    pub r#type: NlType,
    /// Address family: the first byte of every rtnetlink message.
    pub family: Option<Symbol>,
    /// Fixed header of the message type, starting with the family.
    pub header: Option<Hex>,
    /// Attributes.
    pub attributes: Option<Vec<Attribute>>,
    /// All bytes after the message header, if the length of the fixed header is unknown; otherwise
    /// the trailing bytes that do not form a complete attribute.
    pub data: Option<Hex>,
}

/// An undecoded attribute.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Attribute {
    /// Attribute number.
    pub attr: u16,
    /// Payload of the attribute.
    pub hex: Hex,
}

impl Object for Unknown {}
