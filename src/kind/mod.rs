//! The kinds: what a line is about. Each kind is declared once, in a file of its own: its payload,
//! attributes, key, decoder, dumps and implicit changes. The doc comments of the payloads become
//! the schema's descriptions.

pub mod context;
pub mod fields;
pub mod kind_set;
pub mod kinds;
pub mod meta;
mod nl;
pub mod object;
mod op;
pub mod route;
pub mod wire;

pub use context::Unparsed;
pub use kinds::{Kind, Payload};
pub use nl::{Nl, NlFlags, NlType};
pub use object::Change;
pub use op::{Op, Origin};
