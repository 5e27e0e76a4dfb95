//! The netlink messages that [nlstream](https://docs.rs/nlstream) reads, and the kinds of lines that it makes of them.
//!
//! Programs use the crate `nlstream`, which has the modules that are documented here. The others belong to it, and change
//! without notice.
//!
//! A module imports only modules of earlier stages; `tests/suite/layers.rs` of the repository enforces the order.

pub mod channel;
pub mod event;
pub mod names;

// Declared one by one: rustfmt does not read modules that a macro declares.
#[doc(hidden)]
pub mod escape;
#[doc(hidden)]
pub mod json;
#[doc(hidden)]
pub mod kind;
#[doc(hidden)]
pub mod netlink;
#[doc(hidden)]
pub mod value;
