//! IP over InfiniBand devices.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::route::link::values::HexNumber;
use crate::value::Symbol;

/// Settings of an IP over InfiniBand device (`IFLA_IPOIB_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Ipoib {
    /// Partition key, hexadecimal.
    #[nla(IFLA_IPOIB_PKEY = 1, map(u16, HexNumber::new))]
    pub key: Option<HexNumber>,
    /// `datagram`, `connected`.
    #[nla(IFLA_IPOIB_MODE = 2, names(u16, &[(0, "datagram"), (1, "connected")]))]
    pub mode: Option<Symbol>,
    /// 1: user space may join multicast groups; hexadecimal.
    #[nla(IFLA_IPOIB_UMCAST = 3, map(u16, HexNumber::new))]
    pub umcast: Option<HexNumber>,
}
