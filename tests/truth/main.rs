//! The promise: whoever folds the lines holds what the kernel holds. `ip` and `bridge` are the
//! judges.
//!
//! The long form: `cargo test --release --test truth -- --ignored --nocapture`

#[path = "../common/mod.rs"]
mod common;

mod churn;
mod fold;
mod heavy;
mod judge;
mod random;
mod silent;
