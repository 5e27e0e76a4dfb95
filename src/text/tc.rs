//! Traffic control, in the words of `tc monitor`.

use std::fmt::{self, Write as _};

use super::pen::{Dev, Joined, Pen};
use crate::event::object::Change;
use crate::event::tc::options::{Options, Value};
use crate::event::tc::{Action, Chain, Class, Filter, Qdisc};
use crate::event::values::IfName;
use crate::event::{Event, Op, Payload};

pub fn qdisc(pen: &mut Pen<'_>, event: &Event, it: &Qdisc) -> fmt::Result {
    subject(pen, &it.kind, &it.handle)?;
    place(pen, (it.dev.as_ref(), it.ifindex), it.root, &it.parent)?;
    pen.some("ingress_block", &it.ingress_block)?;
    pen.some("egress_block", &it.egress_block)?;
    if it.offloaded == Some(true) {
        pen.write_str(" offloaded")?;
    }
    let old = match former(event) {
        Some((change, Payload::Qdisc(old))) => {
            if change.names().next().is_none() {
                return pen.write_str(" (nothing differs)");
            }
            if old.kind != it.kind {
                pen.some("formerly", &old.kind)?;
            }
            (old.kind == it.kind).then_some(old)
        }
        _ => None,
    };
    if let Some(stab) = &it.stab {
        write!(pen, " stab {{{} }}", Plain(stab))?;
    }
    options(pen, &it.options, old.map(|old| &old.options))
}

pub fn class(pen: &mut Pen<'_>, it: &Class) -> fmt::Result {
    subject(pen, &it.kind, &it.handle)?;
    place(pen, (it.dev.as_ref(), it.ifindex), it.root, &it.parent)?;
    pen.some("leaf", &it.leaf)?;
    options(pen, &it.options, None)
}

pub fn filter(pen: &mut Pen<'_>, it: &Filter) -> fmt::Result {
    if let Some(kind) = &it.kind {
        pen.subject(format_args!("{kind}"))?;
    }
    pen.some("handle", &it.handle)?;
    on(
        pen,
        it.block,
        (it.dev.as_ref(), it.ifindex),
        it.root,
        &it.parent,
    )?;
    pen.word("protocol", &it.protocol)?;
    pen.word("pref", it.pref)?;
    pen.some("chain", &it.chain)?;
    options(pen, &it.options, None)?;
    for one in it.actions.iter().flatten() {
        pen.write_str(" action")?;
        what(pen, one)?;
    }
    Ok(())
}

pub fn chain(pen: &mut Pen<'_>, it: &Chain) -> fmt::Result {
    pen.subject(format_args!("{}", it.chain))?;
    on(
        pen,
        it.block,
        (it.dev.as_ref(), it.ifindex),
        it.root,
        &it.parent,
    )?;
    pen.some("template", &it.kind)?;
    options(pen, &it.options, None)
}

pub fn action(pen: &mut Pen<'_>, it: &Action) -> fmt::Result {
    what(pen, it)
}

fn what(pen: &mut Pen<'_>, it: &Action) -> fmt::Result {
    if let Some(kind) = &it.kind {
        pen.subject(format_args!("{kind}"))?;
    }
    if let Some(count) = it.flushed {
        return write!(pen, " all {count}");
    }
    pen.some("index", &it.index)?;
    options(pen, &it.options, None)?;
    pen.some("cookie", &it.cookie)?;
    let flags = it.flags.filter(|flags| flags.bits != 0);
    pen.some("flags", &flags.as_ref().map(Joined))
}

fn subject(pen: &mut Pen<'_>, kind: &Option<String>, handle: &str) -> fmt::Result {
    match kind {
        Some(kind) => pen.subject(format_args!("{kind} {handle}")),
        None => pen.subject(format_args!("{handle}")),
    }
}

fn place(
    pen: &mut Pen<'_>,
    (dev, ifindex): (Option<&IfName>, Option<u32>),
    root: Option<bool>,
    parent: &Option<String>,
) -> fmt::Result {
    if ifindex.is_some() {
        pen.word("dev", Dev(dev, ifindex))?;
    }
    if root == Some(true) {
        pen.write_str(" root")?;
    }
    // The two sides of clsact.
    match parent.as_deref() {
        Some("ffff:fff2") => pen.write_str(" ingress"),
        Some("ffff:fff3") => pen.write_str(" egress"),
        _ => pen.some("parent", parent),
    }
}

fn on(
    pen: &mut Pen<'_>,
    block: Option<u32>,
    dev: (Option<&IfName>, Option<u32>),
    root: Option<bool>,
    parent: &Option<String>,
) -> fmt::Result {
    pen.some("block", &block)?;
    place(pen, dev, root, parent)
}

/// The change of an object that was known, and its former self.
fn former(event: &Event) -> Option<(&Change, &Payload)> {
    let change = event.change.as_ref().filter(|_| event.op == Op::Change)?;
    Some((change, change.old()))
}

/// Options; with their former values those that differ, and what they were.
fn options(
    pen: &mut Pen<'_>,
    options: &Option<Options>,
    old: Option<&Option<Options>>,
) -> fmt::Result {
    let none = Options::default();
    let new = options.as_ref().unwrap_or(&none);
    let Some(old) = old else {
        return write!(pen, "{}", Plain(new));
    };
    let old = old.as_ref().unwrap_or(&none);
    for (name, value) in &new.0 {
        match old.get(name) {
            Some(was) if was == value => {}
            Some(was) => pen.arrow(name, One(was), One(value))?,
            None => option(pen, name, value)?,
        }
    }
    for (name, value) in &old.0 {
        if new.get(name).is_none() {
            write!(pen, " ({name} was {})", One(value))?;
        }
    }
    Ok(())
}

fn option(out: &mut impl fmt::Write, name: &str, value: &Value) -> fmt::Result {
    match value {
        Value::Yes(true) => write!(out, " {name}"),
        Value::Yes(false) => write!(out, " no{name}"),
        Value::Words(words) if words.is_empty() => Ok(()),
        value => write!(out, " {name} {}", One(value)),
    }
}

/// Options, each with a space before it.
struct Plain<'a>(&'a Options);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut options = self.0.0.iter();
        options.try_for_each(|(name, value)| option(f, name, value))
    }
}

/// A value.
struct One<'a>(&'a Value);

impl fmt::Display for One<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Number(number) => write!(f, "{number}"),
            Value::Burst(_, ticks) => write!(f, "{ticks}"),
            Value::Fraction(number) => write!(f, "{number}"),
            Value::Yes(yes) => write!(f, "{}", if *yes { "on" } else { "off" }),
            Value::Text(text) => f.write_str(text),
            Value::Words(words) => f.write_str(&words.join(",")),
            Value::Numbers(numbers) => {
                let words: Vec<_> = numbers.iter().map(i64::to_string).collect();
                f.write_str(&words.join(","))
            }
            Value::Device(_, index, dev) => write!(f, "{}", Dev(dev.as_ref(), Some(*index))),
            Value::Options(options) => control(f, options),
            Value::List(list) => Entries(list).fmt(f),
        }
    }
}

/// A list of options.
pub struct Entries<'a>(pub &'a [Options]);

impl fmt::Display for Entries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('[')?;
        for options in self.0 {
            write!(f, " {{{} }}", Plain(options))?;
        }
        f.write_str(" ]")
    }
}

/// What is done with a packet then is a word or two; other options stand in braces.
fn control(f: &mut fmt::Formatter<'_>, options: &Options) -> fmt::Result {
    match &options.0[..] {
        [("type", Value::Text(kind))] => f.write_str(kind),
        [("type", Value::Text(kind)), (_, Value::Number(number))] => write!(f, "{kind} {number}"),
        _ => write!(f, "{{{} }}", Plain(options)),
    }
}
