//! Addresses, neighbours, forwarding entries and announced prefixes.

use std::fmt::{self, Display, Write as _};
use std::net::IpAddr;

use super::pen::{Dev, Joined, List, OrNone, Pen};
use crate::event::address::Address;
use crate::event::fdb::Fdb;
use crate::event::neigh::Neigh;
use crate::event::prefix::Prefix;
use crate::event::{Event, Op, Payload};

/// The former self of a changed object of that kind.
macro_rules! former {
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

/// Seconds to live.
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

fn dev(pen: &mut Pen<'_>, name: Option<&crate::event::values::IfName>, index: u32) -> fmt::Result {
    match index {
        // Every device.
        0 => Ok(()),
        index => pen.word("dev", Dev(name, Some(index))),
    }
}

pub fn address(pen: &mut Pen<'_>, event: &Event, address: &Address) -> fmt::Result {
    let length = address.prefixlen;
    match (&address.local, &address.address) {
        // The prefix is the peer's.
        (Some(local), Some(peer)) => {
            pen.subject(format_args!("{local}"))?;
            write!(pen, " peer {peer}/{length}")?;
        }
        (Some(one), None) | (None, Some(one)) => pen.subject(format_args!("{one}/{length}"))?,
        (None, None) => pen.subject(format_args!("{}", address.family))?,
    }
    if let Some((change, old)) = former!(event, Address) {
        dev(pen, address.dev.as_ref(), address.ifindex)?;
        let mut rest = Vec::new();
        for name in change.names() {
            macro_rules! arrow {
                ($key:literal, $form:ident, $field:ident) => {
                    pen.arrow($key, $form(&old.$field), $form(&address.$field))?
                };
            }
            match name {
                "flags" => pen.flags(&old.flags, &address.flags)?,
                "scope" => pen.arrow("scope", &old.scope, &address.scope)?,
                "dev" => pen.word("formerly dev", OrNone(&old.dev))?,
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
            [] if change.names().next().is_none() => pen.write_str(" (nothing differs)"),
            [] => Ok(()),
            rest => pen.word("changed:", List(rest, ", ")),
        };
    }
    pen.some("brd", &address.broadcast)?;
    pen.some("any", &address.anycast)?;
    dev(pen, address.dev.as_ref(), address.ifindex)?;
    pen.word("scope", &address.scope)?;
    pen.words(&address.flags, &[])?;
    if address.label.is_some() && address.label != address.dev {
        pen.some("label", &address.label)?;
    }
    pen.some("metric", &address.metric)?;
    pen.some("proto", &address.protocol)?;
    for (key, time) in [
        ("valid_lft", &address.valid_life_time),
        ("preferred_lft", &address.preferred_life_time),
    ] {
        if !matches!(time, None | Some(u32::MAX)) {
            pen.word(key, Seconds(time))?;
        }
    }
    Ok(())
}

fn ip_subject(pen: &mut Pen<'_>, ip: &Option<IpAddr>) -> fmt::Result {
    match ip {
        Some(ip) => pen.subject(format_args!("{ip}")),
        None => Ok(()),
    }
}

pub fn neigh(pen: &mut Pen<'_>, event: &Event, neigh: &Neigh) -> fmt::Result {
    let old = former!(event, Neigh).map(|(_, old)| old);
    ip_subject(pen, &neigh.dst)?;
    dev(pen, neigh.dev.as_ref(), neigh.ifindex)?;
    match (&neigh.lladdr, old.and_then(|old| old.lladdr.as_ref())) {
        (None, Some(old)) => write!(pen, " (lladdr was {old})")?,
        (None, None) => {}
        (Some(new), old) => {
            pen.word("lladdr", new)?;
            pen.was(new, old)?;
        }
    }
    pen.words(&neigh.flags, &[])?;
    if neigh.proxy == Some(true) && !neigh.flags.has("proxy") {
        pen.write_str(" proxy")?;
    }
    // A proxy entry has no state.
    if neigh.state.bits != 0 || old.is_some_and(|old| old.state.bits != 0) {
        write!(pen, " {}", Joined(&neigh.state))?;
        pen.was(
            &Joined(&neigh.state),
            old.map(|old| Joined(&old.state)).as_ref(),
        )?;
    }
    pen.some("proto", &neigh.protocol)?;
    match old {
        Some(old) if old.flags != neigh.flags => pen.flags(&old.flags, &neigh.flags),
        _ => Ok(()),
    }
}

pub fn fdb(pen: &mut Pen<'_>, event: &Event, fdb: &Fdb) -> fmt::Result {
    let old = former!(event, Fdb).map(|(_, old)| old);
    if let Some(mac) = &fdb.mac {
        pen.subject(format_args!("{mac}"))?;
    }
    dev(pen, fdb.dev.as_ref(), fdb.ifindex)?;
    let name = |fdb: &Fdb| (fdb.ifindex, fdb.dev);
    if let Some(old) = old.filter(|old| name(old) != name(fdb)) {
        write!(pen, " (was {})", Dev(old.dev.as_ref(), Some(old.ifindex)))?;
    }
    pen.some("dst", &fdb.dst)?;
    pen.some("vlan", &fdb.vlan)?;
    pen.some("port", &fdb.port)?;
    pen.some("vni", &fdb.vni)?;
    pen.some("src_vni", &fdb.src_vni)?;
    if fdb.via.is_some() || fdb.via_index.is_some() {
        pen.word("via", Dev(fdb.via.as_ref(), fdb.via_index))?;
    }
    pen.some("link-netnsid", &fdb.link_netnsid)?;
    pen.some("nhid", &fdb.nhid)?;
    if fdb.master.is_some() || fdb.master_index.is_some() {
        pen.word("master", Dev(fdb.master.as_ref(), fdb.master_index))?;
        pen.words(&fdb.flags, &["master"])?;
    } else {
        pen.words(&fdb.flags, &[])?;
    }
    write!(pen, " {}", fdb.state)?;
    pen.was(&fdb.state, old.map(|old| &old.state))?;
    for (word, set) in [
        ("activity_notify", fdb.activity_notify),
        ("inactive", fdb.inactive),
    ] {
        if set == Some(true) {
            write!(pen, " {word}")?;
        }
    }
    pen.some("proto", &fdb.protocol)?;
    match old {
        Some(old) if old.flags != fdb.flags => pen.flags(&old.flags, &fdb.flags),
        _ => Ok(()),
    }
}

pub fn prefix(pen: &mut Pen<'_>, prefix: &Prefix) -> fmt::Result {
    if let Some(prefix) = &prefix.prefix {
        pen.subject(format_args!("{prefix}"))?;
    }
    dev(pen, prefix.dev.as_ref(), prefix.ifindex)?;
    pen.words(&prefix.flags, &[])?;
    for (key, time) in [
        ("valid", prefix.valid_life_time),
        ("preferred", prefix.preferred_life_time),
    ] {
        match time {
            None => {}
            Some(u32::MAX) => pen.word(key, "forever")?,
            Some(time) => pen.word(key, time)?,
        }
    }
    Ok(())
}
