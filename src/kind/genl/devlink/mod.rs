//! `kind:"devlink"` and the kinds whose names begin with `devlink_`: devices with settings beyond those of a
//! network device, such as network adapters and switches, their ports, parameters, regions, health reporters,
//! traps, rates and line cards (linux/devlink.h), named as in devlink(8).

mod device;
mod flash;
mod health;
mod linecard;
mod param;
mod port;
mod rate;
mod region;
#[cfg(test)]
mod tests;
mod trap;

use serde::Serialize;
use serde_with::skip_serializing_none;

use nlstream_derive::Attributes;

use crate::json::JsonSchema;
use crate::kind::attributes::Attributes;
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, MessageAction};
use crate::netlink::attr::Attrs;
use crate::netlink::frame::Message;
use crate::netlink::genl::{attributes, command};
use crate::value::Text;
pub use device::{Devlink, DevlinkInfo};
pub use flash::DevlinkFlash;
pub use health::{DevlinkHealth, HEALTH_STATES};
pub use linecard::{DevlinkLinecard, LINECARD_STATES};
pub use param::DevlinkParam;
pub use port::DevlinkPort;
pub use rate::DevlinkRate;
pub use region::DevlinkRegion;
pub use trap::{DevlinkTrap, DevlinkTrapGroup, DevlinkTrapPolicer};

/// Returns true if a message is about a port, or about an object of one.
fn has_port(message: &Message<'_>) -> bool {
    const DEVLINK_ATTR_PORT_INDEX: u16 = 3;
    let mut all = Attrs::new(attributes(message).unwrap_or_default()).flatten();
    all.any(|it| it.kind == DEVLINK_ATTR_PORT_INDEX)
}

/// Decodes the object of a message, which one of the commands in `deleted` deletes.
fn decode<T: KindSpec + Attributes + Default>(
    context: &mut DecodeContext<'_>,
    message: &Message<'_>,
    emit: &mut Emit<'_>,
    deleted: &[u16],
) -> Option<()> {
    let mut object = T::default();
    object.attributes(context, attributes(message)?);
    let action = match deleted.contains(&command(message)) {
        true => MessageAction::Delete,
        false => MessageAction::New,
    };
    emit.object_as(context, action, object)
}

/// Declares how objects of a kind are read: the request that lists them, their messages, and those that
/// delete one. In braces further items of the declaration.
macro_rules! kind {
    ($type:ident, $get:ident, [$($message:ident),+], deleted by [$($deleted:ident),*] $(, { $($item:tt)* })?) => {
        impl crate::kind::spec::KindSpec for $type {
            const NETLINK_FAMILY: crate::channel::FamilyId = crate::channel::FamilyId::DEVLINK;
            const MESSAGES: &'static [u16] = &[$($message),+];
            const ATTRS: &'static [crate::kind::attributes::AttrDecl] =
                <Self as crate::kind::attributes::Attributes>::ATTRS;

            fn dumps(_details: bool) -> Vec<crate::netlink::request::Request> {
                vec![crate::netlink::request::Request::generic($get, &[])]
            }

            fn decode(
                context: &mut crate::kind::context::DecodeContext<'_>,
                message: &crate::netlink::frame::Message<'_>,
                emit: &mut crate::kind::spec::Emit<'_>,
            ) -> Option<()> {
                super::decode::<Self>(context, message, emit, &[$($deleted),*])
            }

            $($($item)*)?
        }
    };
}
use kind;

/// Another device of devlink that a device, port or line card contains.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(skip(DEVLINK_ATTR_INDEX = 184))]
pub struct DevlinkNested {
    /// Name of the bus.
    #[nla(DEVLINK_ATTR_BUS_NAME = 1)]
    pub bus_name: Text,
    /// Name of the device on that bus.
    #[nla(DEVLINK_ATTR_DEV_NAME = 2)]
    pub dev_name: Text,
    /// Number of its network namespace, if that is another one; -1 if it has no number.
    #[nla(DEVLINK_ATTR_NETNS_ID = 140)]
    pub netns_id: Option<i32>,
}
