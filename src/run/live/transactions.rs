//! Transactions of nftables. The kernel numbers them, and names the process that requested one only behind
//! its last message: until then its datagrams are held, if the lines are to say who caused them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::requesters::RequesterLog;
use crate::channel::{Channel, NetnsId};
use crate::event::By;
use crate::event::values::Time;
use crate::family::generations::{End, ends, missing};
use crate::netlink::frame::message_type;
use crate::netlink::nfnetlink::{HEADER, NFT_MSG_NEWGEN};
use crate::run::backlog::Backlog;

/// How long the datagrams of a transaction wait for its end. The kernel sends all of them at once.
const MAX_WAIT: Duration = Duration::from_millis(50);
/// Size of the datagrams that wait, bytes.
const MAX_SIZE: usize = 16 << 20;

/// The transactions of every network namespace.
#[derive(Debug, Default)]
pub(super) struct Transactions {
    /// The number of the last one.
    last: BTreeMap<NetnsId, u32>,
    held: Vec<(Channel, Vec<u8>)>,
    /// Size of the held datagrams, bytes.
    size: usize,
    /// When the first of them was received.
    since: Option<Instant>,
}

impl Transactions {
    /// Notes a datagram of events of nftables. Returns true if transactions before it are missing.
    pub(super) fn note(&mut self, netns: NetnsId, datagram: &[u8]) -> bool {
        const NLMSG_HEADER: usize = 16;
        let mut is_missing = false;
        let header = datagram.get(NLMSG_HEADER..NLMSG_HEADER + HEADER);
        let is_end = message_type(datagram).is_some_and(|kind| kind & 0xff == NFT_MSG_NEWGEN);
        if let (Some(last), Some(&[_, _, high, low]), false) =
            (self.last.get_mut(&netns), header, is_end)
        {
            let number = missing(*last, u16::from_be_bytes([high, low]));
            if number > 0 {
                *last = last.wrapping_add(number.into());
                is_missing = true;
            }
        }
        for End { id, .. } in ends(datagram) {
            let last = self.last.insert(netns, id);
            is_missing |= last.is_some_and(|last| missing(last, id as u16) > 0);
        }
        is_missing
    }

    /// Forgets the number of the last transaction, after a loss that is known.
    pub(super) fn forget(&mut self, netns: NetnsId) {
        self.last.remove(&netns);
    }

    /// Forgets the numbers of all namespaces.
    pub(super) fn forget_all(&mut self) {
        self.last.clear();
    }

    /// Holds a datagram, unless it is the end of the transaction, or too much is held: then all go on.
    pub(super) fn hold(
        &mut self,
        time: Time,
        channel: Channel,
        datagram: &[u8],
        log: &mut RequesterLog,
        backlog: &mut Backlog,
    ) {
        self.held.push((channel, datagram.to_vec()));
        self.size += datagram.len();
        self.since.get_or_insert_with(Instant::now);
        let mut processes = ends(datagram).filter_map(|end| end.process);
        let process = processes.next();
        if process.is_some() || self.size > MAX_SIZE || ends(datagram).next().is_some() {
            let by = process.map(|(pid, comm)| By {
                pid: Some(pid),
                comm: Some(comm),
                ..By::default()
            });
            self.release(time, by, log, backlog);
        }
    }

    /// When datagrams go on that still wait.
    pub(super) fn due(&self) -> Option<Instant> {
        Some(self.since? + MAX_WAIT)
    }

    /// Lets the held datagrams go on, which that process caused.
    pub(super) fn release(
        &mut self,
        time: Time,
        by: Option<By>,
        log: &mut RequesterLog,
        backlog: &mut Backlog,
    ) {
        (self.size, self.since) = (0, None);
        let mut held = std::mem::take(&mut self.held).into_iter().peekable();
        if let Some((channel, _)) = held.peek()
            && let Some(record) = log.name(by)
        {
            backlog.push_control(time, *channel, record);
        }
        for (channel, datagram) in held {
            backlog.push(time, channel, &datagram);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::build::{attr, message};

    fn change(low: u16) -> Vec<u8> {
        let [high, low] = low.to_be_bytes();
        message(0x0a00, &[2, 0, high, low])
    }

    fn end(id: u32) -> Vec<u8> {
        let [.., high, low] = id.to_be_bytes();
        message(
            0x0a0f,
            &[&[0, 0, high, low][..], &attr(1, &id.to_be_bytes())].concat(),
        )
    }

    #[test]
    fn a_missing_number_is_noticed_once_and_by_namespace() {
        let mut transactions = Transactions::default();
        let mut note = |netns: u16, datagram: Vec<u8>| transactions.note(NetnsId(netns), &datagram);
        assert!(!note(0, change(5)), "no number is known");
        assert!(!note(0, end(5)));
        assert!(!note(1, end(900)));
        assert!(!note(0, change(6)));
        assert!(!note(0, end(6)));
        assert!(note(0, change(8)));
        assert!(!note(0, change(8)));
        assert!(!note(0, end(8)));
        assert!(note(0, end(10)));
        assert!(!note(1, end(901)));
    }

    #[test]
    fn after_a_known_loss_no_number_is_missing() {
        let mut transactions = Transactions::default();
        transactions.note(NetnsId::OWN, &end(5));
        transactions.forget(NetnsId::OWN);
        assert!(!transactions.note(NetnsId::OWN, &change(70)));
        assert!(!transactions.note(NetnsId::OWN, &end(70)));
        transactions.forget_all();
        assert!(!transactions.note(NetnsId::OWN, &end(90)));
    }
}
