//! `meta` records and undecoded messages.

use std::fmt::{self, Write as _};

use super::escape::EscapingWriter;
use super::{requester, within};
use crate::event::Kind;
use crate::event::meta::{
    CheckpointReason, Clock, Complete, Counts, Gap, GapCause, Heartbeat, LostBy, Meta, NetnsChange,
    NetnsEvent, Resync, Rotate, RotateReason, Skipped, Start, Stop, StopReason,
};
use crate::event::values::Time;
use crate::netlink::groups;

/// Writes the sentence of a record.
pub(super) fn write(out: &mut EscapingWriter<'_>, meta: &Meta) -> fmt::Result {
    match meta {
        Meta::Start(record) => start(out, record),
        Meta::Sync(record) => {
            count(out, record.objects, "object")?;
            out.write_str(match record.checkpoint {
                Some(_) => ", checkpoint complete",
                None => ", snapshot complete",
            })?;
            incomplete(out, record.incomplete.as_deref())
        }
        Meta::Checkpoint(record) => {
            count(out, record.objects, "object")?;
            out.write_str(match record.reason {
                CheckpointReason::Start => " (start of the run)",
                CheckpointReason::File => " (new file)",
                CheckpointReason::Lines => " (many lines)",
                CheckpointReason::Time => " (interval)",
                CheckpointReason::Signal => " (signal)",
            })
        }
        Meta::Gap(record) => gap(out, record),
        Meta::Resync(record) => resync(out, record),
        Meta::Complete(record) => complete(out, record),
        Meta::Netns(record) => netns(out, *record),
        Meta::Refused(record) => {
            count(out, record.datagrams, "datagram")?;
            write!(out, " from port id {} rejected", record.portid)
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
    if let Some(joined) = start.groups.as_ref().filter(|it| !it.is_empty()) {
        // Only older recordings name the groups of rtnetlink.
        let is_known = joined.iter().any(|name| groups::is_named(name));
        out.write_str(", ")?;
        let noun = if is_known { "group" } else { "further group" };
        count(out, joined.len() as u64, noun)?;
    }
    if let Some(refused) = &start.refused_groups {
        out.write_str(", ")?;
        count(out, refused.len() as u64, "group")?;
        out.write_str(" refused")?;
    }
    for it in start.unavailable_families.iter().flatten() {
        write!(out, ", {} unavailable: {}", it.family, it.error)?;
    }
    if let Some(sample) = &start.settings.conntrack_sample {
        write!(out, ", flows {sample}")?;
    }
    if let Some(since) = &start.since {
        write!(out, ", since {:.3}", since.0)?;
    }
    if let Some(bytes) = start.tail_repaired {
        out.write_str(", ")?;
        count(out, bytes, "byte")?;
        out.write_str(" of an incomplete line removed")?;
    }
    if let Some(bytes) = start.tail_ended {
        out.write_str(", ")?;
        count(out, bytes, "byte")?;
        out.write_str(" of an incomplete line remain")?;
    }
    Ok(())
}

/// `found, nsid 3`
fn netns(out: &mut EscapingWriter<'_>, change: NetnsChange) -> fmt::Result {
    out.write_str(match change.event {
        NetnsEvent::Add => "found",
        NetnsEvent::Delete => "ended",
    })?;
    match change.nsid {
        Some(nsid) => write!(out, ", nsid {nsid}"),
        None => Ok(()),
    }
}

fn clock(out: &mut EscapingWriter<'_>, clock: &Clock) -> fmt::Result {
    let way = if clock.step < 0 { "back" } else { "forward" };
    let seconds = clock.step.unsigned_abs() as f64 / 1e9;
    write!(
        out,
        "stepped {way} by {seconds:.3} s; without the step: {:.3}",
        clock.unset.0
    )
}

fn rotate(out: &mut EscapingWriter<'_>, rotate: &Rotate) -> fmt::Result {
    out.write_str(match rotate.reason {
        RotateReason::Size => "size reached",
        RotateReason::Time => "age reached",
        RotateReason::Signal => "signal",
        RotateReason::Renamed => "file renamed",
    })?;
    out.write_str(", file closed after ")?;
    count(out, rotate.bytes, "byte")
}

fn gap(out: &mut EscapingWriter<'_>, gap: &Gap) -> fmt::Result {
    let (noun, why) = match gap.cause {
        GapCause::Overflow => ("message", "receive buffer overflow"),
        GapCause::Error => ("message", "socket error"),
        GapCause::Generation => ("message", "transactions missing"),
        GapCause::Truncated => ("message", "datagram truncated"),
        GapCause::Output => ("line", "reader too slow"),
    };
    match gap.lost {
        Some(lost) => count(out, lost, noun)?,
        None => write!(out, "an unknown number of {noun}s")?,
    }
    if let Some(family) = &gap.family {
        write!(out, " of {family}")?;
    }
    write!(out, " lost ({why}")?;
    // An overflow always has the same errno (ENOBUFS).
    if let (GapCause::Error, Some(errno)) = (gap.cause, gap.errno) {
        write!(out, ", errno {errno}")?;
    }
    out.write_char(')')?;
    match (&gap.from, &gap.to) {
        (Some(from), Some(to)) => write!(out, " between {:.3} and {:.3}", from.0, to.0)?,
        (None, Some(to)) => write!(out, " before {:.3}", to.0)?,
        (Some(from), None) => write!(out, " after {:.3}", from.0)?,
        (None, None) => {}
    }
    for (number, lost_by) in gap.by.iter().flatten().enumerate() {
        let LostBy {
            lost,
            processes,
            by,
        } = lost_by;
        out.write_str(if number == 0 { ":" } else { "," })?;
        write!(out, " {lost}")?;
        match processes {
            Some(processes) => {
                let comm = by.comm.as_deref().unwrap_or_default();
                write!(out, " by {processes} processes {comm}")?;
                within(out, by)?;
            }
            None => requester(out, by)?,
        }
    }
    Ok(())
}

fn resync(out: &mut EscapingWriter<'_>, resync: &Resync) -> fmt::Result {
    out.write_str("lines complete again")?;
    for found in &resync.corrections {
        let number = found.added.saturating_add(found.changed);
        let number = number.saturating_add(found.deleted);
        write!(out, ", {number} {} corrected", found.kind.name())?;
    }
    incomplete(out, resync.incomplete.as_deref())
}

fn complete(out: &mut EscapingWriter<'_>, complete: &Complete) -> fmt::Result {
    for (number, kind) in complete.kinds.iter().enumerate() {
        out.write_str(if number == 0 { "" } else { ", " })?;
        out.write_str(kind.name())?;
    }
    Ok(())
}

fn incomplete(out: &mut EscapingWriter<'_>, kinds: Option<&[Kind]>) -> fmt::Result {
    for (number, kind) in kinds.into_iter().flatten().enumerate() {
        out.write_str(if number == 0 { "; incomplete: " } else { ", " })?;
        out.write_str(kind.name())?;
    }
    Ok(())
}

fn heartbeat(out: &mut EscapingWriter<'_>, heartbeat: &Heartbeat) -> fmt::Result {
    let kinds = &heartbeat.kinds;
    let total = |of: fn(&Counts) -> u64| kinds.iter().map(of).fold(0, u64::saturating_add);
    count(out, total(|it| it.lines), "event")?;
    out.write_str(", ")?;
    count(out, total(|it| it.objects), "object")?;
    out.write_str(" tracked")?;
    for (number, noun, fate) in [
        (heartbeat.lost, "message", "lost"),
        (heartbeat.dropped, "line", "dropped"),
        (heartbeat.refused, "datagram", "refused"),
    ] {
        if number != 0 {
            out.write_str(", ")?;
            count(out, number, noun)?;
            write!(out, " {fate}")?;
        }
    }
    unrecorded(out, heartbeat.pulse.unrecorded_since)
}

fn stop(out: &mut EscapingWriter<'_>, stop: &Stop) -> fmt::Result {
    out.write_str(match stop.reason {
        StopReason::Signal => "signal",
        StopReason::Sync => "snapshot complete",
        StopReason::Count => "line limit reached",
        StopReason::Time => "time limit reached",
        StopReason::Netns => "every network namespace has ended",
        StopReason::End => "end of the recording",
    })?;
    out.write_str(", ")?;
    count(out, stop.events, "event")?;
    for (number, noun, fate) in [
        (stop.lost, "message", "lost"),
        (stop.dropped, "line", "dropped"),
        (stop.refused, "datagram", "refused"),
    ] {
        if number != 0 {
            out.write_str(", ")?;
            count(out, number, noun)?;
            write!(out, " {fate}")?;
        }
    }
    skipped(out, &stop.skipped)?;
    unrecorded(out, stop.unrecorded_since)
}

/// `, 5 messages without a line (3 requests, 2 acks)`
fn skipped(out: &mut EscapingWriter<'_>, skipped: &Skipped) -> fmt::Result {
    if skipped.is_empty() {
        return Ok(());
    }
    out.write_str(", ")?;
    count(out, skipped.total(), "message")?;
    out.write_str(" without a line")?;
    let reasons = skipped.counts().filter(|(_, number)| *number > 0);
    for (at, (reason, number)) in reasons.enumerate() {
        let separator = if at == 0 { " (" } else { ", " };
        write!(out, "{separator}{number} {}", reason.replace('_', " "))?;
    }
    out.write_char(')')
}

fn unrecorded(out: &mut EscapingWriter<'_>, since: Option<Time>) -> fmt::Result {
    match since {
        Some(since) => write!(out, ", not recorded since {:.3}", since.0),
        None => Ok(()),
    }
}
