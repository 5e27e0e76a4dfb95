//! Routes and their encapsulation.

use std::fmt::{self, Write as _};

use super::escape::{Dev, EscapingWriter, List};
use super::tc::Entries;
use crate::event::encap::Encap;
use crate::event::route::{Flow, Metrics, NextHop, Route, Via};

pub(super) fn write(out: &mut EscapingWriter<'_>, route: &Route) -> fmt::Result {
    if !route.r#type.is("unicast") {
        write!(out, " {}", route.r#type)?;
    }
    out.subject(format_args!("{}", route.dst))?;
    out.optional("from", &route.src)?;
    out.optional("tos", &route.tos)?;
    encap(out, route.encap.as_deref())?;
    out.optional("as", &route.newdst)?;
    out.optional("nhid", &route.nhid)?;
    out.optional("via", &route.gateway)?;
    via(out, route.via.as_deref())?;
    if route.dev.is_some() || route.ifindex.is_some() {
        out.field("dev", Dev(route.dev.as_ref(), route.ifindex))?;
    }
    if route.iif.is_some() || route.iif_index.is_some() {
        out.field("iif", Dev(route.iif.as_ref(), route.iif_index))?;
    }
    out.field("table", &route.table)?;
    out.field("proto", &route.protocol)?;
    if !route.scope.is("global") {
        out.field("scope", &route.scope)?;
    }
    out.optional("src", &route.prefsrc)?;
    out.optional("metric", &route.metric)?;
    realms(out, route.flow.as_deref())?;
    out.flag_names(&route.flags, &[])?;
    if let Some(values) = &route.metrics {
        metrics(out, values)?;
    }
    out.optional("pref", &route.pref)?;
    if let Some(expires) = route.expires {
        out.field("expires", format_args!("{expires}sec"))?;
    }
    if let Some(error) = route.error {
        out.field("error", format_args!("-{error}"))?;
    }
    out.optional("mark", &route.mark)?;
    out.optional("uid", &route.uid)?;
    out.optional("ttl-propagate", &route.ttl_propagate)?;
    let nexthops = route.nexthops.iter().flatten();
    nexthops.into_iter().try_for_each(|hop| nexthop(out, hop))
}

fn nexthop(out: &mut EscapingWriter<'_>, hop: &NextHop) -> fmt::Result {
    out.write_str(" nexthop")?;
    encap(out, hop.encap.as_deref())?;
    out.optional("as", &hop.newdst)?;
    out.optional("via", &hop.gateway)?;
    via(out, hop.via.as_deref())?;
    if hop.ifindex != 0 {
        out.field("dev", Dev(hop.dev.as_ref(), Some(hop.ifindex)))?;
    }
    out.field("weight", hop.weight)?;
    realms(out, hop.flow.as_deref())?;
    out.flag_names(&hop.flags, &[])
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
        Some(Flow { from: None, to }) => out.field("realm", to),
        None => Ok(()),
    }
}

fn metrics(out: &mut EscapingWriter<'_>, values: &Metrics) -> fmt::Result {
    for (key, value) in [
        ("mtu", values.mtu),
        ("window", values.window),
        ("rtt", values.rtt),
        ("rttvar", values.rttvar),
        ("ssthresh", values.ssthresh),
        ("cwnd", values.cwnd),
        ("advmss", values.advmss),
        ("reordering", values.reordering),
        ("hoplimit", values.hoplimit),
        ("initcwnd", values.initcwnd),
        ("rto_min", values.rto_min),
        ("initrwnd", values.initrwnd),
        ("quickack", values.quickack),
        ("fastopen_no_cookie", values.fastopen_no_cookie),
    ] {
        let Some(value) = value else { continue };
        let locked = values.lock.as_ref().is_some_and(|lock| lock.has(key));
        let lock = if locked { "lock " } else { "" };
        write!(out, " {key} {lock}{value}")?;
    }
    if let Some(features) = &values.features {
        out.write_str(" features")?;
        out.flag_names(features, &[])?;
    }
    out.optional("congctl", &values.congestion)
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
    out.optional("mode", &encap.mode)?;
    out.optional("action", &encap.action)?;
    out.optional("id", &encap.id)?;
    out.optional("src", &encap.src)?;
    match &encap.dst {
        // Labels only, without a name.
        Some(labels) if kind.is("mpls") => write!(out, " {labels}")?,
        dst => out.optional("dst", dst)?,
    }
    if let Some(segs) = &encap.segs {
        out.field("segs", List(segs, ","))?;
    }
    out.optional("tunsrc", &encap.tunsrc)?;
    out.optional("table", &encap.table)?;
    out.optional("vrftable", &encap.vrftable)?;
    out.optional("nh4", &encap.nh4)?;
    out.optional("nh6", &encap.nh6)?;
    out.optional("oif", &encap.oif)?;
    out.optional("ttl", &encap.ttl)?;
    out.optional("hoplimit", &encap.hoplimit)?;
    out.optional("tos", &encap.tos)?;
    out.optional("tc", &encap.tc)?;
    if let Some(flags) = &encap.flags {
        out.flag_names(flags, &[])?;
    }
    for (name, opts) in [
        ("geneve_opts", &encap.geneve_opts),
        ("vxlan_opts", &encap.vxlan_opts),
        ("erspan_opts", &encap.erspan_opts),
    ] {
        out.optional(name, &opts.as_deref().map(Entries))?;
    }
    out.optional("locator", &encap.locator)?;
    out.optional("if_id", &encap.if_id)?;
    out.optional("link_dev", &encap.link_dev)
}
