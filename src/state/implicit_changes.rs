//! The changes that the kernel makes without an event, by the event before them.

use crate::event::kind_set::KindSet;
use crate::event::{Change, Op, Payload};

/// The kinds of which objects may have changed without an event when this event came.
pub fn stale_kinds(op: Op, payload: &Payload, change: Option<&Change>) -> KindSet {
    payload.triggers(op, change.map(Change::old)).stale_kinds()
}
