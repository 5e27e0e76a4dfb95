//! The interpreter of the option tables in [`spec`](super::spec).

mod ematch;
pub mod gred;
pub mod options;
pub mod plain;
