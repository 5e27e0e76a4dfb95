//! How lines look: times, columns and colours.

use std::fmt::Write as _;

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

use crate::event::values::Time;

/// How lines of the text format look. By default every line is a function of its event and of the events
/// before it, whatever the output is.
#[derive(Clone, Debug)]
pub struct TextStyle {
    /// The time zone of the times.
    pub zone: TimeZone,
    /// What precedes each line.
    pub times: Times,
    /// Emphasise with ANSI colours.
    pub colour: bool,
    /// Align kinds, operations and objects.
    pub columns: bool,
    /// Write a line that repeats the one before it as a count.
    pub fold: bool,
}

impl TextStyle {
    /// Lines with the time of day in `zone`.
    pub fn new(zone: TimeZone) -> Self {
        TextStyle {
            zone,
            times: Times::Time,
            colour: false,
            columns: false,
            fold: false,
        }
    }
}

/// What precedes each line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Times {
    /// `[21:26:54.897]`, and a line with the date at the beginning and at midnight.
    #[default]
    Time,
    /// `[2026-11-24 21:26:54.897]`
    Date,
    /// `[2026-11-24T21:26:54.897+01:00]`
    Iso,
    /// `[+12.345]`: seconds since the first line.
    Relative,
    /// Nothing.
    None,
}

/// The times of consecutive lines.
#[derive(Debug)]
pub(super) struct Clock {
    zone: TimeZone,
    times: Times,
    /// Time of the first line.
    first: Option<Time>,
    /// The date and the offset from UTC of the line before.
    day: Option<(Date, Offset)>,
}

impl Clock {
    pub(super) fn new(style: &TextStyle) -> Self {
        Clock {
            zone: style.zone.clone(),
            times: style.times,
            first: None,
            day: None,
        }
    }

    /// Sets the time to which relative times refer.
    pub(super) fn refer_to(&mut self, time: Time) {
        self.first = Some(time);
    }

    /// Returns the line that precedes a line of that time: `-- 2026-11-24 +01:00 --`, if the date or the
    /// offset from UTC is another one than before, or if the line begins a run or a file.
    pub(super) fn date_line(&mut self, time: Time, begins: bool) -> Option<String> {
        if self.times != Times::Time {
            return None;
        }
        let offset = self.zone.to_offset(time.0);
        let day = (offset.to_datetime(time.0).date(), offset);
        let is_new = self.day.replace(day) != Some(day);
        (is_new || begins).then(|| format!("-- {} {} --", day.0, hours(offset)))
    }

    /// Returns the time of a line in brackets; empty if lines have none. `aligned`: all relative times
    /// below a day have the same width.
    pub(super) fn stamp(&mut self, time: Time, aligned: bool) -> String {
        let mut stamp = String::new();
        let at = self.zone.to_datetime(time.0);
        let milli = at.subsec_nanosecond() / 1_000_000;
        let clock = format_args!(
            "{:02}:{:02}:{:02}.{milli:03}",
            at.hour(),
            at.minute(),
            at.second()
        )
        .to_string();
        // Writing to a String cannot fail.
        let _ = match self.times {
            Times::None => Ok(()),
            Times::Time => write!(stamp, "[{clock}]"),
            Times::Date => write!(stamp, "[{} {clock}]", at.date()),
            Times::Iso => {
                let offset = self.zone.to_offset(time.0);
                write!(stamp, "[{}T{clock}{}]", at.date(), hours(offset))
            }
            Times::Relative => {
                let first = *self.first.get_or_insert(time);
                let seconds = time.0.duration_since(first.0).as_secs_f64();
                let width = if aligned { 10 } else { 0 };
                write!(stamp, "[{seconds:+width$.3}]")
            }
        };
        stamp
    }
}

/// An offset from UTC as in ISO 8601: `+01:00`.
fn hours(offset: Offset) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.unsigned_abs();
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}
