//! The generic netlink families whose messages have kinds of their own. The kernel gives a family its id
//! when it is registered; [`Curated::id`] is a number of nlstream that stands for it, and a message is
//! assigned to a family by the name that the controller announced for the id.

use super::{
    Commands, HEADER, command, devlink, dpll, ethtool, l2tp, mptcp, name_in, netdev, nl80211, ovs,
    team, thermal,
};
use crate::channel::FamilyId;
use crate::netlink::family::{Groups, Protocol};
use crate::netlink::frame::Message;

/// A generic netlink family with kinds of its own.
#[derive(Debug)]
pub struct Curated {
    id: FamilyId,
    name: &'static str,
    commands: Commands,
    /// Length of the family's own fixed header, which follows `struct genlmsghdr`.
    header: usize,
    /// The number of a message in `commands`.
    number: fn(&Message<'_>) -> u16,
}

pub static ETHTOOL: Curated = Curated::new(FamilyId::ETHTOOL, "ethtool", ethtool::COMMANDS);
pub static NETDEV: Curated = Curated::new(FamilyId::NETDEV, "netdev", netdev::COMMANDS);
pub static DEVLINK: Curated = Curated::new(FamilyId::DEVLINK, "devlink", devlink::COMMANDS);
pub static MPTCP_PM: Curated = Curated::new(FamilyId::MPTCP_PM, "mptcp_pm", mptcp::COMMANDS);
pub static NL80211: Curated = Curated::new(FamilyId::NL80211, "nl80211", nl80211::COMMANDS);
pub static L2TP: Curated = Curated::new(FamilyId::L2TP, "l2tp", l2tp::COMMANDS);
pub static TEAM: Curated = Curated::new(FamilyId::TEAM, "team", team::COMMANDS);
pub static OVS_DATAPATH: Curated = Curated {
    header: ovs::OVS_HEADER,
    ..Curated::new(
        FamilyId::OVS_DATAPATH,
        "ovs_datapath",
        ovs::DATAPATH_COMMANDS,
    )
};
pub static OVS_VPORT: Curated = Curated {
    header: ovs::OVS_HEADER,
    ..Curated::new(FamilyId::OVS_VPORT, "ovs_vport", ovs::VPORT_COMMANDS)
};
pub static THERMAL: Curated = Curated {
    number: thermal::number,
    ..Curated::new(FamilyId::THERMAL, "thermal", thermal::COMMANDS)
};
pub static DPLL: Curated = Curated::new(FamilyId::DPLL, "dpll", dpll::COMMANDS);

/// All of them.
pub static ALL: [&Curated; 11] = [
    &ETHTOOL,
    &NETDEV,
    &DEVLINK,
    &MPTCP_PM,
    &NL80211,
    &L2TP,
    &TEAM,
    &OVS_DATAPATH,
    &OVS_VPORT,
    &THERMAL,
    &DPLL,
];

/// The multicast groups that are joined only if `--family` names them, by family: they may have a message at any moment.
const BY_NAME: &[(&str, &str)] = &[("thermal", thermal::SAMPLING)];

/// Returns true if the group of that family is joined only by its name.
pub fn is_by_name(family: &str, group: &str) -> bool {
    BY_NAME.contains(&(family, group))
}

/// The family and such a group that a text as `thermal=sampling` names.
pub fn group_of(text: &str) -> Option<(&'static str, &'static str)> {
    let (family, group) = text.split_once('=')?;
    let is_it =
        |it: &&(&str, &str)| it.0.eq_ignore_ascii_case(family) && it.1.eq_ignore_ascii_case(group);
    BY_NAME.iter().find(is_it).copied()
}

/// The groups of a family that a text can name.
pub fn groups_of(family: &str) -> impl Iterator<Item = &'static str> {
    let is_it = move |it: &&(&str, &str)| it.0.eq_ignore_ascii_case(family);
    BY_NAME.iter().filter(is_it).map(|(_, group)| *group)
}

impl Curated {
    /// A family without a header of its own, whose messages have the numbers of their commands.
    const fn new(id: FamilyId, name: &'static str, commands: Commands) -> Self {
        Curated {
            id,
            name,
            commands,
            header: 0,
            number: command,
        }
    }

    /// The family of that name.
    pub fn of_name(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|it| it.name == name)
    }

    /// Length of the family's own fixed header, bytes.
    pub fn own_header(&self) -> usize {
        self.header
    }

    /// The family of that number of nlstream; `None` for an id of the kernel.
    pub fn of_id(id: FamilyId) -> Option<&'static Self> {
        ALL.into_iter().find(|it| it.id == id)
    }
}

impl Protocol for Curated {
    fn id(&self) -> FamilyId {
        self.id
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn label(&self) -> Option<(&'static str, Option<&'static str>)> {
        Some(("generic", Some(self.name)))
    }

    /// The groups are those that the controller announces.
    fn groups(&self) -> Groups {
        Groups::Listed(&[])
    }

    fn group_name(&self, group: u32) -> String {
        format!("{}/{group}", self.name)
    }

    fn message_type(&self, message: &Message<'_>) -> u16 {
        (self.number)(message)
    }

    fn address_family(&self, _: &Message<'_>) -> Option<u8> {
        None
    }

    fn type_name(&self, number: u16) -> Option<&'static str> {
        name_in(self.commands, number)
    }

    fn header_length(&self, _: u16) -> Option<usize> {
        Some(HEADER + self.header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_is_found_by_name_and_number_and_not_by_an_id_of_the_kernel() {
        for family in ALL {
            assert!(std::ptr::eq(Curated::of_name(family.name).unwrap(), family));
            assert!(std::ptr::eq(Curated::of_id(family.id).unwrap(), family));
            assert!(
                family.commands.is_sorted_by(|a, b| a.0 < b.0),
                "{}",
                family.name
            );
        }
        for id in 0..1024 {
            assert!(Curated::of_id(FamilyId::generic(id).unwrap()).is_none());
        }
    }

    #[test]
    fn groups_that_are_joined_by_name_are_named_with_their_family() {
        assert_eq!(group_of("Thermal=SAMPLING"), Some(("thermal", "sampling")));
        for text in ["thermal", "thermal=event", "netdev=sampling", "sampling"] {
            assert_eq!(group_of(text), None, "{text}");
        }
        assert!(is_by_name("thermal", "sampling") && !is_by_name("thermal", "event"));
        assert_eq!(groups_of("thermal").collect::<Vec<_>>(), ["sampling"]);
    }
}
