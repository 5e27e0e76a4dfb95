//! `kind:"class"`: classes of queueing disciplines (`RTM_NEWTCLASS`, `RTM_DELTCLASS`).

use super::message::{Header, MessageAttrs, payload};
use super::spec;
use crate::kind::Op;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{KindSpec, Trigger, Triggers};
use crate::kind::table::plain::class_id;
use crate::netlink::rtm::{RTM_DELTCLASS, RTM_NEWTCLASS};

payload!(
    /// A class of a queueing discipline.
    #[state(key(ifindex, handle))]
    Class {
        /// Type of the queueing discipline.
        kind: Option<String>,
        /// Handle, such as `1:10`.
        handle: String,
        /// True if the parent is the root.
        root: Option<bool>,
        /// Parent class.
        parent: Option<String>,
        /// Handle of the leaf queueing discipline.
        leaf: Option<String>,
    }
);

impl KindSpec for Class {
    const MESSAGES: &'static [u16] = &[RTM_NEWTCLASS, RTM_DELTCLASS];
    const LISTED: bool = false;
    const ATTRS: &'static [AttrDecl] = MessageAttrs::ATTRS;

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (header, attributes) = Header::split(body)?;
        let message = MessageAttrs::decode(context, attributes, spec::class);
        Some(Class {
            handle: class_id(header.handle),
            leaf: (header.info != 0).then(|| format!("{:x}:", header.info >> 16)),
            ..Class::common(&header, message)
        })
    }

    fn triggers(&self, op: Op, _old: Option<&Self>) -> Triggers {
        match op {
            // The kernel deletes the leaf with its class.
            Op::Delete => Triggers::of(&[Trigger::Qdisc]),
            _ => Triggers::NONE,
        }
    }
}
