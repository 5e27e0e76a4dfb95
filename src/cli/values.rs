//! Parsers for command line values: durations, sizes, times.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use crate::event::Op;
use crate::event::meta::MAX_TEXT;
use crate::event::meta::{check_count, check_max_line, check_run};
use crate::filter::Fault;
use crate::filter::sample::sample;
use crate::run::Checkpoints;
use crate::run::exec::OnFailure;

/// A duration; `None` for never.
#[derive(Clone, Copy, Debug)]
pub(super) struct Never(pub Option<SignedDuration>);

pub(super) fn duration(text: &str) -> Result<SignedDuration, String> {
    let duration: SignedDuration = text
        .parse()
        .map_err(|_| "expected a number with a unit: 500ms, 10s, 5m, 1h".to_owned())?;
    if duration <= SignedDuration::ZERO || Duration::try_from(duration).is_err() {
        return Err("must be greater than zero".to_owned());
    }
    Ok(duration)
}

/// Parses a duration, with the additional units `d` and `w`.
pub(super) fn period(text: &str) -> Result<SignedDuration, String> {
    let hours = match text.char_indices().last() {
        Some((at, 'd')) => Some((&text[..at], 24)),
        Some((at, 'w')) => Some((&text[..at], 7 * 24)),
        _ => None,
    };
    match hours.and_then(|(digits, hours)| Some((digits.parse::<u16>().ok()?, hours))) {
        Some((number, hours)) if number > 0 => {
            Ok(SignedDuration::from_hours(i64::from(number) * hours))
        }
        _ => {
            duration(text).map_err(|_| "expected a number with a unit: 15m, 1h, 1d, 2w".to_owned())
        }
    }
}

pub(super) fn conntrack_sample(text: &str) -> Result<String, Fault> {
    sample(text).map(|_| text.to_owned())
}

pub(super) fn checkpoints(text: &str) -> Result<Checkpoints, String> {
    match text {
        "auto" => Ok(Checkpoints::Auto),
        "off" => Ok(Checkpoints::Off),
        text => period(text)
            .map(|interval| Checkpoints::Every(interval.unsigned_abs()))
            .map_err(|_| "expected auto, off, or a number with a unit: 15m, 1h, 1d".to_owned()),
    }
}

/// Parses a time: absolute, or relative to the current time.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    moment_at(text, Timestamp::now(), &TimeZone::system()).ok_or_else(|| {
        "expected a time: 2026-11-24T03:12:00Z, 2026-11-24T03:12 or 12:00 in local time, \
         `yesterday 12:00`, now, or a duration before now: -5m, -2h30m, -1d"
            .to_owned()
    })
}

fn moment_at(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    if text == "now" {
        return Some(now);
    }
    if let Some(span) = text.strip_prefix('-') {
        let span: Span = span.parse().ok().filter(|span: &Span| span.is_positive())?;
        let then = now.to_zoned_datetime(zone.clone()).checked_sub(span);
        return Some(then.ok()?.timestamp());
    }
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let today = zone.to_datetime(now).date();
    let (day, time) = match text.split_once(' ').unwrap_or((text, "00:00")) {
        ("today", time) => (today, time.parse().ok()?),
        ("yesterday", time) => (today.yesterday().ok()?, time.parse().ok()?),
        _ => match text.parse::<DateTime>() {
            Ok(time) => (time.date(), time.time()),
            Err(_) => (today, text.parse().ok()?),
        },
    };
    zone.to_timestamp(day.to_datetime(time)).ok()
}

pub(super) fn duration_or_never(text: &str) -> Result<Never, String> {
    match text {
        "0" => Ok(Never(None)),
        text => duration(text).map(|duration| Never(Some(duration))),
    }
}

/// Parses a number with an optional suffix K, M or G (powers of 1024).
fn bytes(text: &str) -> Option<u64> {
    let (digits, unit) = match text.char_indices().last()? {
        (at, 'K' | 'k') => (&text[..at], 1 << 10),
        (at, 'M' | 'm') => (&text[..at], 1 << 20),
        (at, 'G' | 'g') => (&text[..at], 1 << 30),
        _ => (text, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// Parses the size of a buffer, 2 KiB to 1 GiB.
pub(super) fn size(text: &str) -> Result<u32, String> {
    // The kernel doubles the requested value and stores it as an int (sock_setsockopt).
    match bytes(text).map(u32::try_from) {
        Some(Ok(bytes)) if (2048..=1 << 30).contains(&bytes) => Ok(bytes),
        _ => Err("expected a size from 2K to 1G: 212992, 512K, 32M".to_owned()),
    }
}

/// Parses the size of a file, at least 4 KiB.
pub(super) fn file_size(text: &str) -> Result<u64, String> {
    match bytes(text) {
        Some(bytes) if bytes >= 4096 => Ok(bytes),
        _ => Err("expected a size of at least 4K: 100M, 2G".to_owned()),
    }
}

/// Parses the limit of the length of lines.
pub(super) fn max_line(text: &str) -> Result<u64, String> {
    let bytes = bytes(text).unwrap_or_default();
    check_max_line(bytes)?;
    Ok(bytes)
}

/// Parses a number of events.
pub(super) fn count(text: &str) -> Result<u64, String> {
    let events = text.parse().unwrap_or_default();
    check_count(events)?;
    Ok(events)
}

/// Parses the name of a network namespace, which every line about it repeats.
pub(super) fn namespace(text: &str) -> Result<String, String> {
    match text.len() <= MAX_TEXT {
        true => Ok(text.to_owned()),
        false => Err(format!("expected at most {MAX_TEXT} bytes")),
    }
}

/// Parses a rate: `10/1m`.
pub(super) fn rate(text: &str) -> Result<(u32, Duration), String> {
    let rate = text.split_once('/').and_then(|(number, time)| {
        let number = number
            .parse()
            .ok()
            .filter(|number| (1..=10_000).contains(number))?;
        Some((number, duration(time).ok()?.unsigned_abs()))
    });
    rate.ok_or_else(|| "expected a number from 1 to 10000 and a time: 1/10s, 60/1m".to_owned())
}

/// Parses what follows when a command fails.
pub(super) fn on_failure(text: &str) -> Result<OnFailure, String> {
    match text.split_once('=').unwrap_or((text, "")) {
        ("continue", "") => Some(OnFailure::Continue),
        ("stop", "") => Some(OnFailure::Stop),
        ("retry", number) => number
            .parse()
            .ok()
            .filter(|number| *number > 0)
            .map(OnFailure::Retry),
        _ => None,
    }
    .ok_or_else(|| "expected continue, stop, or retry=N".to_owned())
}

/// Parses the name of a `meta` op.
pub(super) fn meta_op(text: &str) -> Result<Op, String> {
    let found = Op::META.iter().find(|op| op.name() == text);
    found.copied().ok_or_else(|| {
        let names: Vec<_> = Op::META.iter().map(|op| op.name()).collect();
        format!("expected one of {}", names.join(", "))
    })
}

pub(super) fn run_id(text: &str) -> Result<String, String> {
    check_run(text).map(|()| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_durations() {
        assert_eq!(size("32M"), Ok(32 << 20));
        assert_eq!(size("212992"), Ok(212_992));
        assert_eq!(file_size("5G"), Ok(5 << 30));
        assert!(file_size("1K").is_err() && file_size("").is_err());
        assert!(size("0").is_err() && size("9G").is_err() && size("M").is_err());
        assert_eq!(duration("1s"), Ok(SignedDuration::from_secs(1)));
        assert_eq!(duration("500ms"), Ok(SignedDuration::from_millis(500)));
        assert_eq!(period("1d"), Ok(SignedDuration::from_hours(24)));
        assert_eq!(period("2w"), Ok(SignedDuration::from_hours(336)));
        assert_eq!(period("15m"), Ok(SignedDuration::from_mins(15)));
        assert!(period("0d").is_err() && period("d").is_err() && period("1y").is_err());
        assert!(duration("-1s").is_err() && duration("5").is_err() && duration("0s").is_err());
    }

    #[test]
    fn times_are_absolute_or_relative_to_now() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("now", "2026-11-24T10:00:00Z"),
            ("-5m", "2026-11-24T09:55:00Z"),
            ("-2h30m", "2026-11-24T07:30:00Z"),
            ("-1d", "2026-11-23T10:00:00Z"),
            ("-2 weeks", "2026-11-10T10:00:00Z"),
            ("-500ms", "2026-11-24T09:59:59.5Z"),
            ("11:59", "2026-11-24T09:59:00Z"),
            ("12:00", "2026-11-24T10:00:00Z"),
            ("12:00:30", "2026-11-24T10:00:30Z"),
            ("12:00:30.5", "2026-11-24T10:00:30.5Z"),
            ("today 03:12", "2026-11-24T01:12:00Z"),
            ("today", "2026-11-23T22:00:00Z"),
            ("yesterday 12:00", "2026-11-23T10:00:00Z"),
            ("yesterday", "2026-11-22T22:00:00Z"),
            ("2026-11-20", "2026-11-19T22:00:00Z"),
            ("2026-11-20T03:12", "2026-11-20T01:12:00Z"),
            ("2026-11-20 03:12:05", "2026-11-20T01:12:05Z"),
            ("2026-11-20T03:12:00Z", "2026-11-20T03:12:00Z"),
            ("2026-11-20T03:12:00+05:00", "2026-11-19T22:12:00Z"),
        ] {
            let expected: Timestamp = expected.parse().unwrap();
            assert_eq!(moment_at(text, now, &zone), Some(expected), "{text}");
        }
        for text in [
            "",
            "-",
            "5m",
            "--5m",
            "-5",
            "tomorrow",
            "25:00",
            "yesterday noon",
            "soon",
            "-5 parsecs",
        ] {
            assert_eq!(moment_at(text, now, &zone), None, "{text}");
        }
    }
}
