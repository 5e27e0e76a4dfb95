//! Netkit devices.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::route::link::wire::Names;
use crate::value::Symbol;

/// Settings of a netkit device (`IFLA_NETKIT_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
pub struct Netkit {
    /// `l2`, `l3`.
    #[nla(IFLA_NETKIT_MODE = 5, names(u32, &[(0, "l2"), (1, "l3")]))]
    pub mode: Option<Symbol>,
    /// `primary`, `peer`.
    #[nla(IFLA_NETKIT_PRIMARY = 2, names(u8, &[(0, "peer"), (1, "primary")]))]
    pub r#type: Option<Symbol>,
    /// Default policy without a BPF program: `forward`, `blackhole`.
    #[nla(IFLA_NETKIT_POLICY = 3, names(u32, NETKIT_POLICIES))]
    pub policy: Option<Symbol>,
    /// Default policy of the peer.
    #[nla(IFLA_NETKIT_PEER_POLICY = 4, names(u32, NETKIT_POLICIES))]
    pub peer_policy: Option<Symbol>,
    /// Metadata of a packet that is cleared: `none`, `default`.
    #[nla(IFLA_NETKIT_SCRUB = 6, names(u32, NETKIT_SCRUBS))]
    pub scrub: Option<Symbol>,
    /// Metadata of a packet that the peer clears.
    #[nla(IFLA_NETKIT_PEER_SCRUB = 7, names(u32, NETKIT_SCRUBS))]
    pub peer_scrub: Option<Symbol>,
    /// Headroom of a packet, bytes.
    #[nla(IFLA_NETKIT_HEADROOM = 8)]
    pub headroom: Option<u16>,
    /// Tailroom of a packet, bytes.
    #[nla(IFLA_NETKIT_TAILROOM = 9)]
    pub tailroom: Option<u16>,
    /// `pair` (it has a peer), `single`.
    #[nla(IFLA_NETKIT_PAIRING = 10, names(u32, &[(0, "pair"), (1, "single")]))]
    pub pairing: Option<Symbol>,
}

/// `NETKIT_PASS`, `NETKIT_DROP`
const NETKIT_POLICIES: Names = &[(0, "forward"), (2, "blackhole")];

/// `NETKIT_SCRUB_*`
const NETKIT_SCRUBS: Names = &[(0, "none"), (1, "default")];
