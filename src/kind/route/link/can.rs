//! CAN devices.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::value::{Flags, Symbol};

/// Settings and state of a CAN device (`IFLA_CAN_*`, linux/can/netlink.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Can {
    /// `ERROR-ACTIVE`, `ERROR-WARNING`, `ERROR-PASSIVE`, `BUS-OFF`, `STOPPED`, `SLEEPING`.
    pub state: Option<Symbol>,
    /// `LOOPBACK`, `LISTEN-ONLY`, `FD` …
    pub ctrlmode: Option<Flags>,
    /// The modes that can be switched, or are always on.
    pub ctrlmode_supported: Option<Flags>,
    /// Errors on the bus.
    pub berr_counter: Option<BusErrors>,
    /// Delay before a restart, milliseconds; 0 for none.
    pub restart_ms: Option<u32>,
    /// Timing of bits.
    pub bittiming: Option<BitTiming>,
    /// What the hardware can do of it.
    pub bittiming_const: Option<BitTimingConst>,
    /// Bit rates that can be chosen, bit/s.
    pub bitrate_const: Option<Vec<u32>>,
    /// Timing of bits in the data phase.
    pub data_bittiming: Option<BitTiming>,
    /// What the hardware can do of it.
    pub data_bittiming_const: Option<BitTimingConst>,
    /// Bit rates that can be chosen for the data phase, bit/s.
    pub data_bitrate_const: Option<Vec<u32>>,
    /// Correction for the delay of the transceiver, in the data phase.
    pub tdc: Option<Tdc>,
    /// What the hardware can do of it.
    pub tdc_const: Option<TdcConst>,
    /// Timing of bits in the data phase of CAN XL.
    pub xl_data_bittiming: Option<BitTiming>,
    /// What the hardware can do of it.
    pub xl_data_bittiming_const: Option<BitTimingConst>,
    /// Bit rates that can be chosen for the data phase of CAN XL, bit/s.
    pub xl_data_bitrate_const: Option<Vec<u32>>,
    /// Correction for the delay of the transceiver, in the data phase of CAN XL.
    pub xl_tdc: Option<Tdc>,
    /// What the hardware can do of it.
    pub xl_tdc_const: Option<TdcConst>,
    /// How bits are coded for the transceiver in the data phase of CAN XL.
    pub xl_pwm: Option<Pwm>,
    /// What the hardware can do of it.
    pub xl_pwm_const: Option<PwmConst>,
    /// Highest bit rate, bit/s; 0 for no limit.
    pub bitrate_max: Option<u32>,
    /// Terminating resistor, ohm; 0 for none.
    pub termination: Option<u16>,
    /// Resistors that can be chosen, ohm.
    pub termination_const: Option<Vec<u16>>,
    /// Frequency of the clock, Hz.
    pub clock: Option<u32>,
}

/// Correction for the delay of a CAN transceiver (`IFLA_CAN_TDC_*`), ticks of the clock.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Tdc {
    /// The delay as set, or as measured.
    pub tdcv: Option<u32>,
    /// What is added to it.
    pub tdco: Option<u32>,
    /// The shortest delay that is measured.
    pub tdcf: Option<u32>,
}

/// Bounds of that correction, ticks of the clock.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct TdcConst {
    /// The delay.
    pub tdcv: Option<Bounds>,
    /// What is added to it.
    pub tdco: Option<Bounds>,
    /// The shortest delay that is measured.
    pub tdcf: Option<Bounds>,
}

/// Pulse width modulation of CAN XL (`IFLA_CAN_PWM_*`), ticks of the clock.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Pwm {
    /// The short phase.
    pub pwms: Option<u32>,
    /// The long phase.
    pub pwml: Option<u32>,
    /// The offset.
    pub pwmo: Option<u32>,
}

/// Bounds of that modulation, ticks of the clock.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct PwmConst {
    /// The short phase.
    pub pwms: Option<Bounds>,
    /// The long phase.
    pub pwml: Option<Bounds>,
    /// The offset.
    pub pwmo: Option<Bounds>,
}

/// Counters of a CAN device (`struct can_device_stats`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct CanStats {
    /// Restarts.
    pub restarts: u32,
    /// Errors on the bus.
    pub bus_error: u32,
    /// How often another sender won the bus.
    pub arbitration_lost: u32,
    /// Changes to the state error warning.
    pub error_warning: u32,
    /// Changes to the state error passive.
    pub error_passive: u32,
    /// Changes to the state bus off.
    pub bus_off: u32,
}

/// Errors on a CAN bus.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct BusErrors {
    /// While sending.
    pub tx: u16,
    /// While receiving.
    pub rx: u16,
}

/// Timing of bits on a CAN bus (`struct can_bittiming`).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct BitTiming {
    /// Bit rate, bit/s.
    pub bitrate: u32,
    /// Where a bit is sampled, as a part of its length: `0.875`.
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

/// Bounds of the timing of bits (`struct can_bittiming_const`).
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

/// The least and the most.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Bounds {
    /// The least.
    pub min: u32,
    /// The most.
    pub max: u32,
}
