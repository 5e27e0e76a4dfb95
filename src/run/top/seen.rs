//! What the screen shows of the model: rows of its lists, rates, and what is missing.

use jiff::tz::TimeZone;

use super::model::{Change, Model, Reading};
use crate::escape::Escaped;
use crate::event::values::Time;
use crate::stats::{Counter, Device, GapSeen, HISTORY, Tally};

/// Number of rows that are kept of each list.
const ROWS: usize = 200;
/// Seconds for which a gap that is over is shown.
const GAP_TIME: i64 = 60;

/// A row of a list.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub name: String,
    pub count: u64,
    /// Events of the last seconds.
    pub recent: u64,
    pub last: Time,
    pub rate: f64,
    /// How often a device went down and up.
    pub flaps: Option<(u64, u64)>,
    pub is_flapping: bool,
}

/// The lists, in the order of the keys that show them.
pub(super) const LISTS: [&str; 7] = [
    "kinds",
    "devices",
    "flapping",
    "processes",
    "namespaces",
    "routes",
    "neighbours",
];

/// What was read when the screen was updated.
#[derive(Debug)]
pub(super) struct Seen {
    pub now: Time,
    pub events: u64,
    pub rate: f64,
    pub history: [u32; HISTORY],
    pub lists: [Vec<Item>; LISTS.len()],
    /// Number of names of each list, and events of those that were left out.
    pub sizes: [(usize, u64); LISTS.len()],
    pub gaps: u64,
    pub lost: u64,
    pub holes: u64,
    pub gap: Option<GapSeen>,
    pub changes: Vec<Change>,
    pub reading: Reading,
    pub message: Option<String>,
    pub failure: Option<String>,
}

fn items(counter: &Counter, now: Time) -> Vec<Item> {
    // The most frequent of all time, and those of now.
    let mut found = counter.most(ROWS);
    let recent = counter.top(ROWS, |tally| tally.recent.total(now), |tally| &tally.it);
    found.extend(recent);
    let mut items: Vec<_> = found
        .into_iter()
        .map(|tally| item(tally, &tally.it, now))
        .collect();
    items.sort_by(|one, other| one.name.cmp(&other.name));
    items.dedup_by(|one, other| one.name == other.name);
    items
}

fn item<T>(tally: &Tally<T>, name: &str, now: Time) -> Item {
    Item {
        name: Escaped(name).to_string(),
        count: tally.count,
        recent: tally.recent.total(now),
        rate: tally.recent.rate(now),
        last: tally.last,
        flaps: None,
        is_flapping: false,
    }
}

fn device(tally: &Tally<Device>, now: Time) -> Item {
    let device = &tally.it;
    Item {
        count: device.events,
        flaps: Some((device.downs, device.ups)),
        // Down and up once is a restart.
        is_flapping: device.flaps.total(now) > 2,
        ..item(tally, &device.name, now)
    }
}

impl Seen {
    /// Reads the model.
    pub(super) fn of(model: &Model) -> Self {
        let (stats, now) = (&model.stats, model.now());
        let devices = &stats.devices;
        let mut found = devices.top(ROWS, |tally| tally.it.events);
        found.extend(devices.top(ROWS, |tally| tally.recent.total(now)));
        let mut all: Vec<_> = found.into_iter().map(|tally| device(tally, now)).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all.dedup_by(|one, other| one.name == other.name);
        let flapping = devices.flapping(ROWS);
        let flapping: Vec<_> = flapping.into_iter().map(|it| device(it, now)).collect();
        let (device_count, flapping_count) = devices.numbers();
        let size = |counter: &Counter| (counter.len(), counter.left_out());
        Seen {
            now,
            events: stats.events,
            rate: rate_of(&stats.history.series(now)),
            history: stats.history.series(now),
            lists: [
                items(&stats.kinds, now),
                all,
                flapping,
                items(&stats.processes, now),
                items(&stats.namespaces, now),
                items(&stats.routes, now),
                items(&stats.neighbours, now),
            ],
            sizes: [
                size(&stats.kinds),
                (device_count, devices.left_out()),
                (flapping_count, 0),
                size(&stats.processes),
                size(&stats.namespaces),
                size(&stats.routes),
                size(&stats.neighbours),
            ],
            gaps: stats.gaps.number,
            lost: stats.gaps.lost,
            holes: stats.holes,
            gap: stats.gaps.last.back().cloned(),
            changes: model.changes.iter().cloned().collect(),
            reading: model.reading,
            message: model.message.clone(),
            failure: model.failure.clone(),
        }
    }

    /// What is missing, and whether that is over.
    pub(super) fn warning(&self, zone: &TimeZone) -> Option<(String, bool)> {
        let gap = self.gap.as_ref()?;
        let clock = |time: Time| {
            let at = zone.to_datetime(time.0);
            format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
        };
        let lost = match gap.lost {
            Some(lost) => format!("{lost} lost"),
            None => "an unknown number lost".to_owned(),
        };
        let of = gap
            .netns
            .as_ref()
            .map(|name| format!(" in {}", Escaped(name)));
        let text = format!(
            "GAP at {}{}: {lost} ({})",
            clock(gap.time),
            of.unwrap_or_default(),
            Escaped(&gap.cause)
        );
        match gap.until {
            None => Some((format!("{text}; what follows is incomplete"), false)),
            Some(until) => {
                let age = self.now.0.as_second() - until.0.as_second();
                (age < GAP_TIME).then(|| {
                    (
                        format!("{text}; complete again since {}", clock(until)),
                        true,
                    )
                })
            }
        }
    }
}

/// Events per second of the last seconds of a series.
fn rate_of(series: &[u32; HISTORY]) -> f64 {
    let last = &series[HISTORY - crate::stats::RATE_TIME..];
    last.iter().map(|count| f64::from(*count)).sum::<f64>() / last.len() as f64
}
