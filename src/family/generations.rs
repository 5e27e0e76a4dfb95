//! The numbers of the transactions of nftables.

use std::collections::BTreeMap;

use crate::channel::NetnsId;
use crate::netlink::attr::Attrs;
use crate::netlink::family::Protocol as _;
use crate::netlink::frame::Messages;
use crate::netlink::nfnetlink::{HEADER, NFT_MSG_NEWGEN, NFTABLES};

/// The number of the last transaction in each network namespace, as far as the kernel has told it.
#[derive(Clone, Debug, Default)]
pub struct Generations(BTreeMap<NetnsId, u32>);

impl Generations {
    /// The number of the last transaction.
    pub fn get(&self, netns: NetnsId) -> Option<u32> {
        self.0.get(&netns).copied()
    }

    /// Learns from a datagram of nftables.
    pub fn learn(&mut self, netns: NetnsId, datagram: &[u8]) {
        for end in ends(datagram) {
            self.0.insert(netns, end.id);
        }
    }

    /// Forgets the numbers of a namespace.
    pub fn forget(&mut self, netns: NetnsId) {
        self.0.remove(&netns);
    }
}

/// The end of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Its number.
    pub id: u32,
    /// The process that requested it, and the name of its thread.
    pub process: Option<(u32, String)>,
}

/// The ends of transactions in a datagram of nftables (`NFTA_GEN_*`, linux/netfilter/nf_tables.h).
pub fn ends(datagram: &[u8]) -> impl Iterator<Item = End> {
    const NFTA_GEN_ID: u16 = 1;
    const NFTA_GEN_PROC_PID: u16 = 2;
    const NFTA_GEN_PROC_NAME: u16 = 3;
    let messages = Messages::new(datagram).flatten();
    let ends =
        messages.filter(|it| it.control().is_none() && NFTABLES.message_type(it) == NFT_MSG_NEWGEN);
    ends.filter_map(|message| {
        let (_, attributes) = message.body.split_first_chunk::<HEADER>()?;
        let (mut id, mut pid, mut comm) = (None, None, None);
        for attr in Attrs::new(attributes).flatten() {
            match attr.kind {
                NFTA_GEN_ID => id = attr.be32().ok(),
                NFTA_GEN_PROC_PID => pid = attr.be32().ok(),
                NFTA_GEN_PROC_NAME => comm = Some(String::from_utf8_lossy(attr.bytes_z())),
                _ => {}
            }
        }
        Some(End {
            id: id?,
            process: pid.zip(comm.map(String::from)),
        })
    })
}

/// How many transactions are missing between the one with the number `last` and the one after it that has
/// these low 16 bits. The kernel leaves out the number 0.
pub fn missing(last: u32, low: u16) -> u16 {
    let next = match last.wrapping_add(1) {
        0 => 1,
        next => next,
    };
    match low == last as u16 {
        true => 0,
        false => low.wrapping_sub(next as u16),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::build::{attr, message};

    fn end(id: u32, pid: u32, comm: &[u8]) -> Vec<u8> {
        let body = [
            &[0, 0, 0, 0][..],
            &attr(1, &id.to_be_bytes()),
            &attr(2, &pid.to_be_bytes()),
            &attr(3, comm),
        ]
        .concat();
        message(0x0a0f, &body)
    }

    #[test]
    fn the_last_number_of_each_namespace_is_learnt() {
        let mut generations = Generations::default();
        let datagram = [message(0x0a00, &[2, 0, 0, 7]), end(7, 42, b"nft\0")].concat();
        generations.learn(NetnsId::OWN, &datagram);
        generations.learn(NetnsId(2), &end(9, 1, b"x"));
        assert_eq!(generations.get(NetnsId::OWN), Some(7));
        assert_eq!(generations.get(NetnsId(2)), Some(9));
        let process = Some((42, "nft".to_owned()));
        assert_eq!(
            ends(&datagram).collect::<Vec<_>>(),
            [End { id: 7, process }]
        );
        generations.forget(NetnsId::OWN);
        assert_eq!(generations.get(NetnsId::OWN), None);
    }

    #[test]
    fn missing_numbers_are_counted_across_the_end_of_their_range() {
        for (last, low, count) in [
            (5, 5, 0),
            (5, 6, 0),
            (5, 8, 2),
            (0xffff, 0, 0),
            (0x1_ffff, 1, 1),
            (u32::MAX, 1, 0),
        ] {
            assert_eq!(missing(last, low), count, "{last:#x} {low:#x}");
        }
    }
}
