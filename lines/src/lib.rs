//! Types of the lines that nlstream writes. [`Line`] is one of them, [`Object`] its content; the structs
//! of the kinds are in [`objects`]. They are generated from the JSON Schema of the lines, and are
//! `Send`, `Clone`, and read and written by serde.
//!
//! ```
//! use nlstream_lines::{Line, Object, Op};
//!
//! let text = r#"{"v":1,"run":"6565f1d3a1b2c3","seq":7,"time":"2026-11-24T20:26:54.897123456Z",
//!     "kind":"nsid","op":"delete","origin":"kernel","nsid":{"nsid":3},"changed":[],"old":{}}"#;
//! let line = Line::parse(text.as_bytes())?;
//! assert_eq!((line.seq, line.op), (7, Op::Delete));
//! assert!(matches!(line.object, Object::Nsid(nsid) if nsid.nsid == 3));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! Lines of later versions of nlstream can be read as well, as long as `v` is 1: unknown properties are
//! ignored, an unknown kind is [`Object::Other`], and an unknown name is the `Other` of its enum.
//!
//! Three things have no struct, and are [`Fields`]: settings whose type depends on another property (of a
//! link type, [`Fields::parse`]), the options of traffic control and other tables of more than a hundred
//! attributes, and small objects within these.

mod line;
mod names;
pub mod objects;
mod read;
mod value;

pub use line::{Line, Meta, Object};
pub use objects::{Op, Origin};
pub use read::{Lines, ReadError, read};
pub use value::{Fields, Time};

/// The version of the schema that this crate reads, `v` of every line.
pub const VERSION: u8 = 1;
