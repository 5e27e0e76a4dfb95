//! `RTA_ENCAP_TYPE` and `RTA_ENCAP` → [`Encap`].

mod seg6;

use crate::kind::context::DecodeContext;
use crate::kind::route::encap::{Bpf, Encap, Trace};
use crate::kind::route::tc::spec::tunnel;
use crate::kind::table::decode as options;
use crate::kind::table::value::Value;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{FlagNames, Flags, Symbol};

/// `LWTUNNEL_ENCAP_*` (linux/lwtunnel.h)
const TYPES: &[(u32, &str)] = &[
    (1, "mpls"),
    (2, "ip"),
    (3, "ila"),
    (4, "ip6"),
    (5, "seg6"),
    (6, "bpf"),
    (7, "seg6local"),
    (8, "rpl"),
    (9, "ioam6"),
    (10, "xfrm"),
];

/// The name of an `RTA_ENCAP_TYPE`.
pub fn kind(kind: u16) -> Symbol {
    Symbol::of(u32::from(kind), TYPES)
}

/// The options in an `RTA_ENCAP` of the type `kind`.
///
/// # Errors
/// If no decoder exists for the type, or the options are nested too deep.
pub fn decode(
    context: &mut DecodeContext<'_>,
    it: &mut Encap,
    kind: Option<u16>,
    encap: &Attr<'_>,
) -> Result<(), AttrError> {
    let option = match kind {
        Some(1) => mpls,
        Some(2) => ip,
        Some(3) => ila,
        Some(4) => ip6,
        Some(5) => seg6::seg6,
        Some(6) => bpf,
        Some(7) => seg6::local,
        Some(8) => seg6::rpl,
        Some(9) => ioam6,
        Some(10) => xfrm,
        _ => return Err(AttrError::Unknown),
    };
    context.nested(encap, |context, attr| option(context, it, attr))
}

/// `MPLS_IPTUNNEL_*` (linux/mpls_iptunnel.h)
fn mpls(_: &mut DecodeContext<'_>, it: &mut Encap, attr: Attr<'_>) -> Result<(), AttrError> {
    match attr.kind {
        1 => {
            let labels = attr.value.as_chunks::<4>();
            if !labels.1.is_empty() {
                return Err(AttrError::Length);
            }
            // A label is the upper 20 bits of its entry (linux/mpls.h).
            let labels = labels.0.iter().map(|l| u32::from_be_bytes(*l) >> 12);
            let labels: Vec<_> = labels.map(|label| label.to_string()).collect();
            it.dst = Some(labels.join("/"));
        }
        2 => it.ttl = Some(attr.u8()?),
        _ => return Err(AttrError::Unknown),
    }
    Ok(())
}

/// `TUNNEL_*` (linux/if_tunnel.h), in network byte order.
const TUNNEL_FLAGS: &FlagNames = &[(0x04, "key"), (0x01, "csum"), (0x08, "seq")];

/// `LWTUNNEL_IP_*` (linux/lwtunnel.h)
fn ip(context: &mut DecodeContext<'_>, it: &mut Encap, attr: Attr<'_>) -> Result<(), AttrError> {
    match attr.kind {
        1 => it.id = Some(attr.be64()?.to_string()),
        2 => it.dst = Some(attr.ipv4()?.to_string()),
        3 => it.src = Some(attr.ipv4()?.into()),
        4 => it.ttl = Some(attr.u8()?),
        5 => it.tos = Some(attr.u8()?),
        6 => it.flags = Some(Flags::new(u64::from(attr.be16()?), TUNNEL_FLAGS)),
        7 => {}
        8 => return opts(context, it, &attr),
        _ => return Err(AttrError::Unknown),
    }
    Ok(())
}

/// `LWTUNNEL_IP6_*` (linux/lwtunnel.h)
fn ip6(context: &mut DecodeContext<'_>, it: &mut Encap, attr: Attr<'_>) -> Result<(), AttrError> {
    match attr.kind {
        1 => it.id = Some(attr.be64()?.to_string()),
        2 => it.dst = Some(attr.ipv6()?.to_string()),
        3 => it.src = Some(attr.ipv6()?.into()),
        4 => it.hoplimit = Some(attr.u8()?),
        5 => it.tc = Some(attr.u8()?),
        6 => it.flags = Some(Flags::new(u64::from(attr.be16()?), TUNNEL_FLAGS)),
        7 => {}
        8 => return opts(context, it, &attr),
        _ => return Err(AttrError::Unknown),
    }
    Ok(())
}

/// `LWTUNNEL_IP_OPTS`, `LWTUNNEL_IP6_OPTS`
fn opts(context: &mut DecodeContext<'_>, it: &mut Encap, attr: &Attr<'_>) -> Result<(), AttrError> {
    for (name, value) in options::nest(context, tunnel::OPTS, attr.kind, attr.value)?.0 {
        let Value::List(list) = value else { continue };
        match name {
            "geneve_opts" => it.geneve_opts = Some(list),
            "vxlan_opts" => it.vxlan_opts = Some(list),
            _ => it.erspan_opts = Some(list),
        }
    }
    Ok(())
}

/// `ILA_ATTR_*` (linux/ila.h)
fn ila(_: &mut DecodeContext<'_>, it: &mut Encap, attr: Attr<'_>) -> Result<(), AttrError> {
    match attr.kind {
        1 => {
            let groups = attr.be64()?.to_be_bytes();
            let groups = groups.as_chunks::<2>().0.iter();
            let groups: Vec<_> = groups
                .map(|group| format!("{:x}", u16::from_be_bytes(*group)))
                .collect();
            it.locator = Some(groups.join(":"));
        }
        6 => {}
        7 => {
            let names = &[
                (0, "adj-transport"),
                (1, "neutral-map"),
                (2, "no-action"),
                (3, "neutral-map-auto"),
            ];
            it.csum_mode = Some(Symbol::of(u32::from(attr.u8()?), names));
        }
        8 => {
            let names = &[
                (0, "iid"),
                (1, "luid"),
                (2, "virt-v4"),
                (3, "virt-uni-v6"),
                (4, "virt-multi-v6"),
                (5, "nonlocal"),
                (8, "use-format"),
            ];
            it.ident_type = Some(Symbol::of(u32::from(attr.u8()?), names));
        }
        9 => {
            let names = &[(0, "output"), (1, "input")];
            it.hook_type = Some(Symbol::of(u32::from(attr.u8()?), names));
        }
        _ => return Err(AttrError::Unknown),
    }
    Ok(())
}

/// `LWT_BPF_*` (linux/lwtunnel.h)
fn bpf(context: &mut DecodeContext<'_>, it: &mut Encap, attr: Attr<'_>) -> Result<(), AttrError> {
    let hook = match attr.kind {
        1 => "in",
        2 => "out",
        3 => "xmit",
        4 => {
            let headroom = Some(attr.u32()?);
            if let Some(program) = it.bpf.iter_mut().flatten().find(|p| p.hook.is("xmit")) {
                program.headroom = headroom;
            }
            return Ok(());
        }
        _ => return Err(AttrError::Unknown),
    };
    let mut program = Bpf {
        hook: Symbol::Known(hook),
        name: None,
        id: None,
        headroom: None,
    };
    // LWT_BPF_PROG_NAME; LWT_BPF_PROG_FD is never dumped.
    context.nested(&attr, |_, attr| match attr.kind {
        2 => {
            program.name = Some(attr.str()?.to_owned());
            Ok(())
        }
        _ => Err(AttrError::Unknown),
    })?;
    it.bpf.get_or_insert_default().push(program);
    Ok(())
}

/// `IOAM6_IPTUNNEL_*` (linux/ioam6_iptunnel.h)
fn ioam6(_: &mut DecodeContext<'_>, it: &mut Encap, attr: Attr<'_>) -> Result<(), AttrError> {
    match attr.kind {
        1 => {
            let names = &[(1, "inline"), (2, "encap"), (3, "auto")];
            it.mode = Some(Symbol::of(u32::from(attr.u8()?), names));
        }
        2 => it.dst = Some(attr.ipv6()?.to_string()),
        // struct ioam6_trace_hdr (linux/ioam6.h)
        3 => {
            let [ns0, ns1, _, remlen, t0, t1, t2, _, ..] =
                *attr.value.first_chunk::<8>().ok_or(AttrError::Length)?;
            it.trace = Some(Trace {
                r#type: format!("{:#08x}", u32::from_be_bytes([0, t0, t1, t2])),
                ns: u16::from_be_bytes([ns0, ns1]),
                size: u16::from(remlen & 0x7f) * 4,
            });
        }
        4 => it.freq_k = Some(attr.u32()?),
        5 => it.freq_n = Some(attr.u32()?),
        6 => it.src = Some(attr.ipv6()?.into()),
        _ => return Err(AttrError::Unknown),
    }
    Ok(())
}

/// `LWT_XFRM_*` (linux/lwtunnel.h)
fn xfrm(_: &mut DecodeContext<'_>, it: &mut Encap, attr: Attr<'_>) -> Result<(), AttrError> {
    match attr.kind {
        1 => it.if_id = Some(attr.u32()?),
        2 => it.link_index = Some(attr.u32()?),
        _ => return Err(AttrError::Unknown),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::names::Names;
    use crate::netlink::build::attr;

    // Built by hand: Linux 6.18 hangs when such a route is added.
    #[test]
    fn tunnel_options_are_decoded_and_unknown_ones_are_recorded() {
        let geneve = [attr(1, &[1, 2]), attr(2, &[3]), attr(3, &[4; 4])].concat();
        let vxlan = attr(1, &0x456_u32.to_ne_bytes());
        let erspan = [attr(1, &[1]), attr(2, &7_u32.to_be_bytes()), attr(9, &[5])].concat();
        let opts = [attr(1, &geneve), attr(2, &vxlan), attr(3, &erspan)].concat();
        let encap = attr(22, &attr(8, &opts));
        let names = Names::builtin();
        for kind in [2, 4] {
            let mut context = DecodeContext::new(&names, false);
            let mut it = Encap::default();
            context.each(&encap, |context, attr| {
                decode(context, &mut it, Some(kind), &attr)
            });
            assert_eq!(
                json!(it),
                json!({
                    "geneve_opts": [{"class": 258, "type": 3, "data": "04040404"}],
                    "vxlan_opts": [{"gbp": 0x456}],
                    "erspan_opts": [{"ver": 1, "index": 7}],
                })
            );
            let kept = context.take_unparsed();
            assert_eq!(kept.len(), 1);
            assert_eq!((kept[0].attr, kept[0].reason), (Some(9), "unknown"));
            assert_eq!(kept[0].within, Some(vec![22, 8, 3]));
        }
    }
}
