//! Virtual functions of a device (`IFLA_VFINFO_LIST`).

use nlstream_derive::Attributes;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::wire::{Names, VLAN_PROTOCOLS, bytes_at, u32_at, u64_at};
use crate::json::JsonSchema;
use crate::kind::attributes::{Attributes as _, FromAttr};
use crate::kind::context::DecodeContext;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{Hex, LlAddr, Symbol};

/// A virtual function (`IFLA_VF_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(
    by_caller(IFLA_VF_MAC = 1, IFLA_VF_BROADCAST = 13),
    custom(IFLA_VF_VLAN = 2 => Self::only_vlan)
)]
pub struct VfInfo {
    /// Number of the virtual function.
    pub vf: Option<u32>,
    /// Link-layer address.
    pub address: Option<LlAddr>,
    /// Link-layer broadcast address.
    pub broadcast: Option<LlAddr>,
    /// VLANs.
    #[nla(IFLA_VF_VLAN_LIST = 12, entry(IFLA_VF_VLAN_INFO = 1))]
    pub vlan_list: Option<Vec<VfVlan>>,
    /// Maximum transmit rate, Mbit/s; 0 for no limit.
    #[nla(IFLA_VF_TX_RATE = 3, with = setting)]
    pub tx_rate: Option<u32>,
    /// Transmit rates.
    #[nla(IFLA_VF_RATE = 6)]
    pub rate: Option<VfRate>,
    /// Spoof check: sent packets must have its own source address.
    #[nla(IFLA_VF_SPOOFCHK = 4, optional, with = switch)]
    pub spoofchk: Option<bool>,
    /// Link state: `auto` (follows the device), `enable`, `disable`.
    #[nla(IFLA_VF_LINK_STATE = 5, with = link_state)]
    pub link_state: Option<Symbol>,
    /// The virtual function is trusted.
    #[nla(IFLA_VF_TRUST = 9, optional, with = switch)]
    pub trust: Option<bool>,
    /// The virtual function may query the RSS configuration.
    #[nla(IFLA_VF_RSS_QUERY_EN = 7, optional, with = switch)]
    pub query_rss_en: Option<bool>,
    /// InfiniBand node GUID.
    #[nla(IFLA_VF_IB_NODE_GUID = 10, with = guid)]
    pub node_guid: Option<LlAddr>,
    /// InfiniBand port GUID.
    #[nla(IFLA_VF_IB_PORT_GUID = 11, with = guid)]
    pub port_guid: Option<LlAddr>,
    /// With `details`: counters.
    #[nla(IFLA_VF_STATS = 8, details)]
    pub stats: Option<VfStats>,
}

/// A VLAN of a virtual function.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct VfVlan {
    /// VLAN id; 0 for none.
    pub vlan: u32,
    /// VLAN priority.
    pub qos: u32,
    /// `802.1Q`, `802.1ad`.
    pub protocol: Option<Symbol>,
}

/// Transmit rates of a virtual function.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct VfRate {
    /// Maximum, Mbit/s; 0 for no limit.
    pub max_tx: u32,
    /// Minimum, Mbit/s.
    pub min_tx: u32,
}

/// Counters of a virtual function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(skip(IFLA_VF_STATS_PAD = 6))]
pub struct VfStats {
    /// Received.
    #[nla(flatten)]
    pub rx: VfRxStats,
    /// Sent.
    #[nla(flatten)]
    pub tx: VfTxStats,
}

/// Receive counters of a virtual function.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct VfRxStats {
    /// Bytes.
    #[nla(IFLA_VF_STATS_RX_BYTES = 2)]
    pub bytes: Option<u64>,
    /// Packets.
    #[nla(IFLA_VF_STATS_RX_PACKETS = 0)]
    pub packets: Option<u64>,
    /// Multicast packets.
    #[nla(IFLA_VF_STATS_MULTICAST = 5)]
    pub multicast: Option<u64>,
    /// Broadcast packets.
    #[nla(IFLA_VF_STATS_BROADCAST = 4)]
    pub broadcast: Option<u64>,
    /// Dropped packets.
    #[nla(IFLA_VF_STATS_RX_DROPPED = 7)]
    pub dropped: Option<u64>,
}

/// Transmit counters of a virtual function.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct VfTxStats {
    /// Bytes.
    #[nla(IFLA_VF_STATS_TX_BYTES = 3)]
    pub bytes: Option<u64>,
    /// Packets.
    #[nla(IFLA_VF_STATS_TX_PACKETS = 1)]
    pub packets: Option<u64>,
    /// Dropped packets.
    #[nla(IFLA_VF_STATS_TX_DROPPED = 8)]
    pub dropped: Option<u64>,
}

/// A device, or a virtual function of it, as a port of a switch (`IFLA_PORT_*`, linux/if_link.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct VfPort {
    /// Number of the virtual function; 4294967295 for the device itself.
    #[nla(IFLA_PORT_VF = 1)]
    pub vf: Option<u32>,
    /// Name of the port profile.
    #[nla(IFLA_PORT_PROFILE = 2)]
    pub profile: Option<String>,
    /// UUID of the instance using the port, hexadecimal.
    #[nla(IFLA_PORT_INSTANCE_UUID = 4)]
    pub instance_uuid: Option<Hex>,
    /// UUID of the host, hexadecimal.
    #[nla(IFLA_PORT_HOST_UUID = 5)]
    pub host_uuid: Option<Hex>,
    /// `preassociate`, `preassociate_rr`, `associate`, `disassociate`.
    #[nla(IFLA_PORT_REQUEST = 6, names(u8, PORT_REQUESTS))]
    pub request: Option<Symbol>,
    /// Response of the switch: `success`, `profile_success`, `profile_inprogress` …
    #[nla(IFLA_PORT_RESPONSE = 7, names(u16, PORT_RESPONSES))]
    pub response: Option<Symbol>,
}

// Each attribute of a virtual function is a structure that begins with the function's number,
// except for IFLA_VF_BROADCAST, IFLA_VF_VLAN_LIST and IFLA_VF_STATS.

impl VfInfo {
    /// Decodes an `IFLA_VFINFO_LIST` of a device of that hardware type.
    ///
    /// # Errors
    /// [`AttrError::Depth`] if `attr` is nested too deep.
    pub(super) fn list(
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
        arphrd: u16,
    ) -> Result<Vec<Self>, AttrError> {
        const IFLA_VF_INFO: u16 = 1;
        // The kernel always sends 32 bytes, whatever the length of the address.
        let length = match arphrd {
            libc::ARPHRD_INFINIBAND => 20,
            _ => 6,
        };
        let mut list = Vec::new();
        context.nested(attr, |context, attr| {
            if attr.kind != IFLA_VF_INFO {
                return Err(AttrError::Unknown);
            }
            let mut vf = VfInfo::default();
            context.nested(&attr, |context, attr| {
                let value = attr.value;
                match attr.kind {
                    Self::IFLA_VF_MAC => {
                        vf.vf = Some(u32_at(value, 0)?);
                        vf.address = Some(lladdr(value, 4, length)?);
                    }
                    Self::IFLA_VF_BROADCAST => vf.broadcast = Some(lladdr(value, 0, length)?),
                    _ => return vf.attribute(context, &attr),
                }
                Ok(())
            })?;
            list.push(vf);
            Ok(())
        })?;
        Ok(list)
    }

    /// `struct ifla_vf_vlan`: the only VLAN, without its protocol. `IFLA_VF_VLAN_LIST` has the
    /// protocol too.
    fn only_vlan(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        if self.vlan_list.is_none() {
            self.vlan_list = Some(vec![VfVlan::without_protocol(attr)?]);
        }
        Ok(())
    }
}

/// A link-layer address of `length` bytes at `at` of a structure.
fn lladdr(value: &[u8], at: usize, length: usize) -> Result<LlAddr, AttrError> {
    let address = value.get(at..at + length).and_then(LlAddr::new);
    address.ok_or(AttrError::Length)
}

/// The `u32` after the number of the virtual function.
fn setting(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<u32, AttrError> {
    u32_at(attr.value, 4)
}

/// A setting that is -1 if the driver does not report it.
fn switch(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Option<bool>, AttrError> {
    let setting = setting(context, attr)?;
    Ok((setting != u32::MAX).then_some(setting != 0))
}

fn link_state(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Symbol, AttrError> {
    Ok(Symbol::of(setting(context, attr)?, LINK_STATES))
}

/// `struct ifla_vf_guid`: a 64-bit number, aligned to 8 bytes.
fn guid(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<LlAddr, AttrError> {
    LlAddr::new(&u64_at(attr.value, 8)?.to_be_bytes()).ok_or(AttrError::Length)
}

/// `struct ifla_vf_rate`
impl FromAttr for VfRate {
    fn from_attr(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        Ok(VfRate {
            min_tx: u32_at(attr.value, 4)?,
            max_tx: u32_at(attr.value, 8)?,
        })
    }
}

impl VfVlan {
    /// The part that `struct ifla_vf_vlan` and `struct ifla_vf_vlan_info` have in common.
    fn without_protocol(attr: &Attr<'_>) -> Result<Self, AttrError> {
        Ok(VfVlan {
            vlan: u32_at(attr.value, 4)?,
            qos: u32_at(attr.value, 8)?,
            protocol: None,
        })
    }
}

/// `struct ifla_vf_vlan_info`
impl FromAttr for VfVlan {
    fn from_attr(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let protocol = u16::from_be_bytes(bytes_at(attr.value, 12)?);
        Ok(VfVlan {
            protocol: (protocol != 0).then(|| Symbol::of(protocol.into(), VLAN_PROTOCOLS)),
            ..VfVlan::without_protocol(attr)?
        })
    }
}

/// `IFLA_VF_LINK_STATE_*`
const LINK_STATES: Names = &[(0, "auto"), (1, "enable"), (2, "disable")];

/// `PORT_REQUEST_*`
const PORT_REQUESTS: Names = &[
    (0, "preassociate"),
    (1, "preassociate_rr"),
    (2, "associate"),
    (3, "disassociate"),
];

/// `PORT_VDP_RESPONSE_*`, `PORT_PROFILE_RESPONSE_*`
const PORT_RESPONSES: Names = &[
    (0x000, "success"),
    (0x001, "invalid_format"),
    (0x002, "insufficient_resources"),
    (0x003, "unused_vtid"),
    (0x004, "vtid_violation"),
    (0x005, "vtid_version_violation"),
    (0x006, "out_of_sync"),
    (0x100, "profile_success"),
    (0x101, "profile_inprogress"),
    (0x102, "profile_invalid"),
    (0x103, "profile_badstate"),
    (0x104, "profile_insufficient_resources"),
    (0x105, "profile_error"),
];
