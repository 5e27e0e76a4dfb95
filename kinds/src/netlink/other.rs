//! The protocols, and the generic netlink families, that have no decoder of their own: their names,
//! and where the attributes of their messages begin.

use super::family::{Groups, Protocol};
use super::frame::{ControlMessage, Message};
use super::genl::HEADER;
use super::raw;
use crate::channel::{FamilyId, NETLINK_GENERIC};

/// A protocol, or a generic netlink family by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Other(FamilyId);

/// Number of protocols (`MAX_LINKS`), and of ids of generic netlink families (`GENL_MAX_ID`).
const PROTOCOLS: usize = 32;
const FAMILIES: usize = 1024;

static RAW: [Other; PROTOCOLS] = {
    let mut all = [Other(FamilyId::ROUTE); PROTOCOLS];
    let mut i = 0;
    while i < all.len() {
        if let Some(id) = FamilyId::of_protocol(i as u16) {
            all[i] = Other(id);
        }
        i += 1;
    }
    all
};
static GENERIC: [Other; FAMILIES] = {
    let mut all = [Other(FamilyId::GENERIC); FAMILIES];
    let mut i = 0;
    while i < all.len() {
        if let Some(id) = FamilyId::generic(i as u16) {
            all[i] = Other(id);
        }
        i += 1;
    }
    all
};

/// The protocol or generic netlink family with that id.
pub fn other(id: FamilyId) -> &'static Other {
    match id.is_generic() {
        true => &GENERIC[usize::from(id.generic_id()) % FAMILIES],
        false => &RAW[usize::from(id.protocol()) % PROTOCOLS],
    }
}

impl Other {
    /// Returns true if its datagrams are text without message headers: uevents.
    pub fn is_text(self) -> bool {
        self.0.protocol() == raw::NETLINK_KOBJECT_UEVENT
    }
}

impl Protocol for Other {
    fn id(&self) -> FamilyId {
        self.0
    }

    fn name(&self) -> &'static str {
        raw::protocol_name(self.0.protocol()).unwrap_or("netlink")
    }

    fn groups(&self) -> Groups {
        match raw::groups(self.0.protocol()) {
            Some(groups) => Groups::Named(groups),
            None => Groups::All,
        }
    }

    fn group_name(&self, group: u32) -> String {
        let number = self.0.protocol();
        let protocol = raw::protocol_name(number).map_or_else(|| number.to_string(), str::to_owned);
        let mut groups = raw::groups(number).unwrap_or_default().iter();
        match groups.find(|(it, _)| *it == group) {
            Some((_, name)) => format!("{protocol}/{name}"),
            None => format!("{protocol}/{group}"),
        }
    }

    fn label(&self) -> Option<(&'static str, Option<&'static str>)> {
        let name = raw::protocol_name(self.0.protocol())?;
        Some((name, None))
    }

    fn control(&self, message: &Message<'_>) -> Option<ControlMessage> {
        // Its messages have the type of the end of a dump (cn_netlink_send_mult).
        const CN_MSG: usize = 20;
        if self.0.protocol() == raw::NETLINK_CONNECTOR && message.body.len() >= CN_MSG {
            return None;
        }
        message.control()
    }

    fn message_type(&self, message: &Message<'_>) -> u16 {
        match self.0.protocol() {
            NETLINK_GENERIC => super::genl::command(message),
            _ => message.kind,
        }
    }

    fn address_family(&self, _: &Message<'_>) -> Option<u8> {
        None
    }

    fn type_name(&self, number: u16) -> Option<&'static str> {
        raw::message_name(self.0.protocol(), number)
    }

    fn header_length(&self, number: u16) -> Option<usize> {
        match self.0.protocol() {
            NETLINK_GENERIC => Some(HEADER),
            protocol => raw::header_length(protocol, number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_has_a_protocol() {
        for number in 0..32 {
            let id = FamilyId::of_protocol(number).unwrap();
            assert_eq!(other(id).id(), id);
        }
        for number in 1..1024 {
            let id = FamilyId::generic(number).unwrap();
            assert_eq!(other(id).id(), id);
            assert_eq!(other(id).label(), Some(("generic", None)));
        }
        let unnamed = other(FamilyId::of_protocol(17).unwrap());
        assert_eq!(
            (unnamed.label(), unnamed.group_name(3)),
            (None, "17/3".into())
        );
        let xfrm = other(FamilyId::of_protocol(6).unwrap());
        assert_eq!(
            (xfrm.group_name(3), xfrm.group_name(9)),
            ("xfrm/SA".into(), "xfrm/9".into())
        );
    }
}
