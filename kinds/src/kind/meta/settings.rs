//! The settings of a run, as its `start` and its recording have them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::Kind;

/// Settings that affect the output.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// Kinds in the output; absent if not limited.
    pub kinds: Option<Vec<Kind>>,
    /// Optional parts of a line that were requested.
    #[serde(default)]
    pub with: Vec<Part>,
    /// True if the output begins with a snapshot of existing objects.
    #[serde(default)]
    pub snapshot: bool,
    /// Filters that select events, by the name of their option, with their values; `!` negates one.
    #[serde(default)]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub filters: BTreeMap<String, Vec<String>>,
    /// Number of event lines after which the run stops.
    pub count: Option<u64>,
    /// Maximum line length in bytes; longer lines are truncated.
    pub max_line: Option<u64>,
    /// Kinds whose objects are not tracked: they have no `changed`, no snapshot and no resync.
    #[serde(default)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub no_track: Vec<Kind>,
    /// Kinds whose objects are tracked, and are not unless requested (`--track`).
    #[serde(default)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub track: Vec<Kind>,
    /// Flows of which the run received events (`--conntrack-sample`); absent if of all. The kernel dropped those of all
    /// others, which is no loss.
    pub conntrack_sample: Option<String>,
    /// Generic netlink families whose messages have kinds of their own, if the run reads any. Messages of the others
    /// are of the kind `generic`.
    #[serde(default)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub curated: Vec<String>,
}

/// Maximum length of a value of `--conntrack-sample`, bytes.
const MAX_SAMPLE: usize = 4096;

/// More than the generic netlink families that have kinds of their own.
const MAX_CURATED: usize = 64;

/// The shortest `max_line`, bytes: a line keeps its required fields with it.
pub const MIN_LINE: u64 = 4096;

/// Judges a limit of the length of lines (`--max-line`), bytes.
///
/// # Errors
/// What is expected instead.
pub fn check_max_line(bytes: u64) -> Result<(), &'static str> {
    match bytes {
        MIN_LINE.. => Ok(()),
        _ => Err("expected a size of at least 4K: 64K, 1M"),
    }
}

/// Minimum and maximum length of the id of a run.
pub const MIN_RUN: usize = 8;
pub const MAX_RUN: usize = 16;

/// Judges the id of a run (`nlstream replay --run`).
///
/// # Errors
/// What is expected instead.
pub fn check_run(id: &str) -> Result<(), String> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    match (MIN_RUN..=MAX_RUN).contains(&id.len()) && id.bytes().all(is_digit) {
        true => Ok(()),
        false => Err(format!(
            "expected {MIN_RUN} to {MAX_RUN} hexadecimal digits (0-9, a-f)"
        )),
    }
}

/// Judges a number of events (`--count`).
///
/// # Errors
/// What is expected instead.
pub fn check_count(events: u64) -> Result<(), &'static str> {
    match events {
        1.. => Ok(()),
        0 => Err("expected a number of events, 1.."),
    }
}

impl Settings {
    /// Returns true if objects of the kind are tracked, if it is one of those of the run.
    pub fn tracks(&self, kind: Kind) -> bool {
        kind.is_tracked(self.track.contains(&kind), self.no_track.contains(&kind))
    }

    /// Judges settings, wherever they are from: the command line, its file of options, or a
    /// recording.
    ///
    /// # Errors
    /// The name of a setting, and what is expected instead.
    pub fn check(&self) -> Result<(), String> {
        let fault = |name: &str| {
            let name = name.to_owned();
            move |expected: &str| format!("{name}: {expected}")
        };
        let limit = self.max_line.map_or(Ok(()), check_max_line);
        limit.map_err(fault("max_line"))?;
        let count = self.count.map_or(Ok(()), check_count);
        count.map_err(fault("count"))?;
        let kinds = self.kinds.as_deref().unwrap_or_default();
        let lists = [
            ("kinds", kinds),
            ("no_track", &self.no_track),
            ("track", &self.track),
        ];
        for (name, kinds) in lists {
            if kinds.len() > Kind::ALL.len() {
                return Err(fault(name)("expected each kind at most once"));
            }
        }
        let sample = self.conntrack_sample.as_deref();
        if sample.is_some_and(|text| text.len() > MAX_SAMPLE) {
            return Err(fault("conntrack_sample")("expected at most 4096 bytes"));
        }
        if sample.is_some() && self.track.contains(&Kind::Conntrack) {
            let both = "flows can be tracked (`track`) only if the events of all are received";
            return Err(fault("conntrack_sample")(both));
        }
        if self.curated.len() > MAX_CURATED {
            return Err(fault("curated")("expected each family at most once"));
        }
        match self.with.len() > Part::NUMBER {
            true => Err(fault("with")("expected each part at most once")),
            false => Ok(()),
        }
    }
}

/// An optional part of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Counters, devconf and other details in the payload.
    Details,
    /// The complete netlink message, as `raw`, in the first line of each message.
    Raw,
    /// A human-readable description of the event, as `message`.
    Message,
    /// Host name of the monitored machine, as `host`.
    Host,
    /// Who caused the event, as `by`.
    By,
    /// The identity of the object as one text, as `id`.
    Id,
    /// Keys and other secrets, which are set to zero otherwise: in lines, in `raw` and in recordings.
    Secrets,
}

impl Part {
    /// Number of optional parts.
    const NUMBER: usize = Part::Secrets as usize + 1;
}
