//! Routing rules, in the order in which `ip rule` prints them.

use std::fmt::{self, Display, Write as _};

use super::escape::EscapingWriter;
use crate::event::rule::Rule;
use crate::event::{Event, Payload};

pub(super) fn write(out: &mut EscapingWriter<'_>, event: &Event, rule: &Rule) -> fmt::Result {
    if !rule.family.is("inet") {
        write!(out, " {}", rule.family)?;
    }
    out.subject(format_args!("{}:", rule.priority))?;
    if rule.flags.has("not") {
        out.write_str(" not")?;
    }
    prefix(out, "from", Some(&rule.src), rule.srclen)?;
    prefix(out, "to", rule.dst.as_ref(), rule.dstlen)?;
    out.optional("tos", &rule.tos)?;
    masked(out, "dscp", &rule.dscp, &rule.dscp_mask)?;
    masked(out, "fwmark", &rule.fwmark, &rule.fwmask)?;
    for (key, name, detached) in [
        ("iif", &rule.iif, "iif_detached"),
        ("oif", &rule.oif, "oif_detached"),
    ] {
        out.optional(key, name)?;
        if rule.state.has(detached) {
            out.write_str(" [detached]")?;
        }
    }
    range(out, "uidrange", rule.uid_start, rule.uid_end)?;
    out.optional("ipproto", &rule.ipproto)?;
    masked(out, "sport", &rule.sport, &rule.sport_mask)?;
    range(out, "sport", rule.sport_start, rule.sport_end)?;
    masked(out, "dport", &rule.dport, &rule.dport_mask)?;
    range(out, "dport", rule.dport_start, rule.dport_end)?;
    out.optional("tun_id", &rule.tun_id)?;
    masked(out, "flowlabel", &rule.flowlabel, &rule.flowlabel_mask)?;
    if rule.flags.has("l3mdev") {
        out.write_str(" lookup [l3mdev-table]")?;
    } else {
        out.optional("lookup", &rule.table)?;
    }
    out.optional("suppress_prefixlength", &rule.suppress_prefixlen)?;
    out.optional("suppress_ifgroup", &rule.suppress_ifgroup)?;
    match (&rule.flow_from, &rule.flow_to) {
        (Some(from), Some(to)) => write!(out, " realms {from}/{to}")?,
        (from, to) => out.optional("realms", if to.is_some() { to } else { from })?,
    }
    match (&rule.action, &rule.goto) {
        (_, Some(to)) => out.field("goto", to)?,
        (Some(action), None) => write!(out, " {action}")?,
        (None, None) => {}
    }
    if rule.state.has("unresolved") {
        out.write_str(" [unresolved]")?;
    }
    out.flag_names(&rule.flags, &["not", "l3mdev"])?;
    if let Some(protocol) = rule.protocol.as_ref().filter(|p| !p.is("unspec")) {
        out.field("proto", protocol)?;
    }
    // All other fields are part of the key and cannot differ.
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
        (Some(address), None) => out.field(key, address),
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
    out.optional(key, value)?;
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
        (first, last) => out.optional(key, &first.or(last)),
    }
}
