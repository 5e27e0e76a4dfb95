//! Implicit changes: the objects that the kernel changes without a notification, by the event that
//! causes the change.

use crate::event::kind_set::KindSet;
use crate::event::{Change, Op, Payload};

/// The kinds whose objects the kernel may have changed along with this event, without a
/// notification.
pub(super) fn stale_kinds(op: Op, payload: &Payload, change: Option<&Change>) -> KindSet {
    payload.triggers(op, change.map(Change::old)).stale_kinds()
}
