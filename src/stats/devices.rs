//! Devices: events and flaps.

use serde::Deserialize;

use super::bounded;
use super::counter::{Counter, Tally};
use super::window::{RATE_TIME, Window};
use crate::event::Kind;
use crate::lines::{Line, LineFault};

/// What happened to a device.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// Its last name, after that of its network namespace if the line has one.
    pub name: String,
    /// How often it went up and down, and whether it is up.
    pub ups: u64,
    pub downs: u64,
    pub is_up: Option<bool>,
    /// Number of selected events about it and its objects.
    pub events: u64,
    /// How often it went up or down in the last seconds.
    pub flaps: Window<RATE_TIME>,
}

impl Device {
    /// How often it went up or down.
    pub fn changes(&self) -> u64 {
        self.ups + self.downs
    }
}

/// Devices by network namespace and index.
#[derive(Debug)]
pub struct Devices {
    tallies: Counter<Device>,
    /// How often one of them went down.
    pub downs: u64,
}

/// What of a link says whether it is up.
#[derive(Debug, Deserialize)]
struct Link {
    #[serde(default)]
    flags: Option<Vec<String>>,
}

impl Link {
    /// Enabled, with carrier.
    fn is_up(&self) -> Option<bool> {
        let flags = self.flags.as_ref()?;
        Some(flags.iter().any(|flag| flag == "LOWER_UP"))
    }
}

impl Devices {
    pub(super) fn new(capacity: usize) -> Self {
        Devices {
            tallies: Counter::new(capacity),
            downs: 0,
        }
    }

    pub(super) fn take(&mut self, line: &Line<'_>, is_selected: bool) -> Result<(), LineFault> {
        let index: Option<u64> = line.member("ifindex").and_then(|index| index.parse().ok());
        let is_link = line.kind == Some(Kind::Link);
        let Some(index) = index.filter(|_| is_selected || is_link) else {
            return Ok(());
        };
        let name = line.string("ifname")?;
        let tally = self
            .tallies
            .entry(&(line.namespace(), index), Device::default);
        tally.count += 1;
        tally.last = tally.last.max(line.time);
        let device = &mut tally.it;
        if let Some(name) = name {
            device.name = bounded(match &line.netns {
                Some(netns) => format!("{}: {name}", netns.name),
                None => name.into_owned(),
            });
        } else if device.name.is_empty() {
            device.name = format!("if{index}");
        }
        if is_selected {
            device.events += 1;
            tally.recent.add(line.time);
        }
        if is_link {
            let parse = |member: &str| -> Option<bool> {
                serde_json::from_str::<Link>(line.member(member)?)
                    .ok()?
                    .is_up()
            };
            let is_up = match &*line.op_name {
                "delete" => Some(false),
                _ => parse("link"),
            };
            match (parse("old").or(device.is_up), is_up) {
                (Some(false), Some(true)) => device.ups += 1,
                (Some(true), Some(false)) => {
                    device.downs += 1;
                    self.downs += 1;
                }
                _ => {
                    device.is_up = is_up;
                    return Ok(());
                }
            }
            device.flaps.add(line.time);
            device.is_up = is_up;
        }
        Ok(())
    }

    /// Number of devices, and of those that went up or down.
    pub fn numbers(&self) -> (usize, usize) {
        let flapping = self.tallies.tallies().filter(|it| it.it.changes() > 0);
        (self.tallies.len(), flapping.count())
    }

    /// Number of events that no device counts: there were too many.
    pub fn left_out(&self) -> u64 {
        self.tallies.left_out()
    }

    /// The devices that went up or down most often, at most `number`.
    pub fn flapping(&self, number: usize) -> Vec<&Tally<Device>> {
        let changes = |tally: &Tally<Device>| (tally.it.downs, tally.it.ups);
        let mut found = self.tallies.top(number, changes, |tally| &tally.it.name);
        found.retain(|tally| tally.it.changes() > 0);
        found
    }

    /// The devices with the highest values, at most `number`.
    pub fn top<K: Ord>(
        &self,
        number: usize,
        value: impl Fn(&Tally<Device>) -> K,
    ) -> Vec<&Tally<Device>> {
        self.tallies.top(number, value, |tally| &tally.it.name)
    }
}
