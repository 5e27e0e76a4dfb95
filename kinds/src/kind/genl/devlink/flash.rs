//! `kind:"devlink_flash"`: the progress of an update of a device's firmware.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, MessageAction, Trigger, Triggers};
use crate::netlink::frame::Message;
use crate::netlink::genl::devlink::{
    DEVLINK_CMD_FLASH_UPDATE, DEVLINK_CMD_FLASH_UPDATE_END, DEVLINK_CMD_FLASH_UPDATE_STATUS,
};
use crate::netlink::genl::{attributes, command};
use crate::value::{Symbol, Text};

/// `DEVLINK_CMD_FLASH_UPDATE*`
const EVENTS: &[(u32, &str)] = &[
    (DEVLINK_CMD_FLASH_UPDATE as u32, "begin"),
    (DEVLINK_CMD_FLASH_UPDATE_END as u32, "end"),
    (DEVLINK_CMD_FLASH_UPDATE_STATUS as u32, "status"),
];

/// A step of an update of the firmware of a device of devlink.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(skip(DEVLINK_ATTR_PAD = 61, DEVLINK_ATTR_INDEX = 184))]
pub struct DevlinkFlash {
    /// Name of the bus.
    #[nla(DEVLINK_ATTR_BUS_NAME = 1)]
    pub bus_name: Text,
    /// Name of the device on that bus.
    #[nla(DEVLINK_ATTR_DEV_NAME = 2)]
    pub dev_name: Text,
    /// `begin`, `status`, `end`.
    pub event: Symbol,
    /// What the driver does.
    #[nla(DEVLINK_ATTR_FLASH_UPDATE_STATUS_MSG = 124)]
    pub status_msg: Option<Text>,
    /// The component that is updated.
    #[nla(DEVLINK_ATTR_FLASH_UPDATE_COMPONENT = 123)]
    pub component: Option<Text>,
    /// How much is done, mostly bytes.
    #[nla(DEVLINK_ATTR_FLASH_UPDATE_STATUS_DONE = 125)]
    pub done: Option<u64>,
    /// How much there is to do; 0: not known.
    #[nla(DEVLINK_ATTR_FLASH_UPDATE_STATUS_TOTAL = 126)]
    pub total: Option<u64>,
    /// Time that the step may take, seconds; 0: not known.
    #[nla(DEVLINK_ATTR_FLASH_UPDATE_STATUS_TIMEOUT = 151)]
    pub timeout: Option<u64>,
}

impl KindSpec for DevlinkFlash {
    const NETLINK_FAMILY: FamilyId = FamilyId::DEVLINK;
    const MESSAGES: &'static [u16] = &[
        DEVLINK_CMD_FLASH_UPDATE,
        DEVLINK_CMD_FLASH_UPDATE_END,
        DEVLINK_CMD_FLASH_UPDATE_STATUS,
    ];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let mut flash = DevlinkFlash {
            event: Symbol::of(command(message).into(), EVENTS),
            ..DevlinkFlash::default()
        };
        flash.attributes(context, attributes(message)?);
        emit.object_as(context, MessageAction::Notify, flash)
    }

    fn triggers(&self, _op: Op, _old: Option<&Self>) -> Triggers {
        match self.event.is("end") {
            true => Triggers::of(&[Trigger::Devlink]),
            false => Triggers::NONE,
        }
    }
}
