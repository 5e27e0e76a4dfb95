//! The program against the real kernel, in namespaces of their own: each test makes the events
//! and reads their lines. `ip` judges the values.

#[path = "../common/mod.rs"]
mod common;

mod ends;
mod events;
mod judge;
mod loss;
mod recording;
mod service;
mod systemd;
mod tc;
