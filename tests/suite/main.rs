//! Tests that need nothing of the machine: the command line, the options, the contract of the
//! lines, the schema, the documentation, damaged input, and netlink-packet-route as the judge of every
//! decoded field.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

#[path = "../common/mod.rs"]
mod common;

mod account;
mod amplification;
mod attributes;
mod by;
mod cli;
mod config;
mod contract;
mod coverage;
mod damage;
mod division;
mod docs;
mod escapes;
mod exec;
mod filters;
mod id;
mod judge;
mod layers;
mod log;
mod mutation;

mod paths;
mod python;
mod report;
mod schema;
mod secrets;
mod state_command;
mod state_diff;
mod text;
mod unparsed;
mod watch;
mod xfrm;
