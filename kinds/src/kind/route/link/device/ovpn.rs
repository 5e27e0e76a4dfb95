//! OpenVPN devices.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::value::Symbol;

/// Settings of an OpenVPN device (`IFLA_OVPN_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Ovpn {
    /// `p2p` (one peer), `multipeer`.
    #[nla(IFLA_OVPN_MODE = 1, names(u8, &[(0, "p2p"), (1, "multipeer")]))]
    pub mode: Option<Symbol>,
}
