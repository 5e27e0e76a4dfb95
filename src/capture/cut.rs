//! What is missing in a datagram that the snapshot length of a capture cut.

use crate::event::meta::{Gap, GapCause};
use crate::event::values::Time;
use crate::netlink::attr::align;
use crate::netlink::frame::{Message, Messages};

/// The gap after a datagram that had `length` bytes, of which `messages` are there; `None` if no
/// event is missing: padding was cut off, or the end of an acknowledgement.
pub(super) fn gap(time: Time, messages: &[u8], length: u64) -> Option<Gap> {
    let (mut at, mut rest) = (0, &messages[..0]);
    for message in Messages::new(messages) {
        match message {
            Ok(message) => at += align(message.bytes.len()),
            Err(bytes) => rest = bytes,
        }
    }
    let begin = at as u64;
    let stated = Message::incomplete(rest).map(|message| u64::from(message.stated_length()));
    let is_last = match stated {
        Some(stated) => begin + stated >= length,
        None if rest.is_empty() => {
            if begin >= length {
                return None;
            }
            false
        }
        None => false,
    };
    let is_control = Message::incomplete(rest).is_some_and(|message| message.is_control());
    if is_last && is_control {
        return None;
    }
    Some(Gap {
        family: None,
        kinds: None,
        cause: GapCause::Truncated,
        errno: None,
        // After the message that is cut there may be others.
        lost: is_last.then_some(1),
        from: Some(time),
        to: Some(time),
        by: None,
    })
}
