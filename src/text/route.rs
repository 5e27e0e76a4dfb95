//! Routes and what they wrap packets in.

use std::fmt::{self, Write as _};

use super::escape::{Dev, EscapingWriter, List};
use super::tc::Entries;
use crate::event::encap::Encap;
use crate::event::route::{Flow, Metrics, NextHop, Route, Via};

pub fn say(out: &mut EscapingWriter<'_>, route: &Route) -> fmt::Result {
    if !route.r#type.is("unicast") {
        write!(out, " {}", route.r#type)?;
    }
    out.subject(format_args!("{}", route.dst))?;
    out.some("from", &route.src)?;
    out.some("tos", &route.tos)?;
    encap(out, route.encap.as_deref())?;
    out.some("as", &route.newdst)?;
    out.some("nhid", &route.nhid)?;
    out.some("via", &route.gateway)?;
    via(out, route.via.as_deref())?;
    if route.dev.is_some() || route.ifindex.is_some() {
        out.word("dev", Dev(route.dev.as_ref(), route.ifindex))?;
    }
    if route.iif.is_some() || route.iif_index.is_some() {
        out.word("iif", Dev(route.iif.as_ref(), route.iif_index))?;
    }
    out.word("table", &route.table)?;
    out.word("proto", &route.protocol)?;
    if !route.scope.is("global") {
        out.word("scope", &route.scope)?;
    }
    out.some("src", &route.prefsrc)?;
    out.some("metric", &route.metric)?;
    realms(out, route.flow.as_deref())?;
    out.words(&route.flags, &[])?;
    if let Some(known) = &route.metrics {
        metrics(out, known)?;
    }
    out.some("pref", &route.pref)?;
    if let Some(expires) = route.expires {
        out.word("expires", format_args!("{expires}sec"))?;
    }
    if let Some(error) = route.error {
        out.word("error", format_args!("-{error}"))?;
    }
    out.some("mark", &route.mark)?;
    out.some("uid", &route.uid)?;
    out.some("ttl-propagate", &route.ttl_propagate)?;
    let nexthops = route.nexthops.iter().flatten();
    nexthops.into_iter().try_for_each(|hop| nexthop(out, hop))
}

fn nexthop(out: &mut EscapingWriter<'_>, hop: &NextHop) -> fmt::Result {
    out.write_str(" nexthop")?;
    encap(out, hop.encap.as_deref())?;
    out.some("as", &hop.newdst)?;
    out.some("via", &hop.gateway)?;
    via(out, hop.via.as_deref())?;
    if hop.ifindex != 0 {
        out.word("dev", Dev(hop.dev.as_ref(), Some(hop.ifindex)))?;
    }
    out.word("weight", hop.weight)?;
    realms(out, hop.flow.as_deref())?;
    out.words(&hop.flags, &[])
}

fn via(out: &mut EscapingWriter<'_>, via: Option<&Via>) -> fmt::Result {
    match via {
        Some(Via { family, host }) => write!(out, " via {family} {host}"),
        None => Ok(()),
    }
}

fn realms(out: &mut EscapingWriter<'_>, flow: Option<&Flow>) -> fmt::Result {
    match flow {
        Some(Flow {
            from: Some(from),
            to,
        }) => write!(out, " realms {from}/{to}"),
        Some(Flow { from: None, to }) => out.word("realm", to),
        None => Ok(()),
    }
}

fn metrics(out: &mut EscapingWriter<'_>, known: &Metrics) -> fmt::Result {
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
        write!(out, " {key} {lock}{value}")?;
    }
    if let Some(features) = &known.features {
        out.write_str(" features")?;
        out.words(features, &[])?;
    }
    out.some("congctl", &known.congestion)
}

fn encap(out: &mut EscapingWriter<'_>, encap: Option<&Encap>) -> fmt::Result {
    let Some(encap) = encap else {
        return Ok(());
    };
    out.write_str(" encap")?;
    let Some(kind) = &encap.r#type else {
        return out.write_str(" unknown");
    };
    write!(out, " {kind}")?;
    out.some("mode", &encap.mode)?;
    out.some("action", &encap.action)?;
    out.some("id", &encap.id)?;
    out.some("src", &encap.src)?;
    match &encap.dst {
        // The labels, bare.
        Some(labels) if kind.is("mpls") => write!(out, " {labels}")?,
        dst => out.some("dst", dst)?,
    }
    if let Some(segs) = &encap.segs {
        out.word("segs", List(segs, ","))?;
    }
    out.some("tunsrc", &encap.tunsrc)?;
    out.some("table", &encap.table)?;
    out.some("vrftable", &encap.vrftable)?;
    out.some("nh4", &encap.nh4)?;
    out.some("nh6", &encap.nh6)?;
    out.some("oif", &encap.oif)?;
    out.some("ttl", &encap.ttl)?;
    out.some("hoplimit", &encap.hoplimit)?;
    out.some("tos", &encap.tos)?;
    out.some("tc", &encap.tc)?;
    if let Some(flags) = &encap.flags {
        out.words(flags, &[])?;
    }
    for (name, opts) in [
        ("geneve_opts", &encap.geneve_opts),
        ("vxlan_opts", &encap.vxlan_opts),
        ("erspan_opts", &encap.erspan_opts),
    ] {
        out.some(name, &opts.as_deref().map(Entries))?;
    }
    out.some("locator", &encap.locator)?;
    out.some("if_id", &encap.if_id)?;
    out.some("link_dev", &encap.link_dev)
}
