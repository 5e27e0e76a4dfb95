//! The text format: one human-readable line per event, in the style of iproute2.
//!
//! An event and a line of the JSON format are rendered by the same code, so that `nlstream state` and
//! other readers of lines print the same words as a run.

mod escape;
mod layout;
mod meta;
mod node;
mod sentence;
mod style;
mod words;

use std::fmt::{self, Write as _};

use serde::Deserialize;
use serde::de::value::{Error as NameError, StrDeserializer};

use crate::event::meta::Meta;
use crate::event::values::Time;
use crate::event::{By, Event, Kind, Op, Origin, Payload};
use escape::{Colour, EscapingWriter};
use node::{Fields, Node};
use sentence::Object;
use style::Clock;
pub use style::{TextStyle, Times};

/// Columns of kinds, operations and objects, if they are aligned.
const WIDTHS: Widths = Widths {
    kind: 9,
    op: 7,
    subject: 18,
};

#[derive(Clone, Copy, Default)]
struct Widths {
    kind: usize,
    op: usize,
    subject: usize,
}

/// Formats the event as one human-readable line without a newline. Control and invisible characters
/// are escaped (`\x1b`), so the text cannot control a terminal.
pub fn sentence(event: &Event) -> String {
    let mut sentence = String::new();
    write_sentence(event, &mut sentence);
    sentence
}

/// Appends the sentence of an event to `out`.
pub fn write_sentence(event: &Event, out: &mut String) {
    let record = Record::of(event, None);
    // Writing to a String cannot fail.
    let _ = record.write(&mut EscapingWriter::new(out, false), Widths::default());
}

/// The words of a line for a table whose columns say the rest: time, kind, operation, origin, process.
#[derive(Debug)]
pub struct Words {
    /// What happened.
    pub event: String,
    /// The object as it is from then on; `None` of a `meta` line.
    pub object: Option<String>,
}

/// Returns the words of a line of the JSON format; `None` as for [`Printer::line`].
pub fn words(line: &str) -> Option<Words> {
    let mut record = Record::of_line(line)?;
    let (mut event, mut object) = (String::new(), String::new());
    let out = &mut EscapingWriter::new(&mut event, false);
    // Writing to a String cannot fail.
    let object = match &mut record.content {
        Content::Meta(meta) => {
            let _ = meta::write(out, meta);
            None
        }
        Content::Object(it) => {
            let _ = it.write(out, 0);
            if it.op != Op::Delete {
                (it.op, it.change) = (Op::Present, None);
            }
            let _ = it.write(&mut EscapingWriter::new(&mut object, false), 0);
            Some(object.trim_start().to_owned())
        }
    };
    if record.uncertain {
        event.push_str(" (uncertain)");
    }
    Some(Words {
        event: event.trim_start().to_owned(),
        object,
    })
}

/// Returns what the text format calls an object by, not escaped; `None` if the kind has no such words.
/// `payload`: the object as JSON.
pub fn subject(kind: Kind, payload: &str) -> Option<String> {
    let fields: Fields = serde_json::from_str(payload).ok()?;
    (layout::of(kind).subject)(&fields)
}

/// Returns a text or a number of an object that is given as JSON, not escaped.
pub fn field(payload: &str, name: &str) -> Option<String> {
    let fields: Fields = serde_json::from_str(payload).ok()?;
    fields.text(name)
}

/// Prints the lines of the text format, in their order.
#[derive(Debug)]
pub struct Printer {
    style: TextStyle,
    clock: Clock,
    last: Option<Last>,
}

/// The line that was printed last.
#[derive(Debug)]
struct Last {
    text: String,
    time: Time,
    /// How often it was repeated since, and when last.
    repeats: u64,
    until: Time,
}

impl Printer {
    /// A printer of lines with that style.
    pub fn new(style: TextStyle) -> Self {
        Printer {
            clock: Clock::new(&style),
            style,
            last: None,
        }
    }

    /// Sets the time to which relative times refer; without it, that of the first line.
    pub fn refer_to(&mut self, time: Time) {
        self.clock.refer_to(time);
    }

    /// Returns the lines of an event, without newlines: usually one, before it a date line or the count of
    /// repetitions if they are due, and none for a repetition. `netns`: the name of the network
    /// namespace, which then precedes the kind.
    pub fn event(&mut self, event: &Event, netns: Option<&str>) -> Vec<String> {
        self.print(&Record::of(event, netns))
    }

    /// Returns the lines of a line of the JSON format, as [`event`](Self::event) does; `None` if it is
    /// not one, or has a kind that this version does not know.
    pub fn line(&mut self, line: &str) -> Option<Vec<String>> {
        Some(self.print(&Record::of_line(line)?))
    }

    /// Returns the line of an object in a folded state: where its last line came from is left out.
    /// `None` as for [`line`](Self::line).
    pub fn object(&mut self, line: &str) -> Option<Vec<String>> {
        let mut record = Record::of_line(line)?;
        record.origin = None;
        Some(self.print(&record))
    }

    fn print(&mut self, record: &Record) -> Vec<String> {
        let mut text = String::new();
        let widths = match self.style.columns {
            true => WIDTHS,
            false => Widths::default(),
        };
        // Writing to a String cannot fail.
        let _ = record.write(
            &mut EscapingWriter::new(&mut text, self.style.colour),
            widths,
        );
        text.truncate(text.trim_end_matches(' ').len());
        let time = record.time;
        if let Some(last) = self.last.as_mut().filter(|last| last.text == text) {
            (last.repeats, last.until) = (last.repeats + 1, time);
            return Vec::new();
        }
        let mut lines = Vec::new();
        lines.extend(self.repetitions());
        lines.extend(self.clock.date_line(time, record.op == Op::Start));
        let stamp = self.clock.stamp(time, self.style.columns);
        let mut line = String::new();
        if !stamp.is_empty() {
            let mut out = EscapingWriter::new(&mut line, self.style.colour);
            let _ = out.paint(Colour::Dim, format_args!("{stamp}"));
            line.push(' ');
        }
        line.push_str(&text);
        lines.push(line);
        self.last = self.style.fold.then_some(Last {
            text,
            time,
            repeats: 0,
            until: time,
        });
        lines
    }

    /// Returns true if repetitions of the last line were not printed.
    pub fn has_repetitions(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.repeats > 0)
    }

    /// Returns the line about repetitions that were not printed, if there are any, and forgets them:
    /// `… repeated 14 times in 80 ms`.
    pub fn repetitions(&mut self) -> Option<String> {
        let last = self.last.take().filter(|last| last.repeats > 0)?;
        let span = last.until.0.duration_since(last.time.0);
        let times = if last.repeats == 1 { "time" } else { "times" };
        let span = match span.as_millis() {
            ..1000 => format!("{} ms", span.as_millis()),
            _ => format!("{:.1} s", span.as_secs_f64()),
        };
        let mut line = String::new();
        let mut out = EscapingWriter::new(&mut line, self.style.colour);
        let _ = out.paint(
            Colour::Dim,
            format_args!("… repeated {} {times} in {span}", last.repeats),
        );
        Some(line)
    }
}

/// What a line says.
struct Record {
    time: Time,
    netns: Option<String>,
    op: Op,
    origin: Option<Origin>,
    uncertain: bool,
    by: Option<By>,
    content: Content,
}

enum Content {
    Object(Object),
    Meta(Meta),
}

impl Record {
    fn of(event: &Event, netns: Option<&str>) -> Self {
        Record {
            time: event.time,
            netns: netns.map(str::to_owned),
            op: event.op,
            origin: event.origin,
            uncertain: event.uncertain,
            by: event.by.as_deref().cloned(),
            content: match &event.payload {
                Payload::Meta(meta) => Content::Meta((**meta).clone()),
                _ => Content::Object(Object::of(event)),
            },
        }
    }

    fn of_line(line: &str) -> Option<Self> {
        let mut line: Fields = serde_json::from_str(line).ok()?;
        let name = |name: &str| line.text(name);
        let kind = Kind::deserialize(StrDeserializer::<NameError>::new(&name("kind")?)).ok()?;
        let op = Op::deserialize(StrDeserializer::<NameError>::new(&name("op")?)).ok()?;
        let origin = name("origin")
            .map(|origin| Origin::deserialize(StrDeserializer::<NameError>::new(&origin)));
        let time = name("time")?.parse().ok().map(Time)?;
        let netns = line.object("netns").and_then(|netns| netns.text("name"));
        let uncertain = line.field("uncertain") == Some(&Node::Bool(true));
        let by = line
            .object("by")
            .and_then(|by| serde_json::from_str(&by.to_json()).ok());
        let family = line.object("nl").and_then(|nl| nl.text("family"));
        let mut take = |name: &str| {
            let at = line.0.iter().position(|(field, _)| field == name)?;
            Some(line.0.swap_remove(at).1)
        };
        let object = |node: Option<Node>| match node {
            Some(Node::Object(fields)) => Some(fields),
            _ => None,
        };
        let names = |node: Option<Node>| match node {
            Some(Node::List(names)) => Some(names.iter().filter_map(Node::text).collect()),
            _ => None,
        };
        let changed = names(take("changed"));
        let old = object(take("old"));
        let payload = object(take(kind.name()))?;
        let content = match kind {
            Kind::Meta => match Meta::read(op, &payload.to_json()) {
                Ok(meta) => Content::Meta(meta?),
                // Of another version: its fields are shown by name.
                Err(_) => Content::Object(Object::of_line(kind, op, payload, None, None, None)),
            },
            kind => Content::Object(Object::of_line(kind, op, payload, changed, old, family)),
        };
        Some(Record {
            time,
            netns,
            op,
            origin: origin.and_then(Result::ok),
            uncertain,
            by,
            content,
        })
    }

    /// `netns: kind op object (origin) by process`
    fn write(&self, out: &mut EscapingWriter<'_>, widths: Widths) -> fmt::Result {
        if let Some(name) = &self.netns {
            write!(out, "{name}: ")?;
        }
        let (kind, op) = (self.kind().name(), self.op.name());
        write!(out, "{kind}")?;
        out.pad(kind, widths.kind)?;
        out.write_char(' ')?;
        out.paint(colour(self.op), format_args!("{op}"))?;
        match &self.content {
            Content::Object(object) => {
                out.pad(op, widths.op)?;
                object.write(out, widths.subject)?;
            }
            Content::Meta(meta) => {
                match widths.op {
                    0 => out.write_char(':')?,
                    width => out.pad(op, width)?,
                }
                out.write_char(' ')?;
                meta::write(out, meta)?;
            }
        }
        // What the kernel did not announce just now is late, and its time is that of the comparison.
        if let Some(origin) = self.origin.filter(|origin| *origin != Origin::Kernel) {
            out.mark(origin.name())?;
        }
        if self.uncertain {
            out.mark("uncertain")?;
        }
        self.by.iter().try_for_each(|by| requester(out, by))
    }

    fn kind(&self) -> Kind {
        match &self.content {
            Content::Object(object) => object.kind,
            Content::Meta(_) => Kind::Meta,
        }
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
