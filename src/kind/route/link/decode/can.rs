//! CAN devices.

use super::settings::{Names, exactly, settings, symbol32, u16_at, u32_at};
use crate::kind::context::DecodeContext;
use crate::kind::route::link::can::{
    BitTiming, BitTimingConst, Bounds, BusErrors, Can, CanStats, Pwm, PwmConst, Tdc, TdcConst,
};
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{FlagNames, Flags};

settings! {
    /// `IFLA_CAN_*` → the settings and state of a CAN device.
    pub(super) fn can(context, attr, into) -> Can {
        IFLA_CAN_BITTIMING = 1 => bittiming: bittiming(&attr)?;
        IFLA_CAN_BITTIMING_CONST = 2 => bittiming_const: bittiming_const(&attr)?;
        IFLA_CAN_CLOCK = 3 => clock: attr.u32()?;
        IFLA_CAN_STATE = 4 => state: symbol32(attr, STATES)?;
        IFLA_CAN_CTRLMODE = 5 => ctrlmode: Flags::new(u32_at(exactly(&attr, 8)?, 4)?.into(), MODES);
        IFLA_CAN_RESTART_MS = 6 => restart_ms: attr.u32()?;
        IFLA_CAN_BERR_COUNTER = 8 => berr_counter: berr_counter(&attr)?;
        IFLA_CAN_DATA_BITTIMING = 9 => data_bittiming: bittiming(&attr)?;
        IFLA_CAN_DATA_BITTIMING_CONST = 10 => data_bittiming_const: bittiming_const(&attr)?;
        IFLA_CAN_TERMINATION = 11 => termination: attr.u16()?;
        IFLA_CAN_TERMINATION_CONST = 12 => termination_const: list(&attr, u16::from_ne_bytes)?;
        IFLA_CAN_BITRATE_CONST = 13 => bitrate_const: list(&attr, u32::from_ne_bytes)?;
        IFLA_CAN_DATA_BITRATE_CONST = 14 => data_bitrate_const: list(&attr, u32::from_ne_bytes)?;
        IFLA_CAN_BITRATE_MAX = 15 => bitrate_max: attr.u32()?;
        IFLA_CAN_XL_DATA_BITTIMING = 18 => xl_data_bittiming: bittiming(&attr)?;
        IFLA_CAN_XL_DATA_BITTIMING_CONST = 19 => xl_data_bittiming_const: bittiming_const(&attr)?;
        IFLA_CAN_XL_DATA_BITRATE_CONST = 20 => xl_data_bitrate_const: list(&attr, u32::from_ne_bytes)?;
    }
    free {
        IFLA_CAN_TDC = 16 => { (into.tdc, into.tdc_const) = tdc(context, &attr)? }
        IFLA_CAN_CTRLMODE_EXT = 17 => { ctrlmode_ext(context, &attr, into)? }
        IFLA_CAN_XL_TDC = 21 => { (into.xl_tdc, into.xl_tdc_const) = tdc(context, &attr)? }
        IFLA_CAN_XL_PWM = 22 => { (into.xl_pwm, into.xl_pwm_const) = pwm(context, &attr)? }
    }
}

/// `CAN_STATE_*` (linux/can/netlink.h, as the following)
const STATES: Names = &[
    (0, "ERROR-ACTIVE"),
    (1, "ERROR-WARNING"),
    (2, "ERROR-PASSIVE"),
    (3, "BUS-OFF"),
    (4, "STOPPED"),
    (5, "SLEEPING"),
];
/// `CAN_CTRLMODE_*`
const MODES: &FlagNames = &[
    (0x001, "LOOPBACK"),
    (0x002, "LISTEN-ONLY"),
    (0x004, "TRIPLE-SAMPLING"),
    (0x008, "ONE-SHOT"),
    (0x010, "BERR-REPORTING"),
    (0x020, "FD"),
    (0x040, "PRESUME-ACK"),
    (0x080, "FD-NON-ISO"),
    (0x100, "CC-LEN8-DLC"),
    (0x200, "TDC-AUTO"),
    (0x400, "TDC-MANUAL"),
    (0x800, "RESTRICTED"),
    (0x1000, "XL"),
    (0x2000, "XL-TMS"),
];

/// `IFLA_CAN_CTRLMODE_*`
fn ctrlmode_ext(context: &mut DecodeContext, attr: &Attr, into: &mut Can) -> Result<(), AttrError> {
    const IFLA_CAN_CTRLMODE_SUPPORTED: u16 = 1;
    context.nested(attr, |_, attr| {
        if attr.kind != IFLA_CAN_CTRLMODE_SUPPORTED {
            return Err(AttrError::Unknown);
        }
        into.ctrlmode_supported = Some(Flags::new(attr.u32()?.into(), MODES));
        Ok(())
    })
}

/// Numbers in attributes of 32 bits, counted from 1.
fn numbers<const N: usize>(
    context: &mut DecodeContext,
    attr: &Attr,
) -> Result<[Option<u32>; N], AttrError> {
    let mut numbers = [None; N];
    context.nested(attr, |_, attr| {
        let place = usize::from(attr.kind).wrapping_sub(1);
        *numbers.get_mut(place).ok_or(AttrError::Unknown)? = Some(attr.u32()?);
        Ok(())
    })?;
    Ok(numbers)
}

/// The least and the most, where both are told.
fn bounds(min: Option<u32>, max: Option<u32>) -> Option<Bounds> {
    let (min, max) = min.zip(max)?;
    Some(Bounds { min, max })
}

/// The value, unless it is empty.
fn some<T: Default + PartialEq>(value: T) -> Option<T> {
    (value != T::default()).then_some(value)
}

/// `IFLA_CAN_TDC_*`: what is set, and what the hardware can do.
fn tdc(
    context: &mut DecodeContext,
    attr: &Attr,
) -> Result<(Option<Tdc>, Option<TdcConst>), AttrError> {
    let [v_min, v_max, o_min, o_max, f_min, f_max, tdcv, tdco, tdcf] = numbers(context, attr)?;
    let able = TdcConst {
        tdcv: bounds(v_min, v_max),
        tdco: bounds(o_min, o_max),
        tdcf: bounds(f_min, f_max),
    };
    Ok((some(Tdc { tdcv, tdco, tdcf }), some(able)))
}

/// `IFLA_CAN_PWM_*`: what is set, and what the hardware can do.
fn pwm(
    context: &mut DecodeContext,
    attr: &Attr,
) -> Result<(Option<Pwm>, Option<PwmConst>), AttrError> {
    let [s_min, s_max, l_min, l_max, o_min, o_max, pwms, pwml, pwmo] = numbers(context, attr)?;
    let able = PwmConst {
        pwms: bounds(s_min, s_max),
        pwml: bounds(l_min, l_max),
        pwmo: bounds(o_min, o_max),
    };
    Ok((some(Pwm { pwms, pwml, pwmo }), some(able)))
}

/// `struct can_device_stats`
pub(super) fn xstats(attr: &Attr) -> Result<CanStats, AttrError> {
    let value = exactly(attr, 24)?;
    Ok(CanStats {
        bus_error: u32_at(value, 0)?,
        error_warning: u32_at(value, 4)?,
        error_passive: u32_at(value, 8)?,
        bus_off: u32_at(value, 12)?,
        arbitration_lost: u32_at(value, 16)?,
        restarts: u32_at(value, 20)?,
    })
}

/// `struct can_berr_counter`
fn berr_counter(attr: &Attr) -> Result<BusErrors, AttrError> {
    let value = exactly(attr, 4)?;
    Ok(BusErrors {
        tx: u16_at(value, 0)?,
        rx: u16_at(value, 2)?,
    })
}

/// `struct can_bittiming`
fn bittiming(attr: &Attr) -> Result<BitTiming, AttrError> {
    let value = exactly(attr, 32)?;
    let sample_point = u32_at(value, 4)?;
    Ok(BitTiming {
        bitrate: u32_at(value, 0)?,
        sample_point: format!("{}.{:03}", sample_point / 1000, sample_point % 1000),
        tq: u32_at(value, 8)?,
        prop_seg: u32_at(value, 12)?,
        phase_seg1: u32_at(value, 16)?,
        phase_seg2: u32_at(value, 20)?,
        sjw: u32_at(value, 24)?,
        brp: u32_at(value, 28)?,
    })
}

/// `struct can_bittiming_const`
fn bittiming_const(attr: &Attr) -> Result<BitTimingConst, AttrError> {
    let value = exactly(attr, 48)?;
    let name = value[..16].split(|byte| *byte == 0).next();
    let bounds = |min, max| -> Result<Bounds, AttrError> {
        Ok(Bounds {
            min: u32_at(value, min)?,
            max: u32_at(value, max)?,
        })
    };
    Ok(BitTimingConst {
        name: String::from_utf8_lossy(name.unwrap_or_default()).into_owned(),
        tseg1: bounds(16, 20)?,
        tseg2: bounds(24, 28)?,
        sjw: Bounds {
            min: 1,
            max: u32_at(value, 32)?,
        },
        brp: bounds(36, 40)?,
        brp_inc: u32_at(value, 44)?,
    })
}

/// An array of numbers.
fn list<const N: usize, T>(attr: &Attr, read: fn([u8; N]) -> T) -> Result<Vec<T>, AttrError> {
    let (numbers, rest) = attr.value.as_chunks::<N>();
    match rest {
        [] => Ok(numbers.iter().map(|bytes| read(*bytes)).collect()),
        _ => Err(AttrError::Length),
    }
}
