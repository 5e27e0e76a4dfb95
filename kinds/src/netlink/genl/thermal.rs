//! The messages of the generic netlink family `thermal` (linux/thermal.h). Events, samples and answers to requests share
//! their numbers: an answer is told by its attributes, and its number here is [`ANSWER`] above that of the request.

use super::{Commands, attributes, command};
use crate::netlink::attr::Attrs;
use crate::netlink::frame::Message;

/// Added to the number of a request, for its answer.
pub const ANSWER: u16 = 64;
/// The multicast group of temperatures, one for each zone and reading.
pub const SAMPLING: &str = "sampling";

// Attributes by which messages are told apart, and objects in them.
pub const THERMAL_GENL_ATTR_TZ: u16 = 1;
pub const THERMAL_GENL_ATTR_TZ_ID: u16 = 2;
const THERMAL_GENL_ATTR_TZ_TEMP: u16 = 3;
pub const THERMAL_GENL_ATTR_TZ_TRIP: u16 = 4;
pub const THERMAL_GENL_ATTR_TZ_TRIP_ID: u16 = 5;
const THERMAL_GENL_ATTR_TZ_MODE: u16 = 9;
const THERMAL_GENL_ATTR_TZ_GOV_NAME: u16 = 13;
pub const THERMAL_GENL_ATTR_CDEV: u16 = 14;
pub const THERMAL_GENL_ATTR_CDEV_ID: u16 = 15;
pub const THERMAL_GENL_ATTR_CPU_CAPABILITY_ID: u16 = 21;
const THERMAL_GENL_ATTR_THRESHOLD: u16 = 24;

/// Declares the messages: their numbers, and the table of their names.
macro_rules! messages {
    (events { $($event:ident = $number:literal;)+ } answers { $($request:ident = $of:literal;)+ }) => {
        $(pub const $event: u16 = $number;)+
        $(pub const $request: u16 = $of;)+

        /// Every message that the kernel sends, by number.
        pub const COMMANDS: Commands = &[
            $(($number, stringify!($event)),)+
            $((ANSWER + $of, stringify!($request)),)+
        ];
    };
}

messages! {
    events {
        THERMAL_GENL_SAMPLING_TEMP = 0;
        THERMAL_GENL_EVENT_TZ_CREATE = 1;
        THERMAL_GENL_EVENT_TZ_DELETE = 2;
        THERMAL_GENL_EVENT_TZ_DISABLE = 3;
        THERMAL_GENL_EVENT_TZ_ENABLE = 4;
        THERMAL_GENL_EVENT_TZ_TRIP_UP = 5;
        THERMAL_GENL_EVENT_TZ_TRIP_DOWN = 6;
        THERMAL_GENL_EVENT_TZ_TRIP_CHANGE = 7;
        THERMAL_GENL_EVENT_TZ_TRIP_ADD = 8;
        THERMAL_GENL_EVENT_TZ_TRIP_DELETE = 9;
        THERMAL_GENL_EVENT_CDEV_ADD = 10;
        THERMAL_GENL_EVENT_CDEV_DELETE = 11;
        THERMAL_GENL_EVENT_CDEV_STATE_UPDATE = 12;
        THERMAL_GENL_EVENT_TZ_GOV_CHANGE = 13;
        THERMAL_GENL_EVENT_CPU_CAPABILITY_CHANGE = 14;
        THERMAL_GENL_EVENT_THRESHOLD_ADD = 15;
        THERMAL_GENL_EVENT_THRESHOLD_DELETE = 16;
        THERMAL_GENL_EVENT_THRESHOLD_FLUSH = 17;
        THERMAL_GENL_EVENT_THRESHOLD_UP = 18;
        THERMAL_GENL_EVENT_THRESHOLD_DOWN = 19;
    }
    answers {
        THERMAL_GENL_CMD_TZ_GET_ID = 1;
        THERMAL_GENL_CMD_TZ_GET_TRIP = 2;
        THERMAL_GENL_CMD_TZ_GET_TEMP = 3;
        THERMAL_GENL_CMD_TZ_GET_GOV = 4;
        THERMAL_GENL_CMD_TZ_GET_MODE = 5;
        THERMAL_GENL_CMD_CDEV_GET = 6;
        THERMAL_GENL_CMD_THRESHOLD_GET = 7;
    }
}

/// The number of a message in [`COMMANDS`].
pub fn number(message: &Message<'_>) -> u16 {
    let number = command(message);
    let is_of_answer = |kind| match kind {
        THERMAL_GENL_ATTR_TZ
        | THERMAL_GENL_ATTR_TZ_TRIP
        | THERMAL_GENL_ATTR_TZ_MODE
        | THERMAL_GENL_ATTR_TZ_GOV_NAME
        | THERMAL_GENL_ATTR_CDEV
        | THERMAL_GENL_ATTR_THRESHOLD => true,
        // Crossed trips and thresholds have it, too.
        THERMAL_GENL_ATTR_TZ_TEMP => number == THERMAL_GENL_CMD_TZ_GET_TEMP,
        _ => false,
    };
    let attributes = Attrs::new(attributes(message).unwrap_or_default());
    match attributes.flatten().any(|it| is_of_answer(it.kind)) {
        true => ANSWER + number,
        false => number,
    }
}
