//! `kind:"xfrm_policy"`: policies of xfrm, which say which packets IPsec protects (`XFRM_MSG_NEWPOLICY`,
//! `XFRM_MSG_UPDPOLICY`, `XFRM_MSG_DELPOLICY`; a hard expiry, `XFRM_MSG_POLEXPIRE`, deletes one).

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::parts::{
    DIRECTIONS, LIMITS, SHARES, USE, XfrmLimits, XfrmOffload, XfrmSelector, XfrmTemplate, XfrmUse,
    family, hex, mark, policy_type, security, templates, whole_object,
};
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, Trigger};
use crate::kind::wire::u32_at;
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::request::Request;
use crate::netlink::xfrm::{
    POLICY, POLICY_ID, SELECTOR, XFRM_MSG_DELPOLICY, XFRM_MSG_NEWPOLICY, XFRM_MSG_UPDPOLICY,
};
use crate::value::{FlagNames, Flags, Symbol, Text};

/// A policy of xfrm (`struct xfrm_userpolicy_info`, linux/xfrm.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    custom(XFRMA_MARK = 21 => Self::mark),
    // Read before the others.
    by_caller(XFRMA_POLICY = 7),
    skip(XFRMA_PAD = 27),
)]
#[state(key(index))]
pub struct XfrmPolicy {
    /// Address family: `inet`, `inet6`.
    pub family: Symbol,
    /// Number of the policy, which no other one has. A policy that replaces another one gets its
    /// number.
    pub index: u32,
    /// `in`, `out`, `fwd`; of a policy for one socket `socket_in`, `socket_out`.
    pub dir: Symbol,
    /// The packets that it is for; absent for any.
    #[state(names_devices, properties)]
    pub selector: Option<XfrmSelector>,
    /// `allow` or `block`.
    pub action: Symbol,
    /// Order of the policies: the lowest is used first.
    pub priority: u32,
    /// `main` or `sub`.
    #[nla(XFRMA_POLICY_TYPE = 16, with = policy_type)]
    pub ptype: Option<Symbol>,
    /// Mark of the packets, hexadecimal.
    pub mark: Option<String>,
    /// Mask of the mark, hexadecimal.
    pub mark_mask: Option<String>,
    /// Id of the xfrm device, hexadecimal.
    #[nla(XFRMA_IF_ID = 31, map(u32, hex))]
    pub if_id: Option<String>,
    /// `localok`, `icmp`.
    pub flags: Flags,
    /// Who may share a state: `any`, `session`, `user`, `unique`.
    pub share: Symbol,
    /// What packets need, in the order in which it is applied.
    #[nla(XFRMA_TMPL = 5, with = templates)]
    pub tmpl: Option<Vec<XfrmTemplate>>,
    /// The device that does the work.
    #[nla(XFRMA_OFFLOAD_DEV = 28)]
    #[state(names_devices)]
    pub offload: Option<XfrmOffload>,
    /// Security label.
    #[nla(XFRMA_SEC_CTX = 8, with = security)]
    pub security: Option<Text>,
    /// Limits after which it expires.
    pub limits: Option<XfrmLimits>,
    /// With `details`: what has gone through it.
    #[state(volatile)]
    pub current: Option<XfrmUse>,
    /// `hard`: the kernel deleted the policy because of this limit.
    #[state(transient)]
    pub expired: Option<Symbol>,
}

/// `XFRM_POLICY_ALLOW` and `XFRM_POLICY_BLOCK`
const ACTIONS: &[(u32, &str)] = &[(0, "allow"), (1, "block")];

/// `XFRM_POLICY_LOCALOK` and `XFRM_POLICY_ICMP`
const FLAGS: &FlagNames = &[(1, "localok"), (2, "icmp")];

impl KindSpec for XfrmPolicy {
    const NETLINK_FAMILY: FamilyId = FamilyId::XFRM;
    const MESSAGES: &'static [u16] = &[XFRM_MSG_NEWPOLICY, XFRM_MSG_UPDPOLICY, XFRM_MSG_DELPOLICY];
    const STALE_AFTER: &'static [Trigger] = &[Trigger::XfrmPolicy];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::xfrm_policies()]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let policy = match message.kind {
            XFRM_MSG_DELPOLICY => {
                let (id, attributes) = message.body.split_at_checked(POLICY_ID)?;
                let whole = whole_object(attributes, Self::XFRMA_POLICY, POLICY);
                let mut policy = match whole {
                    Some(info) => Self::of_info(context, info),
                    None => Self::of_id(id),
                };
                policy.all_attributes(context, attributes, whole.is_some());
                policy
            }
            _ => Self::of_message(context, message.body, POLICY)?,
        };
        emit.object(context, policy)
    }
}

impl XfrmPolicy {
    /// Reads the whole of a message that begins with a `struct xfrm_userpolicy_info` and a header of
    /// `header` bytes. `None` if it is shorter.
    pub(super) fn of_message(
        context: &mut DecodeContext<'_>,
        body: &[u8],
        header: usize,
    ) -> Option<Self> {
        let (info, attributes) = body.split_at_checked(header)?;
        let mut policy = Self::of_info(context, info);
        policy.all_attributes(context, attributes, false);
        Some(policy)
    }

    /// Reads a `struct xfrm_userpolicy_info`, of [`POLICY`] bytes at least.
    pub(super) fn of_info(context: &DecodeContext<'_>, info: &[u8]) -> Self {
        let at = SELECTOR + LIMITS + USE;
        let [dir, action, flags, share] = [0, 1, 2, 3].map(|i| u32::from(info[at + 8 + i]));
        XfrmPolicy {
            priority: u32_at(info, at),
            action: Symbol::of(action, ACTIONS),
            flags: Flags::new(flags.into(), FLAGS),
            share: Symbol::of(share, SHARES),
            limits: XfrmLimits::read(&info[SELECTOR..]),
            current: context
                .details
                .then(|| XfrmUse::read(&info[SELECTOR + LIMITS..])),
            ..Self::of_selector(info, u32_at(info, at + 4), dir)
        }
    }

    /// Reads a `struct xfrm_userpolicy_id`, of [`POLICY_ID`] bytes.
    pub(super) fn of_id(id: &[u8]) -> Self {
        Self::of_selector(id, u32_at(id, SELECTOR), id[SELECTOR + 4].into())
    }

    fn of_selector(selector: &[u8], index: u32, dir: u32) -> Self {
        let (selector, af) = XfrmSelector::read(selector);
        XfrmPolicy {
            family: family(af),
            index,
            dir: Symbol::of(dir, DIRECTIONS),
            selector,
            flags: Flags::new(0, FLAGS),
            ..Default::default()
        }
    }

    /// Reads the attributes. `is_whole`: an `XFRMA_POLICY` was read.
    pub(super) fn all_attributes(
        &mut self,
        context: &mut DecodeContext<'_>,
        attributes: &[u8],
        is_whole: bool,
    ) {
        context.each(attributes, |context, attr| match attr.kind {
            Self::XFRMA_POLICY if is_whole => {
                context.record_excess(&attr, POLICY);
                Ok(())
            }
            Self::XFRMA_POLICY => Err(AttrError::Length),
            _ => self.attribute(context, &attr),
        });
    }

    fn mark(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        (self.mark, self.mark_mask) = mark(context, attr)?;
        Ok(())
    }
}
