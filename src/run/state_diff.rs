//! `nlstream state --diff`: the objects that were added, deleted or changed between two times, as lines with
//! the operation that leads from one state to the other.

use std::cmp::Ordering;
use std::path::Path;

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::render::printer;
use super::state::{Loaded, StateQuery, check_names, load, passes};
use crate::error::Error;
use crate::escape;
use crate::event::{Kind, Op};
use crate::filter::Selection;
use crate::fold::{Fold, SnapshotObject};
use crate::json::Ordered;
use crate::sink;

/// Prints the differences of the objects that pass the filters of the query.
///
/// # Errors
/// If the lines cannot be read, or if the state at one of the times is incomplete.
pub(super) fn run(
    request: &StateQuery,
    requested: &Selection,
    one: Timestamp,
    other: Timestamp,
) -> Result<(), Error> {
    if request.files.iter().any(|path| path == Path::new("-")) {
        return Err(Error::ReadTwice);
    }
    let (one, other) = (load(request, Some(one))?, load(request, Some(other))?);
    check_names(&request.filters, &[&one.fold, &other.fold])?;
    let is_wanted = |kind| match &request.kinds {
        Some(kinds) => kinds.contains(&kind),
        None => request.partial || (one.fold.is_tracked(kind) && other.fold.is_tracked(kind)),
    };
    let is_incomplete = |kind| {
        [&one, &other].iter().any(|loaded| {
            let reason = loaded.reason.as_ref();
            reason.is_some_and(|it| it.concerns(kind)) || !loaded.fold.is_tracked(kind)
        })
    };
    let mut printer = printer(&request.format);
    let passes = |loaded: &Loaded, object: Option<&SnapshotObject>| {
        object.is_some_and(|object| passes(object, &[&loaded.written, requested]))
    };
    sink::print(|out| {
        for (kind, former, object) in pairs(&one.fold, &other.fold) {
            if !is_wanted(kind) || !(passes(&one, former) || passes(&other, object)) {
                continue;
            }
            let Some(line) = difference(kind, former, object, is_incomplete(kind)) else {
                continue;
            };
            match &mut printer {
                None => writeln!(out, "{}", escape::json(&line))?,
                Some(printer) => {
                    for text in printer.object(&line).unwrap_or_default() {
                        writeln!(out, "{text}")?;
                    }
                }
            }
        }
        Ok(())
    })
}

type Pair<'a> = (Kind, Option<&'a SnapshotObject>, Option<&'a SnapshotObject>);

/// The objects of both states, in order: each with its former and its later state.
fn pairs<'a>(one: &'a Fold, other: &'a Fold) -> impl Iterator<Item = Pair<'a>> {
    let (mut one, mut other) = (one.identified().peekable(), other.identified().peekable());
    std::iter::from_fn(move || {
        let order = match (one.peek(), other.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((one, _)), Some((other, _))) => one.cmp(other),
        };
        let former = if order.is_le() { one.next() } else { None };
        let later = if order.is_ge() { other.next() } else { None };
        let kind = former.or(later)?.0.1;
        Some((kind, former.map(|it| it.1), later.map(|it| it.1)))
    })
}

type Members<'a> = Ordered<&'a RawValue>;

/// The line about a difference; `None` if there is none.
fn difference(
    kind: Kind,
    former: Option<&SnapshotObject>,
    object: Option<&SnapshotObject>,
    is_incomplete: bool,
) -> Option<String> {
    let (op, shown) = match (former, object) {
        (None, Some(object)) => (Op::Add, object),
        (Some(former), None) => (Op::Delete, former),
        (Some(_), Some(object)) => (Op::Change, object),
        (None, None) => return None,
    };
    let changes = match (former, object) {
        (Some(former), Some(object)) if former.object() == object.object() => return None,
        (Some(former), Some(object)) => Some(changes(kind, former, object)?),
        _ => None,
    };
    let members: Members<'_> = serde_json::from_str(shown.line()).ok()?;
    let mut line = String::from("{");
    let mut push = |name: &str, value: &str| {
        let separator = if line.len() > 1 { "," } else { "" };
        line += &format!("{separator}\"{name}\":{value}");
    };
    for (name, value) in &members.0 {
        match &**name {
            "op" => push("op", &format!("\"{}\"", op.name())),
            name => push(name, value.get()),
        }
        if let Some((changed, old)) = changes.as_ref().filter(|_| name == kind.name()) {
            push("changed", changed);
            push("old", old);
        }
    }
    if is_incomplete {
        push("incomplete", "true");
    }
    line.push('}');
    Some(line)
}

/// The fields that differ, and their former values, as JSON; `None` if only values differ that change with
/// time alone.
fn changes(
    kind: Kind,
    former: &SnapshotObject,
    object: &SnapshotObject,
) -> Option<(String, String)> {
    fn parse(object: &SnapshotObject) -> Option<Members<'_>> {
        serde_json::from_str(object.object()).ok()
    }
    let (Ordered(former), Ordered(object)) = (parse(former)?, parse(object)?);
    let find = |members: &[(String, &RawValue)], name: &str| -> Option<String> {
        let found = members.iter().find(|(member, _)| member == name);
        found.map(|(_, value)| value.get().to_owned())
    };
    let mut names: Vec<_> = object.iter().map(|(name, _)| name.as_str()).collect();
    for (name, _) in &former {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let differs = |name: &&str| {
        let (old, new) = (find(&former, name), find(&object, name));
        !kind.volatile().contains(name) && !is_equal(name, old.as_deref(), new.as_deref())
    };
    let names: Vec<_> = names.into_iter().filter(differs).collect();
    let old = names
        .iter()
        .filter_map(|name| Some(format!("\"{name}\":{}", find(&former, name)?)));
    let old = old.collect::<Vec<_>>().join(",");
    let changed = serde_json::to_string(&names).ok()?;
    (!names.is_empty()).then(|| (changed, format!("{{{old}}}")))
}

/// Returns true if the values of a field are equal, or if both are remaining lifetimes: these change with
/// time alone, unless they become infinite.
fn is_equal(name: &str, old: Option<&str>, new: Option<&str>) -> bool {
    let is_finite = |value: Option<&str>| {
        value
            .and_then(|value| value.parse().ok())
            .is_some_and(|value: u32| value != u32::MAX)
    };
    old == new || (name.ends_with("life_time") && is_finite(old) && is_finite(new))
}
