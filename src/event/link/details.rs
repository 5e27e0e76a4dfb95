//! The nested objects of a link.

use schemars::JsonSchema;
use serde::Serialize;

/// A VLAN of a bridge port.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Vlan {
    /// VLAN id.
    pub vlan: u16,
}
/// XDP
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Xdp {
    /// mode
    pub mode: u8,
}
/// Devlink port
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct DevlinkPort {
    /// bus
    pub bus_name: String,
}
/// Counters
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Stats64 {
    /// rx
    pub rx: u64,
}
/// Map
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Map {
    /// irq
    pub irq: u16,
}
/// AF_SPEC
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct AfSpec {
    /// inet6
    pub inet6: u8,
}
