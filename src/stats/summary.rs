//! The counts at the end of a timeline.

use std::fmt;

use super::{Device, Stats};
use crate::escape::Escaped;

/// Number of devices that are listed.
const LISTED: usize = 20;

/// The counts, as text.
pub struct Summary<'a>(pub &'a Stats);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stats = self.0;
        writeln!(f)?;
        write!(f, "{} in this time", count(stats.events, "event"))?;
        for (at, kind) in stats.kinds.most(usize::MAX).into_iter().enumerate() {
            let separator = if at == 0 { ": " } else { ", " };
            write!(f, "{separator}{} {}", Escaped(&kind.it), kind.count)?;
        }
        writeln!(f)?;
        match stats.gaps.number {
            0 if stats.holes == 0 => {}
            _ => {
                let least = if stats.gaps.is_unknown {
                    "at least "
                } else {
                    ""
                };
                let (gaps, lost) = (
                    count(stats.gaps.number, "gap"),
                    count(stats.gaps.lost, "message"),
                );
                write!(f, "{gaps}, {least}{lost} lost")?;
                match stats.holes {
                    0 => writeln!(f)?,
                    holes => writeln!(f, "; lines are missing in {}", count(holes, "place"))?,
                }
            }
        }
        let shown = stats.devices.flapping(LISTED);
        let (_, flapping) = stats.devices.numbers();
        let width = shown
            .iter()
            .map(|device| name(&device.it).chars().count())
            .max();
        for device in &shown {
            let device = &device.it;
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
                count(device.events, "event"),
                width = width.unwrap_or(0),
            )?;
        }
        match flapping - shown.len() {
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
