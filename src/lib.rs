//! **nlstream** turns the notifications of the Linux kernel's netlink families into lines of JSON.
//! The program is described in the README; this crate is also its library:
//!
//! | task | item |
//! |---|---|
//! | events of the kernel or of a capture, as typed values | `watch::Watcher`, with the feature `watch` |
//! | lines as typed values | the crate `nlstream-lines` |
//! | read a capture or recording | [`capture::open`] |
//! | decode a datagram to objects | [`decoder::Decoder`] |
//! | fold the program's lines to the objects that existed at a time | [`fold::Fold`] |
//! | the types of the lines' payloads | [`event`] |
//! | the JSON Schema of the lines | [`schema::schema`] |
//!
//! `examples/watch.rs`, `examples/lines.rs`, `examples/decode.rs` and `examples/fold.rs` are complete programs. The
//! modules that are not documented here belong to the program: they are public for its tests and
//! benchmarks, and change without notice.
//!
//! | feature | default | contents |
//! |---|---|---|
//! | `cli` | yes | the program: command line, confinement, service manager, `state`, `log` and `exec` |
//! | `schema` | no | generates the schema from the types, with [`schemars`](https://docs.rs/schemars); without it [`schema`] is that of the file |
//! | `watch` | no | the module `watch` |
//! | `where` | yes | the filter `where`, conditions in the language of jq |
//!
//! A library wants `default-features = false, features = ["watch"]`.
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
pub mod decoder;
pub mod error;
pub mod fold;
pub mod input;
pub mod schema;
#[cfg(feature = "watch")]
pub mod watch;

// A crate of their own compiles beside this one.
#[doc(inline)]
pub use nlstream_kinds::{channel, event, names};
#[doc(hidden)]
pub use nlstream_kinds::{escape, json, kind, netlink, value};

// Declared one by one: rustfmt does not read modules that a macro declares.
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod decode;
#[doc(hidden)]
pub mod decompress;
#[doc(hidden)]
pub mod encode;
#[doc(hidden)]
pub mod family;
#[doc(hidden)]
pub mod file;
#[doc(hidden)]
pub mod filter;
#[doc(hidden)]
pub mod lines;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod logging;
#[doc(hidden)]
pub mod pipeline;
#[doc(hidden)]
pub mod run;
#[doc(hidden)]
pub mod sink;
#[doc(hidden)]
pub mod state;
#[doc(hidden)]
pub mod stats;
#[doc(hidden)]
pub mod text;
