//! What the tables in [`spec`](super::spec) leave to a decoder of their own.

pub mod ematch;
pub mod gred;
