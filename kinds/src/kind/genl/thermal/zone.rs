//! `kind:"thermal_zone"`: what has a temperature.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::{decode, decode_list};
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes, FromAttr as _};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{DumpsPerObject, Emit, KindSpec, MessageAction, Trigger, Triggers};
use crate::kind::{Kind, Op, Payload};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::genl::thermal::*;
use crate::netlink::request::Request;
use crate::value::Text;

/// A thermal zone: a sensor with trips and a governor. The kernel lists neither its temperature nor whether it is
/// enabled, and announces its governor only when that is changed: it is read for each zone.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(custom(THERMAL_GENL_ATTR_GOV_NAME = 19 => Self::governor))]
#[state(key(id))]
pub struct ThermalZone {
    /// Number of the zone: that of `thermal_zone0` is 0.
    #[nla(THERMAL_GENL_ATTR_TZ_ID = 2)]
    pub id: u32,
    /// Its name, which sysfs calls the type: `acpitz`, `x86_pkg_temp`. Several zones may have the same.
    #[nla(THERMAL_GENL_ATTR_TZ_NAME = 10)]
    pub name: Option<Text>,
    /// What decides when it is cooled, which sysfs calls the policy: `step_wise`, `fair_share`, `bang_bang`,
    /// `user_space`, `power_allocator`.
    #[nla(THERMAL_GENL_ATTR_TZ_GOV_NAME = 13)]
    pub governor: Option<Text>,
}

impl ThermalZone {
    /// Reads the new governor of an event.
    fn governor(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        self.governor = Some(Text::from_attr(context, attr)?);
        Ok(())
    }
}

impl KindSpec for ThermalZone {
    const NETLINK_FAMILY: FamilyId = FamilyId::THERMAL;
    const MESSAGES: &'static [u16] = &[
        THERMAL_GENL_EVENT_TZ_CREATE,
        THERMAL_GENL_EVENT_TZ_DELETE,
        THERMAL_GENL_EVENT_TZ_GOV_CHANGE,
        ANSWER + THERMAL_GENL_CMD_TZ_GET_ID,
        ANSWER + THERMAL_GENL_CMD_TZ_GET_GOV,
    ];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;
    const DELETED_BY_KEY: bool = true;
    // The governor.
    const STALE_AFTER: &'static [Trigger] = &[Trigger::ThermalZone];
    const DUMPS_PER_OBJECT: &'static [DumpsPerObject] = &[DumpsPerObject::of(
        Kind::ThermalZone,
        |zone| match zone {
            Payload::ThermalZone(zone) => Some(Request::thermal_governor(zone.id)),
            _ => None,
        },
        libc::EINVAL,
    )];

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::generic(THERMAL_GENL_CMD_TZ_GET_ID, &[])]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        const LISTED: u16 = ANSWER + THERMAL_GENL_CMD_TZ_GET_ID;
        let action = match number(message) {
            LISTED => {
                let list = (THERMAL_GENL_ATTR_TZ, THERMAL_GENL_ATTR_TZ_ID);
                return decode_list(context, message, emit, list, Self::default);
            }
            THERMAL_GENL_EVENT_TZ_CREATE => MessageAction::New,
            THERMAL_GENL_EVENT_TZ_DELETE => MessageAction::Delete,
            _ => MessageAction::Partial,
        };
        decode::<Self>(context, message, emit, action)
    }

    fn triggers(&self, op: Op, _old: Option<&Self>) -> Triggers {
        match op {
            Op::Add | Op::Present | Op::Delete => Triggers::of(&[Trigger::ThermalZone]),
            _ => Triggers::NONE,
        }
    }
}
