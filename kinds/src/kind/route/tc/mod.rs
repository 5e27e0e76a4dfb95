//! Traffic control: `qdisc`, `class`, `filter`, `chain` and `action` (`struct tcmsg`,
//! linux/rtnetlink.h; `TCA_*`), by the names of `tc -d -j`.

pub mod action;
pub mod chain;
pub mod class;
pub mod decode;
pub mod filter;
pub mod message;
pub mod qdisc;
#[cfg(feature = "schema")]
pub mod schema;
pub mod spec;
pub mod stats;
#[cfg(test)]
mod tests;

pub use action::Action;
pub use chain::Chain;
pub use class::Class;
pub use filter::Filter;
pub use qdisc::Qdisc;
pub use stats::Stats;
