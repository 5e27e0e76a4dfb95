//! Routes and what they wrap packets in.

use std::fmt::{self, Write as _};

use super::pen::{Dev, List, Pen};
use super::tc::Entries;
use crate::event::encap::Encap;
use crate::event::route::{Flow, Metrics, NextHop, Route, Via};

pub fn say(pen: &mut Pen<'_>, route: &Route) -> fmt::Result {
    if !route.r#type.is("unicast") {
        write!(pen, " {}", route.r#type)?;
    }
    pen.subject(format_args!("{}", route.dst))?;
    pen.some("from", &route.src)?;
    pen.some("tos", &route.tos)?;
    encap(pen, route.encap.as_deref())?;
    pen.some("as", &route.newdst)?;
    pen.some("nhid", &route.nhid)?;
    pen.some("via", &route.gateway)?;
    via(pen, route.via.as_deref())?;
    if route.dev.is_some() || route.ifindex.is_some() {
        pen.word("dev", Dev(route.dev.as_ref(), route.ifindex))?;
    }
    if route.iif.is_some() || route.iif_index.is_some() {
        pen.word("iif", Dev(route.iif.as_ref(), route.iif_index))?;
    }
    pen.word("table", &route.table)?;
    pen.word("proto", &route.protocol)?;
    if !route.scope.is("global") {
        pen.word("scope", &route.scope)?;
    }
    pen.some("src", &route.prefsrc)?;
    pen.some("metric", &route.metric)?;
    realms(pen, route.flow.as_deref())?;
    pen.words(&route.flags, &[])?;
    if let Some(known) = &route.metrics {
        metrics(pen, known)?;
    }
    pen.some("pref", &route.pref)?;
    if let Some(expires) = route.expires {
        pen.word("expires", format_args!("{expires}sec"))?;
    }
    if let Some(error) = route.error {
        pen.word("error", format_args!("-{error}"))?;
    }
    pen.some("mark", &route.mark)?;
    pen.some("uid", &route.uid)?;
    pen.some("ttl-propagate", &route.ttl_propagate)?;
    let nexthops = route.nexthops.iter().flatten();
    nexthops.into_iter().try_for_each(|hop| nexthop(pen, hop))
}

fn nexthop(pen: &mut Pen<'_>, hop: &NextHop) -> fmt::Result {
    pen.write_str(" nexthop")?;
    encap(pen, hop.encap.as_deref())?;
    pen.some("as", &hop.newdst)?;
    pen.some("via", &hop.gateway)?;
    via(pen, hop.via.as_deref())?;
    if hop.ifindex != 0 {
        pen.word("dev", Dev(hop.dev.as_ref(), Some(hop.ifindex)))?;
    }
    pen.word("weight", hop.weight)?;
    realms(pen, hop.flow.as_deref())?;
    pen.words(&hop.flags, &[])
}

fn via(pen: &mut Pen<'_>, via: Option<&Via>) -> fmt::Result {
    match via {
        Some(Via { family, host }) => write!(pen, " via {family} {host}"),
        None => Ok(()),
    }
}

fn realms(pen: &mut Pen<'_>, flow: Option<&Flow>) -> fmt::Result {
    match flow {
        Some(Flow {
            from: Some(from),
            to,
        }) => write!(pen, " realms {from}/{to}"),
        Some(Flow { from: None, to }) => pen.word("realm", to),
        None => Ok(()),
    }
}

fn metrics(pen: &mut Pen<'_>, known: &Metrics) -> fmt::Result {
    for (key, value) in [
        ("mtu", known.mtu),
        ("window", known.window),
        ("rtt", known.rtt),
        ("rttvar", known.rttvar),
        ("ssthresh", known.ssthresh),
        ("cwnd", known.cwnd),
        ("advmss", known.advmss),
        ("reordering", known.reordering),
        ("hoplimit", known.hoplimit),
        ("initcwnd", known.initcwnd),
        ("rto_min", known.rto_min),
        ("initrwnd", known.initrwnd),
        ("quickack", known.quickack),
        ("fastopen_no_cookie", known.fastopen_no_cookie),
    ] {
        let Some(value) = value else { continue };
        let locked = known.lock.as_ref().is_some_and(|lock| lock.has(key));
        let lock = if locked { "lock " } else { "" };
        write!(pen, " {key} {lock}{value}")?;
    }
    if let Some(features) = &known.features {
        pen.write_str(" features")?;
        pen.words(features, &[])?;
    }
    pen.some("congctl", &known.congestion)
}

fn encap(pen: &mut Pen<'_>, encap: Option<&Encap>) -> fmt::Result {
    let Some(encap) = encap else {
        return Ok(());
    };
    pen.write_str(" encap")?;
    let Some(kind) = &encap.r#type else {
        return pen.write_str(" unknown");
    };
    write!(pen, " {kind}")?;
    pen.some("mode", &encap.mode)?;
    pen.some("action", &encap.action)?;
    pen.some("id", &encap.id)?;
    pen.some("src", &encap.src)?;
    match &encap.dst {
        // The labels, bare.
        Some(labels) if kind.is("mpls") => write!(pen, " {labels}")?,
        dst => pen.some("dst", dst)?,
    }
    if let Some(segs) = &encap.segs {
        pen.word("segs", List(segs, ","))?;
    }
    pen.some("tunsrc", &encap.tunsrc)?;
    pen.some("table", &encap.table)?;
    pen.some("vrftable", &encap.vrftable)?;
    pen.some("nh4", &encap.nh4)?;
    pen.some("nh6", &encap.nh6)?;
    pen.some("oif", &encap.oif)?;
    pen.some("ttl", &encap.ttl)?;
    pen.some("hoplimit", &encap.hoplimit)?;
    pen.some("tos", &encap.tos)?;
    pen.some("tc", &encap.tc)?;
    if let Some(flags) = &encap.flags {
        pen.words(flags, &[])?;
    }
    for (name, opts) in [
        ("geneve_opts", &encap.geneve_opts),
        ("vxlan_opts", &encap.vxlan_opts),
        ("erspan_opts", &encap.erspan_opts),
    ] {
        pen.some(name, &opts.as_deref().map(Entries))?;
    }
    pen.some("locator", &encap.locator)?;
    pen.some("if_id", &encap.if_id)?;
    pen.some("link_dev", &encap.link_dev)
}
