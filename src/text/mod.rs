//! The same events for people: one sentence each, in the words of iproute2's own commands.

mod link;
mod meta;
mod objects;
mod pen;
mod plain;
mod route;
mod rule;
mod tc;

use std::fmt::{self, Write as _};

use jiff::tz::TimeZone;

use crate::event::{Event, Op, Payload};
use pen::{Bytes, Colour, Pen};

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
    let _ = say(&mut Pen::new(out, false), event);
}

/// Appends a line of the text format and its newline to `out`: `[21:26:54.897] address add …`,
/// by the clock of `zone`, for a terminal in colour.
pub fn write_line(event: &Event, zone: &TimeZone, colour: bool, out: &mut Vec<u8>) {
    // So does a Vec.
    let _ = line(&mut Pen::new(&mut Bytes(out), colour), event, zone);
    out.push(b'\n');
}

fn line(pen: &mut Pen<'_>, event: &Event, zone: &TimeZone) -> fmt::Result {
    let at = zone.to_datetime(event.time.0);
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    let milli = at.subsec_nanosecond() / 1_000_000;
    pen.paint(
        Colour::Dim,
        format_args!("[{hour:02}:{minute:02}:{second:02}.{milli:03}]"),
    )?;
    pen.write_char(' ')?;
    say(pen, event)
}

/// `<kind> <op> <what>`
fn say(pen: &mut Pen<'_>, event: &Event) -> fmt::Result {
    let kind = event.payload.kind().name();
    write!(pen, "{kind} ")?;
    pen.paint(colour(event.op), format_args!("{}", event.op.name()))?;
    match &event.payload {
        Payload::Link(link) => link::say(pen, event, link),
        Payload::Address(address) => objects::address(pen, event, address),
        Payload::Route(route) => route::say(pen, route),
        Payload::Neigh(neigh) => objects::neigh(pen, event, neigh),
        Payload::Fdb(fdb) => objects::fdb(pen, event, fdb),
        Payload::Rule(rule) => rule::say(pen, event, rule),
        Payload::Prefix(prefix) => objects::prefix(pen, prefix),
        Payload::Qdisc(qdisc) => tc::qdisc(pen, event, qdisc),
        Payload::Class(class) => tc::class(pen, class),
        Payload::Filter(filter) => tc::filter(pen, filter),
        Payload::Chain(chain) => tc::chain(pen, chain),
        Payload::Action(action) => tc::action(pen, action),
        Payload::Unknown(unknown) => meta::unknown(pen, unknown),
        Payload::Meta(meta) => meta::say(pen, meta),
        other => plain::say(pen, event, other),
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
