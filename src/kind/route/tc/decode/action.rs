//! Actions, of filters and on their own (`RTM_NEWACTION`, `RTM_DELACTION`).

use super::options::{Out, decode as options_of};
use super::{hex, stats};
use crate::kind::context::DecodeContext;
use crate::kind::route::tc::options::Value;
use crate::kind::route::tc::{Action, spec};
use crate::netlink::attr::{Attr, AttrError, Attrs};
use crate::value::{Flags, Hex};

// TCA_ROOT_* (linux/rtnetlink.h)
const TCA_ACT_TAB: u16 = 1;
const TCA_ROOT_COUNT: u16 = 3;
const TCA_ROOT_EXT_WARN_MSG: u16 = 5;

// TCA_ACT_* (linux/pkt_cls.h)
const TCA_ACT_KIND: u16 = 1;
const TCA_ACT_OPTIONS: u16 = 2;
const TCA_ACT_INDEX: u16 = 3;
const TCA_ACT_STATS: u16 = 4;
const TCA_ACT_PAD: u16 = 5;
const TCA_ACT_COOKIE: u16 = 6;
const TCA_ACT_FLAGS: u16 = 7;
const TCA_ACT_HW_STATS: u16 = 8;
const TCA_ACT_USED_HW_STATS: u16 = 9;
const TCA_ACT_IN_HW_COUNT: u16 = 10;

/// `TCA_ACT_FLAGS_*`
const FLAGS: &[(u64, &str)] = &[(1, "no_percpu"), (2, "skip_hw"), (4, "skip_sw")];
/// `TCA_ACT_HW_STATS_*`
const HW_STATS: &[(u64, &str)] = &[(1, "immediate"), (2, "delayed")];

/// The actions of a message of their own: a `struct tcamsg` and its attributes. `None` where it is
/// too short.
pub fn decode<'n>(
    context: &mut DecodeContext<'n>,
    body: &[u8],
    mut each: impl FnMut(&mut DecodeContext<'n>, Action),
) -> Option<()> {
    let (_, attributes) = body.split_first_chunk::<4>()?;
    // The warning is about all actions of the message.
    let mut all = Attrs::new(attributes).flatten();
    let warned = all.find(|attr| attr.kind == TCA_ROOT_EXT_WARN_MSG);
    let warning = warned.and_then(|attr| Some(attr.str().ok()?.to_owned()));
    let mut told = 0;
    context.each(attributes, |context, attr| {
        match attr.kind {
            TCA_ACT_TAB => context.within(attr.kind, |context| {
                context.each(attr.value, |context, attr| {
                    let mut action = one(context, &attr)?;
                    flushed(&mut action);
                    action.warning.clone_from(&warning);
                    told += 1;
                    each(context, action);
                    Ok(())
                });
            })?,
            // A list says how many actions there are in this part of it.
            TCA_ROOT_COUNT if attr.u32()? == told => {}
            TCA_ROOT_EXT_WARN_MSG => drop(attr.str()?),
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    });
    if let Some(attr) = warned.filter(|_| told == 0) {
        context.record_unparsed(Some(attr.kind), AttrError::Unknown, attr.value);
    }
    Some(())
}

/// All actions of a type went at once: in the place of the cookie is their number
/// (`TCA_FCNT` of tcf_del_walker, net/sched/act_api.c).
fn flushed(action: &mut Action) {
    if action.index.is_none()
        && action.options.is_none()
        && let Some(Hex(cookie)) = &action.cookie
        && let Ok(count) = cookie[..].try_into()
    {
        action.flushed = Some(u32::from_ne_bytes(count));
        action.cookie = None;
    }
}

/// The actions of a filter.
pub fn list(context: &mut DecodeContext<'_>, bytes: &[u8]) -> Vec<Action> {
    let mut actions = Vec::new();
    context.each(bytes, |context, attr| {
        actions.push(one(context, &attr)?);
        Ok(())
    });
    actions
}

fn one(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Action, AttrError> {
    let mut it = Action::default();
    context.nested(attr, |context, attr| {
        match attr.kind {
            TCA_ACT_KIND => it.kind = Some(attr.str()?.to_owned()),
            TCA_ACT_OPTIONS => {
                let kind = it.kind.as_deref().unwrap_or_default();
                match spec::action(kind) {
                    Some(table) => {
                        let out = options_of(context, table, &attr)?;
                        told(&mut it, out);
                    }
                    None => it.options_hex = Some(hex(context, &attr)?),
                }
            }
            TCA_ACT_INDEX => it.index = Some(attr.u32()?),
            // No action has counters of its own kind.
            TCA_ACT_STATS if context.details => {
                stats::nest(context, &attr, &mut it.stats, |_, _| {
                    Err(AttrError::Unknown)
                })?;
            }
            TCA_ACT_STATS | TCA_ACT_PAD => {}
            TCA_ACT_COOKIE => it.cookie = Some(Hex(attr.value.into())),
            TCA_ACT_FLAGS => it.flags = Some(Flags::new(bitfield(context, &attr)?, FLAGS)),
            TCA_ACT_HW_STATS => it.hw_stats = Some(Flags::new(bitfield(context, &attr)?, HW_STATS)),
            TCA_ACT_USED_HW_STATS if context.details => {
                it.used_hw_stats = Some(Flags::new(bitfield(context, &attr)?, HW_STATS));
            }
            TCA_ACT_USED_HW_STATS => {}
            TCA_ACT_IN_HW_COUNT => it.in_hw_count = Some(attr.u32()?),
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    })?;
    // Without its type it is none.
    match it.kind {
        Some(_) => Ok(it),
        None => Err(AttrError::Value),
    }
}

/// Takes over what the options say.
fn told(it: &mut Action, mut out: Out) {
    if let Some(Value::Number(index)) = out.options.take("index") {
        it.index = u32::try_from(index).ok();
    }
    it.options = super::some(out.options);
    it.counters = super::some(out.counters);
}

/// The policer of a filter that was asked for in the old way (`TCA_OLD_COMPAT` of
/// net/sched/cls_api.c).
pub fn police(
    context: &mut DecodeContext<'_>,
    kind: u16,
    bytes: &[u8],
) -> Result<Action, AttrError> {
    let mut it = Action {
        kind: Some("police".to_owned()),
        ..Action::default()
    };
    let table = spec::action("police").unwrap_or_default();
    let out = super::options::of(context, table, kind, bytes)?;
    told(&mut it, out);
    Ok(it)
}

/// `struct nla_bitfield32`: the bits.
fn bitfield(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<u64, AttrError> {
    let [value, _selector] = context.u32_array(attr)?;
    Ok(u64::from(value))
}
