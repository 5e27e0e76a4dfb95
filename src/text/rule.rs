//! Routing rules, in the order in which `ip rule` prints them.

use std::fmt::{self, Display, Write as _};

use super::pen::Pen;
use crate::event::rule::Rule;
use crate::event::{Event, Payload};

pub fn say(pen: &mut Pen<'_>, event: &Event, rule: &Rule) -> fmt::Result {
    if !rule.family.is("inet") {
        write!(pen, " {}", rule.family)?;
    }
    pen.subject(format_args!("{}:", rule.priority))?;
    if rule.flags.has("not") {
        pen.write_str(" not")?;
    }
    prefix(pen, "from", Some(&rule.src), rule.srclen)?;
    prefix(pen, "to", rule.dst.as_ref(), rule.dstlen)?;
    pen.some("tos", &rule.tos)?;
    masked(pen, "dscp", &rule.dscp, &rule.dscp_mask)?;
    masked(pen, "fwmark", &rule.fwmark, &rule.fwmask)?;
    for (key, name, detached) in [
        ("iif", &rule.iif, "iif_detached"),
        ("oif", &rule.oif, "oif_detached"),
    ] {
        pen.some(key, name)?;
        if rule.state.has(detached) {
            pen.write_str(" [detached]")?;
        }
    }
    range(pen, "uidrange", rule.uid_start, rule.uid_end)?;
    pen.some("ipproto", &rule.ipproto)?;
    masked(pen, "sport", &rule.sport, &rule.sport_mask)?;
    range(pen, "sport", rule.sport_start, rule.sport_end)?;
    masked(pen, "dport", &rule.dport, &rule.dport_mask)?;
    range(pen, "dport", rule.dport_start, rule.dport_end)?;
    pen.some("tun_id", &rule.tun_id)?;
    masked(pen, "flowlabel", &rule.flowlabel, &rule.flowlabel_mask)?;
    if rule.flags.has("l3mdev") {
        pen.write_str(" lookup [l3mdev-table]")?;
    } else {
        pen.some("lookup", &rule.table)?;
    }
    pen.some("suppress_prefixlength", &rule.suppress_prefixlen)?;
    pen.some("suppress_ifgroup", &rule.suppress_ifgroup)?;
    match (&rule.flow_from, &rule.flow_to) {
        (Some(from), Some(to)) => write!(pen, " realms {from}/{to}")?,
        (from, to) => pen.some("realms", if to.is_some() { to } else { from })?,
    }
    match (&rule.action, &rule.goto) {
        (_, Some(to)) => pen.word("goto", to)?,
        (Some(action), None) => write!(pen, " {action}")?,
        (None, None) => {}
    }
    if rule.state.has("unresolved") {
        pen.write_str(" [unresolved]")?;
    }
    pen.words(&rule.flags, &["not", "l3mdev"])?;
    if let Some(protocol) = rule.protocol.as_ref().filter(|p| !p.is("unspec")) {
        pen.word("proto", protocol)?;
    }
    // The rest is its key, and cannot differ.
    match event.change.as_ref().map(|change| change.old()) {
        Some(Payload::Rule(old)) if old.state != rule.state => pen.flags(&old.state, &rule.state),
        _ => Ok(()),
    }
}

/// ` key address[/length]`
fn prefix(
    pen: &mut Pen<'_>,
    key: &str,
    address: Option<&impl Display>,
    length: Option<u8>,
) -> fmt::Result {
    match (address, length) {
        (None, _) => Ok(()),
        (Some(address), None) => pen.word(key, address),
        (Some(address), Some(length)) => write!(pen, " {key} {address}/{length}"),
    }
}

/// ` key value[/mask]`
fn masked(
    pen: &mut Pen<'_>,
    key: &str,
    value: &Option<impl Display>,
    mask: &Option<String>,
) -> fmt::Result {
    pen.some(key, value)?;
    match (value, mask) {
        (Some(_), Some(mask)) => write!(pen, "/{mask}"),
        _ => Ok(()),
    }
}

/// ` key first-last`
fn range<T: Display>(
    pen: &mut Pen<'_>,
    key: &str,
    first: Option<T>,
    last: Option<T>,
) -> fmt::Result {
    match (first, last) {
        (Some(first), Some(last)) => write!(pen, " {key} {first}-{last}"),
        (first, last) => pen.some(key, &first.or(last)),
    }
}
