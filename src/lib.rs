//! **nlstream** streams what the Linux kernel says about its network as one JSON object per
//! line.
//!
//! ```text
//! source ──► frame ──► decode ──► state ──► filter ──► encode ──► sink
//! ```

pub mod capture;
pub mod cli;
pub mod decode;
pub mod encode;
pub mod error;
pub mod event;
pub mod input;
pub mod names;
pub mod netlink;
pub mod pipeline;
pub mod run;
pub mod schema;
pub mod sink;
pub mod state;
pub mod text;
