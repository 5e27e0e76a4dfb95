//! `kind:"unknown"`: a message that no decoder knows, whole.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::kind::NlType;
use crate::kind::object::Object;
use crate::value::{Hex, Symbol};

/// A message that no decoder knows.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Unknown {
    /// Message type, as the kernel's header names it, else its number.
    pub r#type: NlType,
    /// Address family: the first byte of every rtnetlink message. Absent for other netlink families.
    pub family: Option<Symbol>,
    /// The fixed header of its type, from the family on.
    pub header: Option<Hex>,
    /// Its attributes.
    pub attributes: Option<Vec<Attribute>>,
    /// What follows the message header, where the type has no known fixed header; or the bytes
    /// behind the attributes that are no whole attribute.
    pub data: Option<Hex>,
}

/// An attribute as it came.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Attribute {
    /// Number of the attribute.
    pub attr: u16,
    /// Its payload.
    pub hex: Hex,
}

impl Object for Unknown {}
