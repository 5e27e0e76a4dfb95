//! The kinds of `thermal`: zones, their trips, cooling devices, and events (linux/thermal.h), named as in
//! /sys/class/thermal.

mod cooling;
mod event;
#[cfg(test)]
mod tests;
mod trip;
mod zone;

use crate::kind::attributes::Attributes;
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, MessageAction};
use crate::netlink::attr::AttrError;
use crate::netlink::frame::Message;
use crate::netlink::genl::attributes;
pub use cooling::ThermalCoolingDevice;
pub use event::ThermalEvent;
pub use trip::ThermalTrip;
pub use zone::ThermalZone;

/// Decodes the object of an event.
fn decode<T: KindSpec + Attributes + Default>(
    context: &mut DecodeContext<'_>,
    message: &Message<'_>,
    emit: &mut Emit<'_>,
    action: MessageAction,
) -> Option<()> {
    let mut object = T::default();
    object.attributes(context, attributes(message)?);
    emit.object_as(context, action, object)
}

/// Decodes the objects of an answer. They follow each other in the attribute `list` without a nest of their own, each
/// from the attribute `first` on. `new` makes an object.
fn decode_list<T: KindSpec + Attributes>(
    context: &mut DecodeContext<'_>,
    message: &Message<'_>,
    emit: &mut Emit<'_>,
    (list, first): (u16, u16),
    new: impl Fn() -> T,
) -> Option<()> {
    let mut objects = Vec::new();
    context.each(attributes(message)?, |context, attr| match attr.kind {
        kind if kind == list => context.nested(&attr, |context, attr| {
            if attr.kind == first {
                objects.push(new());
            }
            let object = objects.last_mut().ok_or(AttrError::Unknown)?;
            object.attribute(context, &attr)
        }),
        _ => Err(AttrError::Unknown),
    });
    for object in objects {
        emit.object_as(context, MessageAction::Partial, object)?;
    }
    Some(())
}
