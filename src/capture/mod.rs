//! Recordings, which a [`Writer`] writes and a [`Reader`] reads, and captures of other tools.
//!
//! A recording is a pcapng file that Wireshark and tcpdump open. Between the packets are blocks
//! that only nlstream reads:
//!
//! ```text
//! section header      shb_userappl "nlstream <version>", opt_comment = the Header as JSON
//! interface 0         "events", LINKTYPE_NETLINK, nanoseconds: the events of rtnetlink
//! interface 1         "dumps", the same: the dumps of rtnetlink
//! interface n         a further Channel, as JSON in if_description
//! enhanced packet     a datagram, on the interface of its Channel
//! statistics          a ControlRecord, as JSON in opt_comment, on the interface of its Channel
//! ```
//!
//! The interface of a further channel is described before its first packet. Tools that rewrite
//! captures (editcap, mergecap, Wireshark's "save as") leave the statistics out: their copy of a
//! recording has the datagrams and no control records.

mod buffer;
mod cooked;
mod cut;
mod direction;
mod drops;
mod duplicates;
mod error;
mod interface;
mod item;
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

/// The beginning of `shb_userappl` in a recording.
const TOOL: &str = "nlstream";

/// `LINKTYPE_NETLINK`: packets with a [`cooked`] header before the netlink messages.
const LINKTYPE_NETLINK: u32 = 253;

/// Maximum length of a block, packet or message, bytes. A datagram is bounded by its receive buffer
/// and a section header by the machine's names, so a longer one is damage.
const LONGEST: usize = 64 << 20;
