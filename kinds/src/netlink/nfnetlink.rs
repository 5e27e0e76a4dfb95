//! The wire format of nfnetlink: each of its subsystems with kinds is a family of its own, with its own
//! sockets. The other ones share the family `netfilter`.

use super::family::{Groups, Privilege, Protocol};
use super::frame::Message;
use super::raw::find;
use crate::channel::{FamilyId, NETLINK_NETFILTER};

/// Length of `struct nfgenmsg`: address family, version, and the id of a resource in network byte order.
pub const HEADER: usize = 4;

/// The subsystem of nftables (`NFNL_SUBSYS_NFTABLES`, linux/netfilter/nfnetlink.h).
pub const NFNL_SUBSYS_NFTABLES: u16 = 10;

/// The types of messages of flows and expectations (`NFNL_SUBSYS_CTNETLINK`, `NFNL_SUBSYS_CTNETLINK_EXP`) without the
/// low byte.
pub const CT: u16 = 1 << 8;
pub const EXP: u16 = 2 << 8;

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

// `IPCTNL_MSG_CT_*` (linux/netfilter/nfnetlink_conntrack.h)
super::numbers! { CONNTRACK_MESSAGES:
    IPCTNL_MSG_CT_NEW = 0;
    IPCTNL_MSG_CT_GET = 1;
    IPCTNL_MSG_CT_DELETE = 2;
    IPCTNL_MSG_CT_GET_CTRZERO = 3;
    IPCTNL_MSG_CT_GET_STATS_CPU = 4;
    IPCTNL_MSG_CT_GET_STATS = 5;
    IPCTNL_MSG_CT_GET_DYING = 6;
    IPCTNL_MSG_CT_GET_UNCONFIRMED = 7;
}

// `IPCTNL_MSG_EXP_*`
super::numbers! { EXPECT_MESSAGES:
    IPCTNL_MSG_EXP_NEW = 0;
    IPCTNL_MSG_EXP_GET = 1;
    IPCTNL_MSG_EXP_DELETE = 2;
    IPCTNL_MSG_EXP_GET_STATS_CPU = 3;
}

/// A subsystem of nfnetlink with kinds.
#[derive(Clone, Copy, Debug)]
pub struct Subsystem {
    id: FamilyId,
    name: &'static str,
    /// A shorter name, for options.
    alias: Option<&'static str>,
    /// [`Protocol::is_by_name_only`]
    by_name_only: bool,
    /// Its multicast groups, by number and name.
    groups: &'static [(u32, &'static str)],
    /// The names of its messages by the low byte of their type.
    messages: &'static [(u16, &'static str)],
    /// The groups that an option may choose, by the event.
    events: &'static [(&'static str, u32)],
}

/// Flows that the kernel tracks.
pub static CONNTRACK: Subsystem = Subsystem {
    id: FamilyId::CONNTRACK,
    name: "conntrack",
    alias: None,
    by_name_only: true,
    groups: &[
        (1, "CONNTRACK_NEW"),
        (2, "CONNTRACK_UPDATE"),
        (3, "CONNTRACK_DESTROY"),
    ],
    messages: CONNTRACK_MESSAGES,
    events: &[("new", 1), ("update", 2), ("destroy", 3)],
};

/// Flows that the kernel expects.
pub static EXPECT: Subsystem = Subsystem {
    id: FamilyId::EXPECT,
    name: "expect",
    alias: None,
    by_name_only: true,
    groups: &[
        (4, "CONNTRACK_EXP_NEW"),
        (5, "CONNTRACK_EXP_UPDATE"),
        (6, "CONNTRACK_EXP_DESTROY"),
    ],
    messages: EXPECT_MESSAGES,
    events: &[("new", 4), ("update", 5), ("destroy", 6)],
};

/// nftables: tables, chains, rules, sets and their elements, objects and flowtables.
pub static NFTABLES: Subsystem = Subsystem {
    id: FamilyId::NFTABLES,
    name: "nftables",
    alias: Some("nft"),
    by_name_only: false,
    groups: &[(7, "NFTABLES")],
    messages: MESSAGES,
    events: &[],
};

/// The trace of packets, which rules with `meta nftrace set 1` switch on.
pub static NFT_TRACE: Subsystem = Subsystem {
    id: FamilyId::NFT_TRACE,
    name: "nft_trace",
    alias: None,
    by_name_only: true,
    groups: &[(9, "NFTRACE")],
    messages: MESSAGES,
    events: &[],
};

/// Every subsystem with kinds.
pub const SUBSYSTEMS: &[&Subsystem] = &[&NFTABLES, &NFT_TRACE, &CONNTRACK, &EXPECT];

/// The subsystem with that family.
pub fn subsystem(id: FamilyId) -> Option<&'static Subsystem> {
    let mut all = SUBSYSTEMS.iter().copied();
    all.find(|it| it.id == id)
}

/// The subsystem, and the multicast group of one of its events, that a text such as `conntrack=new` names.
pub fn event_of(text: &str) -> Option<(&'static Subsystem, u32)> {
    let (name, event) = text.split_once('=')?;
    let is_named = |it: &&&Subsystem| it.name.eq_ignore_ascii_case(name);
    let subsystem = SUBSYSTEMS.iter().find(is_named)?;
    let group = subsystem.group_of(event)?;
    Some((subsystem, group))
}

/// Completes a list of values of `--family`: in `conntrack=new,destroy` the second value is an event of
/// the first one's subsystem.
pub fn with_subsystems(values: Vec<String>) -> Vec<String> {
    let mut name = None::<String>;
    let complete = |text: String| match (event_of(&text), &name) {
        (Some((subsystem, _)), _) => {
            name = Some(subsystem.name.to_owned());
            text
        }
        (None, Some(before)) if event_of(&format!("{before}={text}")).is_some() => {
            format!("{before}={text}")
        }
        _ => {
            name = None;
            text
        }
    };
    values.into_iter().map(complete).collect()
}

/// Returns true if the text is the name of an event of a subsystem.
pub fn is_event(text: &str) -> bool {
    SUBSYSTEMS.iter().any(|it| it.group_of(text).is_some())
}

/// The name of a subsystem that an option may call by a shorter one, or of which it names an event; any
/// other text as it is.
pub fn unabbreviated(text: &str) -> &str {
    if let Some((subsystem, _)) = event_of(text) {
        return subsystem.name;
    }
    if let Some((family, _)) = super::genl::curated::group_of(text) {
        return family;
    }
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
        (_, CT) => FamilyId::CONNTRACK,
        (_, EXP) => FamilyId::EXPECT,
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

    /// The events that an option may choose.
    pub fn events(&self) -> impl Iterator<Item = &'static str> {
        self.events.iter().map(|(name, _)| *name)
    }

    /// The multicast group of an event.
    fn group_of(&self, event: &str) -> Option<u32> {
        let mut events = self.events.iter();
        let found = events.find(|(name, _)| name.eq_ignore_ascii_case(event));
        found.map(|(_, group)| *group)
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

    fn privilege(&self) -> Privilege {
        Privilege::NetAdmin
    }

    fn is_by_name_only(&self) -> bool {
        self.by_name_only
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_belongs_to_the_subsystem_of_its_first_message() {
        assert_eq!(of_type(0x0a0f), FamilyId::NFTABLES);
        assert_eq!(of_type(0x0a11), FamilyId::NFT_TRACE);
        assert_eq!(of_type(0x0102), FamilyId::CONNTRACK);
        assert_eq!(of_type(0x0200), FamilyId::EXPECT);
        for other in [0x0704, 0x0010, 2] {
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
        assert_eq!(unabbreviated("conntrack=destroy"), "conntrack");
    }

    #[test]
    fn a_list_of_events_is_of_the_subsystem_before() {
        let complete = |values: &[&str]| {
            let values = values.iter().map(|it| (*it).to_owned()).collect();
            with_subsystems(values).join(",")
        };
        assert_eq!(
            complete(&["inet", "conntrack=new", "destroy", "expect=new", "update"]),
            "inet,conntrack=new,conntrack=destroy,expect=new,expect=update"
        );
        for unchanged in [
            "conntrack,new",
            "conntrack=old,new",
            "conntrack=new,xfrm,destroy",
        ] {
            let values: Vec<_> = unchanged.split(',').collect();
            assert_eq!(complete(&values), unchanged);
        }
        assert_eq!(event_of("conntrack=update").unwrap().1, 2);
        assert!(event_of("nftables=new").is_none());
    }
}
