//! The wire format of the generic netlink controller: its commands (`CTRL_CMD_*`,
//! linux/genetlink.h). It announces the generic netlink families that come and go.

use super::family::{Groups, Protocol};
use super::frame::Message;
use crate::channel::FamilyId;

/// Length of `struct genlmsghdr`.
pub const HEADER: usize = 4;

/// Declares a constant for each command, and the table [`COMMANDS`].
macro_rules! commands {
    ($($name:ident = $number:literal;)+) => {
        $(pub const $name: u16 = $number;)+

        /// Every command of the controller, by number.
        pub const COMMANDS: &[(u16, &str)] = &[$(($number, stringify!($name))),+];
    };
}

commands! {
    CTRL_CMD_NEWFAMILY = 1;
    CTRL_CMD_DELFAMILY = 2;
    CTRL_CMD_GETFAMILY = 3;
    CTRL_CMD_NEWOPS = 4;
    CTRL_CMD_DELOPS = 5;
    CTRL_CMD_GETOPS = 6;
    CTRL_CMD_NEWMCAST_GRP = 7;
    CTRL_CMD_DELMCAST_GRP = 8;
    CTRL_CMD_GETMCAST_GRP = 9;
    CTRL_CMD_GETPOLICY = 10;
}

/// The name of a command of the controller.
pub fn command_name(number: u32) -> Option<&'static str> {
    let mut commands = COMMANDS.iter();
    let (_, name) = commands.find(|(it, _)| u32::from(*it) == number)?;
    Some(name)
}

/// The command of a generic netlink message; 0 if the message is shorter than its header.
pub fn command(message: &Message<'_>) -> u16 {
    message.body.first().map_or(0, |command| (*command).into())
}

/// The generic netlink controller.
#[derive(Clone, Copy, Debug)]
pub struct Nlctrl;

/// The group `notify`. The kernel gives it the controller's own id (net/netlink/genetlink.c,
/// `genl_validate_assign_mc_groups`), so it need not be resolved.
const NOTIFY: u32 = 16;

impl Protocol for Nlctrl {
    fn id(&self) -> FamilyId {
        FamilyId::NLCTRL
    }

    fn name(&self) -> &'static str {
        "nlctrl"
    }

    fn label(&self) -> Option<(&'static str, &'static str)> {
        Some(("generic", self.name()))
    }

    fn groups(&self) -> Groups {
        Groups::Listed(&[NOTIFY])
    }

    fn group_name(&self, group: u32) -> String {
        match group {
            NOTIFY => "nlctrl/notify".to_owned(),
            other => format!("nlctrl/{other}"),
        }
    }

    fn message_type(&self, message: &Message<'_>) -> u16 {
        command(message)
    }

    fn address_family(&self, _: &Message<'_>) -> Option<u8> {
        None
    }

    fn type_name(&self, number: u16) -> Option<&'static str> {
        command_name(number.into())
    }

    fn header_length(&self, number: u16) -> Option<usize> {
        self.type_name(number).map(|_| HEADER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_sorted_and_named() {
        assert!(COMMANDS.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(command_name(3), Some("CTRL_CMD_GETFAMILY"));
        assert_eq!(Nlctrl.type_name(10), Some("CTRL_CMD_GETPOLICY"));
        assert_eq!(Nlctrl.header_length(11), None);
        assert_eq!(Nlctrl.group_name(16), "nlctrl/notify");
    }
}
