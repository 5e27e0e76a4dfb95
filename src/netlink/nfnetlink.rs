//! The wire format of nfnetlink: each of its subsystems with kinds is a family of its own, with its own
//! sockets. The other ones share the family `netfilter`.

use super::family::{Groups, Protocol};
use super::frame::Message;
use super::raw::find;
use crate::channel::{FamilyId, NETLINK_NETFILTER};

/// Length of `struct nfgenmsg`: address family, version, and the id of a resource in network byte order.
pub const HEADER: usize = 4;

/// The subsystem of nftables (`NFNL_SUBSYS_NFTABLES`, linux/netfilter/nfnetlink.h).
pub const NFNL_SUBSYS_NFTABLES: u16 = 10;

// `NFT_MSG_*` (linux/netfilter/nf_tables.h): the low byte of the type.
super::numbers! { MESSAGES:
    NFT_MSG_NEWTABLE = 0;
    NFT_MSG_GETTABLE = 1;
    NFT_MSG_DELTABLE = 2;
    NFT_MSG_NEWCHAIN = 3;
    NFT_MSG_GETCHAIN = 4;
    NFT_MSG_DELCHAIN = 5;
    NFT_MSG_NEWRULE = 6;
    NFT_MSG_GETRULE = 7;
    NFT_MSG_DELRULE = 8;
    NFT_MSG_NEWSET = 9;
    NFT_MSG_GETSET = 10;
    NFT_MSG_DELSET = 11;
    NFT_MSG_NEWSETELEM = 12;
    NFT_MSG_GETSETELEM = 13;
    NFT_MSG_DELSETELEM = 14;
    NFT_MSG_NEWGEN = 15;
    NFT_MSG_GETGEN = 16;
    NFT_MSG_TRACE = 17;
    NFT_MSG_NEWOBJ = 18;
    NFT_MSG_GETOBJ = 19;
    NFT_MSG_DELOBJ = 20;
    NFT_MSG_GETOBJ_RESET = 21;
    NFT_MSG_NEWFLOWTABLE = 22;
    NFT_MSG_GETFLOWTABLE = 23;
    NFT_MSG_DELFLOWTABLE = 24;
    NFT_MSG_GETRULE_RESET = 25;
    NFT_MSG_DESTROYTABLE = 26;
    NFT_MSG_DESTROYCHAIN = 27;
    NFT_MSG_DESTROYRULE = 28;
    NFT_MSG_DESTROYSET = 29;
    NFT_MSG_DESTROYSETELEM = 30;
    NFT_MSG_DESTROYOBJ = 31;
    NFT_MSG_DESTROYFLOWTABLE = 32;
    NFT_MSG_GETSETELEM_RESET = 33;
}

/// A subsystem of nfnetlink with kinds.
#[derive(Clone, Copy, Debug)]
pub struct Subsystem {
    id: FamilyId,
    name: &'static str,
    /// A shorter name, for options.
    alias: Option<&'static str>,
    /// It is joined only by its name, and by no pattern: it may have a message for each packet.
    pub by_name_only: bool,
    /// Its multicast groups, by number and name.
    groups: &'static [(u32, &'static str)],
    /// The names of its messages by the low byte of their type.
    messages: &'static [(u16, &'static str)],
}

/// nftables: tables, chains, rules, sets and their elements, objects and flowtables.
pub static NFTABLES: Subsystem = Subsystem {
    id: FamilyId::NFTABLES,
    name: "nftables",
    alias: Some("nft"),
    by_name_only: false,
    groups: &[(7, "NFTABLES")],
    messages: MESSAGES,
};

/// The trace of packets, which rules with `meta nftrace set 1` switch on.
pub static NFT_TRACE: Subsystem = Subsystem {
    id: FamilyId::NFT_TRACE,
    name: "nft_trace",
    alias: None,
    by_name_only: true,
    groups: &[(9, "NFTRACE")],
    messages: MESSAGES,
};

/// Every subsystem with kinds.
pub const SUBSYSTEMS: &[&Subsystem] = &[&NFTABLES, &NFT_TRACE];

/// The subsystem with that family.
pub fn subsystem(id: FamilyId) -> Option<&'static Subsystem> {
    let mut all = SUBSYSTEMS.iter().copied();
    all.find(|it| it.id == id)
}

/// The name of a subsystem that an option may call by a shorter one; any other text as it is.
pub fn unabbreviated(text: &str) -> &str {
    let mut all = SUBSYSTEMS.iter();
    let is_alias = |it: &&&Subsystem| it.alias.is_some_and(|it| it.eq_ignore_ascii_case(text));
    all.find(is_alias).map_or(text, |it| it.name)
}

/// The family of a datagram of nfnetlink by the type of its first message.
pub(super) fn of_type(kind: u16) -> FamilyId {
    const NFT: u16 = NFNL_SUBSYS_NFTABLES << 8;
    const TRACE: u16 = NFT | NFT_MSG_TRACE;
    match (kind, kind & 0xff00) {
        (TRACE, _) => FamilyId::NFT_TRACE,
        (_, NFT) => FamilyId::NFTABLES,
        _ => NETFILTER,
    }
}

/// The subsystems without kinds.
const NETFILTER: FamilyId = match FamilyId::of_protocol(NETLINK_NETFILTER) {
    Some(id) => id,
    None => panic!("a protocol number"),
};

impl Subsystem {
    /// Lower-case name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The family that `--family` may name in its place, with all others.
    pub fn umbrella(&self) -> Option<&'static str> {
        (!self.by_name_only).then_some("netfilter")
    }
}

impl Protocol for Subsystem {
    fn id(&self) -> FamilyId {
        self.id
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn groups(&self) -> Groups {
        Groups::Named(self.groups)
    }

    fn group_name(&self, group: u32) -> String {
        let mut groups = self.groups.iter();
        match groups.find(|(it, _)| *it == group) {
            Some((_, name)) => format!("netfilter/{name}"),
            None => format!("netfilter/{group}"),
        }
    }

    fn label(&self) -> Option<(&'static str, Option<&'static str>)> {
        Some(("netfilter", Some(self.name)))
    }

    /// `NFNL_MSG_TYPE`
    fn message_type(&self, message: &Message<'_>) -> u16 {
        message.kind & 0xff
    }

    fn address_family(&self, message: &Message<'_>) -> Option<u8> {
        message.body.first().copied()
    }

    fn type_name(&self, number: u16) -> Option<&'static str> {
        find(self.messages, number)
    }

    fn header_length(&self, number: u16) -> Option<usize> {
        self.type_name(number).map(|_| HEADER)
    }

    fn needs_net_admin(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_belongs_to_the_subsystem_of_its_first_message() {
        assert_eq!(of_type(0x0a0f), FamilyId::NFTABLES);
        assert_eq!(of_type(0x0a11), FamilyId::NFT_TRACE);
        for other in [0x0100, 0x0010, 2] {
            assert_eq!(of_type(other), NETFILTER);
        }
    }

    #[test]
    fn messages_and_groups_have_names() {
        assert_eq!(NFTABLES.type_name(15), Some("NFT_MSG_NEWGEN"));
        assert_eq!(NFTABLES.group_name(7), "netfilter/NFTABLES");
        assert!(MESSAGES.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(
            (unabbreviated("NFT"), unabbreviated("inet")),
            ("nftables", "inet")
        );
    }
}
