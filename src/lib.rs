//! **nlstream** streams what the Linux kernel says about its network as one JSON object per
//! line.
//!
//! ```text
//!  kernel ─► netlink/events ─┐                                        ┌─► encode ─► sink
//!  kernel ─► netlink/dump ───┼─► input ─► netlink/frame ─► decode ─► state ─► filter
//!  file ───► capture ────────┘                            (pipeline)
//!                 ▲
//!  recording ─────┘ the same inputs, before they are decoded
//! ```
//!
//! | room | what is in it |
//! |---|---|
//! | [`netlink`] | sockets, messages and attributes as bytes; the only `unsafe` code (`sys`) |
//! | [`channel`] | where a datagram comes from: network namespace, netlink family, events or dumps |
//! | [`input`] | datagrams and control records, live or from a file |
//! | [`capture`] | the files: reads pcapng, pcap and rtmon, writes pcapng |
//! | [`names`] | the names of tables, protocols, groups…: iproute2's files |
//! | [`event`] | the contract: what a line says, one file per kind |
//! | [`decode`] | message → event, one file per kind |
//! | [`family`] | the netlink families: decoder, dumps and kinds of each |
//! | [`state`] | what is known of each object: what an event changes, and names of devices |
//! | [`encode`], [`text`] | event → line, as JSON or for people |
//! | [`fold`] | lines → the objects that stood at a moment |
//! | [`pipeline`] | all of that, in order |
//! | [`sink`] | where the lines go |
//! | [`run`] | the loops that feed a pipeline: `live`, `replay` |
//! | [`schema`] | the JSON schema, generated from `event` |
//! | [`logging`] | what is said of the program itself, on stderr |
//! | [`cli`] | the command line, the variables and the file of options |
//!
//! A room imports only rooms that stand before it in the stream (`tests/layers.rs`).

pub mod capture;
pub mod channel;
pub mod cli;
pub mod decode;
pub mod encode;
pub mod error;
pub mod event;
pub mod family;
pub mod fold;
pub mod input;
pub mod logging;
pub mod names;
pub mod netlink;
pub mod pipeline;
pub mod run;
pub mod schema;
pub mod sink;
pub mod state;
pub mod text;
