//! The wire format of the generic netlink controller: its commands (`CTRL_CMD_*`,
//! linux/genetlink.h). It announces the generic netlink families that come and go.

use std::io;

use netlink_sys::{Socket, SocketAddr};

use super::attr::Attrs;
use super::family::{Groups, Protocol};
use super::frame::{Message, Messages};
use super::request::Request;
use crate::channel::FamilyId;

/// Names of generic netlink families of Linux, which a kernel need not have.
pub const NAMES: &[&str] = &[
    "nlctrl",
    "acpi_event",
    "batadv",
    "dev-energymodel",
    "devlink",
    "dpll",
    "ethtool",
    "fou",
    "gtp",
    "handshake",
    "HSR",
    "IOAM6",
    "l2tp",
    "MAC802154_HWSIM",
    "MAC80211_HWSIM",
    "macsec",
    "mptcp_pm",
    "nbd",
    "NET_DM",
    "net-shaper",
    "netdev",
    "nl80211",
    "nl802154",
    "ovpn",
    "ovs_ct_limit",
    "ovs_datapath",
    "ovs_flow",
    "ovs_meter",
    "ovs_packet",
    "ovs_vport",
    "psample",
    "psp",
    "SEG6",
    "SMC_GEN_NETLINK",
    "TASKSTATS",
    "tcp_metrics",
    "team",
    "thermal",
    "TIPCv2",
    "vdpa",
    "VFS_DQUOT",
    "wireguard",
];

/// Length of `struct genlmsghdr`.
pub const HEADER: usize = 4;

/// Commands of a generic netlink family: number and name, sorted by number.
pub type Commands = &'static [(u16, &'static str)];

pub mod curated;
pub mod devlink;
pub mod dpll;
pub mod ethtool;
pub mod l2tp;
pub mod mptcp;
pub mod netdev;
pub mod nl80211;
pub mod ovs;
pub mod team;
pub mod thermal;

/// The name of a command in such a table.
pub fn name_in(commands: Commands, number: u16) -> Option<&'static str> {
    let at = commands.binary_search_by_key(&number, |(number, _)| *number);
    at.ok().map(|at| commands[at].1)
}

super::numbers! { COMMANDS:
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
    name_in(COMMANDS, u16::try_from(number).ok()?)
}

/// The command of a generic netlink message; 0 if the message is shorter than its header.
pub fn command(message: &Message<'_>) -> u16 {
    message.body.first().map_or(0, |command| (*command).into())
}

/// The attributes of a generic netlink message, behind its `struct genlmsghdr`; `None` if the message is shorter.
pub fn attributes<'a>(message: &Message<'a>) -> Option<&'a [u8]> {
    message.body.get(HEADER..)
}

/// What a message of the controller says about a family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Announcement {
    /// The command of the message.
    pub command: u16,
    /// Id of the family: the type of its messages.
    pub id: u16,
    /// Its name.
    pub name: String,
    /// Length of its own fixed header, bytes.
    pub header: Option<u32>,
    /// Number and name of its multicast groups.
    pub groups: Vec<(u32, String)>,
}

/// The families in a datagram of the controller, those whose id or name is missing left out.
pub fn announcements(datagram: &[u8]) -> impl Iterator<Item = Announcement> {
    let messages = Messages::new(datagram).flatten();
    let of_controller = messages.filter(|it| it.kind == FamilyId::NLCTRL.generic_id());
    of_controller.filter_map(|message| announcement(&message))
}

fn announcement(message: &Message<'_>) -> Option<Announcement> {
    const CTRL_ATTR_FAMILY_ID: u16 = 1;
    const CTRL_ATTR_FAMILY_NAME: u16 = 2;
    const CTRL_ATTR_HDRSIZE: u16 = 4;
    const CTRL_ATTR_MCAST_GROUPS: u16 = 7;
    const CTRL_ATTR_MCAST_GRP_NAME: u16 = 1;
    const CTRL_ATTR_MCAST_GRP_ID: u16 = 2;
    let attributes = attributes(message)?;
    let mut found = Announcement {
        command: command(message),
        ..Announcement::default()
    };
    for attr in Attrs::new(attributes).flatten() {
        match attr.kind {
            CTRL_ATTR_FAMILY_ID => found.id = attr.u16().ok()?,
            CTRL_ATTR_FAMILY_NAME => found.name = text(attr.value)?,
            CTRL_ATTR_HDRSIZE => found.header = attr.u32().ok(),
            CTRL_ATTR_MCAST_GROUPS => {
                for group in Attrs::new(attr.value).flatten() {
                    let (mut id, mut name) = (None, None);
                    for attr in Attrs::new(group.value).flatten() {
                        match attr.kind {
                            CTRL_ATTR_MCAST_GRP_ID => id = attr.u32().ok(),
                            CTRL_ATTR_MCAST_GRP_NAME => name = text(attr.value),
                            _ => {}
                        }
                    }
                    found.groups.extend(id.zip(name));
                }
            }
            _ => {}
        }
    }
    (found.id != 0 && !found.name.is_empty()).then_some(found)
}

/// Asks the controller for all families of the thread's network namespace. Returns its answers: never
/// about a family by its name, since the kernel would load a module of that name.
///
/// # Errors
/// Those of socket(2), send(2) and recv(2).
pub fn families() -> io::Result<Vec<Vec<u8>>> {
    answers(std::iter::once(Request::genl_families()))
}

/// Sends requests of generic netlink, one after the other, in the thread's network namespace. Returns the answers;
/// one that the kernel refuses has none.
///
/// # Errors
/// Those of socket(2), send(2) and recv(2).
pub fn answers(requests: impl Iterator<Item = Request>) -> io::Result<Vec<Vec<u8>>> {
    let mut socket = Socket::new(Nlctrl.id().protocol() as isize)?;
    socket.bind(&SocketAddr::new(0, 0))?;
    let mut answers = Vec::new();
    for request in requests {
        socket.send(&request.message(1), 0)?;
        loop {
            let (datagram, sender) = socket.recv_from_full()?;
            if sender.port_number() != 0 {
                continue;
            }
            let mut messages = Messages::new(&datagram).flatten();
            let is_end = messages.any(|it| it.control().is_some());
            let mut messages = Messages::new(&datagram).flatten();
            if messages.any(|it| it.control().is_none()) {
                answers.push(datagram);
            }
            if is_end {
                break;
            }
        }
    }
    Ok(answers)
}

fn text(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.split(|byte| *byte == 0).next()?;
    str::from_utf8(bytes).ok().map(str::to_owned)
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

    fn label(&self) -> Option<(&'static str, Option<&'static str>)> {
        Some(("generic", Some(self.name())))
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
