//! The kinds of generic netlink families, a file for each family.

/// Declares how objects of a kind are read: their netlink family, the request that lists them, their messages, and the
/// commands that delete one. In braces further items of the declaration. Before the modules, which use it.
macro_rules! kind {
    ($type:ident of $family:ident, listed by $get:ident, [$($message:ident),+], deleted by [$($deleted:ident),*] $(, { $($item:tt)* })?) => {
        impl crate::kind::spec::KindSpec for $type {
            const NETLINK_FAMILY: crate::channel::FamilyId = crate::channel::FamilyId::$family;
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
                crate::kind::genl::decode::<Self>(context, message, emit, &[$($deleted),*])
            }

            $($($item)*)?
        }
    };
}

/// Declares how the events of a kind are read: their netlink family, their messages, and the name of each for the field
/// `event`. In braces further items of the declaration. Before the modules, which use it.
macro_rules! events {
    ($type:ident of $family:ident, [$($message:ident = $name:literal),+ $(,)?] $(, { $($item:tt)* })?) => {
        impl crate::kind::spec::KindSpec for $type {
            const NETLINK_FAMILY: crate::channel::FamilyId = crate::channel::FamilyId::$family;
            const MESSAGES: &'static [u16] = &[$($message),+];
            const ATTRS: &'static [crate::kind::attributes::AttrDecl] =
                <Self as crate::kind::attributes::Attributes>::ATTRS;

            fn decode(
                context: &mut crate::kind::context::DecodeContext<'_>,
                message: &crate::netlink::frame::Message<'_>,
                emit: &mut crate::kind::spec::Emit<'_>,
            ) -> Option<()> {
                const EVENTS: &[(u32, &str)] = &[$(($message as u32, $name)),+];
                crate::kind::genl::decode_event(context, message, emit, EVENTS, |event| $type {
                    event,
                    ..<$type>::default()
                })
            }

            $($($item)*)?
        }
    };
}

pub mod ctrl;
pub mod devlink;
pub mod dpll;
pub mod ethtool;
pub mod generic;
pub mod l2tp;
pub mod mptcp;
pub mod netdev;
pub mod ovs;
pub mod tables;
pub mod team;
pub mod thermal;
pub mod wifi;

use super::attributes::Attributes;
use super::context::DecodeContext;
use super::spec::{Emit, KindSpec, MessageAction};
use crate::netlink::frame::Message;
use crate::netlink::genl::{attributes, command};
use crate::value::Symbol;

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

/// Decodes an event. `new` makes one from the name that its command has in `names`.
fn decode_event<T: KindSpec + Attributes>(
    context: &mut DecodeContext<'_>,
    message: &Message<'_>,
    emit: &mut Emit<'_>,
    names: &'static [(u32, &'static str)],
    new: fn(Symbol) -> T,
) -> Option<()> {
    let mut event = new(Symbol::of(command(message).into(), names));
    event.attributes(context, attributes(message)?);
    emit.object_as(context, MessageAction::Notify, event)
}
