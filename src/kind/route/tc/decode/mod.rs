//! Traffic control → [`Qdisc`], [`Class`], [`Filter`], [`Chain`], [`Action`].
//!
//! [`Action`]: crate::kind::route::tc::Action

pub mod action;
mod ematch;
mod gred;
pub mod options;
mod plain;
mod stats;

use crate::kind::context::DecodeContext;
use crate::kind::route::tc::options::Options;
use crate::kind::route::tc::table::Field;
use crate::kind::route::tc::{Chain, Class, Filter, Qdisc, Stats, spec};
use crate::kind::route::unknown::Attribute;
use crate::kind::wire::u32_at;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{Hex, Symbol};
use options::Out;
use plain::{class_id, u32_handle};
use stats::Own;

// TCA_* (linux/rtnetlink.h)
const TCA_KIND: u16 = 1;
const TCA_OPTIONS: u16 = 2;
const TCA_STATS: u16 = 3;
const TCA_XSTATS: u16 = 4;
const TCA_STATS2: u16 = 7;
const TCA_STAB: u16 = 8;
const TCA_PAD: u16 = 9;
const TCA_DUMP_INVISIBLE: u16 = 10;
const TCA_CHAIN: u16 = 11;
const TCA_HW_OFFLOAD: u16 = 12;
const TCA_INGRESS_BLOCK: u16 = 13;
const TCA_EGRESS_BLOCK: u16 = 14;
const TCA_EXT_WARN_MSG: u16 = 16;

/// `TCM_IFINDEX_MAGIC_BLOCK`: the parent is the number of a shared block.
const MAGIC_BLOCK: u32 = u32::MAX;
/// `TC_H_ROOT`
const ROOT: u32 = u32::MAX;

/// `struct tcmsg` (linux/rtnetlink.h)
struct Header {
    ifindex: u32,
    handle: u32,
    parent: u32,
    info: u32,
}

impl Header {
    fn split(body: &[u8]) -> Option<(Self, &[u8])> {
        let (header, attributes) = body.split_first_chunk::<20>()?;
        let header = Header {
            ifindex: u32_at(header, 4),
            handle: u32_at(header, 8),
            parent: u32_at(header, 12),
            info: u32_at(header, 16),
        };
        Some((header, attributes))
    }

    fn device(&self) -> Option<u32> {
        (self.ifindex != MAGIC_BLOCK).then_some(self.ifindex)
    }

    fn block(&self) -> Option<u32> {
        (self.ifindex == MAGIC_BLOCK).then_some(self.parent)
    }

    fn root(&self) -> Option<bool> {
        (self.block().is_none() && self.parent == ROOT).then_some(true)
    }

    fn parent(&self) -> Option<String> {
        let named = self.block().is_none() && !matches!(self.parent, ROOT | 0);
        named.then(|| class_id(self.parent))
    }
}

/// What the attributes say, of whatever it is.
#[derive(Default)]
struct Parts {
    kind: Option<String>,
    out: Out,
    options_hex: Option<Vec<Attribute>>,
    stats: Option<Stats>,
    stab: Option<Options>,
    invisible: Option<bool>,
    offloaded: Option<bool>,
    chain: Option<u32>,
    ingress_block: Option<u32>,
    egress_block: Option<u32>,
    warning: Option<String>,
}

type Table = fn(&str) -> Option<&'static [Field]>;

fn parts(context: &mut DecodeContext<'_>, attributes: &[u8], table: Table) -> Parts {
    let mut it = Parts::default();
    // What TCA_STATS2 says a second time.
    let mut old = None;
    let mut own = Own::default();
    context.each(attributes, |context, attr| {
        match attr.kind {
            TCA_KIND => it.kind = Some(attr.str()?.to_owned()),
            TCA_OPTIONS => match table(it.kind.as_deref().unwrap_or_default()) {
                Some(table) => it.out = options::decode(context, table, &attr)?,
                None => it.options_hex = Some(hex(context, &attr)?),
            },
            TCA_STATS2 if context.details => {
                let kind = it.kind.as_deref().unwrap_or_default();
                stats::nest(context, &attr, &mut it.stats, |context, attr| {
                    own.read(context, kind, attr)
                })?;
            }
            TCA_STATS if context.details => old = Some(stats::old(context, &attr)?),
            TCA_XSTATS if context.details => {
                own.read(context, it.kind.as_deref().unwrap_or_default(), &attr)?;
            }
            TCA_STATS | TCA_STATS2 | TCA_XSTATS | TCA_PAD => {}
            TCA_STAB => it.stab = some(options::decode(context, spec::STAB, &attr)?.options),
            TCA_DUMP_INVISIBLE => it.invisible = Some(true),
            TCA_CHAIN => it.chain = Some(attr.u32()?),
            TCA_HW_OFFLOAD => it.offloaded = attr.bool()?.then_some(true),
            TCA_INGRESS_BLOCK => it.ingress_block = Some(attr.u32()?),
            TCA_EGRESS_BLOCK => it.egress_block = Some(attr.u32()?),
            TCA_EXT_WARN_MSG => it.warning = Some(attr.str()?.to_owned()),
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    });
    it.stats = stats::together(it.stats, old);
    if own.hex.is_some() {
        it.stats.get_or_insert_default().xstats = own.hex;
    }
    for (name, value) in own.counters.0 {
        it.out.counters.put(name, value);
    }
    it
}

/// Options, where there are any.
fn some(options: Options) -> Option<Options> {
    (!options.0.is_empty()).then_some(options)
}

/// The attributes of a kind that nobody knows.
fn hex(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Vec<Attribute>, AttrError> {
    let mut list = Vec::new();
    context.nested(attr, |_, attr| {
        list.push(Attribute {
            attr: attr.kind,
            hex: Hex(attr.value.into()),
        });
        Ok(())
    })?;
    Ok(list)
}

/// What `body`, a `struct tcmsg` and its attributes, says of a queueing discipline. `None` where it
/// is too short.
pub fn qdisc(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Qdisc> {
    let (header, attributes) = Header::split(body)?;
    let mut parts = parts(context, attributes, spec::qdisc);
    gred::resolve_references(&mut parts.out, context.details);
    Some(Qdisc {
        ifindex: header.device(),
        dev: None,
        kind: parts.kind,
        handle: format!("{:x}:", header.handle >> 16),
        root: header.root(),
        parent: header.parent(),
        ingress_block: parts.ingress_block,
        egress_block: parts.egress_block,
        offloaded: parts.offloaded,
        invisible: parts.invisible,
        refcnt: context.details.then_some(header.info),
        stab: parts.stab,
        options: some(parts.out.options),
        options_hex: parts.options_hex,
        warning: parts.warning,
        counters: some(parts.out.counters),
        stats: parts.stats,
    })
}

/// What `body` says of a class.
pub fn class(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Class> {
    let (header, attributes) = Header::split(body)?;
    let parts = parts(context, attributes, spec::class);
    Some(Class {
        ifindex: header.device(),
        dev: None,
        kind: parts.kind,
        handle: class_id(header.handle),
        root: header.root(),
        parent: header.parent(),
        leaf: (header.info != 0).then(|| format!("{:x}:", header.info >> 16)),
        options: some(parts.out.options),
        options_hex: parts.options_hex,
        warning: parts.warning,
        counters: some(parts.out.counters),
        stats: parts.stats,
    })
}

/// What `body` says of a filter.
pub fn filter(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Filter> {
    let (header, attributes) = Header::split(body)?;
    let parts = parts(context, attributes, spec::filter);
    let handle = match parts.kind.as_deref() {
        Some("u32") => u32_handle(header.handle),
        _ => format!("{:#x}", header.handle),
    };
    let protocol = u16::from_be(header.info as u16);
    Some(Filter {
        ifindex: header.device(),
        dev: None,
        block: header.block(),
        root: header.root(),
        parent: header.parent(),
        protocol: Symbol::of(u32::from(protocol), spec::ETHER_TYPES),
        pref: header.info >> 16,
        chain: parts.chain,
        handle: (header.handle != 0).then_some(handle),
        kind: parts.kind,
        actions: parts.out.actions,
        options: some(parts.out.options),
        options_hex: parts.options_hex,
        warning: parts.warning,
        counters: some(parts.out.counters),
        stats: parts.stats,
    })
}

/// What `body` says of a chain.
pub fn chain(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Chain> {
    let (header, attributes) = Header::split(body)?;
    let parts = parts(context, attributes, spec::filter);
    Some(Chain {
        ifindex: header.device(),
        dev: None,
        block: header.block(),
        root: header.root(),
        parent: header.parent(),
        chain: parts.chain.unwrap_or_default(),
        kind: parts.kind,
        options: some(parts.out.options),
        options_hex: parts.options_hex,
        warning: parts.warning,
        counters: some(parts.out.counters),
        stats: parts.stats,
    })
}

#[cfg(test)]
mod tests;
