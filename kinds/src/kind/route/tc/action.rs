//! `kind:"action"`: actions, of filters and standalone (`RTM_NEWACTION`, `RTM_DELACTION`).

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::Stats;
use super::message::undecoded;
use super::spec;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::route::unknown::Attribute;
use crate::kind::spec::{Emit, KindSpec};
use crate::kind::table::decode::{self as options, Out};
use crate::kind::table::value::{Options, Value};
use crate::netlink::attr::{Attr, AttrError, Attrs};
use crate::netlink::frame::Message;
use crate::netlink::rtm::{RTM_DELACTION, RTM_NEWACTION};
use crate::value::{FlagNames, Flags, Hex};

/// An action on a packet (`TCA_ACT_*`, linux/pkt_cls.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    custom(
        TCA_ACT_OPTIONS = 2 => Self::read_options,
        TCA_ACT_STATS = 4 => Self::read_stats,
    ),
    skip(TCA_ACT_PAD = 5),
)]
#[state(key(kind, index), property(type = kind))]
pub struct Action {
    /// Type: `gact`, `mirred`, `police` …
    #[nla(TCA_ACT_KIND = 1)]
    pub kind: Option<String>,
    /// Index among the actions of its type.
    #[nla(TCA_ACT_INDEX = 3)]
    pub index: Option<u32>,
    /// User-defined cookie (TCA_ACT_COOKIE).
    #[nla(TCA_ACT_COOKIE = 6)]
    pub cookie: Option<Hex>,
    /// `no_percpu`, `skip_hw`, `skip_sw`.
    #[nla(TCA_ACT_FLAGS = 7, with = flags)]
    pub flags: Option<Flags>,
    /// Requested hardware counters: `immediate`, `delayed`; empty if disabled.
    #[nla(TCA_ACT_HW_STATS = 8, with = hw_stats)]
    pub hw_stats: Option<Flags>,
    /// With `details`: hardware counters actually in use.
    #[nla(TCA_ACT_USED_HW_STATS = 9, details, volatile, with = hw_stats)]
    pub used_hw_stats: Option<Flags>,
    /// Number of devices that offload the action to hardware.
    #[nla(TCA_ACT_IN_HW_COUNT = 10)]
    pub in_hw_count: Option<u32>,
    /// Number of deleted actions when all actions of a type are flushed.
    pub flushed: Option<u32>,
    /// Warning that the kernel attached to the request.
    #[state(volatile)]
    pub warning: Option<String>,
    /// Options, named as in `tc -j`; the fields depend on `kind`.
    #[state(names_devices)]
    pub options: Option<Options>,
    /// Undecoded options of a `kind` without a decoder.
    pub options_hex: Option<Vec<Attribute>>,
    /// With `details`: kind-specific counters, named as in `tc -j`.
    #[state(volatile)]
    pub counters: Option<Options>,
    /// With `details`: counters.
    #[state(volatile)]
    pub stats: Option<Stats>,
}

/// `TCA_ACT_FLAGS_*`
const FLAGS: &FlagNames = &[(1, "no_percpu"), (2, "skip_hw"), (4, "skip_sw")];
/// `TCA_ACT_HW_STATS_*`
const HW_STATS: &FlagNames = &[(1, "immediate"), (2, "delayed")];

// TCA_ROOT_* (linux/rtnetlink.h)
const TCA_ROOT_TAB: u16 = 1;
const TCA_ROOT_COUNT: u16 = 3;
const TCA_ROOT_EXT_WARN_MSG: u16 = 5;

impl KindSpec for Action {
    const MESSAGES: &'static [u16] = &[RTM_NEWACTION, RTM_DELACTION];
    const LISTED: bool = false;
    // By hand: one message contains many objects.
    const ATTRS: &'static [AttrDecl] = &[
        AttrDecl::new("TCA_ROOT_TAB", TCA_ROOT_TAB, || <Self as Attributes>::ATTRS),
        AttrDecl::new("TCA_ROOT_COUNT", TCA_ROOT_COUNT, || &[]),
        AttrDecl::new("TCA_ROOT_EXT_WARN_MSG", TCA_ROOT_EXT_WARN_MSG, || &[]),
    ];

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        Action::each(context, message.body, |context, action| {
            emit.object(context, action);
        })
    }
}

impl Action {
    /// Calls `each` with every action in `body`, a `struct tcamsg` and its attributes. Returns
    /// `None` if `body` is too short.
    pub(super) fn each<'n>(
        context: &mut DecodeContext<'n>,
        body: &[u8],
        mut each: impl FnMut(&mut DecodeContext<'n>, Action),
    ) -> Option<()> {
        let (_, attributes) = body.split_first_chunk::<4>()?;
        // The warning belongs to all actions of the message.
        let mut all = Attrs::new(attributes).flatten();
        let warning_attr = all.find(|attr| attr.kind == TCA_ROOT_EXT_WARN_MSG);
        let warning = warning_attr.and_then(|attr| Some(attr.str().ok()?.to_owned()));
        let mut count = 0;
        context.each(attributes, |context, attr| match attr.kind {
            TCA_ROOT_TAB => context.nested(&attr, |context, attr| {
                let mut action = Action::from_nest(context, &attr)?;
                action.read_flushed();
                action.warning.clone_from(&warning);
                count += 1;
                each(context, action);
                Ok(())
            }),
            // The number of actions in this part of a list.
            TCA_ROOT_COUNT if attr.u32()? == count => Ok(()),
            TCA_ROOT_EXT_WARN_MSG => attr.str().map(drop),
            _ => Err(AttrError::Unknown),
        });
        if let Some(attr) = warning_attr.filter(|_| count == 0) {
            context.record_unparsed(Some(attr.kind), AttrError::Unknown, attr.value);
        }
        Some(())
    }

    /// Reads the actions of a filter.
    pub(super) fn list(context: &mut DecodeContext<'_>, bytes: &[u8]) -> Vec<Action> {
        let mut actions = Vec::new();
        context.each(bytes, |context, attr| {
            actions.push(Action::from_nest(context, &attr)?);
            Ok(())
        });
        actions
    }

    /// Reads the policer of a filter that was requested in the old way (`TCA_OLD_COMPAT`,
    /// net/sched/cls_api.c).
    pub(super) fn police(
        context: &mut DecodeContext<'_>,
        kind: u16,
        bytes: &[u8],
    ) -> Result<Action, AttrError> {
        let table = spec::action("police").unwrap_or_default();
        let out = options::of(context, table, kind, bytes)?;
        let mut action = Action {
            kind: Some("police".to_owned()),
            ..Action::default()
        };
        action.set_options(out);
        Ok(action)
    }

    /// Reads an action; `None` without a type.
    fn from_nest(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        let mut action = Action::default();
        context.nested(attr, |context, attr| action.attribute(context, &attr))?;
        match action.kind {
            Some(_) => Ok(action),
            None => Err(AttrError::Value),
        }
    }

    /// Reads the options by the table of the type, which the kernel sends before them.
    fn read_options(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        match spec::action(self.kind.as_deref().unwrap_or_default()) {
            Some(table) => {
                let out = options::decode(context, table, attr)?;
                self.set_options(out);
            }
            None => self.options_hex = Some(undecoded(context, attr)?),
        }
        Ok(())
    }

    fn set_options(&mut self, mut out: Out) {
        if let Some(Value::Number(index)) = out.options.take("index") {
            self.index = u32::try_from(index).ok();
        }
        self.options = out.options.nonempty();
        self.counters = out.counters.nonempty();
    }

    fn read_stats(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        if !context.details {
            return Ok(());
        }
        // No action has counters of its own type.
        let stats = self.stats.get_or_insert_default();
        stats.nest(context, attr, |_, _| Err(AttrError::Unknown))
    }

    /// Reads the number of actions, if all actions of the type were deleted at once: the kernel sends
    /// it in place of the cookie (`TCA_FCNT`, tcf_del_walker, net/sched/act_api.c).
    fn read_flushed(&mut self) {
        if self.index.is_none()
            && self.options.is_none()
            && let Some(Hex(cookie)) = &self.cookie
            && let Ok(count) = cookie[..].try_into()
        {
            self.flushed = Some(u32::from_ne_bytes(count));
            self.cookie = None;
        }
    }
}

fn flags(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Flags, AttrError> {
    Ok(Flags::new(bitfield(context, attr)?, FLAGS))
}

fn hw_stats(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Flags, AttrError> {
    Ok(Flags::new(bitfield(context, attr)?, HW_STATS))
}

/// Reads the bits of a `struct nla_bitfield32`.
fn bitfield(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<u64, AttrError> {
    let [value, _selector] = context.u32_array(attr)?;
    Ok(u64::from(value))
}
