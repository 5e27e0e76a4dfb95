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
//! | module | contents |
//! |---|---|
//! | [`channel`] | where a datagram comes from: network namespace, netlink family, events or dumps |
//! | [`netlink`] | sockets, messages and attributes as bytes, dump requests; the only `unsafe` code (`sys`) |
//! | [`json`] | the JSON writer |
//! | [`value`] | value types of payloads: symbols, flags, device names, prefixes, times |
//! | [`names`] | the names of tables, protocols and groups from iproute2's files |
//! | [`kind`] | the payload of each kind, its key and its fields; the decode context |
//! | [`event`] | an event: a payload with its operation, its change and its netlink header |
//! | [`schema`] | the JSON schema, generated from the payloads |
//! | [`fold`] | lines → the objects that existed at a moment |
//! | [`input`] | the input of a run: datagrams and control records, live or from a recording |
//! | [`capture`] | reads pcapng, pcap and rtmon files, writes pcapng |
//! | [`decode`] | message → event |
//! | [`family`] | the netlink families: decoder, dumps and kinds of each |
//! | [`state`] | the last state of each object: fills in `op`, device names, `changed` and `old` |
//! | [`filter`] | selects the events that become lines, and numbers the lines |
//! | [`encode`], [`text`] | event → line, as JSON or as text |
//! | [`pipeline`] | these stages in order |
//! | [`sink`] | stdout or a file: writing, rotation, retries |
//! | [`run`] | the loops that feed a pipeline: `live`, `replay` |
//! | [`logging`] | messages about the program itself, on stderr |
//! | [`cli`] | command line, environment variables and configuration file |
//!
//! A module imports only modules of earlier rows in `tests/layers.rs`, which enforces the order.

pub mod capture;
pub mod channel;
pub mod cli;
pub mod decode;
pub mod encode;
pub mod error;
pub mod event;
pub mod family;
pub mod filter;
pub mod fold;
pub mod input;
pub mod json;
pub mod kind;
pub mod logging;
pub mod names;
pub mod netlink;
pub mod pipeline;
pub mod run;
pub mod schema;
pub mod sink;
pub mod state;
pub mod text;
pub mod value;
