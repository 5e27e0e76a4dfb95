//! Virtual functions of a device (`IFLA_VFINFO_LIST`).

use schemars::JsonSchema;
use serde::Serialize;

/// A virtual function.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct VfInfo {
    /// Its number.
    pub vf: u32,
}
