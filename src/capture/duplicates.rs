//! Copies of an event in a capture of another program: nlmon shows a notification once for each
//! socket that receives it, one copy directly after the other.

use crate::channel::Channel;
use crate::event::values::Time;
use crate::netlink::family::Protocol;
use crate::netlink::frame::Message;

/// Maximum time between two copies, nanoseconds. The kernel sends them in one loop
/// (`do_one_broadcast`).
const NEARBY: i128 = 1_000_000;

/// The last event.
#[derive(Default)]
pub(super) struct Duplicates {
    last: Option<(Time, Channel)>,
    bytes: Vec<u8>,
}

impl Duplicates {
    /// Returns true if an event equals the one before it, and describes a state: the copy says
    /// nothing new. Of a message that describes none, such as a request to resolve a neighbour, two
    /// may be equal.
    pub(super) fn is_copy(
        &mut self,
        time: Time,
        channel: Channel,
        protocol: &dyn Protocol,
        messages: &[u8],
        first: Option<&Message<'_>>,
    ) -> bool {
        let describes_state =
            first.is_some_and(|it| protocol.control(it).is_none() && protocol.is_state(it));
        let is_nearby = self.last.is_some_and(|(last, on)| {
            on == channel && (time.0.as_nanosecond() - last.0.as_nanosecond()).abs() <= NEARBY
        });
        let is_copy = describes_state && channel.is_events() && is_nearby && self.bytes == messages;
        if !is_copy {
            self.bytes.clear();
            self.bytes.extend_from_slice(messages);
        }
        self.last = Some((time, channel));
        is_copy
    }
}
