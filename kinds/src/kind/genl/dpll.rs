//! `kind:"dpll_device"` and `"dpll_pin"`: digital phase-locked loops, which keep clocks synchronous, and their inputs and
//! outputs (linux/dpll.h), named as in the kernel's specification.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::attributes::FromAttr as _;
use crate::kind::context::DecodeContext;
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::genl::dpll::*;
use crate::value::{FlagNames, Flags, Symbol, Text};

/// `DPLL_MODE_*`
const MODES: &[(u32, &str)] = &[(1, "manual"), (2, "automatic")];
/// `DPLL_LOCK_STATUS_*`
const LOCK_STATUS: &[(u32, &str)] = &[
    (1, "unlocked"),
    (2, "locked"),
    (3, "locked-ho-acq"),
    (4, "holdover"),
];
/// `DPLL_LOCK_STATUS_ERROR_*`
const LOCK_ERRORS: &[(u32, &str)] = &[
    (1, "none"),
    (2, "undefined"),
    (3, "media-down"),
    (4, "fractional-frequency-offset-too-high"),
];
/// `DPLL_CLOCK_QUALITY_LEVEL_*`
const QUALITY_LEVELS: &[(u32, &str)] = &[
    (1, "itu-opt1-prc"),
    (2, "itu-opt1-ssu-a"),
    (3, "itu-opt1-ssu-b"),
    (4, "itu-opt1-eec1"),
    (5, "itu-opt1-prtc"),
    (6, "itu-opt1-eprtc"),
    (7, "itu-opt1-eeec"),
    (8, "itu-opt1-eprc"),
];
/// `DPLL_TYPE_*`
const TYPES: &[(u32, &str)] = &[(1, "pps"), (2, "eec"), (3, "generic")];
/// `DPLL_PIN_TYPE_*`
const PIN_TYPES: &[(u32, &str)] = &[
    (1, "mux"),
    (2, "ext"),
    (3, "synce-eth-port"),
    (4, "int-oscillator"),
    (5, "gnss"),
];
/// `DPLL_PIN_DIRECTION_*`
const DIRECTIONS: &[(u32, &str)] = &[(1, "input"), (2, "output")];
/// `DPLL_PIN_STATE_*`
const STATES: &[(u32, &str)] = &[(1, "connected"), (2, "disconnected"), (3, "selectable")];
/// `DPLL_PIN_OPERSTATE_*`
const OPERSTATES: &[(u32, &str)] = &[
    (1, "active"),
    (2, "standby"),
    (3, "no-signal"),
    (4, "qual-failed"),
];
/// `DPLL_PIN_CAPABILITIES_*`
const CAPABILITIES: &FlagNames = &[
    (1, "direction-can-change"),
    (2, "priority-can-change"),
    (4, "state-can-change"),
];

/// A digital phase-locked loop.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    custom(
        DPLL_A_MODE_SUPPORTED = 6 => Self::mode_supported,
        DPLL_A_CLOCK_QUALITY_LEVEL = 11 => Self::quality,
    ),
    skip(DPLL_A_PAD = 3),
)]
#[state(key(id), no_property(r#type))]
pub struct DpllDevice {
    /// Number of the device.
    #[nla(DPLL_A_ID = 1)]
    pub id: u32,
    /// Name of the driver: `ice`, `zl3073x`.
    #[nla(DPLL_A_MODULE_NAME = 2)]
    pub module_name: Option<Text>,
    /// Id of the clock (EUI-64), 16 hexadecimal digits.
    #[nla(DPLL_A_CLOCK_ID = 4, map(u64, clock_id))]
    pub clock_id: Option<String>,
    /// What it drives: `pps` (pulses once a second), `eec` (the clock of Ethernet), `generic`.
    #[nla(DPLL_A_TYPE = 9, names(u32, TYPES))]
    pub r#type: Option<Symbol>,
    /// How an input is selected: `manual` (by a program), `automatic` (by priority).
    #[nla(DPLL_A_MODE = 5, names(u32, MODES))]
    pub mode: Option<Symbol>,
    /// The modes that it can have.
    pub mode_supported: Option<Vec<Symbol>>,
    /// `unlocked`, `locked`, `locked-ho-acq` (locked, and holdover possible), `holdover` (the input was lost).
    #[nla(DPLL_A_LOCK_STATUS = 7, names(u32, LOCK_STATUS))]
    pub lock_status: Option<Symbol>,
    /// Why the lock was lost: `none`, `undefined`, `media-down`, `fractional-frequency-offset-too-high`.
    #[nla(DPLL_A_LOCK_STATUS_ERROR = 10, names(u32, LOCK_ERRORS))]
    pub lock_status_error: Option<Symbol>,
    /// Quality of the clock in holdover (ITU-T G.8264): `itu-opt1-prc`, `itu-opt1-eec1` …
    pub clock_quality_level: Option<Vec<Symbol>>,
    /// Temperature, thousandths of a degree Celsius.
    #[nla(DPLL_A_TEMP = 8, volatile)]
    pub temp: Option<i32>,
    /// The phase offset of all inputs is measured.
    #[nla(DPLL_A_PHASE_OFFSET_MONITOR = 12, map(u32, is_enabled))]
    pub phase_offset_monitor: Option<bool>,
    /// Number of measurements of which the phase offset is the average.
    #[nla(DPLL_A_PHASE_OFFSET_AVG_FACTOR = 13)]
    pub phase_offset_avg_factor: Option<u32>,
    /// The frequency of the inputs is measured.
    #[nla(DPLL_A_FREQUENCY_MONITOR = 14, map(u32, is_enabled))]
    pub frequency_monitor: Option<bool>,
}

/// A pin: an input or output of loops, or of other pins.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    custom(
        DPLL_A_PIN_FREQUENCY_SUPPORTED = 12 => Self::frequency_supported,
        DPLL_A_PIN_PARENT_DEVICE = 18 => Self::parent_device,
        DPLL_A_PIN_PARENT_PIN = 19 => Self::parent_pin,
        DPLL_A_PIN_ESYNC_FREQUENCY_SUPPORTED = 26 => Self::esync_supported,
        DPLL_A_PIN_REFERENCE_SYNC = 28 => Self::reference_sync,
    ),
    skip(DPLL_A_PIN_PAD = 4),
)]
#[state(key(id), no_property(r#type), copy_volatile = Self::copy_measurements)]
pub struct DpllPin {
    /// Number of the pin.
    #[nla(DPLL_A_PIN_ID = 1)]
    pub id: u32,
    /// Name of the driver.
    #[nla(DPLL_A_PIN_MODULE_NAME = 3)]
    pub module_name: Option<Text>,
    /// Id of the clock (EUI-64), 16 hexadecimal digits.
    #[nla(DPLL_A_PIN_CLOCK_ID = 5, map(u64, clock_id))]
    pub clock_id: Option<String>,
    /// Its name on the board.
    #[nla(DPLL_A_PIN_BOARD_LABEL = 6)]
    pub board_label: Option<Text>,
    /// Its name on the front panel.
    #[nla(DPLL_A_PIN_PANEL_LABEL = 7)]
    pub panel_label: Option<Text>,
    /// Its name on the chip.
    #[nla(DPLL_A_PIN_PACKAGE_LABEL = 8)]
    pub package_label: Option<Text>,
    /// `mux` (of other pins), `ext` (external), `synce-eth-port` (the clock of an Ethernet port), `int-oscillator`, `gnss`.
    #[nla(DPLL_A_PIN_TYPE = 9, names(u32, PIN_TYPES))]
    pub r#type: Option<Symbol>,
    /// `direction-can-change`, `priority-can-change`, `state-can-change`.
    #[nla(DPLL_A_PIN_CAPABILITIES = 17, flags(u32, CAPABILITIES))]
    pub capabilities: Option<Flags>,
    /// Frequency, Hz.
    #[nla(DPLL_A_PIN_FREQUENCY = 11)]
    pub frequency: Option<u64>,
    /// The frequencies that it can have.
    pub frequency_supported: Option<Vec<DpllFrequencies>>,
    /// The loops that it belongs to.
    pub parent_device: Option<Vec<DpllParentDevice>>,
    /// The pins that it belongs to.
    pub parent_pin: Option<Vec<DpllParentPin>>,
    /// Least adjustment of the phase, picoseconds.
    #[nla(DPLL_A_PIN_PHASE_ADJUST_MIN = 20)]
    pub phase_adjust_min: Option<i32>,
    /// Greatest one.
    #[nla(DPLL_A_PIN_PHASE_ADJUST_MAX = 21)]
    pub phase_adjust_max: Option<i32>,
    /// Step of adjustments, picoseconds.
    #[nla(DPLL_A_PIN_PHASE_ADJUST_GRAN = 29)]
    pub phase_adjust_gran: Option<u32>,
    /// Adjustment of the phase, picoseconds.
    #[nla(DPLL_A_PIN_PHASE_ADJUST = 22)]
    pub phase_adjust: Option<i32>,
    /// Frequency of the synchronization that is embedded in the signal, Hz.
    #[nla(DPLL_A_PIN_ESYNC_FREQUENCY = 25)]
    pub esync_frequency: Option<u64>,
    /// The frequencies that this can have.
    pub esync_frequency_supported: Option<Vec<DpllFrequencies>>,
    /// Share of its pulse, percent.
    #[nla(DPLL_A_PIN_ESYNC_PULSE = 27)]
    pub esync_pulse: Option<u32>,
    /// The pins that give it the phase.
    pub reference_sync: Option<Vec<DpllReference>>,
    /// Offset of its frequency from that of the loop, parts per million.
    #[nla(DPLL_A_PIN_FRACTIONAL_FREQUENCY_OFFSET = 24, with = signed, volatile)]
    pub fractional_frequency_offset: Option<i64>,
    /// The same, parts per trillion.
    #[nla(DPLL_A_PIN_FRACTIONAL_FREQUENCY_OFFSET_PPT = 30, with = signed, volatile)]
    pub fractional_frequency_offset_ppt: Option<i64>,
    /// Measured frequency, thousandths of Hz.
    #[nla(DPLL_A_PIN_MEASURED_FREQUENCY = 31, volatile)]
    pub measured_frequency: Option<u64>,
}

/// A range of frequencies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(skip(DPLL_A_PIN_PAD = 4))]
pub struct DpllFrequencies {
    /// The lowest, Hz.
    #[nla(DPLL_A_PIN_FREQUENCY_MIN = 13)]
    pub min: u64,
    /// The highest, Hz.
    #[nla(DPLL_A_PIN_FREQUENCY_MAX = 14)]
    pub max: u64,
}

/// What a pin is to a loop.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(skip(DPLL_A_PIN_PAD = 4))]
pub struct DpllParentDevice {
    /// Number of the device.
    #[nla(DPLL_A_PIN_PARENT_ID = 2)]
    pub id: u32,
    /// `input`, `output`.
    #[nla(DPLL_A_PIN_DIRECTION = 10, names(u32, DIRECTIONS))]
    pub direction: Option<Symbol>,
    /// Priority: the lowest number is preferred.
    #[nla(DPLL_A_PIN_PRIO = 15)]
    pub prio: Option<u32>,
    /// `connected`, `disconnected`, `selectable`.
    #[nla(DPLL_A_PIN_STATE = 16, names(u32, STATES))]
    pub state: Option<Symbol>,
    /// `active`, `standby`, `no-signal`, `qual-failed`.
    #[nla(DPLL_A_PIN_OPERSTATE = 32, names(u32, OPERSTATES))]
    pub operstate: Option<Symbol>,
    /// Offset of the phase from that of the loop, thousandths of a picosecond.
    #[nla(DPLL_A_PIN_PHASE_OFFSET = 23, with = signed)]
    pub phase_offset: Option<i64>,
    /// Offset of the frequency from that of the loop, parts per million.
    #[nla(DPLL_A_PIN_FRACTIONAL_FREQUENCY_OFFSET = 24, with = signed)]
    pub fractional_frequency_offset: Option<i64>,
    /// The same, parts per trillion.
    #[nla(DPLL_A_PIN_FRACTIONAL_FREQUENCY_OFFSET_PPT = 30, with = signed)]
    pub fractional_frequency_offset_ppt: Option<i64>,
}

/// What a pin is to another one that multiplexes it.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct DpllParentPin {
    /// Number of the other pin.
    #[nla(DPLL_A_PIN_PARENT_ID = 2)]
    pub id: u32,
    /// `connected`, `disconnected`.
    #[nla(DPLL_A_PIN_STATE = 16, names(u32, STATES))]
    pub state: Option<Symbol>,
    /// `active`, `standby`, `no-signal`, `qual-failed`.
    #[nla(DPLL_A_PIN_OPERSTATE = 32, names(u32, OPERSTATES))]
    pub operstate: Option<Symbol>,
}

/// A pin that can give another one the phase.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct DpllReference {
    /// Number of the pin.
    #[nla(DPLL_A_PIN_ID = 1)]
    pub id: u32,
    /// `connected`, `disconnected`.
    #[nla(DPLL_A_PIN_STATE = 16, names(u32, STATES))]
    pub state: Option<Symbol>,
}

fn clock_id(id: u64) -> String {
    format!("{id:016x}")
}

/// `DPLL_FEATURE_STATE_*`
fn is_enabled(state: u32) -> bool {
    state != 0
}

/// Reads a signed number of four or eight bytes (`nla_get_sint`).
fn signed(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<i64, AttrError> {
    match attr.value.len() {
        8 => Ok(attr.u64()?.cast_signed()),
        _ => Ok(attr.i32()?.into()),
    }
}

impl DpllDevice {
    fn mode_supported(
        &mut self,
        _: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let modes = self.mode_supported.get_or_insert_default();
        modes.push(Symbol::of(attr.u32()?, MODES));
        Ok(())
    }

    fn quality(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let levels = self.clock_quality_level.get_or_insert_default();
        levels.push(Symbol::of(attr.u32()?, QUALITY_LEVELS));
        Ok(())
    }
}

/// Declares decoders of attributes of which a message has one for each entry of a list.
macro_rules! lists {
    ($($decoder:ident: $field:ident of $entry:ty;)+) => {
        $(fn $decoder(
            &mut self,
            context: &mut DecodeContext<'_>,
            attr: &Attr<'_>,
        ) -> Result<(), AttrError> {
            let entry = <$entry>::from_attr(context, attr)?;
            self.$field.get_or_insert_default().push(entry);
            Ok(())
        })+
    };
}

impl DpllPin {
    lists! {
        frequency_supported: frequency_supported of DpllFrequencies;
        parent_device: parent_device of DpllParentDevice;
        parent_pin: parent_pin of DpllParentPin;
        esync_supported: esync_frequency_supported of DpllFrequencies;
        reference_sync: reference_sync of DpllReference;
    }

    /// Copies the measurements of each loop, which change at any moment.
    fn copy_measurements(&mut self, old: &Self) {
        let before = old.parent_device.iter().flatten();
        for parent in self.parent_device.iter_mut().flatten() {
            if let Some(before) = before.clone().find(|it| it.id == parent.id) {
                parent.phase_offset = before.phase_offset;
                parent.fractional_frequency_offset = before.fractional_frequency_offset;
                parent.fractional_frequency_offset_ppt = before.fractional_frequency_offset_ppt;
            }
        }
    }
}

kind!(
    DpllDevice of DPLL,
    listed by DPLL_CMD_DEVICE_GET,
    [
        DPLL_CMD_DEVICE_GET,
        DPLL_CMD_DEVICE_CREATE_NTF,
        DPLL_CMD_DEVICE_DELETE_NTF,
        DPLL_CMD_DEVICE_CHANGE_NTF
    ],
    deleted by [DPLL_CMD_DEVICE_DELETE_NTF]
);
kind!(
    DpllPin of DPLL,
    listed by DPLL_CMD_PIN_GET,
    [
        DPLL_CMD_PIN_GET,
        DPLL_CMD_PIN_CREATE_NTF,
        DPLL_CMD_PIN_DELETE_NTF,
        DPLL_CMD_PIN_CHANGE_NTF
    ],
    deleted by [DPLL_CMD_PIN_DELETE_NTF]
);

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::kind::attributes::declares;
    use crate::kind::spec::{Emit, KindSpec, MessageAction};
    use crate::names::Names;
    use crate::netlink::build::{attr, message, nested};
    use crate::netlink::frame::Messages;

    fn decoded<T: KindSpec>(command: u16, attrs: &[Vec<u8>]) -> (MessageAction, Value) {
        let body = [&[command as u8, 1, 0, 0][..], &attrs.concat()].concat();
        let bytes = message(30, &body);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        let names = Names::builtin();
        let mut context = DecodeContext::new(&names, false);
        let mut found = None;
        let mut each = |decoded, unparsed: Vec<_>| {
            assert!(unparsed.is_empty(), "{unparsed:?}");
            found = Some(decoded);
        };
        T::decode(
            &mut context,
            &message,
            &mut Emit::new(MessageAction::New, &mut each),
        );
        let found: crate::kind::spec::Decoded = found.unwrap();
        (found.action, serde_json::to_value(found.payload).unwrap())
    }

    fn u32_attr(kind: u16, value: u32) -> Vec<u8> {
        attr(kind, &value.to_ne_bytes())
    }

    #[test]
    fn a_device_has_its_modes_and_its_lock() {
        let attrs = [
            u32_attr(1, 0),
            attr(2, b"ice\0"),
            attr(4, &0xfffe_0102_0304_0506_u64.to_ne_bytes()),
            u32_attr(5, 2),
            u32_attr(6, 1),
            u32_attr(6, 2),
            u32_attr(7, 3),
            attr(8, &(-1500_i32).to_ne_bytes()),
            u32_attr(9, 2),
            u32_attr(11, 4),
            u32_attr(12, 1),
        ];
        let (action, device) = decoded::<DpllDevice>(DPLL_CMD_DEVICE_CHANGE_NTF, &attrs);
        assert_eq!(action, MessageAction::New);
        assert_eq!(
            device,
            json!({
                "id": 0, "module_name": "ice", "clock_id": "fffe010203040506", "type": "eec",
                "mode": "automatic", "mode_supported": ["manual", "automatic"],
                "lock_status": "locked-ho-acq", "clock_quality_level": ["itu-opt1-eec1"],
                "temp": -1500, "phase_offset_monitor": true,
            })
        );
        let (action, _) = decoded::<DpllDevice>(DPLL_CMD_DEVICE_DELETE_NTF, &attrs);
        assert_eq!(action, MessageAction::Delete);
    }

    #[test]
    fn a_pin_belongs_to_loops_and_pins() {
        let parent = |id: u32, offset: i64| {
            nested(
                18,
                &[
                    u32_attr(2, id),
                    u32_attr(10, 1),
                    u32_attr(15, 3),
                    u32_attr(16, 1),
                    attr(23, &offset.to_ne_bytes()),
                ]
                .concat(),
            )
        };
        let range = nested(
            12,
            &[
                attr(13, &1_u64.to_ne_bytes()),
                attr(14, &25_000_000_u64.to_ne_bytes()),
            ]
            .concat(),
        );
        let attrs = [
            u32_attr(1, 13),
            attr(6, b"SMA1\0"),
            u32_attr(9, 2),
            u32_attr(17, 6),
            attr(11, &10_000_000_u64.to_ne_bytes()),
            range,
            parent(0, -7),
            parent(1, 9),
            nested(19, &[u32_attr(2, 5), u32_attr(16, 2)].concat()),
            attr(24, &(-3_i32).to_ne_bytes()),
        ];
        let (_, pin) = decoded::<DpllPin>(DPLL_CMD_PIN_GET, &attrs);
        let parent = |id, offset| json!({"id": id, "direction": "input", "prio": 3, "state": "connected", "phase_offset": offset});
        assert_eq!(
            pin,
            json!({
                "id": 13, "board_label": "SMA1", "type": "ext",
                "capabilities": ["priority-can-change", "state-can-change"],
                "frequency": 10_000_000, "frequency_supported": [{"min": 1, "max": 25_000_000}],
                "parent_device": [parent(0, -7), parent(1, 9)],
                "parent_pin": [{"id": 5, "state": "disconnected"}],
                "fractional_frequency_offset": -3,
            })
        );
    }

    /// What is measured changes without a line, unless something else does.
    #[test]
    fn measurements_of_a_listed_pin_are_no_change() {
        let of = |offset, state| DpllPin {
            id: 1,
            parent_device: Some(vec![DpllParentDevice {
                id: 0,
                state: Some(Symbol::of(state, STATES)),
                phase_offset: Some(offset),
                ..DpllParentDevice::default()
            }]),
            ..DpllPin::default()
        };
        let mut listed = of(7, 1);
        listed.copy_measurements(&of(5, 1));
        assert_eq!(listed, of(5, 1));
        let mut listed = of(7, 2);
        listed.copy_measurements(&of(5, 1));
        assert_eq!(listed, of(5, 2));
    }

    /// The attributes up to `DPLL_A_MAX` and `DPLL_A_PIN_MAX` (Linux 7.2), but for those of nests.
    #[test]
    fn every_attribute_is_declared() {
        const OF_NESTS: &[u16] = &[2, 10, 13, 14, 15, 16, 23, 32];
        let missing: Vec<u16> = (1..=14)
            .filter(|it| !declares(<DpllDevice as KindSpec>::ATTRS, *it))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
        let missing: Vec<u16> = (1..=32)
            .filter(|it| !OF_NESTS.contains(it))
            .filter(|it| !declares(<DpllPin as KindSpec>::ATTRS, *it))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
