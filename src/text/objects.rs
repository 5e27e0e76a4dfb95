//! Addresses, neighbours, forwarding entries and announced prefixes.

use std::fmt::{self, Display, Write as _};
use std::net::IpAddr;

use super::escape::{Dev, EscapingWriter, Joined, List, OrNone};
use crate::event::address::Address;
use crate::event::fdb::Fdb;
use crate::event::neigh::Neigh;
use crate::event::prefix::Prefix;
use crate::event::values::IfName;
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

/// A device by name and index. The index 0 means every device.
type Device<'a> = (Option<&'a IfName>, u32);

fn dev(
    out: &mut EscapingWriter<'_>,
    (name, index): Device<'_>,
    old: Option<Device<'_>>,
) -> fmt::Result {
    let old = old.map(|(name, index)| Dev(name, Some(index)));
    match index {
        0 => Ok(()),
        index => out.value("dev", &Dev(name, Some(index)), old.as_ref()),
    }
}

pub(super) fn address(
    out: &mut EscapingWriter<'_>,
    event: &Event,
    address: &Address,
) -> fmt::Result {
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
        let former = Dev(old.dev.as_ref(), Some(old.ifindex));
        let device = Dev(address.dev.as_ref(), Some(address.ifindex));
        out.value("dev", &device, Some(&former))?;
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
                // Shown above.
                "dev" | "ifindex" => {}
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
            [] => Ok(()),
            rest => out.field("changed:", List(rest, ", ")),
        };
    }
    out.optional("brd", &address.broadcast)?;
    out.optional("any", &address.anycast)?;
    dev(out, (address.dev.as_ref(), address.ifindex), None)?;
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
    let old = old_payload!(event, Neigh).map(|(_, old)| &**old);
    ip_subject(out, &neigh.dst)?;
    let device = |neigh: &'_ Neigh| (neigh.dev, neigh.ifindex);
    let (new_device, old_device) = (device(neigh), old.map(device));
    dev(
        out,
        (new_device.0.as_ref(), new_device.1),
        old_device
            .as_ref()
            .map(|(name, index)| (name.as_ref(), *index)),
    )?;
    out.optional_value("lladdr", &neigh.lladdr, old.map(|old| &old.lladdr))?;
    out.flag_names(&neigh.flags, &[])?;
    if neigh.proxy == Some(true) && !neigh.flags.has("proxy") {
        out.write_str(" proxy")?;
    }
    match old.filter(|old| old.state != neigh.state) {
        Some(old) => out.arrow("state", Joined(&old.state), Joined(&neigh.state))?,
        // A proxy entry has no state.
        None if neigh.state.bits == 0 => {}
        None => write!(out, " {}", Joined(&neigh.state))?,
    }
    out.optional_value("proto", &neigh.protocol, old.map(|old| &old.protocol))?;
    out.optional("vni", &neigh.vni)?;
    match old {
        Some(old) if old.flags != neigh.flags => out.flags(&old.flags, &neigh.flags),
        _ => Ok(()),
    }
}

pub(super) fn fdb(out: &mut EscapingWriter<'_>, event: &Event, fdb: &Fdb) -> fmt::Result {
    let old = old_payload!(event, Fdb).map(|(_, old)| &**old);
    if let Some(mac) = &fdb.mac {
        out.subject(format_args!("{mac}"))?;
    }
    dev(
        out,
        (fdb.dev.as_ref(), fdb.ifindex),
        old.map(|old| (old.dev.as_ref(), old.ifindex)),
    )?;
    out.optional_value("dst", &fdb.dst, old.map(|old| &old.dst))?;
    out.optional("vlan", &fdb.vlan)?;
    out.optional_value("port", &fdb.port, old.map(|old| &old.port))?;
    out.optional_value("vni", &fdb.vni, old.map(|old| &old.vni))?;
    out.optional("src_vni", &fdb.src_vni)?;
    let via = |fdb: &Fdb| {
        let index = fdb.via_index;
        (fdb.via.is_some() || index.is_some()).then(|| Dev(fdb.via.as_ref(), index).to_string())
    };
    out.optional_value("via", &via(fdb), old.map(via).as_ref())?;
    out.optional("link-netnsid", &fdb.link_netnsid)?;
    out.optional_value("nhid", &fdb.nhid, old.map(|old| &old.nhid))?;
    if fdb.master.is_some() || fdb.master_index.is_some() {
        let master = |fdb: &Fdb| (fdb.master, fdb.master_index);
        let (new, old) = (master(fdb), old.map(master));
        let old = old.as_ref().map(|(name, index)| Dev(name.as_ref(), *index));
        out.value("master", &Dev(new.0.as_ref(), new.1), old.as_ref())?;
        out.flag_names(&fdb.flags, &["master"])?;
    } else {
        out.flag_names(&fdb.flags, &[])?;
    }
    match old.filter(|old| old.state != fdb.state) {
        Some(old) => out.arrow("state", &old.state, &fdb.state)?,
        None => write!(out, " {}", fdb.state)?,
    }
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
    dev(out, (prefix.dev.as_ref(), prefix.ifindex), None)?;
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
