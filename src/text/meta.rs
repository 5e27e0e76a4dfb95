//! nlstream's own records, and messages that no decoder knows.

use std::fmt::{self, Write as _};

use super::pen::Pen;
use crate::event::Kind;
use crate::event::meta::{
    Clock, Gap, GapCause, Heartbeat, Meta, Resync, Rotate, RotateReason, Start, Stop, StopReason,
};
use crate::event::unknown::Unknown;
use crate::event::values::Time;

pub fn say(pen: &mut Pen<'_>, meta: &Meta) -> fmt::Result {
    pen.write_str(": ")?;
    match meta {
        Meta::Start(record) => start(pen, record),
        Meta::Sync(record) => {
            count(pen, record.objects, "object")?;
            pen.write_str(" told, the snapshot is complete")?;
            incomplete(pen, record.incomplete.as_deref())
        }
        Meta::Gap(record) => gap(pen, record),
        Meta::Resync(record) => resync(pen, record),
        Meta::Refused(record) => {
            count(pen, record.datagrams, "datagram")?;
            write!(pen, " of another sender ({}) refused", record.portid)
        }
        Meta::Heartbeat(record) => heartbeat(pen, record),
        Meta::Clock(record) => clock(pen, record),
        Meta::Rotate(record) => rotate(pen, record),
        Meta::Stop(record) => stop(pen, record),
    }
}

/// `1 message`, `2 messages`
fn count(pen: &mut Pen<'_>, number: u64, noun: &str) -> fmt::Result {
    let s = if number == 1 { "" } else { "s" };
    write!(pen, "{number} {noun}{s}")
}

fn start(pen: &mut Pen<'_>, start: &Start) -> fmt::Result {
    write!(pen, "{} {}", start.tool, start.version)?;
    pen.some("on", &start.host)?;
    if let Some(kernel) = &start.kernel {
        write!(pen, ", Linux {kernel}")?;
    }
    if let Some(groups) = &start.groups {
        pen.write_str(", ")?;
        count(pen, groups.len() as u64, "group")?;
    }
    if let Some(refused) = &start.refused_groups {
        write!(pen, " ({} refused)", refused.len())?;
    }
    if let Some(since) = &start.since {
        write!(pen, ", since {:.3}", since.0)?;
    }
    if let Some(bytes) = start.tail_repaired {
        pen.write_str(", ")?;
        count(pen, bytes, "byte")?;
        pen.write_str(" of a half line cut off")?;
    }
    Ok(())
}

fn clock(pen: &mut Pen<'_>, clock: &Clock) -> fmt::Result {
    let way = if clock.step < 0 { "back" } else { "forward" };
    let seconds = clock.step.unsigned_abs() as f64 / 1e9;
    write!(
        pen,
        "set {way} by {seconds:.3} s, it would be {:.3}",
        clock.unset.0
    )
}

fn rotate(pen: &mut Pen<'_>, rotate: &Rotate) -> fmt::Result {
    pen.write_str(match rotate.reason {
        RotateReason::Size => "large enough",
        RotateReason::Time => "old enough",
        RotateReason::Signal => "told to by a signal",
        RotateReason::Renamed => "the file was renamed",
    })?;
    pen.write_str(", after ")?;
    count(pen, rotate.bytes, "byte")?;
    pen.write_str(" it goes on in another file")
}

fn gap(pen: &mut Pen<'_>, gap: &Gap) -> fmt::Result {
    let (noun, why) = match gap.cause {
        GapCause::Overflow => ("message", "receive buffer overflow"),
        GapCause::Error => ("message", "error of the socket"),
        GapCause::Truncated => ("message", "datagram too long"),
        GapCause::Output => ("line", "the reader was too slow"),
    };
    match gap.lost {
        Some(lost) => count(pen, lost, noun)?,
        None => write!(pen, "an unknown number of {noun}s")?,
    }
    write!(pen, " lost ({why}")?;
    // Of an overflow it is always the same.
    if let (GapCause::Error, Some(errno)) = (gap.cause, gap.errno) {
        write!(pen, ", errno {errno}")?;
    }
    pen.write_char(')')?;
    match (&gap.from, &gap.to) {
        (Some(from), Some(to)) => write!(pen, " between {:.3} and {:.3}", from.0, to.0),
        (None, Some(to)) => write!(pen, " before {:.3}", to.0),
        (Some(from), None) => write!(pen, " after {:.3}", from.0),
        (None, None) => Ok(()),
    }
}

fn resync(pen: &mut Pen<'_>, resync: &Resync) -> fmt::Result {
    pen.write_str("what was lost is made good")?;
    for found in &resync.corrections {
        let number = found.added + found.changed + found.deleted;
        write!(pen, ", {number} {} corrected", found.kind.name())?;
    }
    incomplete(pen, resync.incomplete.as_deref())
}

fn incomplete(pen: &mut Pen<'_>, kinds: Option<&[Kind]>) -> fmt::Result {
    for (number, kind) in kinds.into_iter().flatten().enumerate() {
        pen.write_str(if number == 0 { "; but for " } else { ", " })?;
        pen.write_str(kind.name())?;
    }
    Ok(())
}

fn heartbeat(pen: &mut Pen<'_>, heartbeat: &Heartbeat) -> fmt::Result {
    let kinds = &heartbeat.kinds;
    count(pen, kinds.iter().map(|of| of.lines).sum(), "event")?;
    pen.write_str(", ")?;
    count(pen, kinds.iter().map(|of| of.objects).sum(), "object")?;
    pen.write_str(" known")?;
    for (number, noun, what) in [
        (heartbeat.lost, "message", "lost"),
        (heartbeat.dropped, "line", "dropped"),
        (heartbeat.refused, "datagram", "refused"),
    ] {
        if number != 0 {
            pen.write_str(", ")?;
            count(pen, number, noun)?;
            write!(pen, " {what}")?;
        }
    }
    unrecorded(pen, heartbeat.pulse.unrecorded_since)
}

fn stop(pen: &mut Pen<'_>, stop: &Stop) -> fmt::Result {
    pen.write_str(match stop.reason {
        StopReason::Signal => "told to by a signal",
        StopReason::Count => "as many lines as asked for",
        StopReason::Time => "the time is over",
        StopReason::End => "end of the recording",
    })?;
    pen.write_str(", ")?;
    count(pen, stop.events, "event")?;
    for (number, noun, what) in [
        (stop.lost, "message", "lost"),
        (stop.dropped, "line", "dropped"),
        (stop.refused, "datagram", "refused"),
    ] {
        if number != 0 {
            pen.write_str(", ")?;
            count(pen, number, noun)?;
            write!(pen, " {what}")?;
        }
    }
    unrecorded(pen, stop.unrecorded_since)
}

fn unrecorded(pen: &mut Pen<'_>, since: Option<Time>) -> fmt::Result {
    match since {
        Some(since) => write!(pen, ", not recorded since {:.3}", since.0),
        None => Ok(()),
    }
}

pub fn unknown(pen: &mut Pen<'_>, unknown: &Unknown) -> fmt::Result {
    pen.subject(format_args!("{}", unknown.r#type))?;
    if let Some(attributes) = &unknown.attributes {
        pen.write_str(", ")?;
        count(pen, attributes.len() as u64, "attribute")?;
    }
    if let Some(data) = &unknown.data {
        pen.write_str(", ")?;
        count(pen, data.0.len() as u64, "byte")?;
    }
    Ok(())
}
