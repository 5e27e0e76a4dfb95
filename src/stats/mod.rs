//! Statistics over lines, for `log --summary`, `top` and `report`: totals and rates by kind, device,
//! network namespace and process, flaps, gaps, the busiest routes and neighbours, bursts. The memory is
//! limited for any input, and what was left out is counted.

mod burst;
mod counter;
mod devices;
mod gaps;
mod holes;
mod summary;
mod window;

use std::borrow::Cow;
use std::time::Duration;

use serde::Deserialize as _;

pub use burst::{Bursts, Entry};
pub use counter::{Counter, Tally};
pub use devices::{Device, Devices};
pub use gaps::{GapSeen, Gaps};
pub use holes::Holes;
pub use summary::Summary;
pub use window::{RATE_TIME, Window};

use crate::event::values::Time;
use crate::event::{By, Kind};
use crate::lines::{Line, LineFault};
use crate::text;

/// Number of names whose counts are kept, of each list.
const NAMES: usize = 5000;
/// Maximum length of a name, characters: `ip` and the kernel have shorter ones.
const NAME: usize = 120;
/// Number of seconds whose numbers of events are kept.
pub const HISTORY: usize = 120;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Kinds, devices and gaps.
    Summary,
    /// Everything.
    All,
}

/// The statistics of lines.
#[derive(Debug)]
pub struct Stats {
    detail: Detail,
    /// Times of the first and the last selected event.
    pub times: Option<(Time, Time)>,
    /// Number of selected events.
    pub events: u64,
    /// Selected events by second.
    pub history: Window<HISTORY>,
    /// Selected events by what they are about.
    pub kinds: Counter,
    pub namespaces: Counter,
    pub processes: Counter,
    pub routes: Counter,
    pub neighbours: Counter,
    /// Devices, with the flaps of all lines.
    pub devices: Devices,
    /// Gaps of all lines.
    pub gaps: Gaps,
    /// Number of places in which lines are missing.
    pub holes: u64,
}

impl Stats {
    pub fn new(detail: Detail) -> Self {
        Stats {
            detail,
            times: None,
            events: 0,
            history: Window::default(),
            kinds: Counter::new(NAMES),
            namespaces: Counter::new(NAMES),
            processes: Counter::new(NAMES),
            routes: Counter::new(NAMES),
            neighbours: Counter::new(NAMES),
            devices: Devices::new(NAMES),
            gaps: Gaps::default(),
            holes: 0,
        }
    }

    /// Lines are missing.
    pub fn hole(&mut self) {
        self.holes += 1;
    }

    /// Counts a line. Flaps and gaps are counted whether it is selected or not.
    ///
    /// # Errors
    /// If a member has a wrong type.
    pub fn take(&mut self, line: &Line<'_>, is_selected: bool) -> Result<(), LineFault> {
        if line.kind == Some(Kind::Meta) {
            return self.gaps.take(line);
        }
        self.devices.take(line, is_selected)?;
        if !is_selected {
            return Ok(());
        }
        let time = line.time;
        let (first, last) = self.times.get_or_insert((time, time));
        (*first, *last) = ((*first).min(time), (*last).max(time));
        self.events += 1;
        self.history.add(time);
        let kind = line.string("kind")?.unwrap_or_default();
        self.kinds.count(&*kind, time, || kind.to_string());
        if self.detail == Detail::Summary {
            return Ok(());
        }
        if let Some(netns) = &line.netns {
            self.namespaces
                .count(&*line.namespace(), time, || netns.name.clone());
        }
        if let Some(process) = process(line) {
            self.processes.count(&process, time, || process.clone());
        }
        let objects = match line.kind {
            Some(Kind::Route) => &mut self.routes,
            Some(Kind::Neigh) => &mut self.neighbours,
            _ => return Ok(()),
        };
        if let Some((kind, key)) = line.object()? {
            objects.count(&(line.namespace(), key), time, || object(kind, line));
        }
        Ok(())
    }
}

/// What `by` says of the process: `ip (ssh.service)`; `None` if that is not known. Processes of one name in
/// one unit or container are one.
pub fn process(line: &Line<'_>) -> Option<String> {
    let mut by = serde_json::Deserializer::from_str(line.member("by")?);
    let by = By::deserialize(&mut by).ok()?;
    if by.kernel == Some(true) {
        return Some("the kernel".to_owned());
    }
    let comm = by.comm.filter(|comm| !comm.is_empty());
    let name = comm.or_else(|| Some(format!("[{}]", by.pid?)))?;
    Some(match by.container.or(by.unit) {
        Some(within) => format!("{name} ({within})"),
        None => name,
    })
}

/// The name of an object in a list: `10.0.0.0/8 dev eth0`.
fn object(kind: Kind, line: &Line<'_>) -> String {
    let payload = line.member(kind.name()).unwrap_or_default();
    let mut name = text::subject(kind, payload).unwrap_or_default();
    let table = match kind {
        Kind::Route => text::field(payload, "table").filter(|table| table != "main"),
        _ => None,
    };
    let device = line.string("ifname").ok().flatten();
    let device = device.map(Cow::into_owned);
    for (word, value) in [("dev", device), ("table", table)] {
        if let Some(value) = value {
            name += &format!(" {word} {value}");
        }
    }
    match &line.netns {
        Some(netns) => format!("{}: {name}", netns.name),
        None => name,
    }
}

/// A name as it is kept, which may be shorter.
fn bounded(mut name: String) -> String {
    if let Some((at, _)) = name.char_indices().nth(NAME) {
        name.truncate(at);
        name.push('…');
    }
    name
}

/// A time span: `80 ms`, `1.5 s`.
pub fn span(span: Duration) -> String {
    match span.as_millis() {
        ..1000 => format!("{} ms", span.as_millis()),
        _ => format!("{:.1} s", span.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests;
