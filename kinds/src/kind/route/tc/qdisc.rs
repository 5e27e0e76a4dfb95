//! `kind:"qdisc"`: queueing disciplines (`RTM_NEWQDISC`, `RTM_DELQDISC`).

use super::decode::gred;
use super::message::{Header, MessageAttrs, payload};
use super::spec;
use crate::kind::Op;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{KindSpec, Trigger, Triggers};
use crate::kind::table::value::Options;
use crate::netlink::request::Request;
use crate::netlink::rtm::{RTM_DELQDISC, RTM_NEWQDISC};

payload!(
    /// A queueing discipline.
    #[state(key(ifindex, root, parent, handle))]
    Qdisc {
        /// Type: `fq_codel`, `htb`, `clsact` …
        kind: Option<String>,
        /// Handle, such as `1:`.
        handle: String,
        /// True for the root queueing discipline of the device.
        root: Option<bool>,
        /// Parent class; `ffff:fff1` for ingress and clsact.
        parent: Option<String>,
        /// Number of the shared ingress block.
        ingress_block: Option<u32>,
        /// Number of the shared egress block.
        egress_block: Option<u32>,
        /// Offloaded to hardware.
        offloaded: Option<bool>,
        /// Hidden: omitted from dumps unless requested (`TCA_DUMP_INVISIBLE`).
        invisible: Option<bool>,
        /// With `details`: number of references.
        #[state(volatile)]
        refcnt: Option<u32>,
        /// Size table.
        stab: Option<Options>,
    }
);

impl KindSpec for Qdisc {
    const MESSAGES: &'static [u16] = &[RTM_NEWQDISC, RTM_DELQDISC];
    const STALE_AFTER: &'static [Trigger] = &[Trigger::Device, Trigger::Qdisc];
    const ATTRS: &'static [AttrDecl] = MessageAttrs::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::qdiscs()]
    }

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (header, attributes) = Header::split(body)?;
        let mut message = MessageAttrs::decode(context, attributes, spec::qdisc);
        gred::resolve_references(&mut message.out, context.details);
        Some(Qdisc {
            handle: format!("{:x}:", header.handle >> 16),
            ingress_block: message.ingress_block,
            egress_block: message.egress_block,
            offloaded: message.offloaded,
            invisible: message.invisible,
            refcnt: context.details.then_some(header.info),
            stab: message.stab.take(),
            ..Qdisc::common(&header, message)
        })
    }

    fn triggers(&self, _op: Op, _old: Option<&Self>) -> Triggers {
        Triggers::of(&[Trigger::Qdisc])
    }
}
