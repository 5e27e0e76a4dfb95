//! **nlstream** streams Linux network events (rtnetlink) as one JSON object per line.
//!
//! ```text
//!  kernel ─► netlink/events ─┐                                        ┌─► encode ─► sink
//!  kernel ─► netlink/dump ───┼─► input ─► netlink/frame ─► decode ─► state ─► filter
//!  file ───► capture ────────┘                            (pipeline)
//!                 ▲
//!  recording ─────┘ the inputs of the run, as they were received
//! ```
//!
//! `docs/architecture.md` in the repository is a tour of the modules, with a glossary. A module
//! imports only modules of earlier stages; `tests/suite/layers.rs` enforces the order.

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
