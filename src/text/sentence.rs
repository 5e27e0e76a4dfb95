//! The sentence of an event, whether the event is typed or a line of the JSON format: both have the same
//! fields, so one renderer serves both.

use std::fmt::{self, Write as _};

use super::escape::EscapingWriter;
use super::layout::{self, Item, Layout, Rest, Source};
use super::node::{Fields, Node};
use super::words::{self, Style};
use crate::event::{Event, Kind, Op};

/// What a sentence says of an object.
pub(super) struct Object {
    pub kind: Kind,
    pub op: Op,
    pub fields: Fields,
    /// The fields that differ, and what they were; `None` if that is not known.
    pub change: Option<Former>,
    /// The address family of the message, of a change in which no field differs.
    pub family: Option<String>,
}

/// The fields of an object before it changed.
pub(super) struct Former {
    pub names: Vec<String>,
    /// The object as it was.
    pub fields: Fields,
}

impl Object {
    pub(super) fn of(event: &Event) -> Self {
        let change = event.change.as_ref().filter(|_| event.op == Op::Change);
        let family = event.nl.as_ref().and_then(|nl| nl.family.as_deref());
        Object {
            kind: event.payload.kind(),
            op: event.op,
            fields: Fields::of(&event.payload),
            change: change.map(|change| Former {
                names: change.names().map(str::to_owned).collect(),
                fields: Fields::of(change.old()),
            }),
            family: family.map(ToString::to_string),
        }
    }

    /// An object of a line, with the members `changed` and `old` if the line has them.
    pub(super) fn of_line(
        kind: Kind,
        op: Op,
        fields: Fields,
        changed: Option<Vec<String>>,
        old: Option<Fields>,
        family: Option<String>,
    ) -> Self {
        let former = |names: Vec<String>| {
            let mut former = fields.clone();
            let old = old.unwrap_or_default();
            former.0.retain(|(name, _)| !names.contains(name));
            former.0.extend(old.0);
            Former {
                names,
                fields: former,
            }
        };
        Object {
            kind,
            op,
            change: changed.filter(|_| op == Op::Change).map(former),
            fields,
            family,
        }
    }

    /// Writes the object: ` subject word value …`. The subject takes `width` columns at least.
    pub(super) fn write(&self, out: &mut EscapingWriter<'_>, width: usize) -> fmt::Result {
        let layout = layout::of(self.kind);
        let former = self.change.as_ref();
        // A device is called by the name that the reader has seen before.
        let named = match (self.kind, former) {
            (Kind::Link, Some(former)) => (layout.subject)(&former.fields),
            _ => None,
        };
        let subject = named.or_else(|| (layout.subject)(&self.fields));
        if let Some(subject) = &subject {
            out.subject(subject, width)?;
        }
        let items = match (self.op, layout.deleted) {
            (Op::Delete, Some(items)) => items,
            _ => layout.items,
        };
        for item in items {
            self.item(out, layout.style, item)?;
        }
        self.rest(out, layout)?;
        if former.is_some_and(|former| former.names.is_empty()) {
            // Of a link the message may say why it was sent.
            let family = self.family.as_ref().filter(|_| self.kind == Kind::Link);
            match family {
                Some(family) => out.field("family", family)?,
                None if self.kind == Kind::Link && self.fields.field("event").is_some() => {}
                None => out.mark("no difference")?,
            }
        }
        Ok(())
    }

    /// Returns true if an item is written that did not change.
    fn is_shown(&self, item: &Item) -> bool {
        match self.change {
            None => !item.is_change,
            Some(_) => item.is_always,
        }
    }

    fn item(&self, out: &mut EscapingWriter<'_>, style: Style, item: &Item) -> fmt::Result {
        let former = self.change.as_ref();
        let differs = former.filter(|former| {
            let mut fields = item.fields.iter();
            fields.any(|field| former.names.iter().any(|name| name == field))
        });
        match item.source {
            Source::Flags(without) => return self.flags(out, item, without, differs),
            Source::Splice(part) => {
                let new = part(&self.fields);
                return match differs {
                    Some(former) if !is_other_kind(self.kind, former) => {
                        let none = Fields::default();
                        let old = part(&former.fields);
                        let (old, new) = (old.as_ref().unwrap_or(&none), new.as_ref());
                        differences(out, style, old, new.unwrap_or(&none))
                    }
                    _ if former.is_none() || differs.is_some() => {
                        let text = new.map(|new| words::fields(style, &new));
                        out.write_str(&text.unwrap_or_default())
                    }
                    _ => Ok(()),
                };
            }
            Source::Each(values) => {
                let new = values(&self.fields);
                let Some(former) = differs else {
                    let shown = self.is_shown(item);
                    let mut new = new.iter().filter(|_| shown);
                    return new.try_for_each(|value| out.field(item.word, value));
                };
                let joined = |values: Vec<String>| match values.is_empty() {
                    true => "none".to_owned(),
                    false => values.join(", "),
                };
                let (old, new) = (joined(values(&former.fields)), joined(new));
                return out.arrow(item.word, old, new);
            }
            Source::Field | Source::Device | Source::Text(_) => {}
        }
        let new = item.value(style, &self.fields);
        let word = match item.word {
            "" => item.fields.first().copied().unwrap_or_default(),
            word => word,
        };
        if let Some(former) = differs {
            let old = item.value(style, &former.fields);
            if old != new {
                let none = || "none".to_owned();
                return out.arrow(word, old.unwrap_or_else(none), new.unwrap_or_else(none));
            }
        }
        let Some(new) = new.filter(|new| new != item.usual) else {
            return Ok(());
        };
        match self.is_shown(item) {
            false => Ok(()),
            true if new == "on" && item.usual == "off" => write!(out, " {word}"),
            true if item.is_bare => write!(out, " {new}"),
            true => out.field(word, new),
        }
    }

    /// Flags by name; of a change ` name off → on` for each that differs.
    fn flags(
        &self,
        out: &mut EscapingWriter<'_>,
        item: &Item,
        without: &[&str],
        differs: Option<&Former>,
    ) -> fmt::Result {
        let name = item.fields.first().copied().unwrap_or_default();
        let flags = |fields: &Fields| -> Vec<String> {
            fields.list(name).iter().filter_map(Node::text).collect()
        };
        let new = flags(&self.fields);
        let Some(former) = differs else {
            let shown = self.is_shown(item);
            let mut new = new
                .iter()
                .filter(|flag| shown && !without.contains(&&***flag));
            return new.try_for_each(|flag| write!(out, " {flag}"));
        };
        let old = flags(&former.fields);
        for flag in new.iter().filter(|flag| !old.contains(flag)) {
            out.arrow(flag, "off", "on")?;
        }
        let mut gone = old.iter().filter(|flag| !new.contains(flag));
        gone.try_for_each(|flag| out.arrow(flag, "on", "off"))
    }

    /// The fields that no item names.
    fn rest(&self, out: &mut EscapingWriter<'_>, layout: &Layout) -> fmt::Result {
        if self.op == Op::Delete && layout.deleted.is_some() {
            return Ok(());
        }
        let is_named = |name: &str| {
            let mut items = layout.items.iter();
            layout.identity.contains(&name) || items.any(|item| item.fields.contains(&name))
        };
        let keys = self.kind.key();
        let is_key = |name: &str| {
            let mut keys = keys.iter().flat_map(|key| key.split("//"));
            layout.rest == Rest::Always && keys.any(|key| key == name)
        };
        let Some(former) = &self.change else {
            if layout.rest == Rest::Changed {
                return Ok(());
            }
            let named = self.fields.0.iter();
            let mut named = named.filter_map(|(name, value)| device(&self.fields, name, value));
            return named.try_for_each(|(name, value)| match is_named(name) {
                true => Ok(()),
                false => out.write_str(&words::field(layout.style, name, &value)),
            });
        };
        let differs = |name: &str| former.names.iter().any(|it| it == name);
        for (name, value) in &self.fields.0 {
            let Some((shown, value)) = device(&self.fields, name, value) else {
                continue;
            };
            if is_named(name) || is_named(shown) {
                continue;
            }
            // Counters and ages come and go with other changes.
            if layout.rest == Rest::Changed && self.kind.volatile().contains(&&**name) {
                continue;
            }
            if differs(name) || differs(shown) {
                let old = former.fields.field(name);
                let old = old.and_then(|old| device(&former.fields, name, old));
                let old = old.map(|(_, old)| old);
                difference(out, layout.style, shown, old.as_ref(), Some(&value))?;
            } else if is_key(name) {
                out.write_str(&words::field(layout.style, shown, &value))?;
            }
        }
        for (name, value) in &former.fields.0 {
            let Some((shown, value)) = device(&former.fields, name, value) else {
                continue;
            };
            let is_gone = differs(name) && self.fields.field(name).is_none();
            if is_gone && !is_named(name) && !is_named(shown) {
                difference(out, layout.style, shown, Some(&value), None)?;
            }
        }
        Ok(())
    }
}

impl Item {
    /// The value as text; `None` if there is none.
    fn value(&self, style: Style, fields: &Fields) -> Option<String> {
        let first = self.fields.first().copied().unwrap_or_default();
        match self.source {
            Source::Text(value) => value(fields),
            Source::Device => fields.device(first, self.fields.get(1)?),
            _ => Some(words::value(style, first, fields.field(first)?)),
        }
    }
}

/// Returns true if a queueing discipline was replaced by one of another kind, whose options have other
/// meanings.
fn is_other_kind(kind: Kind, former: &Former) -> bool {
    kind == Kind::Qdisc && former.names.iter().any(|name| name == "kind")
}

/// A field as it is shown: the index of a device stands for its name if that is not known (`dev if2`).
/// `None` for an index next to a name, and for the index 0, which is no device.
fn device<'a>(fields: &Fields, name: &'a str, value: &Node) -> Option<(&'a str, Node)> {
    let named = match name {
        "ifindex" => "dev",
        _ => match name.strip_suffix("_index") {
            Some(named) => named,
            None => return Some((name, value.clone())),
        },
    };
    let is_named = fields.field(named).is_some();
    match value.number() {
        Some(index) if index != 0 && !is_named => Some((named, Node::Text(format!("if{index}")))),
        _ => None,
    }
}

/// The fields of two objects that differ.
fn differences(
    out: &mut EscapingWriter<'_>,
    style: Style,
    old: &Fields,
    new: &Fields,
) -> fmt::Result {
    for (name, value) in &new.0 {
        let former = old.field(name);
        if former != Some(value) {
            difference(out, style, name, former, Some(value))?;
        }
    }
    for (name, value) in &old.0 {
        if new.field(name).is_none() {
            difference(out, style, name, Some(value), None)?;
        }
    }
    Ok(())
}

/// ` name old → new`. Of two objects the values inside that differ; an object that came or went is only
/// named, since it may be large.
fn difference(
    out: &mut EscapingWriter<'_>,
    style: Style,
    name: &str,
    old: Option<&Node>,
    new: Option<&Node>,
) -> fmt::Result {
    let name = match name {
        "info_slave_kind" => "port type",
        name => name,
    };
    let text = |value: Option<&Node>| match value {
        None => "none".to_owned(),
        Some(Node::Object(_)) => "present".to_owned(),
        Some(value) => words::value(style, name, value),
    };
    match (old, new) {
        // `info_slave_kind` says that the device became a port, or is none any more.
        (None, Some(Node::Object(_))) | (Some(Node::Object(_)), None)
            if name == "info_slave_data" =>
        {
            Ok(())
        }
        // The state of a port is not the state of its device.
        (Some(Node::Object(old)), Some(Node::Object(new))) if name == "info_slave_data" => {
            let port = |fields: &Fields| {
                let fields = fields.0.iter();
                Fields(
                    fields
                        .map(|(name, value)| (format!("port {name}"), value.clone()))
                        .collect(),
                )
            };
            differences(out, style, &port(old), &port(new))
        }
        (Some(Node::Object(old)), Some(Node::Object(new))) => differences(out, style, old, new),
        (Some(Node::List(old)), Some(Node::List(new))) if is_long(old) && is_long(new) => {
            let came = new.iter().filter(|it| !old.contains(it));
            let came = came.map(|it| (it, "off", "on"));
            let went = old.iter().filter(|it| !new.contains(it));
            let mut all = came.chain(went.map(|it| (it, "on", "off")));
            all.try_for_each(|(it, old, new)| {
                let it = it.text().unwrap_or_default();
                out.arrow(&format!("{name} {it}"), old, new)
            })
        }
        (old, new) => out.arrow(name, text(old), text(new)),
    }
}

/// Returns true for a list of so many names that only those which differ are worth a word.
fn is_long(list: &[Node]) -> bool {
    const FEW: usize = 8;
    list.len() > FEW && list.iter().all(|it| matches!(it, Node::Text(_)))
}
