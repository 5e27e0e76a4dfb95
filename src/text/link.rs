//! Links: what there is of a new one, what differs of one that changed.

use std::fmt::{self, Write as _};

use super::escape::{Dev, EscapingWriter, Joined, List, OrNone};
use crate::event::link::Link;
use crate::event::link::info::InfoSlaveData;
use crate::event::values::Symbol;
use crate::event::{Change, Event, Op, Payload};

pub fn say(out: &mut EscapingWriter<'_>, event: &Event, link: &Link) -> fmt::Result {
    match (event.op, &event.change) {
        (Op::Change, Some(change)) => {
            if let Payload::Link(old) = change.old() {
                return changed(out, change, old, link);
            }
            whole(out, link)
        }
        (Op::Delete, _) => {
            subject(out, link)?;
            out.some("moved to netns", &link.new_netnsid)
        }
        _ => whole(out, link),
    }
}

fn subject(out: &mut EscapingWriter<'_>, link: &Link) -> fmt::Result {
    let dev = Dev(link.ifname.as_ref(), Some(link.ifindex));
    out.subject(format_args!("{dev}"))
}

fn whole(out: &mut EscapingWriter<'_>, link: &Link) -> fmt::Result {
    subject(out, link)?;
    write!(out, " (index {})", link.ifindex)?;
    if let Some(info) = &link.linkinfo {
        out.some("type", &info.info_kind)?;
    }
    let peer = peer(link);
    if peer != Dev(None, None) {
        out.word("link", peer)?;
    }
    out.some("link-netnsid", &link.link_netnsid)?;
    out.some("mtu", &link.mtu)?;
    out.some("qdisc", &link.qdisc)?;
    let master = master(link);
    if master != Dev(None, None) {
        out.word("master", master)?;
    }
    out.some("state", &link.operstate)?;
    if let Some(group) = link.group.as_ref().filter(|group| !group.is("default")) {
        out.word("group", group)?;
    }
    write!(out, " link/{}", link.link_type)?;
    if let Some(address) = &link.address {
        write!(out, " {address}")?;
    }
    out.word("flags", Joined(&link.flags))?;
    for name in link.altnames.iter().flatten() {
        out.word("altname", name)?;
    }
    out.some("alias", &link.ifalias)
}

/// The device underneath, or at the other end; index 0 is none.
fn peer(link: &Link) -> Dev<'_> {
    Dev(link.link.as_ref(), link.link_index.filter(|i| *i != 0))
}

fn master(link: &Link) -> Dev<'_> {
    Dev(link.master.as_ref(), link.master_index)
}

/// What it does as a port of a bridge or bond.
fn port_state(link: &Link) -> &Option<Symbol> {
    let info = link.linkinfo.as_ref();
    match info.and_then(|info| info.info_slave_data.as_ref()) {
        Some(InfoSlaveData::Bridge(port)) => &port.state,
        Some(InfoSlaveData::Bond(port)) => &port.state,
        Some(InfoSlaveData::Vrf(_)) | None => &None,
    }
}

fn changed(out: &mut EscapingWriter<'_>, change: &Change, old: &Link, new: &Link) -> fmt::Result {
    // A renamed device is spoken of by the name that the reader knows.
    subject(out, if old.ifname.is_some() { old } else { new })?;
    let mut rest = Vec::new();
    let mut nothing = true;
    for name in change.names() {
        nothing = false;
        /// ` key old → new` of a field that may be absent.
        macro_rules! arrow {
            ($key:literal, $field:ident) => {
                out.arrow($key, OrNone(&old.$field), OrNone(&new.$field))?
            };
        }
        match name {
            "ifname" => out.word("renamed to", OrNone(&new.ifname))?,
            "flags" => out.flags(&old.flags, &new.flags)?,
            "mtu" => arrow!("mtu", mtu),
            "qdisc" => arrow!("qdisc", qdisc),
            "master_index" => out.arrow("master", master(old), master(new))?,
            // The same device under another name.
            "master" if old.master_index == new.master_index => arrow!("master", master),
            "operstate" => arrow!("state", operstate),
            "linkmode" => arrow!("mode", linkmode),
            "group" => arrow!("group", group),
            "txqlen" => arrow!("qlen", txqlen),
            "event" => out.some("event", &new.event)?,
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
            "new_netnsid" => out.some("moved to netns", &new.new_netnsid)?,
            // Said with the field that they belong to.
            "master" | "link" | "ifname_hex" | "ifalias_hex" | "altnames_hex" => {}
            "linkinfo" if port_state(old) != port_state(new) => {
                let [old, new] = [old, new].map(|l| OrNone(port_state(l)));
                out.arrow("port state", old, new)?;
            }
            name => rest.push(name),
        }
    }
    if nothing {
        return out.write_str(" (nothing differs)");
    }
    // What is too large for a sentence is only named.
    match &rest[..] {
        [] => Ok(()),
        rest => out.word("changed:", List(rest, ", ")),
    }
}
