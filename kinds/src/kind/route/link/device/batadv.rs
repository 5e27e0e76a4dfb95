//! Batman-adv devices.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;

/// Settings of a batman-adv device (`IFLA_BATADV_*`, linux/batman_adv.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Batadv {
    /// Routing algorithm: `BATMAN_IV`, `BATMAN_V`.
    #[nla(IFLA_BATADV_ALGO_NAME = 1)]
    pub algo_name: Option<String>,
}
