//! `kind:"team_port"` and `"team_option"`: ports and options of team devices (linux/if_team.h), named as in teamnl(8).
//!
//! A message has a list of objects, of which some may be removed. The kernel lists those of one team device at a time.
//! The options of a new device are announced before the device has an index (`team_init`), and those that it has in every
//! mode end with it without a message: they are read when a team device comes or goes.

mod option;
mod port;
#[cfg(test)]
mod tests;

use crate::kind::Payload;
use crate::kind::attributes::Attributes;
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, MessageAction};
use crate::netlink::attr::{AttrError, Attrs};
use crate::netlink::frame::Message;
use crate::netlink::genl::attributes;
use crate::netlink::genl::team::TEAM_CMD_NOOP;
use crate::netlink::request::Request;
pub use option::TeamOption;
pub use port::TeamPort;

const TEAM_ATTR_TEAM_IFINDEX: u16 = 1;

/// The number of the list in a message, and that of the attribute which says that an object in it was removed.
struct List {
    list: u16,
    removed: u16,
}

/// Decodes the objects in the list of a message. `new` makes an object of the team device with that index.
fn decode<T: KindSpec + Attributes>(
    context: &mut DecodeContext<'_>,
    message: &Message<'_>,
    emit: &mut Emit<'_>,
    List { list, removed }: List,
    new: fn(u32) -> T,
) -> Option<()> {
    // `TEAM_ATTR_ITEM_OPTION`, `TEAM_ATTR_ITEM_PORT`
    const ITEM: u16 = 1;
    let body = attributes(message)?;
    let team = Attrs::new(body).flatten();
    let mut team = team.filter(|it| it.kind == TEAM_ATTR_TEAM_IFINDEX);
    let team = team.next()?.u32().ok()?;
    context.each(body, |context, attr| match attr.kind {
        TEAM_ATTR_TEAM_IFINDEX => Ok(()),
        // The device has no index yet.
        kind if kind == list && team == 0 => Ok(()),
        kind if kind == list => context.nested(&attr, |context, attr| {
            if attr.kind != ITEM {
                return Err(AttrError::Unknown);
            }
            let mut object = new(team);
            context.within(ITEM, |context| object.attributes(context, attr.value))?;
            let mut all = Attrs::new(attr.value).flatten();
            let action = match all.any(|it| it.kind == removed) {
                true => MessageAction::Delete,
                false => MessageAction::New,
            };
            emit.object_as(context, action, object);
            Ok(())
        }),
        _ => Err(AttrError::Unknown),
    });
    Some(())
}

/// The request for a list of a team device. If it was deleted meanwhile, the kernel answers with EINVAL: "the name in the
/// request is not team master".
fn list(command: u16, device: &Payload) -> Option<Request> {
    match device {
        Payload::Link(link) => {
            let is_team = link.is_of_type("team");
            is_team.then(|| Request::team(command, link.ifindex))
        }
        _ => None,
    }
}

/// There is no request for the objects of all team devices.
fn dumps() -> Vec<Request> {
    vec![Request::generic(TEAM_CMD_NOOP, &[]).single()]
}
