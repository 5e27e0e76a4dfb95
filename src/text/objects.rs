//! Addresses, neighbours, forwarding entries and announced prefixes.

use std::fmt::{self, Display, Write as _};
use std::net::IpAddr;

use super::escape::{Dev, EscapingWriter, Joined, List, OrNone};
use crate::event::address::Address;
use crate::event::fdb::Fdb;
use crate::event::neigh::Neigh;
use crate::event::prefix::Prefix;
use crate::event::{Event, Op, Payload};

/// The old payload of a changed object, if it is of this kind.
macro_rules! old_payload {
    ($event:ident, $kind:ident) => {
        match &$event.change {
            Some(change) if $event.op == Op::Change => match change.old() {
                Payload::$kind(old) => Some((change, old)),
                _ => None,
            },
            _ => None,
        }
    };
}

/// A lifetime in seconds.
struct Seconds<'a>(&'a Option<u32>);

impl Display for Seconds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("none"),
            Some(u32::MAX) => f.write_str("forever"),
            Some(seconds) => write!(f, "{seconds}sec"),
        }
    }
}

fn dev(
    out: &mut EscapingWriter<'_>,
    name: Option<&crate::event::values::IfName>,
    index: u32,
) -> fmt::Result {
    match index {
        // Applies to all devices.
        0 => Ok(()),
        index => out.field("dev", Dev(name, Some(index))),
    }
}

pub(super) fn address(out: &mut EscapingWriter<'_>, event: &Event, address: &Address) -> fmt::Result {
    let length = address.prefixlen;
    match (&address.local, &address.address) {
        // The prefix length belongs to the peer address.
        (Some(local), Some(peer)) => {
            out.subject(format_args!("{local}"))?;
            write!(out, " peer {peer}/{length}")?;
        }
        (Some(one), None) | (None, Some(one)) => out.subject(format_args!("{one}/{length}"))?,
        (None, None) => out.subject(format_args!("{}", address.family))?,
    }
    if let Some((change, old)) = old_payload!(event, Address) {
        dev(out, address.dev.as_ref(), address.ifindex)?;
        let mut rest = Vec::new();
        for name in change.names() {
            macro_rules! arrow {
                ($key:literal, $form:ident, $field:ident) => {
                    out.arrow($key, $form(&old.$field), $form(&address.$field))?
                };
            }
            match name {
                "flags" => out.flags(&old.flags, &address.flags)?,
                "scope" => out.arrow("scope", &old.scope, &address.scope)?,
                "dev" => out.field("formerly dev", OrNone(&old.dev))?,
                "address" => arrow!("peer", OrNone, address),
                "broadcast" => arrow!("brd", OrNone, broadcast),
                "anycast" => arrow!("any", OrNone, anycast),
                "label" => arrow!("label", OrNone, label),
                "metric" => arrow!("metric", OrNone, metric),
                "protocol" => arrow!("proto", OrNone, protocol),
                "valid_life_time" => arrow!("valid_lft", Seconds, valid_life_time),
                "preferred_life_time" => arrow!("preferred_lft", Seconds, preferred_life_time),
                name => rest.push(name),
            }
        }
        return match &rest[..] {
            [] if change.names().next().is_none() => out.write_str(" (nothing differs)"),
            [] => Ok(()),
            rest => out.field("changed:", List(rest, ", ")),
        };
    }
    out.optional("brd", &address.broadcast)?;
    out.optional("any", &address.anycast)?;
    dev(out, address.dev.as_ref(), address.ifindex)?;
    out.field("scope", &address.scope)?;
    out.flag_names(&address.flags, &[])?;
    if address.label.is_some() && address.label != address.dev {
        out.optional("label", &address.label)?;
    }
    out.optional("metric", &address.metric)?;
    out.optional("proto", &address.protocol)?;
    for (key, time) in [
        ("valid_lft", &address.valid_life_time),
        ("preferred_lft", &address.preferred_life_time),
    ] {
        if !matches!(time, None | Some(u32::MAX)) {
            out.field(key, Seconds(time))?;
        }
    }
    Ok(())
}

fn ip_subject(out: &mut EscapingWriter<'_>, ip: &Option<IpAddr>) -> fmt::Result {
    match ip {
        Some(ip) => out.subject(format_args!("{ip}")),
        None => Ok(()),
    }
}

pub(super) fn neigh(out: &mut EscapingWriter<'_>, event: &Event, neigh: &Neigh) -> fmt::Result {
    let old = old_payload!(event, Neigh).map(|(_, old)| old);
    ip_subject(out, &neigh.dst)?;
    dev(out, neigh.dev.as_ref(), neigh.ifindex)?;
    match (&neigh.lladdr, old.and_then(|old| old.lladdr.as_ref())) {
        (None, Some(old)) => write!(out, " (lladdr was {old})")?,
        (None, None) => {}
        (Some(new), old) => {
            out.field("lladdr", new)?;
            out.was(new, old)?;
        }
    }
    out.flag_names(&neigh.flags, &[])?;
    if neigh.proxy == Some(true) && !neigh.flags.has("proxy") {
        out.write_str(" proxy")?;
    }
    // A proxy entry has no state.
    if neigh.state.bits != 0 || old.is_some_and(|old| old.state.bits != 0) {
        write!(out, " {}", Joined(&neigh.state))?;
        out.was(
            &Joined(&neigh.state),
            old.map(|old| Joined(&old.state)).as_ref(),
        )?;
    }
    out.optional("proto", &neigh.protocol)?;
    match old {
        Some(old) if old.flags != neigh.flags => out.flags(&old.flags, &neigh.flags),
        _ => Ok(()),
    }
}

pub(super) fn fdb(out: &mut EscapingWriter<'_>, event: &Event, fdb: &Fdb) -> fmt::Result {
    let old = old_payload!(event, Fdb).map(|(_, old)| old);
    if let Some(mac) = &fdb.mac {
        out.subject(format_args!("{mac}"))?;
    }
    dev(out, fdb.dev.as_ref(), fdb.ifindex)?;
    let name = |fdb: &Fdb| (fdb.ifindex, fdb.dev);
    if let Some(old) = old.filter(|old| name(old) != name(fdb)) {
        write!(out, " (was {})", Dev(old.dev.as_ref(), Some(old.ifindex)))?;
    }
    out.optional_was("dst", &fdb.dst, old.map(|old| &old.dst))?;
    out.optional("vlan", &fdb.vlan)?;
    out.optional_was("port", &fdb.port, old.map(|old| &old.port))?;
    out.optional_was("vni", &fdb.vni, old.map(|old| &old.vni))?;
    out.optional("src_vni", &fdb.src_vni)?;
    let via = |fdb: &Fdb| {
        let index = fdb.via_index;
        (fdb.via.is_some() || index.is_some()).then(|| Dev(fdb.via.as_ref(), index).to_string())
    };
    out.optional_was("via", &via(fdb), old.map(|old| via(old)).as_ref())?;
    out.optional("link-netnsid", &fdb.link_netnsid)?;
    out.optional_was("nhid", &fdb.nhid, old.map(|old| &old.nhid))?;
    if fdb.master.is_some() || fdb.master_index.is_some() {
        out.field("master", Dev(fdb.master.as_ref(), fdb.master_index))?;
        out.flag_names(&fdb.flags, &["master"])?;
    } else {
        out.flag_names(&fdb.flags, &[])?;
    }
    write!(out, " {}", fdb.state)?;
    out.was(&fdb.state, old.map(|old| &old.state))?;
    for (name, set) in [
        ("activity_notify", fdb.activity_notify),
        ("inactive", fdb.inactive),
    ] {
        if set == Some(true) {
            write!(out, " {name}")?;
        }
    }
    out.optional("proto", &fdb.protocol)?;
    match old {
        Some(old) if old.flags != fdb.flags => out.flags(&old.flags, &fdb.flags),
        _ => Ok(()),
    }
}

pub(super) fn prefix(out: &mut EscapingWriter<'_>, prefix: &Prefix) -> fmt::Result {
    if let Some(prefix) = &prefix.prefix {
        out.subject(format_args!("{prefix}"))?;
    }
    dev(out, prefix.dev.as_ref(), prefix.ifindex)?;
    out.flag_names(&prefix.flags, &[])?;
    for (key, time) in [
        ("valid", prefix.valid_life_time),
        ("preferred", prefix.preferred_life_time),
    ] {
        match time {
            None => {}
            Some(u32::MAX) => out.field(key, "forever")?,
            Some(time) => out.field(key, time)?,
        }
    }
    Ok(())
}
