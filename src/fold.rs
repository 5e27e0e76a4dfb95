//! Folds lines into the objects that existed at a given time, and reports why the result may be
//! incomplete.

use std::collections::BTreeMap;
use std::io::BufRead;

use jiff::Timestamp;
use serde::ser::{SerializeMap as _, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use thiserror::Error;

use crate::event::Kind;
use crate::event::meta::{Gap, GapCause};
use crate::event::values::Time;
use crate::json::Ordered;

/// Why the folded state may be incomplete.
#[derive(Debug, Error)]
pub enum IncompleteReason {
    /// Every line is later than the requested time.
    #[error("there are no lines before {0:.9}")]
    NoLines(Timestamp),
    /// The last line, of this time, is earlier than the requested time.
    #[error("the lines end at {0:.9}, before the requested time")]
    TooLate(Timestamp),
    /// The run had not written `sync` by then.
    #[error(
        "the snapshot of the run was not complete at that time: objects from before the run are missing"
    )]
    NoSnapshot,
    /// Events after this time were lost, and the `resync` is later than the requested time.
    #[error("the requested time lies in a gap: events since {0:.9} were lost and not yet resynced")]
    Gap(Timestamp),
    /// Numbers of the lines before and after a hole, and the run.
    #[error("lines are missing: seq {1} follows {0} in the run {2}")]
    Missing(u64, u64, String),
}

/// Lines that cannot be folded.
#[derive(Debug, Error)]
pub enum FoldError {
    /// The error of read(2).
    #[error("cannot read the lines: {0}")]
    Read(#[from] std::io::Error),
    /// The number of the line, from 1, and what is wrong with it.
    #[error("line {0} was not written by nlstream: {1}")]
    Line(u64, serde_json::Error),
}

/// The envelope of a line.
#[derive(Deserialize)]
struct Line {
    run: String,
    seq: u64,
    time: Time,
    /// The network namespace; absent where a run watches only one.
    #[serde(default)]
    netns: Option<String>,
    kind: Kind,
    op: LineOp,
}

/// The members of a line, unparsed.
type Parts<'a> = BTreeMap<&'a str, &'a RawValue>;

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LineOp {
    Add,
    Change,
    Present,
    Delete,
    Start,
    Sync,
    Gap,
    Resync,
    #[serde(other)]
    Other,
}

/// An object that exists, with the members of its last line.
#[derive(Clone, Debug)]
pub struct SnapshotObject {
    /// Its kind.
    pub kind: Kind,
    /// Time of its last line.
    pub time: Time,
    /// Members of its last line, unparsed.
    parts: Vec<(&'static str, Box<RawValue>)>,
}

impl SnapshotObject {
    fn new(kind: Kind, time: Time, parts: &Parts<'_>) -> Self {
        let names = [
            "v", "run", "seq", "time", "host", "netns", "kind", "op", "origin", "ifindex", "ifname",
        ];
        let names = names.into_iter().chain([kind.name(), "truncated"]);
        let part = |name| {
            let value = *parts.get(name)?;
            let transient = if name == kind.name() {
                kind.transient()
            } else {
                &[]
            };
            Some((
                name,
                without(transient, value).unwrap_or_else(|| value.to_owned()),
            ))
        };
        SnapshotObject {
            kind,
            time,
            parts: names.filter_map(part).collect(),
        }
    }

    /// The payload, as JSON.
    pub fn object(&self) -> &str {
        let mut parts = self.parts.iter();
        let object = parts.find(|(name, _)| *name == self.kind.name());
        object.map_or("{}", |(_, object)| object.get())
    }
}

impl Serialize for SnapshotObject {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(None)?;
        for (name, value) in &self.parts {
            match *name {
                "op" => map.serialize_entry(name, "present")?,
                _ => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

/// Identity of an object: its network namespace (empty where the line has none), kind and key.
type Identity = (String, Kind, String);

/// The objects that exist after the lines read so far.
#[derive(Debug, Default)]
pub struct Fold {
    objects: BTreeMap<Identity, SnapshotObject>,
    /// Run and number of the last line.
    run: Option<(String, u64)>,
    /// Time of the last line.
    last: Option<Time>,
    synced: bool,
    /// Begin of a gap that is not resynced yet.
    gap: Option<Time>,
    /// Number of the last line after the requested time.
    later: Option<u64>,
    /// Numbers before and after missing lines. A `gap` may explain them.
    hole: Option<(u64, u64)>,
}

impl Fold {
    /// Folds lines up to the time `at`; all of them without one.
    ///
    /// # Errors
    /// If the lines cannot be read or parsed. An incomplete last line is ignored.
    pub fn read(
        &mut self,
        lines: impl BufRead,
        at: Option<Timestamp>,
    ) -> Result<Reached, FoldError> {
        let mut lines = lines.split(b'\n').zip(1..).peekable();
        while let Some((line, number)) = lines.next() {
            let line = line?;
            if line.is_empty() {
                continue;
            }
            let parsed = serde_json::from_slice(&line)
                .and_then(|parts: Parts<'_>| Ok((parts, serde_json::from_slice::<Line>(&line)?)));
            let (parts, line) = match parsed {
                Ok(parsed) => parsed,
                Err(_) if lines.peek().is_none() => break,
                Err(error) => return Err(FoldError::Line(number, error)),
            };
            if let Some(at) = at.filter(|at| line.time.0 > *at) {
                // A gap is reported when it is noticed, which may be after `at`.
                if self
                    .is_settled(&line, &parts, at)
                    .map_err(|error| FoldError::Line(number, error))?
                {
                    return Ok(Reached::Time);
                }
                continue;
            }
            self.apply(&line, &parts)
                .map_err(|error| FoldError::Line(number, error))?;
        }
        Ok(Reached::End)
    }

    /// Examines a line after the time `at`. Returns true if no later line can report a gap that
    /// began before.
    fn is_settled(
        &mut self,
        line: &Line,
        parts: &Parts<'_>,
        at: Timestamp,
    ) -> serde_json::Result<bool> {
        let Some((_, seq)) = self.run.as_ref().filter(|(run, _)| *run == line.run) else {
            return Ok(true);
        };
        let first = self.later.is_none();
        let last = self.later.unwrap_or(*seq);
        if line.seq <= last {
            return Ok(false);
        }
        let hole = line.seq - last - 1;
        self.later = Some(line.seq);
        if (line.kind, line.op) == (Kind::Meta, LineOp::Gap) {
            let meta = parts.get("meta").map_or("null", |raw| raw.get());
            let gap: Gap = serde_json::from_str(meta)?;
            if gap.from.is_none_or(|from| from.0 <= at) {
                self.gap.get_or_insert(gap.from.unwrap_or(line.time));
                return Ok(true);
            }
            if hole == 0 || (gap.cause == GapCause::Output && gap.lost == Some(hole)) {
                return Ok(true);
            }
        }
        if hole > 0 && first {
            self.hole = Some((last, line.seq));
            return Ok(true);
        }
        // Events and gaps are in the order of their reception.
        let origin = parts.get("origin");
        Ok(origin.is_some_and(|raw| raw.get() == "\"kernel\""))
    }

    fn apply(&mut self, line: &Line, parts: &Parts<'_>) -> serde_json::Result<()> {
        match &self.run {
            // Repeated: log shippers deliver at least once.
            Some((run, seq)) if *run == line.run && line.seq <= *seq => return Ok(()),
            Some((run, seq)) if *run == line.run && line.seq > seq + 1 => {
                self.hole = Some((*seq, line.seq));
            }
            Some((run, _)) if *run == line.run => {}
            // Another run begins with a snapshot of its own.
            _ => *self = Fold::default(),
        }
        self.run = Some((line.run.clone(), line.seq));
        self.last = Some(line.time);
        match (line.kind, line.op) {
            (Kind::Meta, LineOp::Sync) => self.synced = true,
            (Kind::Meta, LineOp::Gap) => {
                let meta = parts.get("meta").map_or("null", |raw| raw.get());
                let gap: Gap = serde_json::from_str(meta)?;
                let explains = |hole: &(u64, u64)| gap.lost == Some(hole.1 - hole.0 - 1);
                if gap.cause == GapCause::Output && self.hole.as_ref().is_some_and(explains) {
                    self.hole = None;
                }
                self.gap.get_or_insert(gap.from.unwrap_or(line.time));
            }
            (Kind::Meta, LineOp::Resync) => self.gap = None,
            (Kind::Meta, _) | (_, LineOp::Other) => {}
            (kind, op) => self.object(line, kind, op, parts)?,
        }
        Ok(())
    }

    fn object(
        &mut self,
        line: &Line,
        kind: Kind,
        op: LineOp,
        parts: &Parts<'_>,
    ) -> serde_json::Result<()> {
        let payload = parts.get(kind.name()).map_or("null", |raw| raw.get());
        let Some(key) = key(kind, &serde_json::from_str(payload)?) else {
            return Ok(());
        };
        let identity = (line.netns.clone().unwrap_or_default(), kind, key);
        match op {
            LineOp::Delete => self.objects.remove(&identity),
            _ => self
                .objects
                .insert(identity, SnapshotObject::new(kind, line.time, parts)),
        };
        Ok(())
    }

    /// The objects that exist, by network namespace, kind and key.
    pub fn objects(&self) -> impl Iterator<Item = &SnapshotObject> {
        self.objects.values()
    }

    /// Why these may not be all objects at the time `at`; `None` if they are. `reached`: the result of
    /// the last [`Fold::read`].
    pub fn incomplete(&self, at: Option<Timestamp>, reached: Reached) -> Option<IncompleteReason> {
        let Some(last) = self.last else {
            return Some(IncompleteReason::NoLines(at.unwrap_or(Timestamp::MAX)));
        };
        if at.is_some() && reached == Reached::End && at > Some(last.0) {
            return Some(IncompleteReason::TooLate(last.0));
        }
        if let (Some((from, to)), Some((run, _))) = (self.hole, &self.run) {
            return Some(IncompleteReason::Missing(from, to, run.clone()));
        }
        if let Some(from) = self.gap {
            return Some(IncompleteReason::Gap(from.0));
        }
        (!self.synced).then_some(IncompleteReason::NoSnapshot)
    }
}

/// The JSON object without these fields; `None` if it has none of them.
fn without(fields: &[&str], object: &RawValue) -> Option<Box<RawValue>> {
    let mut present = fields.iter().filter(|name| object.get().contains(*name));
    present.next()?;
    let mut object: Ordered<&RawValue> = serde_json::from_str(object.get()).ok()?;
    object.0.retain(|(name, _)| !fields.contains(&&**name));
    to_raw_value(&object).ok()
}

/// Where a read of lines ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// At a line after the requested time.
    Time,
    /// At the end of the lines.
    End,
}

/// The values of an object's key fields ([`Kind::key`]), as JSON; `None` for a message.
fn key(kind: Kind, payload: &Value) -> Option<String> {
    let fields = kind.key();
    let value = |field: &str| {
        let mut names = field.split("//");
        names.find_map(|name| payload.get(name))
    };
    let values: Vec<_> = fields.iter().map(|field| value(field)).collect();
    (!fields.is_empty()).then(|| serde_json::to_string(&values).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = r#"
{"v":1,"run":"00000001","seq":0,"time":"2026-01-01T00:00:00Z","kind":"meta","op":"start","meta":{}}
{"v":1,"run":"00000001","seq":1,"time":"2026-01-01T00:00:01Z","kind":"rule","op":"present","rule":{"priority":1}}
{"v":1,"run":"00000001","seq":2,"time":"2026-01-01T00:00:01Z","kind":"meta","op":"sync","meta":{"objects":1}}
{"v":1,"run":"00000001","seq":3,"time":"2026-01-01T00:00:02Z","kind":"rule","op":"add","rule":{"priority":2}}
{"v":1,"run":"00000001","seq":3,"time":"2026-01-01T00:00:02Z","kind":"rule","op":"add","rule":{"priority":2}}
{"v":1,"run":"00000001","seq":4,"time":"2026-01-01T00:00:03Z","kind":"rule","op":"delete","rule":{"priority":1}}
{"v":1,"run":"00000001","seq":5,"time":"2026-01-01T00:00:06Z","kind":"meta","op":"gap","meta":{"cause":"overflow","from":"2026-01-01T00:00:05Z"}}
{"v":1,"run":"00000001","seq":6,"time":"2026-01-01T00:00:07Z","kind":"meta","op":"resync","meta":{}}
{"v":1,"run":"00000001","seq":9,"time":"2026-01-01T00:00:08Z","kind":"meta","op":"gap","meta":{"cause":"output","lost":2,"from":"2026-01-01T00:00:07.5Z"}}
{"v":1,"run":"00000001","seq":10,"time":"2026-01-01T00:00:09Z","kind":"meta","op":"resync","meta":{}}
{"v":1,"run":"00000001","seq":12,"time":"2026-01-01T00:00:10Z","kind":"rule","op":"delete","rule":{"priority":2}}
{"v":1,"run":"0000"#;

    fn at(second: i64) -> (Vec<String>, Option<IncompleteReason>) {
        let at = Timestamp::from_second(1_767_225_600 + second).unwrap();
        let mut fold = Fold::default();
        let reached = fold.read(LINES.trim_start().as_bytes(), Some(at)).unwrap();
        let payload = |it: &SnapshotObject| it.parts.last().unwrap().1.get().to_owned();
        (
            fold.objects().map(payload).collect(),
            fold.incomplete(Some(at), reached),
        )
    }

    #[test]
    fn the_objects_at_each_time_of_a_run() {
        let (one, two) = (r#"{"priority":1}"#, r#"{"priority":2}"#);
        assert!(matches!(at(-1), (_, Some(IncompleteReason::NoLines(_)))));
        assert!(matches!(at(0), (_, Some(IncompleteReason::NoSnapshot))));
        assert!(matches!(at(1), (objects, None) if objects == [one]));
        assert!(matches!(at(2), (objects, None) if objects == [one, two]));
        assert!(matches!(at(4), (objects, None) if objects == [two]));
        // Between the last event and the line that reports the gap.
        assert!(matches!(at(5), (_, Some(IncompleteReason::Gap(_)))));
        assert!(matches!(at(6), (_, Some(IncompleteReason::Gap(_)))));
        assert!(matches!(at(7), (objects, None) if objects == [two]));
        assert!(matches!(at(8), (_, Some(IncompleteReason::Gap(_)))));
        // A line is missing, and its time is unknown.
        assert!(matches!(
            at(9),
            (_, Some(IncompleteReason::Missing(10, 12, _)))
        ));
        assert!(matches!(
            at(10),
            (_, Some(IncompleteReason::Missing(10, 12, _)))
        ));
        assert!(matches!(at(99), (_, Some(IncompleteReason::TooLate(_)))));
    }

    #[test]
    fn a_line_of_another_program_is_an_error() {
        let mut fold = Fold::default();
        let fault = fold.read(&b"what?\n{}\n"[..], None).unwrap_err();
        assert!(fault.to_string().starts_with("line 1 "), "{fault}");
    }

    #[test]
    fn what_describes_an_event_is_not_in_the_folded_object() {
        let line = |seq: u32, link: &str| {
            format!(
                r#"{{"v":1,"run":"00000001","seq":{seq},"time":"2026-01-01T00:00:00Z","kind":"link","op":"change","link":{link}}}"#
            )
        };
        let lines = [
            line(
                0,
                r#"{"ifindex":1,"mtu":5,"event":"NOTIFY PEERS","flags":["UP"],"wireless":"01"}"#,
            ),
            // A name that contains that of the field.
            line(1, r#"{"ifindex":2,"ifname":"event"}"#),
        ];
        let mut fold = Fold::default();
        fold.read(lines.join("\n").as_bytes(), None).unwrap();
        let left: Vec<_> = fold.objects().map(SnapshotObject::object).collect();
        assert_eq!(
            left,
            [
                r#"{"ifindex":1,"mtu":5,"flags":["UP"]}"#,
                r#"{"ifindex":2,"ifname":"event"}"#
            ]
        );
    }

    #[test]
    fn equal_keys_in_two_namespaces_are_two_objects() {
        let line = |seq: u32, netns: &str, op: &str| {
            format!(
                r#"{{"v":1,"run":"00000001","seq":{seq},"time":"2026-01-01T00:00:00Z",{netns}"kind":"rule","op":"{op}","rule":{{"priority":1}}}}"#
            )
        };
        let (red, none) = (r#""netns":"red","#, "");
        let lines = [
            line(0, none, "present"),
            line(1, red, "present"),
            line(2, none, "delete"),
        ];
        let mut fold = Fold::default();
        fold.read(lines.join("\n").as_bytes(), None).unwrap();
        let left: Vec<_> = fold.objects().collect();
        assert_eq!(left.len(), 1);
        assert!(serde_json::to_string(left[0]).unwrap().contains(red));
    }
}
