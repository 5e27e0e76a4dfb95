//! Takes a line apart.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use thiserror::Error;

use crate::event::Kind;
use crate::event::meta::Netns;
use crate::event::values::Time;

/// The version of the schema that this program writes and reads.
const VERSION: u64 = 1;

/// Why a line cannot be folded.
#[derive(Debug, Error)]
pub enum LineFault {
    /// It is not one JSON object.
    #[error("is not a complete JSON object: {}", cause(.0))]
    Json(serde_json::Error),
    /// It lacks a member that every line has, or the object that its kind and op require.
    #[error("has no `{0}`: it was not written by nlstream, or was changed")]
    Missing(String),
    /// A member has a wrong type or value.
    #[error("has a wrong `{0}`: {1}")]
    Member(String, serde_json::Error),
    /// The line has another version of the schema.
    #[error(
        "has version {0} of the schema, and this nlstream reads version {VERSION}; use a version of nlstream that reads it"
    )]
    Version(String),
    /// None of the fields that identify the object is present.
    #[error("has a `{0}` without a key")]
    NoKey(&'static str),
}

/// What is wrong, and at which byte. serde_json counts the lines of a text that is one line here.
fn cause(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match (text.rsplit_once(" at line "), error.column()) {
        (Some((cause, _)), 0) => cause.to_owned(),
        (Some((cause, _)), column) => format!("{cause}, at byte {column}"),
        (None, _) => text,
    }
}

/// A string of a line, borrowed unless it is written with escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        d.deserialize_str(TextVisitor)
    }
}

/// Number of members from which on an index is faster than a search.
const MANY: usize = 256;

/// The members of a JSON object, with unparsed values.
pub struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Members(Vec::with_capacity(16));
                // The names, of an object that has more members than any of nlstream.
                let mut names = HashSet::new();
                while let Some((Text(name), value)) = map.next_entry::<Text<'de>, &RawValue>()? {
                    let is_known = match members.0.len() {
                        ..MANY => members.get(&name).is_some(),
                        MANY => {
                            names.extend(members.0.iter().map(|(name, _)| name.clone()));
                            !names.insert(name.clone())
                        }
                        _ => !names.insert(name.clone()),
                    };
                    if is_known {
                        return Err(de::Error::custom(format_args!("`{name}` occurs twice")));
                    }
                    members.0.push((name, value));
                }
                Ok(members)
            }
        }
        d.deserialize_map(MembersVisitor)
    }
}

impl<'a> Members<'a> {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// If it is not one, or a name occurs twice.
    pub fn parse(text: &'a [u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(text)
    }

    /// Returns a member as JSON.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let mut members = self.0.iter();
        let found = members.find(|(member, _)| member == name)?;
        Some(found.1.get())
    }

    /// Parses a member; `None` if it is absent.
    fn optional<T: Deserialize<'a>>(&self, name: &str) -> Result<Option<T>, LineFault> {
        let parse = |raw| serde_json::from_str(raw);
        let value = self.get(name).map(parse).transpose();
        value.map_err(|error| LineFault::Member(name.to_owned(), error))
    }

    fn required<T: Deserialize<'a>>(&self, name: &str) -> Result<T, LineFault> {
        let value = self.optional(name)?;
        value.ok_or_else(|| LineFault::Missing(name.to_owned()))
    }
}

/// The ops that a fold distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineOp {
    /// `add`, `change` or `present`: the object exists.
    Exists,
    Delete,
    Start,
    Checkpoint,
    Sync,
    Gap,
    Resync,
    Complete,
    Netns,
    /// Nothing follows in this file (`rotate`), or in this run (`stop`).
    End,
    Other,
}

impl LineOp {
    fn of(kind: Kind, op: &str) -> Self {
        match (kind, op) {
            (Kind::Meta, "start") => LineOp::Start,
            (Kind::Meta, "checkpoint") => LineOp::Checkpoint,
            (Kind::Meta, "sync") => LineOp::Sync,
            (Kind::Meta, "gap") => LineOp::Gap,
            (Kind::Meta, "resync") => LineOp::Resync,
            (Kind::Meta, "complete") => LineOp::Complete,
            (Kind::Meta, "netns") => LineOp::Netns,
            (Kind::Meta, "rotate" | "stop") => LineOp::End,
            (Kind::Meta, _) => LineOp::Other,
            (_, "add" | "change" | "present") => LineOp::Exists,
            (_, "delete") => LineOp::Delete,
            _ => LineOp::Other,
        }
    }
}

/// A line, with the members that every reader needs.
pub struct Line<'a> {
    /// The line as it was read, without its newline.
    pub text: &'a [u8],
    /// The id of its run.
    pub run: Cow<'a, str>,
    /// Its number in the run.
    pub seq: u64,
    /// Its time.
    pub time: Time,
    /// The network namespace; `None` if it is that of the program.
    pub netns: Option<Netns>,
    /// `None` for a kind that this version does not know: such lines are ignored.
    pub kind: Option<Kind>,
    /// What its op means for a fold.
    pub op: LineOp,
    /// The op as it is written.
    pub op_name: Cow<'a, str>,
    /// Its cause is a notification of the kernel.
    pub of_kernel: bool,
    members: Members<'a>,
}

impl<'a> Line<'a> {
    /// Parses a line without its newline.
    ///
    /// # Errors
    /// If it is no line of nlstream, or has another version of the schema.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, LineFault> {
        let members = Members::parse(bytes).map_err(LineFault::Json)?;
        let version = members.get("v");
        let version = version.ok_or_else(|| LineFault::Missing("v".to_owned()))?;
        if version.parse() != Ok(VERSION) {
            return Err(LineFault::Version(version.to_owned()));
        }
        let text = |name: &str| members.required(name).map(|Text(text)| text);
        let kind = text("kind")?;
        let kind = StrDeserializer::<de::value::Error>::new(&kind);
        let kind = Kind::deserialize(kind).ok();
        let op = text("op")?;
        let origin: Option<Text<'_>> = members.optional("origin")?;
        Ok(Line {
            text: bytes,
            run: text("run")?,
            seq: members.required("seq")?,
            time: members.required("time")?,
            netns: members.optional("netns")?,
            kind,
            op: kind.map_or(LineOp::Other, |kind| LineOp::of(kind, &op)),
            op_name: op,
            of_kernel: origin.is_some_and(|Text(origin)| origin == "kernel"),
            members,
        })
    }

    /// What distinguishes its network namespace from the others of a run; empty where the line has none.
    pub fn namespace(&self) -> Cow<'static, str> {
        match &self.netns {
            None => Cow::Borrowed(""),
            Some(Netns {
                name, id, inode, ..
            }) => Cow::Owned(format!("{name} {id:?} {inode}")),
        }
    }

    /// Parses the content of a `meta` line.
    ///
    /// # Errors
    /// If it has none, or another one.
    pub fn meta<T: Deserialize<'a>>(&self) -> Result<T, LineFault> {
        self.members.required(Kind::Meta.name())
    }

    /// Returns a member as JSON; `None` if the line has none.
    pub fn member(&self, name: &str) -> Option<&'a str> {
        self.members.get(name)
    }

    /// Returns a member that is a string; `None` if the line has none.
    ///
    /// # Errors
    /// If it is not a string.
    pub fn string(&self, name: &str) -> Result<Option<Cow<'a, str>>, LineFault> {
        Ok(self.members.optional(name)?.map(|Text(text)| text))
    }

    /// Returns its members.
    pub fn members(&self) -> &Members<'a> {
        &self.members
    }

    /// The kind and the key of the line's object; `None` if the kind is not known, or has no key.
    ///
    /// # Errors
    /// If the line has no object, or the object no key.
    pub fn object(&self) -> Result<Option<(Kind, Box<str>)>, LineFault> {
        let Some(kind) = self.kind else {
            return Ok(None);
        };
        let payload = self.members.get(kind.name());
        let payload = payload.ok_or_else(|| LineFault::Missing(kind.name().to_owned()))?;
        let fault = |error| LineFault::Member(kind.name().to_owned(), error);
        let fields = Members::parse(payload.as_bytes()).map_err(fault)?;
        if kind.key().is_empty() {
            return Ok(None);
        }
        let key = key(kind, &fields).map_err(fault)?;
        let key = key.ok_or(LineFault::NoKey(kind.name()))?;
        Ok(Some((kind, key)))
    }
}

/// The values of an object's key fields ([`Kind::key`]), as JSON; `None` if it has none of them.
fn key(kind: Kind, fields: &Members<'_>) -> serde_json::Result<Option<Box<str>>> {
    let mut key = String::from("[");
    let mut found = false;
    for value in kind.key_values(|name| fields.get(name)) {
        found |= value.is_some_and(|value| value != "null");
        // A string may be written with escapes, which are not part of its value.
        match value {
            Some(text) if text.contains(['\\', '{', '[']) => {
                let value: serde_json::Value = serde_json::from_str(text)?;
                key += &value.to_string();
            }
            value => key += value.unwrap_or("null"),
        }
        key.push(',');
    }
    Ok(found.then(|| key.into_boxed_str()))
}
