//! `kind:"team_port"`: ports of team devices.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::List;
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::Kind;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{DumpsPerObject, Emit, KindSpec, Trigger};
use crate::netlink::frame::Message;
use crate::netlink::genl::team::TEAM_CMD_PORT_LIST_GET;
use crate::netlink::request::Request;
use crate::value::{IfName, Symbol};

/// `DUPLEX_*` (linux/ethtool.h)
const DUPLEX: &[(u32, &str)] = &[(0, "half"), (1, "full"), (255, "unknown")];

/// A port of a team device.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(skip(TEAM_ATTR_PORT_CHANGED = 2, TEAM_ATTR_PORT_REMOVED = 6))]
#[state(
    key(ifindex, port_ifindex),
    device(ifindex, dev),
    names_device(port_ifindex, port)
)]
pub struct TeamPort {
    /// Index of the team device.
    pub ifindex: u32,
    /// Name of the team device.
    pub dev: Option<IfName>,
    /// Index of the port.
    #[nla(TEAM_ATTR_PORT_IFINDEX = 1)]
    pub port_ifindex: u32,
    /// Name of the port.
    pub port: Option<IfName>,
    /// The team device takes the port as working: by its carrier, or as a program says (option `user_linkup`).
    #[nla(TEAM_ATTR_PORT_LINKUP = 3, present)]
    pub linkup: Option<bool>,
    /// Speed when the port became working, Mbit/s; 0 if it is not, or is unknown.
    #[nla(TEAM_ATTR_PORT_SPEED = 4)]
    pub speed: Option<u32>,
    /// Duplex mode when the port became working: `half`, `full`, `unknown`; `half` if it is not.
    #[nla(TEAM_ATTR_PORT_DUPLEX = 5, names(u8, DUPLEX))]
    pub duplex: Option<Symbol>,
}

impl KindSpec for TeamPort {
    const NETLINK_FAMILY: FamilyId = FamilyId::TEAM;
    const MESSAGES: &'static [u16] = &[TEAM_CMD_PORT_LIST_GET];
    const STALE_AFTER: &'static [Trigger] = &[Trigger::Team];
    const DUMPS_PER_OBJECT: &'static [DumpsPerObject] = &[DumpsPerObject::of(
        Kind::Link,
        |device| super::list(TEAM_CMD_PORT_LIST_GET, device),
        libc::EINVAL,
    )];
    const ATTRS: &'static [AttrDecl] = &[
        AttrDecl::new("TEAM_ATTR_TEAM_IFINDEX", 1, || &[]),
        AttrDecl::new("TEAM_ATTR_LIST_PORT", 3, || {
            const {
                &[AttrDecl::new("TEAM_ATTR_ITEM_PORT", 1, || {
                    <TeamPort as Attributes>::ATTRS
                })]
            }
        }),
    ];

    fn dumps(_details: bool) -> Vec<Request> {
        super::dumps()
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let list = List {
            list: 3,
            removed: 6,
        };
        super::decode(context, message, emit, list, |ifindex| TeamPort {
            ifindex,
            linkup: Some(false),
            ..TeamPort::default()
        })
    }
}
