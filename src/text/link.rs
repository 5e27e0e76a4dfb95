//! Links: all main fields of a new link, the differences of a changed one.

use std::fmt::{self, Write as _};

use super::escape::{Dev, EscapingWriter, Joined, List, OrNone};
use super::plain;
use crate::event::link::Link;
use crate::event::link::device::InfoSlaveData;
use crate::event::values::Symbol;
use crate::event::{Change, Event, Op, Payload};

pub(super) fn write(out: &mut EscapingWriter<'_>, event: &Event, link: &Link) -> fmt::Result {
    match (event.op, &event.change) {
        (Op::Change, Some(change)) => {
            if let Payload::Link(old) = change.old() {
                return difference(out, event, change, old, link);
            }
            full(out, link)
        }
        (Op::Delete, _) => {
            subject(out, link)?;
            out.optional("moved to netns", &link.new_netnsid)
        }
        _ => full(out, link),
    }
}

fn subject(out: &mut EscapingWriter<'_>, link: &Link) -> fmt::Result {
    let dev = Dev(link.ifname.as_ref(), Some(link.ifindex));
    out.subject(format_args!("{dev}"))
}

fn full(out: &mut EscapingWriter<'_>, link: &Link) -> fmt::Result {
    subject(out, link)?;
    write!(out, " (index {})", link.ifindex)?;
    if let Some(info) = &link.linkinfo {
        out.optional("type", &info.info_kind)?;
    }
    let peer = peer(link);
    if peer != Dev(None, None) {
        out.field("link", peer)?;
    }
    out.optional("link-netnsid", &link.link_netnsid)?;
    out.optional("mtu", &link.mtu)?;
    out.optional("qdisc", &link.qdisc)?;
    let master = master(link);
    if master != Dev(None, None) {
        out.field("master", master)?;
    }
    out.optional("state", &link.operstate)?;
    if let Some(group) = link.group.as_ref().filter(|group| !group.is("default")) {
        out.field("group", group)?;
    }
    write!(out, " link/{}", link.link_type)?;
    if let Some(address) = &link.address {
        write!(out, " {address}")?;
    }
    out.field("flags", Joined(&link.flags))?;
    for name in link.altnames.iter().flatten() {
        out.field("altname", name)?;
    }
    out.optional("alias", &link.ifalias)?;
    out.optional("event", &link.event)
}

/// The lower device or peer; index 0 means none.
fn peer(link: &Link) -> Dev<'_> {
    Dev(link.link.as_ref(), link.link_index.filter(|i| *i != 0))
}

fn master(link: &Link) -> Dev<'_> {
    Dev(link.master.as_ref(), link.master_index)
}

/// State of the link as a port of a bridge or bond.
fn port_state(link: &Link) -> &Option<Symbol> {
    let info = link.linkinfo.as_ref();
    match info.and_then(|info| info.info_slave_data.as_ref()) {
        Some(InfoSlaveData::Bridge(port)) => &port.state,
        Some(InfoSlaveData::Bond(port)) => &port.state,
        Some(InfoSlaveData::Vrf(_)) | None => &None,
    }
}

fn difference(
    out: &mut EscapingWriter<'_>,
    event: &Event,
    change: &Change,
    old: &Link,
    new: &Link,
) -> fmt::Result {
    // Use the old name of a renamed device, which the reader has seen before.
    subject(out, if old.ifname.is_some() { old } else { new })?;
    let mut rest = Vec::new();
    for name in change.names() {
        /// ` key old → new` of a field that may be absent.
        macro_rules! arrow {
            ($key:literal, $field:ident) => {
                out.arrow($key, OrNone(&old.$field), OrNone(&new.$field))?
            };
        }
        match name {
            "ifname" => out.field("renamed to", OrNone(&new.ifname))?,
            "flags" => out.flags(&old.flags, &new.flags)?,
            "mtu" => arrow!("mtu", mtu),
            "qdisc" => arrow!("qdisc", qdisc),
            "master_index" => out.arrow("master", master(old), master(new))?,
            // The master was renamed.
            "master" if old.master_index == new.master_index => arrow!("master", master),
            "operstate" => arrow!("state", operstate),
            "linkmode" => arrow!("mode", linkmode),
            "group" => arrow!("group", group),
            "txqlen" => arrow!("qlen", txqlen),
            // Below.
            "event" => {}
            "address" => arrow!("address", address),
            "broadcast" => arrow!("brd", broadcast),
            "permaddr" => arrow!("permaddr", permaddr),
            "link_index" => out.arrow("link", peer(old), peer(new))?,
            "link" if old.link_index == new.link_index => arrow!("link", link),
            "link_netnsid" => arrow!("link-netnsid", link_netnsid),
            "ifalias" => arrow!("alias", ifalias),
            "altnames" => {
                let [old, new] = [old, new].map(|l| l.altnames.as_deref().unwrap_or_default());
                out.arrow("altname", List(old, ","), List(new, ","))?;
            }
            "promiscuity" => arrow!("promiscuity", promiscuity),
            "allmulti" => arrow!("allmulti", allmulti),
            "min_mtu" => arrow!("minmtu", min_mtu),
            "max_mtu" => arrow!("maxmtu", max_mtu),
            "inet6_addr_gen_mode" => arrow!("addrgenmode", inet6_addr_gen_mode),
            "inet6_token" => arrow!("token", inet6_token),
            "inet6_ra_mtu" => arrow!("ra_mtu", inet6_ra_mtu),
            "gso_max_size" => arrow!("gso_max_size", gso_max_size),
            "gro_max_size" => arrow!("gro_max_size", gro_max_size),
            "num_vf" => arrow!("numvf", num_vf),
            "proto_down" => arrow!("protodown", proto_down),
            "carrier" => arrow!("carrier", carrier),
            "carrier_changes" => arrow!("carrier_changes", carrier_changes),
            "new_netnsid" => out.optional("moved to netns", &new.new_netnsid)?,
            // Printed together with the field they belong to.
            "master" | "link" | "ifname_hex" | "ifalias_hex" | "altnames_hex" => {}
            "linkinfo" if port_state(old) != port_state(new) => {
                let [old, new] = [old, new].map(|l| OrNone(port_state(l)));
                out.arrow("port state", old, new)?;
            }
            name => rest.push(name),
        }
    }
    plain::differences(out, event, change.old(), &rest)?;
    // Why the kernel sent a message, even if nothing differs.
    out.optional("event", &new.event)?;
    match event.nl.as_ref().and_then(|nl| nl.family.as_deref()) {
        Some(family) if change.is_empty() => out.field("family", family),
        _ => Ok(()),
    }
}
