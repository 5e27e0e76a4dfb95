//! Routes and their encapsulation.

use std::fmt::{self, Write as _};

use super::escape::{Dev, EscapingWriter, List};
use super::tc::Entries;
use crate::event::encap::Encap;
use crate::event::route::{Flow, Metrics, NextHop, Route, RouteAttrs, Via};
use crate::event::{Event, Op, Payload};

pub(super) fn write(out: &mut EscapingWriter<'_>, event: &Event, route: &Route) -> fmt::Result {
    let old = match event.change.as_ref().map(|change| change.old()) {
        Some(Payload::Route(old)) if event.op == Op::Change => Some(&**old),
        _ => None,
    };
    /// A field that may be absent, or ` key old → new`.
    macro_rules! optional {
        ($key:literal, $field:ident) => {
            out.optional_value($key, &route.$field, old.map(|old| &old.$field))?
        };
    }
    /// A part that `$write` writes; if it differs, the former one, an arrow and the present one.
    macro_rules! part {
        ($write:expr) => {
            part(out, route, old.map(|old| &**old), $write)?
        };
    }
    if let Some(old) = old.filter(|old| old.r#type != route.r#type) {
        out.arrow("type", &old.r#type, &route.r#type)?;
    } else if !route.r#type.is("unicast") {
        write!(out, " {}", route.r#type)?;
    }
    out.subject(format_args!("{}", route.dst))?;
    out.optional("from", &route.src)?;
    out.optional("tos", &route.tos)?;
    part!(|out, it| encap(out, it.encap.as_deref()));
    optional!("as", newdst);
    optional!("nhid", nhid);
    optional!("via", gateway);
    part!(|out, it| via(out, it.via.as_deref()));
    for (key, (name, index), former) in [
        (
            "dev",
            (route.dev, route.ifindex),
            old.map(|old| (old.dev, old.ifindex)),
        ),
        (
            "iif",
            (route.iif, route.iif_index),
            old.map(|old| (old.iif, old.iif_index)),
        ),
    ] {
        let new = Dev(name.as_ref(), index);
        match &former {
            Some((name, index)) if Dev(name.as_ref(), *index) != new => {
                out.arrow(key, Dev(name.as_ref(), *index), new)?;
            }
            _ if new != Dev(None, None) => out.field(key, new)?,
            _ => {}
        }
    }
    out.field("table", &route.table)?;
    out.value("proto", &route.protocol, old.map(|old| &old.protocol))?;
    if !route.scope.is("global") || old.is_some_and(|old| old.scope != route.scope) {
        out.value("scope", &route.scope, old.map(|old| &old.scope))?;
    }
    optional!("src", prefsrc);
    optional!("metric", metric);
    part!(|out, it| realms(out, it.flow.as_deref()));
    match old.filter(|old| old.flags != route.flags) {
        Some(old) => out.flags(&old.flags, &route.flags)?,
        None => out.flag_names(&route.flags, &[])?,
    }
    part!(|out, it| match &it.metrics {
        Some(values) => metrics(out, values),
        None => Ok(()),
    });
    optional!("pref", pref);
    if let Some(expires) = route.expires {
        out.field("expires", format_args!("{expires}sec"))?;
    } else if old.is_some_and(|old| old.expires.is_some()) {
        out.field("expires", "none")?;
    }
    if let Some(error) = route.error {
        out.field("error", format_args!("-{error}"))?;
    }
    out.optional("mark", &route.mark)?;
    out.optional("uid", &route.uid)?;
    optional!("ttl-propagate", ttl_propagate);
    out.optional("reason", &route.del_reason)?;
    part!(|out, it| {
        let mut nexthops = it.nexthops.iter().flatten();
        nexthops.try_for_each(|hop| nexthop(out, hop))
    });
    Ok(())
}

/// Writes a part of a route; of a changed one ` old → new`, with `none` for a part that is absent.
fn part(
    out: &mut EscapingWriter<'_>,
    new: &RouteAttrs,
    old: Option<&RouteAttrs>,
    write: impl Fn(&mut EscapingWriter<'_>, &RouteAttrs) -> fmt::Result,
) -> fmt::Result {
    let text = |it: &RouteAttrs| -> Result<String, fmt::Error> {
        let mut text = String::new();
        write(&mut EscapingWriter::unescaped(&mut text), it)?;
        Ok(text)
    };
    let Some(old) = old else {
        return write(out, new);
    };
    let (old, new) = (text(old)?, text(new)?);
    if old == new {
        return out.write_str(&new);
    }
    let shown = |text: String| {
        if text.is_empty() {
            " none".to_owned()
        } else {
            text
        }
    };
    write!(out, "{} →{}", shown(old), shown(new))
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
