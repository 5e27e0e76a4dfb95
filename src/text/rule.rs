//! Routing rules, in the order in which `ip rule` prints them.

use std::fmt::{self, Display, Write as _};

use super::escape::EscapingWriter;
use crate::event::rule::Rule;
use crate::event::{Event, Payload};

pub fn say(out: &mut EscapingWriter<'_>, event: &Event, rule: &Rule) -> fmt::Result {
    if !rule.family.is("inet") {
        write!(out, " {}", rule.family)?;
    }
    out.subject(format_args!("{}:", rule.priority))?;
    if rule.flags.has("not") {
        out.write_str(" not")?;
    }
    prefix(out, "from", Some(&rule.src), rule.srclen)?;
    prefix(out, "to", rule.dst.as_ref(), rule.dstlen)?;
    out.some("tos", &rule.tos)?;
    masked(out, "dscp", &rule.dscp, &rule.dscp_mask)?;
    masked(out, "fwmark", &rule.fwmark, &rule.fwmask)?;
    for (key, name, detached) in [
        ("iif", &rule.iif, "iif_detached"),
        ("oif", &rule.oif, "oif_detached"),
    ] {
        out.some(key, name)?;
        if rule.state.has(detached) {
            out.write_str(" [detached]")?;
        }
    }
    range(out, "uidrange", rule.uid_start, rule.uid_end)?;
    out.some("ipproto", &rule.ipproto)?;
    masked(out, "sport", &rule.sport, &rule.sport_mask)?;
    range(out, "sport", rule.sport_start, rule.sport_end)?;
    masked(out, "dport", &rule.dport, &rule.dport_mask)?;
    range(out, "dport", rule.dport_start, rule.dport_end)?;
    out.some("tun_id", &rule.tun_id)?;
    masked(out, "flowlabel", &rule.flowlabel, &rule.flowlabel_mask)?;
    if rule.flags.has("l3mdev") {
        out.write_str(" lookup [l3mdev-table]")?;
    } else {
        out.some("lookup", &rule.table)?;
    }
    out.some("suppress_prefixlength", &rule.suppress_prefixlen)?;
    out.some("suppress_ifgroup", &rule.suppress_ifgroup)?;
    match (&rule.flow_from, &rule.flow_to) {
        (Some(from), Some(to)) => write!(out, " realms {from}/{to}")?,
        (from, to) => out.some("realms", if to.is_some() { to } else { from })?,
    }
    match (&rule.action, &rule.goto) {
        (_, Some(to)) => out.word("goto", to)?,
        (Some(action), None) => write!(out, " {action}")?,
        (None, None) => {}
    }
    if rule.state.has("unresolved") {
        out.write_str(" [unresolved]")?;
    }
    out.words(&rule.flags, &["not", "l3mdev"])?;
    if let Some(protocol) = rule.protocol.as_ref().filter(|p| !p.is("unspec")) {
        out.word("proto", protocol)?;
    }
    // The rest is its key, and cannot differ.
    match event.change.as_ref().map(|change| change.old()) {
        Some(Payload::Rule(old)) if old.state != rule.state => out.flags(&old.state, &rule.state),
        _ => Ok(()),
    }
}

/// ` key address[/length]`
fn prefix(
    out: &mut EscapingWriter<'_>,
    key: &str,
    address: Option<&impl Display>,
    length: Option<u8>,
) -> fmt::Result {
    match (address, length) {
        (None, _) => Ok(()),
        (Some(address), None) => out.word(key, address),
        (Some(address), Some(length)) => write!(out, " {key} {address}/{length}"),
    }
}

/// ` key value[/mask]`
fn masked(
    out: &mut EscapingWriter<'_>,
    key: &str,
    value: &Option<impl Display>,
    mask: &Option<String>,
) -> fmt::Result {
    out.some(key, value)?;
    match (value, mask) {
        (Some(_), Some(mask)) => write!(out, "/{mask}"),
        _ => Ok(()),
    }
}

/// ` key first-last`
fn range<T: Display>(
    out: &mut EscapingWriter<'_>,
    key: &str,
    first: Option<T>,
    last: Option<T>,
) -> fmt::Result {
    match (first, last) {
        (Some(first), Some(last)) => write!(out, " {key} {first}-{last}"),
        (first, last) => out.some(key, &first.or(last)),
    }
}
