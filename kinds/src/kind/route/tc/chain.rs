//! `kind:"chain"`: chains of filters (`RTM_NEWCHAIN`, `RTM_DELCHAIN`).

use super::message::{Header, MessageAttrs, payload};
use super::spec;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::KindSpec;
use crate::netlink::rtm::{RTM_DELCHAIN, RTM_NEWCHAIN};

payload!(
    /// A chain of filters.
    #[state(key(ifindex, block, root, parent, chain))]
    Chain {
        /// Filter type of the chain's template.
        kind: Option<String>,
        /// Number of the shared block.
        block: Option<u32>,
        /// True if attached to the root.
        root: Option<bool>,
        /// Parent.
        parent: Option<String>,
        /// Number of the chain.
        chain: u32,
    }
);

impl KindSpec for Chain {
    const MESSAGES: &'static [u16] = &[RTM_NEWCHAIN, RTM_DELCHAIN];
    const LISTED: bool = false;
    const ATTRS: &'static [AttrDecl] = MessageAttrs::ATTRS;

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (header, attributes) = Header::split(body)?;
        let message = MessageAttrs::decode(context, attributes, spec::filter);
        Some(Chain {
            block: header.block(),
            chain: message.chain.unwrap_or_default(),
            ..Chain::common(&header, message)
        })
    }
}
