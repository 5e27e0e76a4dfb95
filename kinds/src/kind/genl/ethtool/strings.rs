//! The names of bits: ethtool's string sets. The kernel's notifications have only numbers, and which
//! number means what depends on the kernel and, of private flags, on the driver. The answers to
//! `ETHTOOL_MSG_STRSET_GET` are inputs of a run, so a recording has them.

use std::collections::BTreeMap;

use crate::channel::NetnsId;
use crate::netlink::attr::{Attr, Attrs};
use crate::netlink::build::{attr, nested};
use crate::netlink::frame::Messages;
use crate::netlink::genl::ethtool::{ETHTOOL_MSG_STRSET_GET, ETHTOOL_MSG_STRSET_GET_REPLY};
use crate::netlink::genl::{attributes, command};
use crate::netlink::request::Request;

/// `enum ethtool_stringset` (linux/ethtool.h)
pub(super) mod set {
    pub(in super::super) const ETH_SS_PRIV_FLAGS: u32 = 2;
    pub(in super::super) const ETH_SS_FEATURES: u32 = 4;
    pub(in super::super) const ETH_SS_LINK_MODES: u32 = 9;
    pub(in super::super) const ETH_SS_MSG_CLASSES: u32 = 10;
    pub(in super::super) const ETH_SS_WOL_MODES: u32 = 11;
    pub(in super::super) const ETH_SS_SOF_TIMESTAMPING: u32 = 12;
    pub(in super::super) const ETH_SS_TS_TX_TYPES: u32 = 13;
    pub(in super::super) const ETH_SS_TS_RX_FILTERS: u32 = 14;
    pub(in super::super) const ETH_SS_UDP_TUNNEL_TYPES: u32 = 15;
}
use set::*;

/// The sets that are the same for every device.
const COMMON: [u32; 8] = [
    ETH_SS_FEATURES,
    ETH_SS_LINK_MODES,
    ETH_SS_MSG_CLASSES,
    ETH_SS_WOL_MODES,
    ETH_SS_SOF_TIMESTAMPING,
    ETH_SS_TS_TX_TYPES,
    ETH_SS_TS_RX_FILTERS,
    ETH_SS_UDP_TUNNEL_TYPES,
];

// linux/ethtool_netlink.h
const ETHTOOL_A_STRSET_HEADER: u16 = 1;
const ETHTOOL_A_STRSET_STRINGSETS: u16 = 2;
const ETHTOOL_A_STRINGSETS_STRINGSET: u16 = 1;
const ETHTOOL_A_STRINGSET_ID: u16 = 1;
const ETHTOOL_A_STRINGSET_STRINGS: u16 = 3;
const ETHTOOL_A_STRING_INDEX: u16 = 1;
const ETHTOOL_A_STRING_VALUE: u16 = 2;
const ETHTOOL_A_HEADER_DEV_INDEX: u16 = 1;

/// Longest set, bits; the kernel's have at most some hundred.
pub(super) const MAX_BITS: u32 = 1024;
/// Devices whose private flags have names: a forged recording may name any number.
const MAX_DEVICES: usize = 4096;

type Set = Vec<Box<str>>;

/// The names of bits that the kernel has told.
#[derive(Clone, Debug, Default)]
pub struct StringSets {
    common: BTreeMap<u32, Set>,
    private: BTreeMap<(NetnsId, u32), Set>,
}

impl StringSets {
    /// Learns the names in a datagram of the family.
    pub fn learn(&mut self, netns: NetnsId, datagram: &[u8]) {
        for message in Messages::new(datagram).flatten() {
            if command(&message) == ETHTOOL_MSG_STRSET_GET_REPLY
                && let Some(attributes) = attributes(&message)
            {
                self.learn_from(netns, attributes);
            }
        }
    }

    fn learn_from(&mut self, netns: NetnsId, attributes: &[u8]) {
        let mut device = None;
        for attr in Attrs::new(attributes).flatten() {
            match attr.kind {
                ETHTOOL_A_STRSET_HEADER => {
                    device = inner(&attr, ETHTOOL_A_HEADER_DEV_INDEX).and_then(|it| it.u32().ok());
                }
                ETHTOOL_A_STRSET_STRINGSETS => {
                    let sets = Attrs::new(attr.value).flatten();
                    for set in sets.filter(|it| it.kind == ETHTOOL_A_STRINGSETS_STRINGSET) {
                        self.learn_set(netns, device, &set);
                    }
                }
                _ => {}
            }
        }
    }

    fn learn_set(&mut self, netns: NetnsId, device: Option<u32>, set: &Attr<'_>) {
        let id = inner(set, ETHTOOL_A_STRINGSET_ID).and_then(|it| it.u32().ok());
        let (Some(id), Some(strings)) = (id, inner(set, ETHTOOL_A_STRINGSET_STRINGS)) else {
            return;
        };
        let mut names = Set::new();
        for string in Attrs::new(strings.value).flatten() {
            let index = inner(&string, ETHTOOL_A_STRING_INDEX).and_then(|it| it.u32().ok());
            let name = inner(&string, ETHTOOL_A_STRING_VALUE);
            let name = name.and_then(|it| str::from_utf8(it.bytes_z()).ok());
            if let (Some(index @ 0..MAX_BITS), Some(name)) = (index, name) {
                let index = index as usize;
                if names.len() <= index {
                    names.resize(index + 1, Box::default());
                }
                names[index] = name.into();
            }
        }
        match (id, device) {
            (ETH_SS_PRIV_FLAGS, Some(ifindex)) => {
                let key = (netns, ifindex);
                if self.private.len() < MAX_DEVICES || self.private.contains_key(&key) {
                    self.private.insert(key, names);
                }
            }
            _ if COMMON.contains(&id) => drop(self.common.insert(id, names)),
            _ => {}
        }
    }

    /// The name of a bit of a set, for the private flags of that device; without a name its number.
    pub(super) fn name(&self, set: u32, device: (NetnsId, u32), bit: u32) -> String {
        let names = match set {
            ETH_SS_PRIV_FLAGS => self.private.get(&device),
            set => self.common.get(&set),
        };
        let name = names.and_then(|names| names.get(bit as usize));
        match name.filter(|name| !name.is_empty()) {
            Some(name) => name.to_string(),
            None => bit.to_string(),
        }
    }
}

/// The first attribute of that number inside another one.
fn inner<'a>(attr: &Attr<'a>, kind: u16) -> Option<Attr<'a>> {
    let mut inside = Attrs::new(attr.value).flatten();
    inside.find(|it| it.kind == kind)
}

fn request(header: &[u8], set: u32) -> Request {
    let set = nested(
        ETHTOOL_A_STRINGSETS_STRINGSET,
        &attr(ETHTOOL_A_STRINGSET_ID, &set.to_ne_bytes()),
    );
    let sets = nested(ETHTOOL_A_STRSET_STRINGSETS, &set);
    let attributes = [nested(ETHTOOL_A_STRSET_HEADER, header), sets].concat();
    Request::generic(ETHTOOL_MSG_STRSET_GET, &attributes)
}

/// The requests for the sets that are the same for every device, each of which has one answer.
pub fn common_requests() -> impl Iterator<Item = Request> {
    COMMON.into_iter().map(|set| request(&[], set).for_device())
}

/// The request for the private flags of every device, or of the device with that header.
pub(super) fn private_flags(header: &[u8]) -> Request {
    request(header, ETH_SS_PRIV_FLAGS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::build::message;

    fn reply(device: Option<u32>, id: u32, strings: &[(u32, &str)]) -> Vec<u8> {
        let header = device
            .map(|it| attr(1, &it.to_ne_bytes()))
            .unwrap_or_default();
        let strings: Vec<u8> = strings
            .iter()
            .flat_map(|(index, name)| {
                nested(
                    1,
                    &[attr(1, &index.to_ne_bytes()), attr(2, name.as_bytes())].concat(),
                )
            })
            .collect();
        let set = [attr(1, &id.to_ne_bytes()), nested(3, &strings)].concat();
        let body = [
            &[1, 1, 0, 0][..],
            &nested(1, &header),
            &nested(2, &nested(1, &set)),
        ]
        .concat();
        message(29, &body)
    }

    #[test]
    fn names_of_private_flags_are_those_of_the_device() {
        let mut sets = StringSets::default();
        let (own, other) = (NetnsId(0), NetnsId(1));
        sets.learn(
            own,
            &reply(None, ETH_SS_FEATURES, &[(0, "a\0"), (2, "c\0")]),
        );
        sets.learn(own, &reply(Some(3), ETH_SS_PRIV_FLAGS, &[(1, "flag\0")]));
        let name = |set, netns, bit| sets.name(set, (netns, 3), bit);
        assert_eq!(name(ETH_SS_FEATURES, other, 2), "c");
        // A bit without a name, and one beyond the set.
        assert_eq!(name(ETH_SS_FEATURES, own, 1), "1");
        assert_eq!(name(ETH_SS_FEATURES, own, 3), "3");
        assert_eq!(name(ETH_SS_PRIV_FLAGS, own, 1), "flag");
        assert_eq!(name(ETH_SS_PRIV_FLAGS, other, 1), "1");
        assert_eq!(name(ETH_SS_LINK_MODES, own, 5), "5");
    }

    #[test]
    fn forged_sets_use_bounded_memory() {
        let mut sets = StringSets::default();
        for device in 0..2 * MAX_DEVICES as u32 {
            sets.learn(
                NetnsId(0),
                &reply(Some(device), ETH_SS_PRIV_FLAGS, &[(0, "x")]),
            );
        }
        sets.learn(
            NetnsId(0),
            &reply(None, ETH_SS_FEATURES, &[(u32::MAX, "x")]),
        );
        sets.learn(NetnsId(0), &reply(None, 77, &[(0, "x")]));
        assert_eq!(sets.private.len(), MAX_DEVICES);
        assert_eq!(sets.common.len(), 1);
        assert!(sets.common[&ETH_SS_FEATURES].is_empty());
    }
}
