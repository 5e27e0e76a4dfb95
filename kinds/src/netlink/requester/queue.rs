//! Matches datagrams with the records of the filter. Both come in the order of the events, except
//! for events that the kernel makes at the same time on several processors.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::program::{HEADER_LENGTH, Record};

/// Who caused a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Requester {
    /// A kernel thread, a timer or a received packet.
    Kernel,
    /// A process.
    Process {
        pid: u32,
        tid: u32,
        ppid: u32,
        uid: u32,
        /// Id of the cgroup in the hierarchy of version 2; 1 is the root.
        cgroup: u64,
        /// Start time of the process since the boot, nanoseconds.
        start: u64,
        /// Name of the thread, up to the first NUL.
        comm: [u8; 16],
    },
}

/// How far a datagram's record may be from the front: how many events the kernel may make at the
/// same time.
const WINDOW: usize = 64;
/// Age from which on a record has no datagram that was not received yet.
const STALE: Duration = Duration::from_millis(100);

/// The records of messages that were not received yet.
#[derive(Debug, Default)]
pub(super) struct RecordQueue {
    records: VecDeque<(Instant, Record)>,
    /// `missed` of the record that was taken last.
    missed: u64,
    /// The front record belongs to the next datagram. If not, records or datagrams are
    /// missing, and only a port id tells which record belongs to a datagram.
    aligned: bool,
    /// Datagrams were dropped since the socket was empty.
    lost: bool,
}

impl RecordQueue {
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub(super) fn push(&mut self, record: Record) {
        self.records.push_back((Instant::now(), record));
    }

    /// Removes the record of a datagram.
    pub(super) fn take(&mut self, datagram: &[u8]) -> Option<Record> {
        let header: &[u8; HEADER_LENGTH] = datagram.first_chunk()?;
        let mut records = self.records.iter().take(WINDOW);
        let at = records.position(|(_, record)| {
            let is_certain = self.aligned && record.missed == self.missed;
            record.header == *header && (is_certain || record.portid() != 0)
        })?;
        let is_gap = !self.aligned || self.records[at].1.missed != self.missed;
        // The records before it belong to datagrams that were not received.
        if is_gap {
            self.records.drain(..at);
        }
        let (_, record) = self.records.remove(if is_gap { 0 } else { at })?;
        self.aligned = true;
        self.missed = record.missed;
        Some(record)
    }

    /// Notes that every datagram was received. The queue has the records that were read before the socket
    /// was found empty, unless datagrams were dropped.
    pub(super) fn note_empty(&mut self) {
        let without_datagram = match self.aligned || self.lost {
            // Some are so new that their datagrams are not queued yet.
            true => self
                .records
                .partition_point(|(taken, _)| taken.elapsed() >= STALE),
            // Where events follow each other without a pause, there are always new ones.
            false => self.records.len(),
        };
        if let Some((_, last)) = self.records.drain(..without_datagram).next_back() {
            self.missed = last.missed;
        }
        self.aligned |= self.records.is_empty();
        self.lost = false;
    }

    /// Notes that the next `lost` datagrams were dropped. Removes their records, and returns them.
    pub(super) fn note_loss(&mut self, lost: usize) -> Vec<Record> {
        (self.aligned, self.lost) = (false, true);
        let lost = lost.min(self.records.len());
        self.records
            .drain(..lost)
            .map(|(_, record)| record)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(number: u8, portid: u8) -> [u8; HEADER_LENGTH] {
        let mut header = [0; HEADER_LENGTH];
        header[0] = number;
        header[12..].copy_from_slice(&u32::from(portid).to_ne_bytes());
        header
    }

    fn queue(records: &[(u8, u8, u64)]) -> RecordQueue {
        let mut queue = RecordQueue {
            aligned: true,
            ..RecordQueue::default()
        };
        for (at, (number, portid, missed)) in records.iter().enumerate() {
            queue.push(Record::test(header(*number, *portid), at as u32, *missed));
        }
        queue
    }

    /// The index of the record of a datagram.
    fn take(queue: &mut RecordQueue, number: u8, portid: u8) -> Option<u32> {
        let record = queue.take(&header(number, portid))?;
        (0..100).find(|at| Record::test(record.header, *at, record.missed) == record)
    }

    #[test]
    fn equal_messages_are_matched_in_order() {
        let mut queue = queue(&[(1, 0, 0), (1, 0, 0), (2, 0, 0), (1, 0, 0)]);
        assert_eq!(take(&mut queue, 1, 0), Some(0));
        assert_eq!(take(&mut queue, 1, 0), Some(1));
        // Made at the same time, on two processors.
        assert_eq!(take(&mut queue, 1, 0), Some(3));
        assert_eq!(take(&mut queue, 2, 0), Some(2));
        assert_eq!(take(&mut queue, 2, 0), None);
        assert!(queue.take(&[1, 2, 3]).is_none());
    }

    #[test]
    fn behind_a_loss_only_a_port_id_tells_the_record() {
        let mut queue = queue(&[(1, 0, 0), (1, 0, 0), (1, 0, 0), (2, 7, 0), (1, 0, 0)]);
        assert_eq!(take(&mut queue, 1, 0), Some(0));
        // The kernel counted one loss of two.
        assert_eq!(queue.note_loss(1).len(), 1);
        assert_eq!(take(&mut queue, 1, 0), None);
        assert_eq!(take(&mut queue, 2, 7), Some(3));
        assert_eq!(take(&mut queue, 1, 0), Some(4));
    }

    #[test]
    fn a_message_without_a_record_does_not_get_that_of_a_later_one() {
        let mut queue = queue(&[(1, 0, 0), (1, 0, 2), (3, 9, 2), (1, 0, 2)]);
        assert_eq!(take(&mut queue, 1, 0), Some(0));
        // Two records are missing here.
        assert_eq!(take(&mut queue, 1, 0), None);
        assert_eq!(take(&mut queue, 1, 0), None);
        assert_eq!(take(&mut queue, 3, 9), Some(2));
        assert_eq!(take(&mut queue, 1, 0), Some(3));
    }

    /// The kernel names no port for a change of the features of a device.
    #[test]
    fn events_without_a_pause_have_their_records_from_the_first_empty_socket_on() {
        for lost in [0, 3] {
            let mut queue = RecordQueue::default();
            if lost > 0 {
                queue.aligned = true;
                queue.note_loss(lost);
                // The record of an event that came after the socket was found empty.
                queue.push(Record::test(header(1, 0), 4, 0));
                queue.note_empty();
                assert_eq!(queue.records.len(), 1);
            }
            // The record is not older than the next one, and there is no time without any.
            queue.push(Record::test(header(1, 0), 5, 0));
            assert_eq!(take(&mut queue, 1, 0), None);
            queue.note_empty();
            for number in 6..20 {
                queue.push(Record::test(header(1, 0), number, 0));
                queue.push(Record::test(header(2, 0), number, 0));
                assert_eq!(take(&mut queue, 1, 0), Some(number));
                // The datagram of the second record is not queued yet.
                queue.note_empty();
                assert_eq!(take(&mut queue, 2, 0), Some(number));
            }
        }
    }

    #[test]
    fn an_empty_socket_aligns_the_queue() {
        let mut queue = queue(&[]);
        queue.note_loss(3);
        queue.note_empty();
        queue.push(Record::test(header(1, 0), 5, 0));
        assert_eq!(take(&mut queue, 1, 0), Some(5));
        queue.note_loss(1);
        queue.push(Record::test(header(1, 0), 6, 4));
        // Too new to be without a datagram.
        queue.note_empty();
        assert_eq!(take(&mut queue, 1, 0), None);
        queue.records[0].0 -= STALE;
        queue.note_empty();
        queue.push(Record::test(header(1, 0), 7, 4));
        assert_eq!(take(&mut queue, 1, 0), Some(7));
    }
}
