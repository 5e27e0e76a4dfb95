//! The counts at the end of a timeline.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use crate::escape::Escaped;
use crate::event::Kind;
use crate::event::meta::Gap;
use crate::event::values::Time;
use crate::lines::{Line, LineFault};

/// Number of devices that are listed.
const LISTED: usize = 20;

/// What happened to a device.
#[derive(Debug, Default)]
struct Device {
    name: String,
    /// How often it went up and down, and whether it is up.
    ups: u64,
    downs: u64,
    is_up: Option<bool>,
    /// Number of shown lines about it and its objects.
    lines: u64,
}

/// The counts.
#[derive(Debug, Default)]
pub(super) struct Summary {
    times: Option<(Time, Time)>,
    lines: BTreeMap<String, u64>,
    /// By network namespace and index.
    devices: BTreeMap<(String, u64), Device>,
    gaps: u64,
    lost: u64,
    /// A gap of unknown size.
    is_unknown: bool,
    holes: u64,
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

impl Summary {
    /// Lines are missing.
    pub(super) fn hole(&mut self) {
        self.holes += 1;
    }

    /// Counts a line. Flaps and gaps are counted whether it is shown or not.
    ///
    /// # Errors
    /// If a member has a wrong type.
    pub(super) fn take(&mut self, line: &Line<'_>, is_shown: bool) -> Result<(), LineFault> {
        if line.kind == Some(Kind::Meta) {
            if &*line.op_name == "gap" {
                let gap: Gap = line.meta()?;
                self.gaps += 1;
                self.lost += gap.lost.unwrap_or(0);
                self.is_unknown |= gap.lost.is_none();
            }
            return Ok(());
        }
        let index = line.member("ifindex").and_then(|index| index.parse().ok());
        if is_shown {
            let (first, last) = self.times.get_or_insert((line.time, line.time));
            (*first, *last) = ((*first).min(line.time), (*last).max(line.time));
            let kind = line.string("kind")?.unwrap_or_default();
            *self.lines.entry(kind.into_owned()).or_default() += 1;
        }
        let is_link = line.kind == Some(Kind::Link);
        let Some(index) = index.filter(|_| is_shown || is_link) else {
            return Ok(());
        };
        let device = (line.namespace().into_owned(), index);
        let device = self.devices.entry(device).or_default();
        if let Some(name) = line.string("ifname")? {
            device.name = match &line.netns {
                Some(netns) => format!("{}: {name}", netns.name),
                None => name.into_owned(),
            };
        }
        device.lines += u64::from(is_shown);
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
                (Some(true), Some(false)) => device.downs += 1,
                _ => {}
            }
            device.is_up = is_up;
        }
        Ok(())
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total: u64 = self.lines.values().sum();
        writeln!(f)?;
        write!(f, "{} in this time", count(total, "event"))?;
        let mut kinds: Vec<_> = self.lines.iter().collect();
        kinds.sort_by_key(|(_, number)| std::cmp::Reverse(**number));
        for (at, (kind, number)) in kinds.into_iter().enumerate() {
            let separator = if at == 0 { ": " } else { ", " };
            write!(f, "{separator}{kind} {number}")?;
        }
        writeln!(f)?;
        match self.gaps {
            0 if self.holes == 0 => {}
            _ => {
                let least = if self.is_unknown { "at least " } else { "" };
                let (gaps, lost) = (count(self.gaps, "gap"), count(self.lost, "message"));
                write!(f, "{gaps}, {least}{lost} lost")?;
                match self.holes {
                    0 => writeln!(f)?,
                    holes => writeln!(f, "; lines are missing in {}", count(holes, "place"))?,
                }
            }
        }
        let has_flaps = |device: &&Device| device.ups + device.downs > 0;
        let mut devices: Vec<_> = self.devices.values().filter(has_flaps).collect();
        devices.sort_by_key(|device| std::cmp::Reverse((device.downs, device.ups)));
        let shown = &devices[..devices.len().min(LISTED)];
        let width = shown
            .iter()
            .map(|device| name(device).chars().count())
            .max();
        for device in shown {
            let state = match device.is_up {
                Some(true) => ", up at the end",
                Some(false) => ", down at the end",
                None => "",
            };
            writeln!(
                f,
                "{:width$}  went down {}, up {}{state}; {}",
                name(device),
                count(device.downs, "time"),
                count(device.ups, "time"),
                count(device.lines, "event"),
                width = width.unwrap_or(0),
            )?;
        }
        match devices.len() - shown.len() {
            0 => Ok(()),
            others => writeln!(f, "and {others} other devices"),
        }
    }
}

fn name(device: &Device) -> String {
    Escaped(&device.name).to_string()
}

/// `1 event`, `2 events`
fn count(number: u64, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{s}")
}
