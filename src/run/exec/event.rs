//! What a command is told about an event: the line on its standard input, and variables.

use std::hash::{Hash as _, Hasher as _};

use siphasher::sip::SipHasher13;

use super::position::Position;
use crate::lines::{Line, LineFault};

/// Maximum length of a variable's value, bytes: longer ones are cut. The kernel limits all variables
/// and arguments of a program together (execve(2)).
pub(super) const MAX_VALUE: usize = 4096;

/// Set in the environment of every command: the other variables describe an event, and are no options
/// of an nlstream that the command starts.
pub const MARK: &str = "NLSTREAM_EXEC";

/// The variables of an event, and the members of the line that they have. Those without a value are
/// removed from the environment.
const VARIABLES: &[(&str, &str)] = &[
    ("NLSTREAM_KIND", "kind"),
    ("NLSTREAM_OP", "op"),
    ("NLSTREAM_ORIGIN", "origin"),
    ("NLSTREAM_TIME", "time"),
    ("NLSTREAM_RUN", "run"),
    ("NLSTREAM_SEQ", "seq"),
    ("NLSTREAM_HOST", "host"),
    ("NLSTREAM_NETNS", "netns"),
    ("NLSTREAM_IFINDEX", "ifindex"),
    ("NLSTREAM_IFNAME", "ifname"),
    ("NLSTREAM_CHANGED", "changed"),
];

/// The variable with the number of events that debounce made one.
const EVENTS: &str = "NLSTREAM_EVENTS";

/// An event for which the command runs.
#[derive(Debug)]
pub(super) struct Event {
    /// Identifies its object.
    pub key: u64,
    pub position: Position,
    /// The line, with its newline.
    pub line: Vec<u8>,
    /// Values of the variables.
    variables: Vec<Option<String>>,
}

impl Event {
    /// # Errors
    /// If the line has no object, or a member of a wrong type.
    pub(super) fn new(line: &Line<'_>, position: Position) -> Result<Self, LineFault> {
        let value = |(_, member): &(&str, &str)| line.member(member).and_then(value);
        let mut text = Vec::with_capacity(line.text.len() + 1);
        text.extend_from_slice(line.text);
        text.push(b'\n');
        Ok(Event {
            key: key(line)?,
            position,
            line: text,
            variables: VARIABLES.iter().map(value).collect(),
        })
    }

    /// The variables of the command, of which those without a value are to be removed. `events`: the
    /// number of events that it stands for.
    pub(super) fn variables(&self, events: u64) -> Vec<(&'static str, Option<String>)> {
        let names = VARIABLES.iter().map(|(name, _)| *name);
        let mut variables: Vec<_> = names.zip(self.variables.iter().cloned()).collect();
        variables.push((EVENTS, Some(events.to_string())));
        variables.push((MARK, Some("1".to_owned())));
        variables
    }

    /// Names the event in messages: `link change veth0 (run 3f1c0a52, seq 7)`.
    pub(super) fn name(&self) -> String {
        let value = |wanted: &str| {
            let at = VARIABLES.iter().position(|(_, member)| *member == wanted)?;
            self.variables.get(at)?.as_deref()
        };
        let parts = ["kind", "op", "ifname"].map(value);
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        let Position { run, seq, .. } = &self.position;
        format!("{} (run {run}, seq {seq})", parts.join(" "))
    }
}

/// Identifies the object of a line by network namespace, kind and key. Lines without a key (messages
/// and `meta`) are those of one object if kind, op and device are equal.
fn key(line: &Line<'_>) -> Result<u64, LineFault> {
    let mut hasher = SipHasher13::new();
    line.namespace().hash(&mut hasher);
    line.member("kind").hash(&mut hasher);
    match line.object()? {
        Some((_, key)) => key.hash(&mut hasher),
        None => (&*line.op_name, line.member("ifindex")).hash(&mut hasher),
    }
    Ok(hasher.finish())
}

/// A member as the value of a variable: a string without quotes, a list separated by commas, of an object
/// its `name`. A variable cannot contain NUL, and is limited.
fn value(json: &str) -> Option<String> {
    use serde_json::Value as Json;
    let json: Json = serde_json::from_str(json).ok()?;
    let plain = |json: &Json| match json {
        Json::String(text) => text.clone(),
        json => json.to_string(),
    };
    let mut text = match &json {
        Json::Null => return None,
        Json::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(","),
        Json::Object(members) => plain(members.get("name")?),
        json => plain(json),
    };
    if text.contains('\0') {
        text = text.replace('\0', "\u{fffd}");
    }
    let mut length = text.len().min(MAX_VALUE);
    while !text.is_char_boundary(length) {
        length -= 1;
    }
    text.truncate(length);
    Some(text)
}
