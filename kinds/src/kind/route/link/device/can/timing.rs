//! Bit timing of a CAN bus, and its limits.

use serde::Serialize;

use crate::json::JsonSchema;
use crate::kind::attributes::FromAttr;
use crate::kind::context::DecodeContext;
use crate::kind::route::link::wire::exact_u32s;
use crate::netlink::attr::{Attr, AttrError};

/// Bit timing of a CAN bus (`struct can_bittiming`).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct BitTiming {
    /// Bit rate, bit/s.
    pub bitrate: u32,
    /// Sample point as a fraction of the bit time: `0.875`.
    pub sample_point: String,
    /// Time quantum, nanoseconds.
    pub tq: u32,
    /// Propagation segment, quanta.
    pub prop_seg: u32,
    /// Phase segment 1, quanta.
    pub phase_seg1: u32,
    /// Phase segment 2, quanta.
    pub phase_seg2: u32,
    /// Synchronisation jump width, quanta.
    pub sjw: u32,
    /// Divisor of the clock.
    pub brp: u32,
}

/// Limits of the bit timing (`struct can_bittiming_const`).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct BitTimingConst {
    /// Name of the controller.
    pub name: String,
    /// Propagation and phase segment 1, quanta.
    pub tseg1: Bounds,
    /// Phase segment 2, quanta.
    pub tseg2: Bounds,
    /// Synchronisation jump width, quanta.
    pub sjw: Bounds,
    /// Divisor of the clock.
    pub brp: Bounds,
    /// Step of the divisor.
    pub brp_inc: u32,
}

/// A range of values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Bounds {
    /// Minimum.
    pub min: u32,
    /// Maximum.
    pub max: u32,
}

/// `struct can_bittiming`
impl FromAttr for BitTiming {
    fn from_attr(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let [
            bitrate,
            sample_point,
            tq,
            prop_seg,
            phase_seg1,
            phase_seg2,
            sjw,
            brp,
        ] = exact_u32s(attr.value)?;
        Ok(BitTiming {
            bitrate,
            sample_point: format!("{}.{:03}", sample_point / 1000, sample_point % 1000),
            tq,
            prop_seg,
            phase_seg1,
            phase_seg2,
            sjw,
            brp,
        })
    }
}

/// `struct can_bittiming_const`: a name of 16 bytes, and the bounds.
impl FromAttr for BitTimingConst {
    fn from_attr(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let (name, numbers) = attr.value.split_at_checked(16).ok_or(AttrError::Length)?;
        let name = name.split(|byte| *byte == 0).next();
        let [
            tseg1_min,
            tseg1_max,
            tseg2_min,
            tseg2_max,
            sjw_max,
            brp_min,
            brp_max,
            brp_inc,
        ] = exact_u32s(numbers)?;
        let bounds = |min, max| Bounds { min, max };
        Ok(BitTimingConst {
            name: String::from_utf8_lossy(name.unwrap_or_default()).into_owned(),
            tseg1: bounds(tseg1_min, tseg1_max),
            tseg2: bounds(tseg2_min, tseg2_max),
            sjw: bounds(1, sjw_max),
            brp: bounds(brp_min, brp_max),
            brp_inc,
        })
    }
}
