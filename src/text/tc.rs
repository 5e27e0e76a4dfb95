//! Traffic control, in the style of `tc monitor`.

use std::fmt::{self, Write as _};

use super::escape::{Dev, EscapingWriter, Joined, OrNone};
use crate::event::tc::{Action, Chain, Class, Filter, Qdisc};
use crate::event::values::IfName;
use crate::event::{Event, Op, Payload};
use crate::kind::table::value::{Options, Value};

pub(super) fn qdisc(out: &mut EscapingWriter<'_>, event: &Event, it: &Qdisc) -> fmt::Result {
    subject(out, &it.kind, &it.handle)?;
    location(out, (it.dev.as_ref(), it.ifindex), it.root, &it.parent)?;
    out.optional("ingress_block", &it.ingress_block)?;
    out.optional("egress_block", &it.egress_block)?;
    if it.offloaded == Some(true) {
        out.write_str(" offloaded")?;
    }
    let old = match old_state(event) {
        Some(Payload::Qdisc(old)) => Some(old),
        _ => None,
    };
    if let Some(old) = old {
        let [former, now] = [old, it].map(|it| Dev(it.dev.as_ref(), it.ifindex));
        if former != now {
            out.arrow("dev", former, now)?;
        }
        if old.kind != it.kind {
            out.arrow("kind", OrNone(&old.kind), OrNone(&it.kind))?;
        }
    }
    let old = old.filter(|old| old.kind == it.kind);
    if let Some(stab) = &it.stab {
        write!(out, " stab {{{} }}", Plain(stab))?;
    }
    options(out, &it.options, old.map(|old| &old.options))
}

pub(super) fn class(out: &mut EscapingWriter<'_>, it: &Class) -> fmt::Result {
    subject(out, &it.kind, &it.handle)?;
    location(out, (it.dev.as_ref(), it.ifindex), it.root, &it.parent)?;
    out.optional("leaf", &it.leaf)?;
    options(out, &it.options, None)
}

pub(super) fn filter(out: &mut EscapingWriter<'_>, it: &Filter) -> fmt::Result {
    if let Some(kind) = &it.kind {
        out.subject(format_args!("{kind}"))?;
    }
    out.optional("handle", &it.handle)?;
    on(
        out,
        it.block,
        (it.dev.as_ref(), it.ifindex),
        it.root,
        &it.parent,
    )?;
    out.field("protocol", &it.protocol)?;
    out.field("pref", it.pref)?;
    out.optional("chain", &it.chain)?;
    options(out, &it.options, None)?;
    for one in it.actions.iter().flatten() {
        out.write_str(" action")?;
        write_action(out, one)?;
    }
    Ok(())
}

pub(super) fn chain(out: &mut EscapingWriter<'_>, it: &Chain) -> fmt::Result {
    out.subject(format_args!("{}", it.chain))?;
    on(
        out,
        it.block,
        (it.dev.as_ref(), it.ifindex),
        it.root,
        &it.parent,
    )?;
    out.optional("template", &it.kind)?;
    options(out, &it.options, None)
}

pub(super) fn action(out: &mut EscapingWriter<'_>, it: &Action) -> fmt::Result {
    write_action(out, it)
}

fn write_action(out: &mut EscapingWriter<'_>, it: &Action) -> fmt::Result {
    if let Some(kind) = &it.kind {
        out.subject(format_args!("{kind}"))?;
    }
    if let Some(count) = it.flushed {
        return write!(out, " all {count}");
    }
    out.optional("index", &it.index)?;
    options(out, &it.options, None)?;
    out.optional("cookie", &it.cookie)?;
    let flags = it.flags.filter(|flags| flags.bits != 0);
    out.optional("flags", &flags.as_ref().map(Joined))
}

fn subject(out: &mut EscapingWriter<'_>, kind: &Option<String>, handle: &str) -> fmt::Result {
    match kind {
        Some(kind) => out.subject(format_args!("{kind} {handle}")),
        None => out.subject(format_args!("{handle}")),
    }
}

fn location(
    out: &mut EscapingWriter<'_>,
    (dev, ifindex): (Option<&IfName>, Option<u32>),
    root: Option<bool>,
    parent: &Option<String>,
) -> fmt::Result {
    if ifindex.is_some() {
        out.field("dev", Dev(dev, ifindex))?;
    }
    if root == Some(true) {
        out.write_str(" root")?;
    }
    // Ingress and egress of clsact.
    match parent.as_deref() {
        Some("ffff:fff2") => out.write_str(" ingress"),
        Some("ffff:fff3") => out.write_str(" egress"),
        _ => out.optional("parent", parent),
    }
}

fn on(
    out: &mut EscapingWriter<'_>,
    block: Option<u32>,
    dev: (Option<&IfName>, Option<u32>),
    root: Option<bool>,
    parent: &Option<String>,
) -> fmt::Result {
    out.optional("block", &block)?;
    location(out, dev, root, parent)
}

/// The old payload of a tracked object that changed.
fn old_state(event: &Event) -> Option<&Payload> {
    let change = event.change.as_ref().filter(|_| event.op == Op::Change)?;
    Some(change.old())
}

/// Options; given old values, only the options that differ, with both values.
fn options(
    out: &mut EscapingWriter<'_>,
    options: &Option<Options>,
    old: Option<&Option<Options>>,
) -> fmt::Result {
    let none = Options::default();
    let new = options.as_ref().unwrap_or(&none);
    let Some(old) = old else {
        return write!(out, "{}", Plain(new));
    };
    let old = old.as_ref().unwrap_or(&none);
    for (name, value) in &new.0 {
        match old.get(name) {
            Some(was) if was == value => {}
            Some(was) => out.arrow(name, One(was), One(value))?,
            None => out.arrow(name, "none", One(value))?,
        }
    }
    for (name, value) in &old.0 {
        if new.get(name).is_none() {
            out.arrow(name, One(value), "none")?;
        }
    }
    Ok(())
}

fn option(out: &mut impl fmt::Write, name: &str, value: &Value) -> fmt::Result {
    match value {
        Value::Yes(true) => write!(out, " {name}"),
        Value::Yes(false) => write!(out, " no{name}"),
        Value::Names(items) if items.is_empty() => Ok(()),
        value => write!(out, " {name} {}", One(value)),
    }
}

/// Options, each preceded by a space.
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
            Value::Names(items) => f.write_str(&items.join(",")),
            Value::Numbers(numbers) => {
                let items: Vec<_> = numbers.iter().map(i64::to_string).collect();
                f.write_str(&items.join(","))
            }
            Value::Device(_, index, dev) => write!(f, "{}", Dev(dev.as_ref(), Some(*index))),
            Value::Options(options) => control(f, options),
            Value::List(list) => Entries(list).fmt(f),
        }
    }
}

/// A list of options.
pub(super) struct Entries<'a>(pub &'a [Options]);

impl fmt::Display for Entries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('[')?;
        for options in self.0 {
            write!(f, " {{{} }}", Plain(options))?;
        }
        f.write_str(" ]")
    }
}

/// A control action is printed inline; other nested options in braces.
fn control(f: &mut fmt::Formatter<'_>, options: &Options) -> fmt::Result {
    match &options.0[..] {
        [("type", Value::Text(kind))] => f.write_str(kind),
        [("type", Value::Text(kind)), (_, Value::Number(number))] => write!(f, "{kind} {number}"),
        _ => write!(f, "{{{} }}", Plain(options)),
    }
}
