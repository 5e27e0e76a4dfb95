//! The generic netlink controller: families that come and go.

use super::Family;
use crate::channel::FamilyId;
use crate::decode::context::DecodeContext;
use crate::decode::{self, Decoded, MessageAction};
use crate::event::Unparsed;
use crate::event::kinds::decoders;
use crate::kind::spec::Decoders;
use crate::netlink::frame::Message;
use crate::netlink::genl::{
    CTRL_CMD_DELFAMILY, CTRL_CMD_DELMCAST_GRP, CTRL_CMD_NEWFAMILY, CTRL_CMD_NEWMCAST_GRP, Nlctrl,
    command,
};

static DECODERS: Decoders = decoders(FamilyId::NLCTRL);

impl Family for Nlctrl {
    fn objects(
        &self,
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        each: &mut dyn FnMut(Decoded, Vec<Unparsed>),
    ) {
        let action = match command(message) {
            CTRL_CMD_NEWFAMILY => MessageAction::New,
            CTRL_CMD_DELFAMILY => MessageAction::Delete,
            // Id and name of the family, and one group.
            CTRL_CMD_NEWMCAST_GRP | CTRL_CMD_DELMCAST_GRP => MessageAction::Partial,
            _ => MessageAction::Notify,
        };
        decode::decode(self, &DECODERS, action, context, message, each);
    }
}
