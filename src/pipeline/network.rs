//! What happened in the network, for `--metrics`: changes by kind and by device, and how often
//! devices went up and down. The number of devices is limited for any input.

use std::collections::HashMap;

use crate::channel::NetnsId;
use crate::event::meta::{GapCause, add};
use crate::event::values::IfName;
use crate::event::{Event, Kind, Op, Origin, Payload};

/// Number of devices that are counted each for itself.
const DEVICES: usize = 1000;

/// Changes of one kind: events with the origins `kernel`, `resync` and `inferred`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub added: u64,
    pub changed: u64,
    pub deleted: u64,
}

/// Changes of one device and of its objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeviceChanges {
    pub changes: u64,
    /// How often it went up, and down: enabled, with carrier, or not.
    pub ups: u64,
    pub downs: u64,
    /// It was deleted: its place is needed first.
    is_deleted: bool,
}

/// A device: its network namespace and its name.
type Device = (NetnsId, IfName);

/// Counts of the changes that have lines.
#[derive(Debug)]
pub struct NetworkTotals {
    kinds: [Changes; Kind::ALL.len()],
    devices: HashMap<Device, DeviceChanges>,
    /// Changes of devices beyond the limit.
    pub other: DeviceChanges,
    gaps: [u64; CAUSES.len()],
}

/// The causes of gaps, with their names in lines.
const CAUSES: [(GapCause, &str); 5] = [
    (GapCause::Overflow, "overflow"),
    (GapCause::Error, "error"),
    (GapCause::Generation, "generation"),
    (GapCause::Truncated, "truncated"),
    (GapCause::Output, "output"),
];

impl Default for NetworkTotals {
    fn default() -> Self {
        NetworkTotals {
            kinds: [Changes::default(); Kind::ALL.len()],
            devices: HashMap::new(),
            other: DeviceChanges::default(),
            gaps: [0; CAUSES.len()],
        }
    }
}

impl NetworkTotals {
    pub(super) fn note(&mut self, event: &Event) {
        let news = [Origin::Kernel, Origin::Resync, Origin::Inferred];
        if !event.origin.is_some_and(|origin| news.contains(&origin)) {
            return;
        }
        let kind = &mut self.kinds[event.payload.kind() as usize];
        let counter = match event.op {
            Op::Add => &mut kind.added,
            Op::Change => &mut kind.changed,
            Op::Delete => &mut kind.deleted,
            _ => return,
        };
        add(counter, 1);
        let Some((_, Some(name))) = event.payload.device() else {
            return;
        };
        let device = self.device((event.netns, *name));
        add(&mut device.changes, 1);
        if matches!(event.payload, Payload::Link(_)) {
            device.is_deleted = event.op == Op::Delete;
            match transition(event) {
                Some(true) => add(&mut device.ups, 1),
                Some(false) => add(&mut device.downs, 1),
                None => {}
            }
        }
    }

    pub(super) fn gap(&mut self, cause: GapCause) {
        if let Some(at) = CAUSES.iter().position(|(known, _)| *known == cause) {
            add(&mut self.gaps[at], 1);
        }
    }

    /// Number of gaps by cause; all causes, so that a rate is known from the first one on.
    pub fn gaps(&self) -> impl Iterator<Item = (&'static str, u64)> {
        CAUSES.iter().map(|(_, name)| *name).zip(self.gaps)
    }

    /// Returns the counts of a device: those of all others if there are too many.
    fn device(&mut self, device: Device) -> &mut DeviceChanges {
        if self.devices.len() >= DEVICES && !self.devices.contains_key(&device) {
            self.devices.retain(|_, counts| !counts.is_deleted);
            if self.devices.len() >= DEVICES {
                return &mut self.other;
            }
        }
        self.devices.entry(device).or_default()
    }

    /// Kinds with changes, in the order of the kinds.
    pub fn kinds(&self) -> impl Iterator<Item = (Kind, Changes)> {
        let all = Kind::ALL
            .iter()
            .map(|kind| (*kind, self.kinds[*kind as usize]));
        all.filter(|(_, changes)| *changes != Changes::default())
    }

    /// Devices with changes, sorted.
    pub fn devices(&self) -> Vec<(Device, DeviceChanges)> {
        let mut devices: Vec<_> = self.devices.iter().map(|(&of, &it)| (of, it)).collect();
        devices.sort_by(|((one, name), _), ((other, other_name), _)| {
            (one.0, name.as_bytes()).cmp(&(other.0, other_name.as_bytes()))
        });
        devices
    }
}

/// Returns whether the device of a link went up or down, if it did. A deleted link has its last flags.
fn transition(event: &Event) -> Option<bool> {
    let has_carrier =
        |payload: &Payload| matches!(payload, Payload::Link(link) if link.flags.has("LOWER_UP"));
    let former = event.change.as_ref().map(|change| change.old());
    let (was_up, is_up) = match event.op {
        Op::Add => (false, has_carrier(&event.payload)),
        Op::Delete => (has_carrier(former.unwrap_or(&event.payload)), false),
        _ => (has_carrier(former?), has_carrier(&event.payload)),
    };
    (was_up != is_up).then_some(is_up)
}
