//! The text format: one human-readable line per event, in the style of iproute2.

mod escape;
mod genl;
mod link;
mod meta;
mod objects;
mod plain;
mod route;
mod rule;
mod tc;

use std::fmt::{self, Write as _};

use jiff::tz::TimeZone;

use crate::event::values::Time;
use crate::event::{By, Event, Kind, Op, Origin, Payload};
use escape::{Bytes, Colour, EscapingWriter};

/// Formats the event as one human-readable line without a newline. Control and invisible characters
/// are escaped (`\x1b`), so the text cannot control a terminal.
pub fn sentence(event: &Event) -> String {
    let mut sentence = String::new();
    write_sentence(event, &mut sentence);
    sentence
}

/// Appends the [`sentence`] to `out`.
pub fn write_sentence(event: &Event, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = write(&mut EscapingWriter::new(out, false), event);
}

/// Appends a line of the text format, without its newline: `[21:26:54.897] address add …`, with
/// local time in `zone` and optional terminal colours. `netns`: the name of the network namespace,
/// which then precedes the kind: `[21:26:54.897] red: address add …`.
pub fn write_line(
    event: &Event,
    netns: Option<&str>,
    zone: &TimeZone,
    colour: bool,
    out: &mut Vec<u8>,
) {
    // Writing to a Vec cannot fail.
    let _ = line(
        &mut EscapingWriter::new(&mut Bytes(out), colour),
        event,
        netns,
        zone,
    );
}

/// Appends a line for an existing object given as JSON, without its newline, for `nlstream state`.
pub fn write_object(
    time: Time,
    netns: Option<&str>,
    kind: Kind,
    object: &str,
    zone: &TimeZone,
    colour: bool,
    out: &mut Vec<u8>,
) {
    let mut bytes = Bytes(out);
    let writer = &mut EscapingWriter::new(&mut bytes, colour);
    let mut line = || -> fmt::Result {
        stamp(writer, time, zone)?;
        namespace(writer, netns)?;
        write!(writer, "{} ", kind.name())?;
        writer.paint(
            self::colour(Op::Present),
            format_args!("{}", Op::Present.name()),
        )?;
        plain::snapshot_object(writer, object)
    };
    // Writing to a Vec cannot fail.
    let _ = line();
}

/// Appends the text of a line of the JSON format, without its newline. Returns `None` if it is not one, or
/// has a kind or an op that this version does not know.
pub fn write_json_line(line: &str, zone: &TimeZone, colour: bool, out: &mut Vec<u8>) -> Option<()> {
    #[derive(serde::Deserialize)]
    struct Line {
        time: Time,
        kind: Kind,
        op: String,
        origin: Option<Origin>,
        netns: Option<crate::event::meta::Netns>,
        #[serde(default)]
        uncertain: bool,
        ifname: Option<String>,
        message: Option<String>,
        changed: Option<Vec<String>>,
    }
    let Line {
        time,
        kind,
        op,
        origin,
        netns,
        uncertain,
        ifname,
        message,
        changed,
    } = serde_json::from_str(line).ok()?;
    let members: crate::json::Ordered<&serde_json::value::RawValue> =
        serde_json::from_str(line).ok()?;
    let member = |wanted: &str| {
        let found = members.0.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.get())
    };
    let mut bytes = Bytes(out);
    let writer = &mut EscapingWriter::new(&mut bytes, colour);
    let mut write = || -> fmt::Result {
        stamp(writer, time, zone)?;
        namespace(writer, netns.as_ref().map(|netns| &*netns.name))?;
        if let Some(message) = &message {
            return writer.write_str(message);
        }
        write!(writer, "{} ", kind.name())?;
        let all = [
            Op::Add,
            Op::Change,
            Op::Delete,
            Op::Present,
            Op::Notify,
            Op::Gap,
        ];
        let known = all.into_iter().find(|known| known.name() == op);
        writer.paint(
            self::colour(known.unwrap_or(Op::Stop)),
            format_args!("{op}"),
        )?;
        if let Some(origin @ (Origin::Inferred | Origin::Resync)) = origin {
            write!(writer, " ({})", origin.name())?;
        }
        if uncertain {
            writer.write_str(" (uncertain)")?;
        }
        if let Some(name) = ifname.as_ref().filter(|_| kind == Kind::Link) {
            writer.subject(format_args!("{name}"))?;
        }
        let object = member(kind.name()).unwrap_or("{}");
        let changed = changed.as_deref().filter(|_| op == Op::Change.name());
        plain::line_object(writer, kind, object, changed, member("old"))
    };
    // Writing to a Vec cannot fail.
    let _ = write();
    Some(())
}

fn line(
    out: &mut EscapingWriter<'_>,
    event: &Event,
    netns: Option<&str>,
    zone: &TimeZone,
) -> fmt::Result {
    stamp(out, event.time, zone)?;
    namespace(out, netns)?;
    write(out, event)
}

/// `[21:26:54.897] `
fn stamp(out: &mut EscapingWriter<'_>, time: Time, zone: &TimeZone) -> fmt::Result {
    let at = zone.to_datetime(time.0);
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    let milli = at.subsec_nanosecond() / 1_000_000;
    out.paint(
        Colour::Dim,
        format_args!("[{hour:02}:{minute:02}:{second:02}.{milli:03}]"),
    )?;
    out.write_char(' ')
}

/// `red: `
fn namespace(out: &mut EscapingWriter<'_>, netns: Option<&str>) -> fmt::Result {
    match netns {
        Some(name) => write!(out, "{name}: "),
        None => Ok(()),
    }
}

/// `<kind> <op> <object>`
fn write(out: &mut EscapingWriter<'_>, event: &Event) -> fmt::Result {
    let kind = event.payload.kind().name();
    write!(out, "{kind} ")?;
    out.paint(colour(event.op), format_args!("{}", event.op.name()))?;
    // What was not learnt from an event is late, and its time is that of the comparison.
    if let Some(origin @ (Origin::Inferred | Origin::Resync)) = event.origin {
        write!(out, " ({})", origin.name())?;
    }
    if event.uncertain {
        out.write_str(" (uncertain)")?;
    }
    object(out, event)?;
    match &event.by {
        Some(by) => requester(out, by),
        None => Ok(()),
    }
}

/// ` by ip[4711] (ssh.service)`
fn requester(out: &mut EscapingWriter<'_>, by: &By) -> fmt::Result {
    let Some(pid) = by.pid else {
        return match by.kernel {
            Some(true) => out.write_str(" by the kernel"),
            _ => Ok(()),
        };
    };
    write!(out, " by {}[{pid}]", by.comm.as_deref().unwrap_or_default())?;
    within(out, by)
}

/// ` (ssh.service)`
fn within(out: &mut EscapingWriter<'_>, by: &By) -> fmt::Result {
    match by.container.as_ref().or(by.unit.as_ref()) {
        Some(within) => write!(out, " ({within})"),
        None => Ok(()),
    }
}

fn object(out: &mut EscapingWriter<'_>, event: &Event) -> fmt::Result {
    match &event.payload {
        Payload::Link(link) => link::write(out, event, link),
        Payload::Address(address) => objects::address(out, event, address),
        Payload::Route(route) => route::write(out, event, route),
        Payload::Neigh(neigh) => objects::neigh(out, event, neigh),
        Payload::Fdb(fdb) => objects::fdb(out, event, fdb),
        Payload::Rule(rule) => rule::write(out, event, rule),
        Payload::Prefix(prefix) => objects::prefix(out, prefix),
        Payload::Qdisc(qdisc) => tc::qdisc(out, event, qdisc),
        Payload::Class(class) => tc::class(out, class),
        Payload::Filter(filter) => tc::filter(out, filter),
        Payload::Chain(chain) => tc::chain(out, chain),
        Payload::Action(action) => tc::action(out, action),
        Payload::GenlFamily(family) => genl::family(out, event, family),
        Payload::Unknown(unknown) => meta::unknown(out, unknown),
        Payload::Meta(meta) => meta::write(out, meta),
        other => plain::write(out, event, other),
    }
}

fn colour(op: Op) -> Colour {
    match op {
        Op::Add => Colour::Green,
        Op::Change => Colour::Yellow,
        Op::Delete | Op::Gap | Op::Refused | Op::Clock => Colour::Red,
        Op::Present | Op::Notify => Colour::Cyan,
        Op::Start
        | Op::Sync
        | Op::Checkpoint
        | Op::Resync
        | Op::Complete
        | Op::Netns
        | Op::Heartbeat
        | Op::Rotate
        | Op::Stop => Colour::Dim,
    }
}

#[cfg(test)]
mod tests;
