//! The messages of the generic netlink family `team` (linux/if_team.h). Requests, answers and events share their numbers.

/// The attribute with the index of the team device.
pub const TEAM_ATTR_TEAM_IFINDEX: u16 = 1;

/// Answered with a message that says nothing.
pub const TEAM_CMD_NOOP: u16 = 0;

// Those that the kernel sends.
crate::netlink::numbers! { COMMANDS:
    TEAM_CMD_OPTIONS_GET = 2;
    TEAM_CMD_PORT_LIST_GET = 3;
}
