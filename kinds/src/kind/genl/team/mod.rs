//! `kind:"team_port"` and `"team_option"`: ports and options of team devices (linux/if_team.h), named as in teamnl(8).
//!
//! A message has a list of objects, of which some may be removed. The kernel lists those of one team device at a time.
//! The options of a new device are announced before the device has an index (`team_init`), and those that it has in every
//! mode end with it without a message: they are read when a team device comes or goes.

/// Declares how the objects in one list of a team device are read: the attributes of the list and of an object in it, the
/// request for the list, and the attribute of an object that was removed. In braces the fields that an object has without
/// an attribute. Before the modules, which use it.
macro_rules! listed {
    (
        $type:ident in $list:ident = $number:literal / $item:ident,
        requested by $get:ident,
        removed by $removed:ident
        $(, { $($field:ident: $value:expr),+ })?
    ) => {
        impl crate::kind::spec::KindSpec for $type {
            const NETLINK_FAMILY: crate::channel::FamilyId = crate::channel::FamilyId::TEAM;
            const MESSAGES: &'static [u16] = &[$get];
            const STALE_AFTER: &'static [crate::kind::spec::Trigger] =
                &[crate::kind::spec::Trigger::Team];
            const DUMPS_PER_OBJECT: &'static [crate::kind::spec::DumpsPerObject] =
                &[crate::kind::spec::DumpsPerObject::of(
                    crate::kind::Kind::Link,
                    |device| super::request($get, device),
                    libc::EINVAL,
                )];
            const ATTRS: &'static [crate::kind::attributes::AttrDecl] = {
                use crate::kind::attributes::{AttrDecl, Attributes};
                &[
                    AttrDecl::new("TEAM_ATTR_TEAM_IFINDEX", super::TEAM_ATTR_TEAM_IFINDEX, || &[]),
                    AttrDecl::new(stringify!($list), $number, || {
                        const {
                            &[AttrDecl::new(stringify!($item), super::ITEM, || {
                                <$type as Attributes>::ATTRS
                            })]
                        }
                    }),
                ]
            };

            fn dumps(_details: bool) -> Vec<crate::netlink::request::Request> {
                super::dumps()
            }

            fn decode(
                context: &mut crate::kind::context::DecodeContext<'_>,
                message: &crate::netlink::frame::Message<'_>,
                emit: &mut crate::kind::spec::Emit<'_>,
            ) -> Option<()> {
                let list = super::List {
                    list: $number,
                    removed: Self::$removed,
                };
                super::decode(context, message, emit, list, |ifindex| $type {
                    ifindex,
                    $($($field: $value,)+)?
                    ..<$type>::default()
                })
            }
        }
    };
}

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
use crate::netlink::genl::team::{TEAM_ATTR_TEAM_IFINDEX, TEAM_CMD_NOOP};
use crate::netlink::request::Request;
pub use option::TeamOption;
pub use port::TeamPort;

/// `TEAM_ATTR_ITEM_OPTION`, `TEAM_ATTR_ITEM_PORT`
const ITEM: u16 = 1;

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
            let mut action = MessageAction::New;
            context.nested(&attr, |context, attr| match attr.kind {
                kind if kind == removed => {
                    action = MessageAction::Delete;
                    Ok(())
                }
                _ => object.attribute(context, &attr),
            })?;
            emit.object_as(context, action, object);
            Ok(())
        }),
        _ => Err(AttrError::Unknown),
    });
    Some(())
}

/// The request for a list of a team device. If it was deleted meanwhile, the kernel answers with EINVAL: "the name in the
/// request is not team master".
fn request(command: u16, device: &Payload) -> Option<Request> {
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
