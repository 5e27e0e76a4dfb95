//! `kind:"thermal_event"`: what happens to thermal zones.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::attributes::Attributes;
use crate::kind::context::DecodeContext;
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::genl::thermal::*;
use crate::value::{FlagNames, Flags, Symbol};

/// `THERMAL_THRESHOLD_WAY_*`
const DIRECTIONS: &FlagNames = &[(1, "up"), (2, "down")];

/// An event of a thermal zone.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(custom(THERMAL_GENL_ATTR_CPU_CAPABILITY = 20 => Self::capabilities))]
pub struct ThermalEvent {
    /// `trip_up`, `trip_down` (a trip was crossed), `zone_enabled`, `zone_disabled`, `threshold_up`, `threshold_down`
    /// (a threshold of a program was crossed), `threshold_add`, `threshold_delete`, `threshold_flush` (all of them),
    /// `cpu_capability_change` (of processors), `temperature` (a sample, with `--family thermal=sampling`).
    pub event: Symbol,
    /// Number of the zone.
    #[nla(THERMAL_GENL_ATTR_TZ_ID = 2)]
    pub zone: Option<u32>,
    /// Number of the trip in its zone.
    #[nla(THERMAL_GENL_ATTR_TZ_TRIP_ID = 5)]
    pub trip: Option<u32>,
    /// Temperature of the zone, thousandths of a degree Celsius.
    #[nla(THERMAL_GENL_ATTR_TZ_TEMP = 3)]
    pub temp: Option<i32>,
    /// The temperature before.
    #[nla(THERMAL_GENL_ATTR_TZ_PREV_TEMP = 27)]
    pub prev_temp: Option<i32>,
    /// Temperature of a threshold, thousandths of a degree Celsius.
    #[nla(THERMAL_GENL_ATTR_THRESHOLD_TEMP = 25)]
    pub threshold: Option<i32>,
    /// When it is crossed: `up`, `down`.
    #[nla(THERMAL_GENL_ATTR_THRESHOLD_DIRECTION = 26, flags(u32, DIRECTIONS))]
    pub direction: Option<Flags>,
    /// What the firmware lets the processors do.
    pub cpus: Option<Vec<ThermalCpu>>,
}

/// What the firmware lets a processor do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct ThermalCpu {
    /// Number of the processor.
    #[nla(THERMAL_GENL_ATTR_CPU_CAPABILITY_ID = 21)]
    pub cpu: u32,
    /// Performance, 0 to 1023.
    #[nla(THERMAL_GENL_ATTR_CPU_CAPABILITY_PERFORMANCE = 22)]
    pub performance: u32,
    /// Energy efficiency, 0 to 1023.
    #[nla(THERMAL_GENL_ATTR_CPU_CAPABILITY_EFFICIENCY = 23)]
    pub efficiency: u32,
}

impl ThermalEvent {
    /// Reads the processors, which follow each other without a nest of their own.
    fn capabilities(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let cpus = self.cpus.get_or_insert_default();
        context.nested(attr, |context, attr| {
            if attr.kind == THERMAL_GENL_ATTR_CPU_CAPABILITY_ID {
                cpus.push(ThermalCpu::default());
            }
            let cpu = cpus.last_mut().ok_or(AttrError::Unknown)?;
            cpu.attribute(context, &attr)
        })
    }
}

events!(
    ThermalEvent of THERMAL,
    [
        THERMAL_GENL_SAMPLING_TEMP = "temperature",
        THERMAL_GENL_EVENT_TZ_DISABLE = "zone_disabled",
        THERMAL_GENL_EVENT_TZ_ENABLE = "zone_enabled",
        THERMAL_GENL_EVENT_TZ_TRIP_UP = "trip_up",
        THERMAL_GENL_EVENT_TZ_TRIP_DOWN = "trip_down",
        THERMAL_GENL_EVENT_CPU_CAPABILITY_CHANGE = "cpu_capability_change",
        THERMAL_GENL_EVENT_THRESHOLD_ADD = "threshold_add",
        THERMAL_GENL_EVENT_THRESHOLD_DELETE = "threshold_delete",
        THERMAL_GENL_EVENT_THRESHOLD_FLUSH = "threshold_flush",
        THERMAL_GENL_EVENT_THRESHOLD_UP = "threshold_up",
        THERMAL_GENL_EVENT_THRESHOLD_DOWN = "threshold_down",
    ]
);
