//! An object that exists, as `nlstream state` prints it.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::event::Kind;
use crate::event::meta::Netns;
use crate::event::values::Time;
use crate::json::Ordered;
use crate::lines::Members;

/// An object that exists, with the members of its last line.
#[derive(Clone, Debug)]
pub struct SnapshotObject {
    /// Its kind.
    pub kind: Kind,
    /// Time of its last line.
    pub time: Time,
    /// Start and length of the payload in `line`.
    payload: (u32, u32),
    line: Box<str>,
}

impl SnapshotObject {
    pub(super) fn new(kind: Kind, time: Time, members: &Members<'_>) -> Self {
        let names = [
            "v",
            "run",
            "seq",
            "time",
            "host",
            "netns",
            "kind",
            "op",
            "origin",
            "ifindex",
            "ifname",
            kind.name(),
            "truncated",
        ];
        let value = |name| match name {
            "op" => Some("\"present\""),
            name => members.get(name),
        };
        let mut payload = (0, 0);
        let mut line = String::new();
        for (name, value) in names
            .into_iter()
            .filter_map(|name| Some((name, value(name)?)))
        {
            line.push(if line.is_empty() { '{' } else { ',' });
            line.push('"');
            line += name;
            line += "\":";
            if name == kind.name() {
                // A line is shorter than 4 GiB (`lines::LONGEST`).
                payload = (line.len() as u32, value.len() as u32);
            }
            match kind.transient() {
                transient if name == kind.name() && !transient.is_empty() => {
                    let start = line.len();
                    push_without(&mut line, transient, value);
                    payload.1 = (line.len() - start) as u32;
                }
                _ => line += value,
            }
        }
        line.push('}');
        SnapshotObject {
            kind,
            time,
            payload,
            line: line.into_boxed_str(),
        }
    }

    /// The object as a line with `op:"present"`, without its newline.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The name of the network namespace; `None` if the line has none.
    pub fn netns(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Name {
            netns: Option<Netns>,
        }
        let line: Name = serde_json::from_str(&self.line).ok()?;
        line.netns.map(|netns| netns.name)
    }

    /// The payload, as JSON.
    pub fn object(&self) -> &str {
        let (start, length) = (self.payload.0 as usize, self.payload.1 as usize);
        &self.line[start..start + length]
    }
}

/// Appends a JSON object without the fields that describe an event and not the object.
fn push_without(line: &mut String, transient: &[&str], object: &str) {
    let is_left_out = |(name, _): &(String, _)| transient.contains(&&**name);
    match serde_json::from_str::<Ordered<&RawValue>>(object) {
        Ok(mut fields) if fields.0.iter().any(is_left_out) => {
            fields.0.retain(|field| !is_left_out(field));
            *line += &serde_json::to_string(&fields).unwrap_or_default();
        }
        _ => *line += object,
    }
}
