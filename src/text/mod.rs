//! The same events for people: one sentence each, in the words of iproute2's own commands.

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
use crate::event::{Event, Kind, Op, Payload};
use escape::{Bytes, Colour, EscapingWriter};

/// The event as one readable sentence, without a newline. Nothing in it can drive a terminal:
/// control characters, and what else has no shape of its own, are shown as escapes (`\x1b`).
pub fn sentence(event: &Event) -> String {
    let mut sentence = String::new();
    write_sentence(event, &mut sentence);
    sentence
}

/// Appends the [`sentence`] to `out`.
pub fn write_sentence(event: &Event, out: &mut String) {
    // A String takes everything.
    let _ = say(&mut EscapingWriter::new(out, false), event);
}

/// Appends a line of the text format to `out`, without its newline: `[21:26:54.897] address add …`,
/// by the clock of `zone`, for a terminal in colour.
pub fn write_line(event: &Event, zone: &TimeZone, colour: bool, out: &mut Vec<u8>) {
    // So does a Vec.
    let _ = line(
        &mut EscapingWriter::new(&mut Bytes(out), colour),
        event,
        zone,
    );
}

/// Appends a line about an object that stands and is known as JSON only, as `nlstream state`
/// knows it: its fields, name and value.
pub fn write_standing(
    time: Time,
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
        write!(writer, "{} ", kind.name())?;
        writer.paint(
            self::colour(Op::Present),
            format_args!("{}", Op::Present.name()),
        )?;
        plain::snapshot_object(writer, object)
    };
    // A Vec takes everything.
    let _ = line();
    out.push(b'\n');
}

fn line(out: &mut EscapingWriter<'_>, event: &Event, zone: &TimeZone) -> fmt::Result {
    stamp(out, event.time, zone)?;
    say(out, event)
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

/// `<kind> <op> <what>`
fn say(out: &mut EscapingWriter<'_>, event: &Event) -> fmt::Result {
    let kind = event.payload.kind().name();
    write!(out, "{kind} ")?;
    out.paint(colour(event.op), format_args!("{}", event.op.name()))?;
    match &event.payload {
        Payload::Link(link) => link::say(out, event, link),
        Payload::Address(address) => objects::address(out, event, address),
        Payload::Route(route) => route::say(out, route),
        Payload::Neigh(neigh) => objects::neigh(out, event, neigh),
        Payload::Fdb(fdb) => objects::fdb(out, event, fdb),
        Payload::Rule(rule) => rule::say(out, event, rule),
        Payload::Prefix(prefix) => objects::prefix(out, prefix),
        Payload::Qdisc(qdisc) => tc::qdisc(out, event, qdisc),
        Payload::Class(class) => tc::class(out, class),
        Payload::Filter(filter) => tc::filter(out, filter),
        Payload::Chain(chain) => tc::chain(out, chain),
        Payload::Action(action) => tc::action(out, action),
        Payload::GenlFamily(family) => genl::family(out, event, family),
        Payload::Unknown(unknown) => meta::unknown(out, unknown),
        Payload::Meta(meta) => meta::say(out, meta),
        other => plain::say(out, event, other),
    }
}

fn colour(op: Op) -> Colour {
    match op {
        Op::Add => Colour::Green,
        Op::Change => Colour::Yellow,
        Op::Delete | Op::Gap | Op::Refused | Op::Clock => Colour::Red,
        Op::Present | Op::Notify => Colour::Cyan,
        Op::Start | Op::Sync | Op::Resync | Op::Heartbeat | Op::Rotate | Op::Stop => Colour::Dim,
    }
}

#[cfg(test)]
mod tests;
