//! Records of audit. Those of changes of netfilter's tables have a kind; all others are text.

use super::Family;
use crate::decode::context::DecodeContext;
use crate::decode::{Decoded, MessageAction};
use crate::event::Unparsed;
use crate::kind::audit::NetfilterCfg;
use crate::netlink::audit::{AUDIT_NETFILTER_CFG, Audit};
use crate::netlink::family::Protocol as _;
use crate::netlink::frame::Message;
use crate::netlink::other::other;

impl Family for Audit {
    fn objects(
        &self,
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
    ) {
        let record = match message.kind {
            AUDIT_NETFILTER_CFG => NetfilterCfg::parse(message.body),
            _ => None,
        };
        match record {
            Some(record) => {
                let decoded = Decoded {
                    action: MessageAction::Notify,
                    payload: record.into(),
                };
                each(decoded, Vec::new());
            }
            None => super::other::decode(*other(self.id()), None, context, message, each),
        }
    }
}
