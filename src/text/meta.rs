//! `meta` records and undecoded messages.

use std::fmt::{self, Write as _};

use super::escape::EscapingWriter;
use crate::event::Kind;
use crate::event::meta::{
    Clock, Gap, GapCause, Heartbeat, Meta, Resync, Rotate, RotateReason, Start, Stop, StopReason,
};
use crate::event::unknown::Unknown;
use crate::event::values::Time;

pub fn write(out: &mut EscapingWriter<'_>, meta: &Meta) -> fmt::Result {
    out.write_str(": ")?;
    match meta {
        Meta::Start(record) => start(out, record),
        Meta::Sync(record) => {
            count(out, record.objects, "object")?;
            out.write_str(" told, the snapshot is complete")?;
            incomplete(out, record.incomplete.as_deref())
        }
        Meta::Gap(record) => gap(out, record),
        Meta::Resync(record) => resync(out, record),
        Meta::Refused(record) => {
            count(out, record.datagrams, "datagram")?;
            write!(out, " of another sender ({}) refused", record.portid)
        }
        Meta::Heartbeat(record) => heartbeat(out, record),
        Meta::Clock(record) => clock(out, record),
        Meta::Rotate(record) => rotate(out, record),
        Meta::Stop(record) => stop(out, record),
    }
}

/// `1 message`, `2 messages`
fn count(out: &mut EscapingWriter<'_>, number: u64, noun: &str) -> fmt::Result {
    let s = if number == 1 { "" } else { "s" };
    write!(out, "{number} {noun}{s}")
}

fn start(out: &mut EscapingWriter<'_>, start: &Start) -> fmt::Result {
    write!(out, "{} {}", start.tool, start.version)?;
    out.optional("on", &start.host)?;
    if let Some(kernel) = &start.kernel {
        write!(out, ", Linux {kernel}")?;
    }
    if let Some(groups) = &start.groups {
        out.write_str(", ")?;
        count(out, groups.len() as u64, "group")?;
    }
    if let Some(refused) = &start.refused_groups {
        write!(out, " ({} refused)", refused.len())?;
    }
    if let Some(since) = &start.since {
        write!(out, ", since {:.3}", since.0)?;
    }
    if let Some(bytes) = start.tail_repaired {
        out.write_str(", ")?;
        count(out, bytes, "byte")?;
        out.write_str(" of a half line cut off")?;
    }
    Ok(())
}

fn clock(out: &mut EscapingWriter<'_>, clock: &Clock) -> fmt::Result {
    let way = if clock.step < 0 { "back" } else { "forward" };
    let seconds = clock.step.unsigned_abs() as f64 / 1e9;
    write!(
        out,
        "set {way} by {seconds:.3} s, it would be {:.3}",
        clock.unset.0
    )
}

fn rotate(out: &mut EscapingWriter<'_>, rotate: &Rotate) -> fmt::Result {
    out.write_str(match rotate.reason {
        RotateReason::Size => "large enough",
        RotateReason::Time => "old enough",
        RotateReason::Signal => "told to by a signal",
        RotateReason::Renamed => "the file was renamed",
    })?;
    out.write_str(", after ")?;
    count(out, rotate.bytes, "byte")?;
    out.write_str(" it goes on in another file")
}

fn gap(out: &mut EscapingWriter<'_>, gap: &Gap) -> fmt::Result {
    let (noun, why) = match gap.cause {
        GapCause::Overflow => ("message", "receive buffer overflow"),
        GapCause::Error => ("message", "error of the socket"),
        GapCause::Truncated => ("message", "datagram too long"),
        GapCause::Output => ("line", "the reader was too slow"),
    };
    match gap.lost {
        Some(lost) => count(out, lost, noun)?,
        None => write!(out, "an unknown number of {noun}s")?,
    }
    write!(out, " lost ({why}")?;
    // An overflow always has the same errno (ENOBUFS).
    if let (GapCause::Error, Some(errno)) = (gap.cause, gap.errno) {
        write!(out, ", errno {errno}")?;
    }
    out.write_char(')')?;
    match (&gap.from, &gap.to) {
        (Some(from), Some(to)) => write!(out, " between {:.3} and {:.3}", from.0, to.0),
        (None, Some(to)) => write!(out, " before {:.3}", to.0),
        (Some(from), None) => write!(out, " after {:.3}", from.0),
        (None, None) => Ok(()),
    }
}

fn resync(out: &mut EscapingWriter<'_>, resync: &Resync) -> fmt::Result {
    out.write_str("what was lost is made good")?;
    for found in &resync.corrections {
        let number = found.added + found.changed + found.deleted;
        write!(out, ", {number} {} corrected", found.kind.name())?;
    }
    incomplete(out, resync.incomplete.as_deref())
}

fn incomplete(out: &mut EscapingWriter<'_>, kinds: Option<&[Kind]>) -> fmt::Result {
    for (number, kind) in kinds.into_iter().flatten().enumerate() {
        out.write_str(if number == 0 { "; but for " } else { ", " })?;
        out.write_str(kind.name())?;
    }
    Ok(())
}

fn heartbeat(out: &mut EscapingWriter<'_>, heartbeat: &Heartbeat) -> fmt::Result {
    let kinds = &heartbeat.kinds;
    count(out, kinds.iter().map(|of| of.lines).sum(), "event")?;
    out.write_str(", ")?;
    count(out, kinds.iter().map(|of| of.objects).sum(), "object")?;
    out.write_str(" known")?;
    for (number, noun, what) in [
        (heartbeat.lost, "message", "lost"),
        (heartbeat.dropped, "line", "dropped"),
        (heartbeat.refused, "datagram", "refused"),
    ] {
        if number != 0 {
            out.write_str(", ")?;
            count(out, number, noun)?;
            write!(out, " {what}")?;
        }
    }
    unrecorded(out, heartbeat.pulse.unrecorded_since)
}

fn stop(out: &mut EscapingWriter<'_>, stop: &Stop) -> fmt::Result {
    out.write_str(match stop.reason {
        StopReason::Signal => "told to by a signal",
        StopReason::Count => "as many lines as asked for",
        StopReason::Time => "the time is over",
        StopReason::End => "end of the recording",
    })?;
    out.write_str(", ")?;
    count(out, stop.events, "event")?;
    for (number, noun, what) in [
        (stop.lost, "message", "lost"),
        (stop.dropped, "line", "dropped"),
        (stop.refused, "datagram", "refused"),
    ] {
        if number != 0 {
            out.write_str(", ")?;
            count(out, number, noun)?;
            write!(out, " {what}")?;
        }
    }
    unrecorded(out, stop.unrecorded_since)
}

fn unrecorded(out: &mut EscapingWriter<'_>, since: Option<Time>) -> fmt::Result {
    match since {
        Some(since) => write!(out, ", not recorded since {:.3}", since.0),
        None => Ok(()),
    }
}

pub fn unknown(out: &mut EscapingWriter<'_>, unknown: &Unknown) -> fmt::Result {
    out.subject(format_args!("{}", unknown.r#type))?;
    if let Some(attributes) = &unknown.attributes {
        out.write_str(", ")?;
        count(out, attributes.len() as u64, "attribute")?;
    }
    if let Some(data) = &unknown.data {
        out.write_str(", ")?;
        count(out, data.0.len() as u64, "byte")?;
    }
    Ok(())
}
