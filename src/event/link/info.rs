//! What kind of device a link is, and its settings (`IFLA_LINKINFO`).

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

/// What kind of device it is.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct LinkInfo {
    /// `bridge`, `veth`, `vxlan` …
    pub info_kind: Option<String>,
    /// What it is a port of: `bridge`, `bond` …
    pub info_slave_kind: Option<String>,
}
