//! `kind:"thermal_cooling_device"`: what cools a zone.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::{decode, decode_list};
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, MessageAction, Trigger, Triggers};
use crate::netlink::frame::Message;
use crate::netlink::genl::thermal::*;
use crate::netlink::request::Request;
use crate::value::Text;

/// A cooling device: a fan, or what makes a processor slower. The kernel lists its name alone: `state` is absent until
/// that changes. Kernels of today do not announce devices that come or go: these are found by the audit.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[state(key(id), no_property(state))]
pub struct ThermalCoolingDevice {
    /// Number of the device: that of `cooling_device0` is 0.
    #[nla(THERMAL_GENL_ATTR_CDEV_ID = 15)]
    pub id: u32,
    /// Its name, which sysfs calls the type: `Fan`, `Processor`. Several devices may have the same.
    #[nla(THERMAL_GENL_ATTR_CDEV_NAME = 18)]
    pub name: Option<Text>,
    /// How much it cools; 0: not at all.
    #[nla(THERMAL_GENL_ATTR_CDEV_CUR_STATE = 16)]
    pub state: Option<u32>,
    /// The highest state, if the kernel announced the device.
    #[nla(THERMAL_GENL_ATTR_CDEV_MAX_STATE = 17)]
    pub max_state: Option<u32>,
}

impl KindSpec for ThermalCoolingDevice {
    const NETLINK_FAMILY: FamilyId = FamilyId::THERMAL;
    const MESSAGES: &'static [u16] = &[
        THERMAL_GENL_EVENT_CDEV_ADD,
        THERMAL_GENL_EVENT_CDEV_DELETE,
        THERMAL_GENL_EVENT_CDEV_STATE_UPDATE,
        ANSWER + THERMAL_GENL_CMD_CDEV_GET,
    ];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;
    const DELETED_BY_KEY: bool = true;
    const STALE_AFTER: &'static [Trigger] = &[Trigger::ThermalZone];

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::generic(THERMAL_GENL_CMD_CDEV_GET, &[])]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let action = match number(message) {
            THERMAL_GENL_EVENT_CDEV_ADD => MessageAction::New,
            THERMAL_GENL_EVENT_CDEV_DELETE => MessageAction::Delete,
            THERMAL_GENL_EVENT_CDEV_STATE_UPDATE => MessageAction::Partial,
            _ => {
                let list = (THERMAL_GENL_ATTR_CDEV, THERMAL_GENL_ATTR_CDEV_ID);
                return decode_list(context, message, emit, list, Self::default);
            }
        };
        decode::<Self>(context, message, emit, action)
    }

    fn triggers(&self, _op: Op, _old: Option<&Self>) -> Triggers {
        match self.name {
            Some(_) => Triggers::NONE,
            None => Triggers::of(&[Trigger::ThermalZone]),
        }
    }
}
