//! **nlstream** streams what the Linux kernel says about its network as one JSON object per
//! line.
//!
//! ```text
//! source ──► frame ──► decode ──► state ──► filter ──► encode ──► sink
//! ```

pub mod decode;
pub mod event;
pub mod input;
pub mod names;
pub mod netlink;
pub mod schema;
pub mod text;
