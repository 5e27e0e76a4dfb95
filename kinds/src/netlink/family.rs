//! The netlink families whose datagrams can be read, as far as their wire format goes. What they
//! mean is the subject of the module `family` of nlstream.

use std::sync::Arc;

use super::frame::{ControlMessage, Message};
use crate::channel::FamilyId;

/// The wire format of a netlink family.
pub trait Protocol: Sync {
    /// Protocol number, and for generic netlink the family's id.
    fn id(&self) -> FamilyId;

    /// Lower-case name, as in `ss --netlink`: `route`.
    fn name(&self) -> &'static str;

    /// The multicast groups that an event socket joins.
    fn groups(&self) -> Groups;

    /// The name of a multicast group, else its number.
    fn group_name(&self, group: u32) -> String;

    /// `nl.proto` and, of generic netlink, `nl.family` of the family's messages; `None` for rtnetlink,
    /// whose lines have neither.
    fn label(&self) -> Option<(&'static str, Option<&'static str>)> {
        None
    }

    /// The name of a generic netlink family that the kernel announced, for `nl.family`.
    fn announced_name(&self) -> Option<Arc<str>> {
        None
    }

    /// The kind of a message of the netlink protocol itself; `None` for other messages.
    #[inline]
    fn control(&self, message: &Message<'_>) -> Option<ControlMessage> {
        message.control()
    }

    /// The number of a message's type: `nlmsg_type`, except that messages of generic netlink carry
    /// the family's id there.
    fn message_type(&self, message: &Message<'_>) -> u16 {
        message.kind
    }

    /// The address family that the fixed header begins with, if the protocol's headers do.
    fn address_family(&self, message: &Message<'_>) -> Option<u8>;

    /// The name of a message type, as the kernel's header spells it.
    fn type_name(&self, number: u16) -> Option<&'static str>;

    /// Length in bytes of the fixed header between `struct nlmsghdr` and the attributes, padding
    /// included.
    fn header_length(&self, number: u16) -> Option<usize>;

    /// Who sends messages with this header, which has `NLM_F_REQUEST`. Only of captures it is not
    /// known from the socket.
    fn request_sender(&self, _request: &RequestHeader) -> RequestSender {
        RequestSender::Program
    }

    /// Returns true if the message describes the state of an object, so that a second, equal message
    /// says nothing new.
    fn is_state(&self, _message: &Message<'_>) -> bool {
        true
    }

    /// What a task must have to join the protocol's groups and to request its dumps.
    fn privilege(&self) -> Privilege {
        Privilege::None
    }

    /// Returns true if only its name requests the family, and no pattern: it may have a message for each packet,
    /// make the kernel do more work, or tell of more than the network.
    fn is_by_name_only(&self) -> bool {
        false
    }
}

/// What a task must have for a protocol. Without it the kernel refuses, and the run goes on without the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privilege {
    None,
    /// CAP_NET_ADMIN, for the groups and the dumps.
    NetAdmin,
    /// CAP_AUDIT_READ in the initial user namespace, for the group (`audit_multicast_bind`).
    AuditRead,
}

impl Privilege {
    /// Returns true if the kernel may refuse that a task joins the groups.
    pub fn is_restricted(self) -> bool {
        self != Privilege::None
    }

    /// What to do if the kernel has refused.
    pub fn advice(self) -> &'static str {
        match self {
            Privilege::AuditRead => {
                "run as root or with CAP_AUDIT_READ, outside of user namespaces (docs/nftables.md)"
            }
            Privilege::None | Privilege::NetAdmin => {
                "run as root or with CAP_NET_ADMIN (docs/confinement.md), which a process apart keeps"
            }
        }
    }
}

/// Who sends a message with `NLM_F_REQUEST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestSender {
    /// A program: the message is a request.
    Program,
    /// The kernel.
    Kernel,
    /// Both: the kernel's notification repeats the flags, the sequence number and the port id of the
    /// request.
    Either,
}

/// The multicast groups of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Groups {
    /// Every group that the kernel has, from 1 on.
    All,
    /// These.
    Listed(&'static [u32]),
    /// These, by number and name.
    Named(&'static [(u32, &'static str)]),
}

/// Fields of a `struct nlmsghdr` with `NLM_F_REQUEST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestHeader {
    pub kind: u16,
    pub flags: u16,
    pub seq: u32,
    pub portid: u32,
}
