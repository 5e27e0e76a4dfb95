//! Tests that need nothing of the machine: the command line, the options, the contract of the
//! lines, the schema, the documentation, and damaged input.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

#[path = "../common/mod.rs"]
mod common;

mod cli;
mod config;
mod contract;
mod coverage;
mod damage;
mod division;
mod docs;
mod layers;
mod schema;
mod unparsed;
