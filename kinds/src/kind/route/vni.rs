//! `kind:"vni"`: network identifiers of a VXLAN device with `vnifilter` (`RTM_NEWTUNNEL`,
//! `RTM_DELTUNNEL`).

use std::net::IpAddr;

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::range::{IdRange, Ranged};
use crate::kind::spec::{Device, Emit, KindSpec, Trigger};
use crate::kind::wire::u32_at;
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::request::Request;
use crate::netlink::rtm::{RTM_DELTUNNEL, RTM_NEWTUNNEL};
use crate::value::IfName;

/// Network identifiers of a VXLAN device (`struct tunnel_msg`, linux/if_link.h): consecutive ones
/// that the kernel reported as one range, as those of `vlan`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    nest(VXLAN_VNIFILTER_ENTRY = 1),
    custom(
        VXLAN_VNIFILTER_ENTRY / VXLAN_VNIFILTER_ENTRY_GROUP = 3 => Self::group,
        VXLAN_VNIFILTER_ENTRY / VXLAN_VNIFILTER_ENTRY_GROUP6 = 4 => Self::group,
    ),
)]
#[state(key(ifindex, vni), device(ifindex, dev))]
pub struct Vni {
    /// Index of the VXLAN device.
    pub ifindex: u32,
    /// Name of the VXLAN device.
    pub dev: Option<IfName>,
    /// Network identifier, or the first one of a range.
    #[nla(VXLAN_VNIFILTER_ENTRY / VXLAN_VNIFILTER_ENTRY_START = 1)]
    pub vni: u32,
    /// Last identifier of a range; absent for a single one.
    #[nla(VXLAN_VNIFILTER_ENTRY / VXLAN_VNIFILTER_ENTRY_END = 2)]
    pub vni_end: Option<u32>,
    /// Multicast group, or address of the remote tunnel end.
    pub group: Option<IpAddr>,
    /// With `details`: counters.
    #[nla(
        VXLAN_VNIFILTER_ENTRY / VXLAN_VNIFILTER_ENTRY_STATS = 5,
        details,
        volatile
    )]
    pub stats: Option<VniStats>,
}

/// Counters of a network identifier (`VNIFILTER_ENTRY_STATS_*`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(skip(VNIFILTER_ENTRY_STATS_PAD = 9))]
pub struct VniStats {
    /// Bytes received.
    #[nla(VNIFILTER_ENTRY_STATS_RX_BYTES = 1)]
    pub rx_bytes: u64,
    /// Packets received.
    #[nla(VNIFILTER_ENTRY_STATS_RX_PKTS = 2)]
    pub rx_pkts: u64,
    /// Packets received and dropped.
    #[nla(VNIFILTER_ENTRY_STATS_RX_DROPS = 3)]
    pub rx_drops: u64,
    /// Packets received with an error.
    #[nla(VNIFILTER_ENTRY_STATS_RX_ERRORS = 4)]
    pub rx_errors: u64,
    /// Bytes sent.
    #[nla(VNIFILTER_ENTRY_STATS_TX_BYTES = 5)]
    pub tx_bytes: u64,
    /// Packets sent.
    #[nla(VNIFILTER_ENTRY_STATS_TX_PKTS = 6)]
    pub tx_pkts: u64,
    /// Packets dropped instead of sent.
    #[nla(VNIFILTER_ENTRY_STATS_TX_DROPS = 7)]
    pub tx_drops: u64,
    /// Packets not sent because of an error.
    #[nla(VNIFILTER_ENTRY_STATS_TX_ERRORS = 8)]
    pub tx_errors: u64,
}

impl KindSpec for Vni {
    const MESSAGES: &'static [u16] = &[RTM_NEWTUNNEL, RTM_DELTUNNEL];
    const STALE_AFTER: &'static [Trigger] = &[Trigger::Master];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::vnis()]
    }

    fn device_dumps(device: Device, _details: bool) -> Vec<Request> {
        vec![Request::vnis_of_device(device.ifindex)]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let (header, attributes) = message.body.split_first_chunk::<8>()?;
        context.each(attributes, |context, attr| {
            let mut vni = Vni {
                ifindex: u32_at(header, 4),
                ..Default::default()
            };
            vni.attribute(context, &attr)?;
            vni.vni_end = vni.vni_end.filter(|end| *end > vni.vni);
            emit.object(context, vni);
            Ok(())
        });
        Some(())
    }
}

impl Ranged for Vni {
    fn range(&self) -> IdRange {
        IdRange {
            ifindex: self.ifindex,
            global: false,
            first: self.vni.into(),
            last: self.vni_end.unwrap_or(self.vni).into(),
        }
    }

    fn set_range(&mut self, first: u64, last: u64) {
        let id = |id: u64| u32::try_from(id).unwrap_or(u32::MAX);
        self.vni = id(first);
        self.vni_end = Some(id(last)).filter(|end| *end > self.vni);
    }
}

impl Vni {
    /// Reads the group of either family, which the kernel sends as zeros if there is none.
    fn group(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        self.group = Some(attr.ip()?).filter(|group| !group.is_unspecified());
        Ok(())
    }
}
