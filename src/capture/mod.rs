//! Recordings: what a [`Writer`] records, a [`Reader`] reads back, beside captures of other tools.
//!
//! A recording is a pcapng file that Wireshark and tcpdump open. It holds what they show and
//! what only nlstream reads:
//!
//! ```text
//! section header      shb_userappl "nlstream <version>", opt_comment = the Header as JSON
//! interface 0         "events", LINKTYPE_NETLINK, nanoseconds
//! interface 1         "dumps", the same
//! enhanced packet     a datagram, on the interface of its Source
//! statistics          a Mark, as JSON in opt_comment
//! ```
//!
//! Tools that rewrite captures (editcap, mergecap, Wireshark's "save as") leave the statistics
//! out: their copy of a recording has the datagrams and no marks.

mod buffer;
mod cooked;
mod error;
mod pcap;
mod pcapng;
mod read;
mod rtmon;
mod write;

#[cfg(test)]
mod tests;

pub use error::{Error, Fault};
pub use read::{Reader, open};
pub use write::Writer;

/// What begins the `shb_userappl` of a recording of ours.
const TOOL: &str = "nlstream";

/// `LINKTYPE_NETLINK`: packets with a [`cooked`] header before the netlink messages.
const LINKTYPE_NETLINK: u32 = 253;

/// Nothing that a capture holds in one piece is longer: a datagram is bounded by its receive
/// buffer, a section header by the names of a machine. What claims to be is garbage.
const LONGEST: usize = 64 << 20;
