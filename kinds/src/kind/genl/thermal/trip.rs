//! `kind:"thermal_trip"`: the temperatures at which something is done about a zone.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::{decode, decode_list};
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{DumpsPerObject, Emit, KindSpec, MessageAction, Trigger};
use crate::kind::{Kind, Payload};
use crate::netlink::frame::Message;
use crate::netlink::genl::thermal::*;
use crate::netlink::request::{Request, subject};
use crate::value::Symbol;

/// `enum thermal_trip_type`
const TYPES: &[(u32, &str)] = &[(0, "active"), (1, "passive"), (2, "hot"), (3, "critical")];

/// A trip of a thermal zone. Its end with the zone has no event: the trips are read then. So are changes by the
/// firmware, of which Linux before 6.12 has no event (`acpi_thermal_notify`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[state(key(zone, id), no_property(r#type))]
pub struct ThermalTrip {
    /// Number of the zone.
    #[nla(THERMAL_GENL_ATTR_TZ_ID = 2)]
    pub zone: u32,
    /// Number of the trip in its zone.
    #[nla(THERMAL_GENL_ATTR_TZ_TRIP_ID = 5)]
    pub id: u32,
    /// What is done: `active` (a fan runs), `passive` (the device slows down), `hot` (a program is told), `critical`
    /// (the machine is shut down).
    #[nla(THERMAL_GENL_ATTR_TZ_TRIP_TYPE = 6, names(u32, TYPES))]
    pub r#type: Option<Symbol>,
    /// The temperature, thousandths of a degree Celsius; -274000: none.
    #[nla(THERMAL_GENL_ATTR_TZ_TRIP_TEMP = 7)]
    pub temp: Option<i32>,
    /// How far below it the zone must cool down, thousandths of a degree.
    #[nla(THERMAL_GENL_ATTR_TZ_TRIP_HYST = 8)]
    pub hyst: Option<i32>,
}

impl KindSpec for ThermalTrip {
    const NETLINK_FAMILY: FamilyId = FamilyId::THERMAL;
    const MESSAGES: &'static [u16] = &[
        THERMAL_GENL_EVENT_TZ_TRIP_CHANGE,
        THERMAL_GENL_EVENT_TZ_TRIP_ADD,
        THERMAL_GENL_EVENT_TZ_TRIP_DELETE,
        ANSWER + THERMAL_GENL_CMD_TZ_GET_TRIP,
    ];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;
    const DELETED_BY_KEY: bool = true;
    const STALE_AFTER: &'static [Trigger] = &[Trigger::ThermalZone];
    const DUMPS_PER_OBJECT: &'static [DumpsPerObject] = &[DumpsPerObject::of(
        Kind::ThermalZone,
        |zone| match zone {
            Payload::ThermalZone(zone) => Some(Request::thermal_trips(zone.id)),
            _ => None,
        },
        libc::EINVAL,
    )];

    // The kernel lists the trips of one zone at a time.
    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::generic(THERMAL_GENL_CMD_TZ_GET_ID, &[])]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        const LISTED: u16 = ANSWER + THERMAL_GENL_CMD_TZ_GET_TRIP;
        let action = match number(message) {
            LISTED => {
                // The answer does not name the zone (`thermal_genl_cmd_tz_get_trip`).
                let zone = subject(message.seq)?;
                let new = || ThermalTrip {
                    zone,
                    ..ThermalTrip::default()
                };
                let list = (THERMAL_GENL_ATTR_TZ_TRIP, THERMAL_GENL_ATTR_TZ_TRIP_ID);
                return decode_list(context, message, emit, list, new);
            }
            THERMAL_GENL_EVENT_TZ_TRIP_DELETE => MessageAction::Delete,
            _ => MessageAction::New,
        };
        decode::<Self>(context, message, emit, action)
    }
}
