//! Who caused an event: an eBPF socket filter on an event socket. The kernel runs the filter of a
//! receiver in the task that sends a multicast message, before it queues the message. The filter
//! writes a record with the task to a ring buffer, and keeps the message. Each received datagram is
//! then matched with its record.
//!
//! Needs CAP_BPF and CAP_PERFMON while the filter is attached, and the kernel's type information
//! (CONFIG_DEBUG_INFO_BTF), from which the offsets of the fields are read: the same program runs
//! on every kernel.

mod btf;
mod program;
mod queue;

use std::io;
use std::os::fd::AsFd as _;

use super::events::Events;
use super::sys::{RingBuffer, attach_filter, create_map, load_filter};
use btf::Btf;
pub use program::Record;
use program::{Context, Offsets};
use queue::RecordQueue;
pub use queue::Requester;

/// Map types of linux/bpf.h.
const BPF_MAP_TYPE_ARRAY: u32 = 2;
const BPF_MAP_TYPE_RINGBUF: u32 = 27;
/// Bytes of a receive buffer for one byte of the ring buffer: the kernel accounts for at least 768
/// bytes of the smallest message, and its record has 88.
const RECEIVE_BUFFER_RATIO: u64 = 8;
const MIN_RING: u64 = 64 << 10;
const MAX_RING: u64 = 8 << 20;
/// Size of all ring buffers of a run, unless they have the minimum size.
const ALL_RINGS: u64 = 32 << 20;

/// What the filter needs, in the order in which it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The kernel's type information.
    Types,
    /// The fields that the filter reads.
    Fields,
    /// The ring buffer.
    Ring,
    /// The program: the kernel verifies it.
    Program,
    /// The program as the filter of a socket.
    Attach,
}

/// The step that failed, and its error.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", match step {
    Step::Types => "cannot read the kernel's types in /sys/kernel/btf/vmlinux",
    Step::Fields => "cannot find a field of the kernel",
    Step::Ring => "cannot create a BPF ring buffer",
    Step::Program => "cannot load a BPF program",
    Step::Attach => "cannot attach a BPF program",
})]
pub struct Unavailable {
    /// The step.
    pub step: Step,
    /// Its error.
    pub source: io::Error,
}

impl Step {
    fn failed(self) -> impl FnOnce(io::Error) -> Unavailable {
        move |source| Unavailable { step: self, source }
    }
}

/// The filter for the running kernel.
pub struct Filter {
    offsets: Offsets,
    contexts: Vec<Context>,
}

impl Filter {
    /// Reads what differs between kernels.
    ///
    /// # Errors
    /// If the kernel has no type information, or lacks a field.
    pub fn new() -> Result<Self, Unavailable> {
        let btf = std::fs::read("/sys/kernel/btf/vmlinux");
        let btf = btf.and_then(Btf::parse).map_err(Step::Types.failed())?;
        Ok(Filter {
            offsets: Offsets::read(&btf).map_err(Step::Fields.failed())?,
            contexts: Context::candidates(&btf),
        })
    }

    /// Attaches the filter to an event socket. It stays attached while the socket is open. `sockets`: the
    /// number of sockets that get a filter, which share the memory.
    ///
    /// # Errors
    /// If the kernel lacks a feature, or the capabilities are missing.
    pub fn attach(&self, events: &Events, sockets: usize) -> Result<Requesters, Unavailable> {
        let share = ALL_RINGS / sockets.max(1) as u64;
        let size = events.rcvbuf().unwrap_or(0) / RECEIVE_BUFFER_RATIO;
        let size = size.min(share).clamp(MIN_RING, MAX_RING);
        // A power of two, and at least MIN_RING, which is a multiple of every page size.
        let size = size.next_power_of_two() as u32;
        let ring = create_map(BPF_MAP_TYPE_RINGBUF, 0, 0, size).map_err(Step::Ring.failed())?;
        let missed = create_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1).map_err(Step::Ring.failed())?;
        let mut loaded = Err(io::ErrorKind::Unsupported.into());
        let mut used = Context::Unknown;
        // The kernel refuses a program that reads a variable without a symbol.
        for context in &self.contexts {
            let program = program::assemble(&self.offsets, *context, ring.as_fd(), missed.as_fd());
            loaded = load_filter(&program);
            used = *context;
            if loaded.is_ok() {
                break;
            }
        }
        let program = loaded.map_err(Step::Program.failed())?;
        let ring = RingBuffer::map(&ring, size).map_err(Step::Ring.failed())?;
        attach_filter(events.as_fd(), &program).map_err(Step::Attach.failed())?;
        log::debug!("a BPF filter says who caused the events, {used:?}");
        Ok(Requesters {
            ring,
            queue: RecordQueue::default(),
            context: used,
        })
    }
}

/// The requesters of the datagrams of an event socket.
pub struct Requesters {
    ring: RingBuffer,
    queue: RecordQueue,
    /// How the filter finds out if a softirq interrupted the task.
    context: Context,
}

impl Requesters {
    /// Returns who caused the datagram, which must be the next one of the socket; `None` if that is
    /// unknown.
    pub fn of(&mut self, datagram: &[u8]) -> Option<Requester> {
        if self.queue.is_empty() {
            self.read();
        }
        let mut record = self.queue.take(datagram);
        if record.is_none() && self.read() {
            record = self.queue.take(datagram);
        }
        record?.requester(self.context, datagram)
    }

    /// Notes that every datagram was received.
    pub fn note_empty(&mut self) {
        // Not those that came after the socket was found empty: their datagrams follow.
        self.queue.note_empty();
        self.read();
    }

    /// Notes that the kernel dropped datagrams at the socket. Returns who caused those that
    /// are known; the socket must be empty.
    pub fn note_loss(&mut self, lost: u32) -> Vec<Requester> {
        self.read();
        let records = self.queue.note_loss(lost as usize).into_iter();
        // Not told from a bystander without the message.
        let requesters = records.filter_map(|record| record.requester(self.context, &[]));
        requesters.collect()
    }

    /// Moves the records to the queue. Returns true if there were any.
    fn read(&mut self) -> bool {
        let mut any = false;
        let queue = &mut self.queue;
        self.ring.take(|bytes| {
            if let Some(record) = Record::read(bytes) {
                queue.push(record);
                any = true;
            }
        });
        any
    }
}
