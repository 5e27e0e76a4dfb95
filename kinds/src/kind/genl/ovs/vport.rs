//! `kind:"ovs_vport"`: ports of datapaths. The kernel lists those of one datapath at a time. It announces neither the
//! local port of a new datapath nor the ports that end with one (`ovs_dp_cmd_new`, `__dp_destroy`).

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::pids;
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{DumpsPerObject, Emit, KindSpec, MessageAction, Trigger};
use crate::kind::{Kind, Payload};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::genl::command;
use crate::netlink::genl::ovs::{
    OVS_VPORT_CMD_DEL, OVS_VPORT_CMD_GET, OVS_VPORT_CMD_NEW, OVS_VPORT_CMD_SET,
};
use crate::netlink::request::Request;
use crate::value::{IfName, Symbol, Text};

/// `OVS_VPORT_TYPE_*`
const TYPES: &[(u32, &str)] = &[
    (1, "netdev"),
    (2, "internal"),
    (3, "gre"),
    (4, "vxlan"),
    (5, "geneve"),
];

/// A port of a datapath of Open vSwitch.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    nest(OVS_VPORT_ATTR_OPTIONS = 4),
    custom(OVS_VPORT_ATTR_OPTIONS / OVS_TUNNEL_ATTR_EXTENSION = 2 => Self::extension),
    skip(OVS_VPORT_ATTR_PAD = 7),
)]
#[state(
    key(dp_ifindex, port_no),
    device(ifindex, dev),
    names_device(dp_ifindex, dp),
    no_property(r#type)
)]
pub struct OvsVport {
    /// Index of the datapath's local port.
    pub dp_ifindex: u32,
    /// Name of the datapath's local port.
    pub dp: Option<IfName>,
    /// Number of the port; 0 is the local port.
    #[nla(OVS_VPORT_ATTR_PORT_NO = 1)]
    pub port_no: u32,
    /// Name of the port.
    #[nla(OVS_VPORT_ATTR_NAME = 3)]
    pub name: Option<Text>,
    /// `netdev` (a device), `internal` (a device of the datapath), `gre`, `vxlan`, `geneve`.
    #[nla(OVS_VPORT_ATTR_TYPE = 2, names(u32, TYPES))]
    pub r#type: Option<Symbol>,
    /// Index of its device.
    #[nla(OVS_VPORT_ATTR_IFINDEX = 8)]
    pub ifindex: Option<u32>,
    /// Name of its device.
    pub dev: Option<IfName>,
    /// Number of the network namespace of its device, if that is another one.
    #[nla(OVS_VPORT_ATTR_NETNSID = 9)]
    pub netnsid: Option<i32>,
    /// Index of its device there.
    pub netns_ifindex: Option<u32>,
    /// UDP port of a tunnel.
    #[nla(OVS_VPORT_ATTR_OPTIONS / OVS_TUNNEL_ATTR_DST_PORT = 1)]
    pub dst_port: Option<u16>,
    /// True if a VXLAN tunnel uses the group policy extension.
    pub vxlan_gbp: Option<bool>,
    /// Port ids of the netlink sockets that packets without a flow are passed to; 0: none.
    #[nla(OVS_VPORT_ATTR_UPCALL_PID = 5, with = pids)]
    pub upcall_pid: Option<Vec<u32>>,
    /// Counters.
    #[nla(OVS_VPORT_ATTR_STATS = 6, with = OvsVportStats::read, volatile)]
    pub stats: Option<OvsVportStats>,
    /// Counters of packets without a flow.
    #[nla(OVS_VPORT_ATTR_UPCALL_STATS = 10, volatile)]
    pub upcall_stats: Option<OvsUpcallStats>,
}

/// Counters of a port (`struct ovs_vport_stats`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct OvsVportStats {
    /// Packets received.
    pub rx_packets: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Bytes received.
    pub rx_bytes: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Bad packets received.
    pub rx_errors: u64,
    /// Packets that could not be sent.
    pub tx_errors: u64,
    /// Packets dropped on receipt.
    pub rx_dropped: u64,
    /// Packets dropped before they were sent.
    pub tx_dropped: u64,
}

impl OvsVportStats {
    fn read(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let [
            rx_packets,
            tx_packets,
            rx_bytes,
            tx_bytes,
            rx_errors,
            tx_errors,
            rx_dropped,
            tx_dropped,
        ] = context.counters(attr, 8)?;
        Ok(OvsVportStats {
            rx_packets,
            tx_packets,
            rx_bytes,
            tx_bytes,
            rx_errors,
            tx_errors,
            rx_dropped,
            tx_dropped,
        })
    }
}

/// Counters of packets without a flow (`OVS_VPORT_UPCALL_ATTR_*`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(skip(OVS_VPORT_ATTR_PAD = 7))]
pub struct OvsUpcallStats {
    /// Those passed to the switch.
    #[nla(OVS_VPORT_UPCALL_ATTR_SUCCESS = 0)]
    pub success: Option<u64>,
    /// Those that could not be.
    #[nla(OVS_VPORT_UPCALL_ATTR_FAIL = 1)]
    pub fail: Option<u64>,
}

impl OvsVport {
    /// Reads `OVS_VXLAN_EXT_*`.
    fn extension(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        const OVS_VXLAN_EXT_GBP: u16 = 1;
        context.nested(attr, |_, attr| match attr.kind {
            OVS_VXLAN_EXT_GBP => {
                self.vxlan_gbp = Some(true);
                Ok(())
            }
            _ => Err(AttrError::Unknown),
        })
    }
}

impl KindSpec for OvsVport {
    const NETLINK_FAMILY: FamilyId = FamilyId::OVS_VPORT;
    const MESSAGES: &'static [u16] = &[
        OVS_VPORT_CMD_NEW,
        OVS_VPORT_CMD_DEL,
        OVS_VPORT_CMD_GET,
        OVS_VPORT_CMD_SET,
    ];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;
    // For `add_stored`.
    const DELETED_BY_KEY: bool = true;
    const STALE_AFTER: &'static [Trigger] = &[Trigger::OvsDatapath];
    const DUMPS_PER_OBJECT: &'static [DumpsPerObject] = &[
        DumpsPerObject::of(
            Kind::OvsDatapath,
            |datapath| match datapath {
                Payload::OvsDatapath(datapath) => {
                    Some(Request::ovs(OVS_VPORT_CMD_GET, datapath.ifindex))
                }
                _ => None,
            },
            libc::ENODEV,
        ),
        // The datapaths are of another family, which need not be watched. The local port of one is such a device, and an
        // internal port too.
        DumpsPerObject {
            is_guess: true,
            ..DumpsPerObject::of(
                Kind::Link,
                |device| match device {
                    Payload::Link(link) => {
                        let may_be = link.is_of_type("openvswitch");
                        may_be.then(|| Request::ovs(OVS_VPORT_CMD_GET, link.ifindex))
                    }
                    _ => None,
                },
                libc::ENODEV,
            )
        },
    ];

    // There is none with the index 0: the kernel answers with ENODEV.
    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::ovs(OVS_VPORT_CMD_GET, 0)]
    }

    fn add_stored(&mut self, stored: &Self) {
        super::keep_counters(self, stored);
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let (dp_ifindex, attributes) = super::split(message)?;
        let mut vport = OvsVport {
            dp_ifindex,
            ..OvsVport::default()
        };
        vport.attributes(context, attributes);
        if vport.netnsid.is_some() {
            vport.netns_ifindex = vport.ifindex.take();
        }
        let action = match command(message) {
            OVS_VPORT_CMD_DEL => MessageAction::Delete,
            _ => MessageAction::New,
        };
        emit.object_as(context, action, vport)
    }
}
