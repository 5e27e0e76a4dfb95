//! CAN devices.

pub mod timing;

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use timing::{BitTiming, BitTimingConst, Bounds};

use crate::json::JsonSchema;
use crate::kind::attributes::{Attributes, FromAttr, Zero, nonzero};
use crate::kind::context::DecodeContext;
use crate::kind::route::link::wire::{Names, array, exact_u32s};
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{FlagNames, Flags, Symbol};

/// Settings and state of a CAN device (`IFLA_CAN_*`, linux/can/netlink.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(nest(IFLA_CAN_CTRLMODE_EXT = 17))]
#[nla(custom(
    IFLA_CAN_TDC = 16 => Self::tdc,
    IFLA_CAN_XL_TDC = 21 => Self::xl_tdc,
    IFLA_CAN_XL_PWM = 22 => Self::xl_pwm,
))]
pub struct Can {
    /// `ERROR-ACTIVE`, `ERROR-WARNING`, `ERROR-PASSIVE`, `BUS-OFF`, `STOPPED`, `SLEEPING`.
    #[nla(IFLA_CAN_STATE = 4, names(u32, STATES))]
    pub state: Option<Symbol>,
    /// `LOOPBACK`, `LISTEN-ONLY`, `FD` …
    #[nla(IFLA_CAN_CTRLMODE = 5, with = ctrlmode)]
    pub ctrlmode: Option<Flags>,
    /// Supported modes.
    #[nla(IFLA_CAN_CTRLMODE_EXT / IFLA_CAN_CTRLMODE_SUPPORTED = 1, flags(u32, MODES))]
    pub ctrlmode_supported: Option<Flags>,
    /// Error counters of the controller.
    #[nla(IFLA_CAN_BERR_COUNTER = 8)]
    pub berr_counter: Option<BusErrors>,
    /// Delay before an automatic restart, milliseconds; 0 for none.
    #[nla(IFLA_CAN_RESTART_MS = 6)]
    pub restart_ms: Option<u32>,
    /// Bit timing.
    #[nla(IFLA_CAN_BITTIMING = 1)]
    pub bittiming: Option<BitTiming>,
    /// Limits of the hardware.
    #[nla(IFLA_CAN_BITTIMING_CONST = 2)]
    pub bittiming_const: Option<BitTimingConst>,
    /// Supported bit rates, bit/s.
    #[nla(IFLA_CAN_BITRATE_CONST = 13, with = u32s)]
    pub bitrate_const: Option<Vec<u32>>,
    /// Bit timing of the data phase.
    #[nla(IFLA_CAN_DATA_BITTIMING = 9)]
    pub data_bittiming: Option<BitTiming>,
    /// Limits of the hardware.
    #[nla(IFLA_CAN_DATA_BITTIMING_CONST = 10)]
    pub data_bittiming_const: Option<BitTimingConst>,
    /// Supported bit rates of the data phase, bit/s.
    #[nla(IFLA_CAN_DATA_BITRATE_CONST = 14, with = u32s)]
    pub data_bitrate_const: Option<Vec<u32>>,
    /// Transmitter delay compensation of the data phase.
    pub tdc: Option<Tdc>,
    /// Limits of the hardware.
    pub tdc_const: Option<TdcConst>,
    /// Bit timing of the data phase of CAN XL.
    #[nla(IFLA_CAN_XL_DATA_BITTIMING = 18)]
    pub xl_data_bittiming: Option<BitTiming>,
    /// Limits of the hardware.
    #[nla(IFLA_CAN_XL_DATA_BITTIMING_CONST = 19)]
    pub xl_data_bittiming_const: Option<BitTimingConst>,
    /// Supported bit rates of the data phase of CAN XL, bit/s.
    #[nla(IFLA_CAN_XL_DATA_BITRATE_CONST = 20, with = u32s)]
    pub xl_data_bitrate_const: Option<Vec<u32>>,
    /// Transmitter delay compensation of the data phase of CAN XL.
    pub xl_tdc: Option<Tdc>,
    /// Limits of the hardware.
    pub xl_tdc_const: Option<TdcConst>,
    /// Pulse width modulation of the data phase of CAN XL.
    pub xl_pwm: Option<Pwm>,
    /// Limits of the hardware.
    pub xl_pwm_const: Option<PwmConst>,
    /// Maximum bit rate, bit/s; 0 for no limit.
    #[nla(IFLA_CAN_BITRATE_MAX = 15)]
    pub bitrate_max: Option<u32>,
    /// Termination resistor, ohm; 0 for none.
    #[nla(IFLA_CAN_TERMINATION = 11)]
    pub termination: Option<u16>,
    /// Supported termination resistors, ohm.
    #[nla(IFLA_CAN_TERMINATION_CONST = 12, with = u16s)]
    pub termination_const: Option<Vec<u16>>,
    /// Frequency of the clock, Hz.
    #[nla(IFLA_CAN_CLOCK = 3)]
    pub clock: Option<u32>,
}

/// Transmitter delay compensation (`IFLA_CAN_TDC_*`), ticks of the clock.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(by_caller(
    IFLA_CAN_TDC_TDCV_MIN = 1,
    IFLA_CAN_TDC_TDCV_MAX = 2,
    IFLA_CAN_TDC_TDCO_MIN = 3,
    IFLA_CAN_TDC_TDCO_MAX = 4,
    IFLA_CAN_TDC_TDCF_MIN = 5,
    IFLA_CAN_TDC_TDCF_MAX = 6,
))]
pub struct Tdc {
    /// Configured or measured delay.
    #[nla(IFLA_CAN_TDC_TDCV = 7)]
    pub tdcv: Option<u32>,
    /// Offset that is added to the delay.
    #[nla(IFLA_CAN_TDC_TDCO = 8)]
    pub tdco: Option<u32>,
    /// Minimum delay that is measured.
    #[nla(IFLA_CAN_TDC_TDCF = 9)]
    pub tdcf: Option<u32>,
}

/// Limits of transmitter delay compensation, ticks of the clock.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct TdcConst {
    /// Delay.
    pub tdcv: Option<Bounds>,
    /// Offset that is added to the delay.
    pub tdco: Option<Bounds>,
    /// Minimum delay that is measured.
    pub tdcf: Option<Bounds>,
}

/// Pulse width modulation of CAN XL (`IFLA_CAN_PWM_*`), ticks of the clock.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(by_caller(
    IFLA_CAN_PWM_PWMS_MIN = 1,
    IFLA_CAN_PWM_PWMS_MAX = 2,
    IFLA_CAN_PWM_PWML_MIN = 3,
    IFLA_CAN_PWM_PWML_MAX = 4,
    IFLA_CAN_PWM_PWMO_MIN = 5,
    IFLA_CAN_PWM_PWMO_MAX = 6,
))]
pub struct Pwm {
    /// Short phase.
    #[nla(IFLA_CAN_PWM_PWMS = 7)]
    pub pwms: Option<u32>,
    /// Long phase.
    #[nla(IFLA_CAN_PWM_PWML = 8)]
    pub pwml: Option<u32>,
    /// Offset.
    #[nla(IFLA_CAN_PWM_PWMO = 9)]
    pub pwmo: Option<u32>,
}

/// Limits of pulse width modulation, ticks of the clock.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct PwmConst {
    /// Short phase.
    pub pwms: Option<Bounds>,
    /// Long phase.
    pub pwml: Option<Bounds>,
    /// Offset.
    pub pwmo: Option<Bounds>,
}

/// Counters of a CAN device (`struct can_device_stats`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct CanStats {
    /// Restarts.
    pub restarts: u32,
    /// Errors on the bus.
    pub bus_error: u32,
    /// Number of lost arbitrations.
    pub arbitration_lost: u32,
    /// Changes to the state error warning.
    pub error_warning: u32,
    /// Changes to the state error passive.
    pub error_passive: u32,
    /// Changes to the state bus off.
    pub bus_off: u32,
}

/// Error counters of a CAN controller (`struct can_berr_counter`).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct BusErrors {
    /// Transmit errors.
    pub tx: u16,
    /// Receive errors.
    pub rx: u16,
}

impl Can {
    fn tdc(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        (self.tdc, self.tdc_const) = with_bounds(context, attr)?;
        Ok(())
    }

    fn xl_tdc(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        (self.xl_tdc, self.xl_tdc_const) = with_bounds(context, attr)?;
        Ok(())
    }

    fn xl_pwm(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        (self.xl_pwm, self.xl_pwm_const) = with_bounds(context, attr)?;
        Ok(())
    }
}

/// Decodes a nest of three settings and their bounds: minimum and maximum of the first, of the
/// second and of the third have the numbers 1 to 6, the settings 7 to 9. Returns the settings and
/// the bounds, each unless it is empty.
fn with_bounds<T, B>(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<(Option<T>, Option<B>), AttrError>
where
    T: Attributes + Default + Zero,
    B: From<[Option<Bounds>; 3]>,
{
    let mut settings = T::default();
    let (mut min, mut max) = ([None; 3], [None; 3]);
    context.nested(attr, |context, attr| {
        let setting = usize::from(attr.kind.wrapping_sub(1)) / 2;
        match attr.kind {
            1 | 3 | 5 => min[setting] = Some(attr.u32()?),
            2 | 4 | 6 => max[setting] = Some(attr.u32()?),
            _ => settings.attribute(context, &attr)?,
        }
        Ok(())
    })?;
    // The kernel sends both bounds of a setting or none.
    let bounds = std::array::from_fn(|setting| {
        let (min, max) = min[setting].zip(max[setting])?;
        Some(Bounds { min, max })
    });
    let has_bounds = bounds.iter().any(Option::is_some);
    Ok((nonzero(settings), has_bounds.then(|| bounds.into())))
}

impl From<[Option<Bounds>; 3]> for TdcConst {
    fn from([tdcv, tdco, tdcf]: [Option<Bounds>; 3]) -> Self {
        TdcConst { tdcv, tdco, tdcf }
    }
}

impl From<[Option<Bounds>; 3]> for PwmConst {
    fn from([pwms, pwml, pwmo]: [Option<Bounds>; 3]) -> Self {
        PwmConst { pwms, pwml, pwmo }
    }
}

/// `struct can_ctrlmode`: a mask that only a request has, and the flags.
fn ctrlmode(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Flags, AttrError> {
    let [_mask, flags] = exact_u32s(attr.value)?;
    Ok(Flags::new(flags.into(), MODES))
}

/// `struct can_device_stats`
impl FromAttr for CanStats {
    fn from_attr(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let [
            bus_error,
            error_warning,
            error_passive,
            bus_off,
            arbitration_lost,
            restarts,
        ] = exact_u32s(attr.value)?;
        Ok(CanStats {
            restarts,
            bus_error,
            arbitration_lost,
            error_warning,
            error_passive,
            bus_off,
        })
    }
}

/// `struct can_berr_counter`
impl FromAttr for BusErrors {
    fn from_attr(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let [t0, t1, r0, r1] = array(attr.value)?;
        Ok(BusErrors {
            tx: u16::from_ne_bytes([t0, t1]),
            rx: u16::from_ne_bytes([r0, r1]),
        })
    }
}

fn u16s(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Vec<u16>, AttrError> {
    numbers(attr, u16::from_ne_bytes)
}

fn u32s(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Vec<u32>, AttrError> {
    numbers(attr, u32::from_ne_bytes)
}

/// An array of numbers.
fn numbers<const N: usize, T>(
    attr: &Attr<'_>,
    read: fn([u8; N]) -> T,
) -> Result<Vec<T>, AttrError> {
    let (numbers, rest) = attr.value.as_chunks::<N>();
    match rest {
        [] => Ok(numbers.iter().map(|bytes| read(*bytes)).collect()),
        _ => Err(AttrError::Length),
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
