//! The program against the real kernel, in network namespaces: each trial makes events and reads
//! their lines; `ip`, `bridge` and `tc` judge the values. The uapi headers judge the numbers of the
//! declarations. No trial needs root.
//!
//! `cargo test --test live silent` runs the trials whose name contains `silent`. The long trials:
//! `cargo test --release --test live -- --ignored`.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]
#![deny(
    dead_code,
    reason = "a test that is not listed in trials! would never run"
)]

#[path = "../common/mod.rs"]
mod common;

mod account;
mod all_netns;
mod by;
mod combined;
mod conntrack;
mod devlink;
mod docs;
mod ends;
mod events;
mod families;
mod filters;
mod identity;
mod judge;
mod l2tp;
mod loss;
mod monitors;
mod mptcp;
mod names;
mod namespace;
mod netns;
mod nft;
mod output;
mod ovs;
mod probe;
mod ranges;
mod recording;
mod report;
mod rtmon;
mod service;
mod systemd;
mod tc;
mod team;
mod text;
mod thermal;
mod top;
mod trial;
mod truth;
mod uapi;
mod watch;
mod wifi;
mod xfrm;

fn main() {
    // A trial runs this binary again, inside a namespace, to send spoofed datagrams.
    if loss::is_spoofer() {
        return loss::spoof();
    }
    if watch::is_watcher() {
        return watch::run();
    }
    if probe::is_probe() {
        return probe::run();
    }
    let modules = [
        account::trials,
        all_netns::trials,
        by::trials,
        combined::trials,
        conntrack::trials,
        devlink::trials,
        docs::trials,
        ends::trials,
        events::trials,
        families::trials,
        filters::trials,
        identity::trials,
        judge::trials,
        l2tp::trials,
        loss::trials,
        monitors::trials,
        mptcp::trials,
        names::trials,
        netns::trials,
        nft::trials,
        output::trials,
        ovs::trials,
        probe::trials,
        ranges::trials,
        recording::trials,
        report::trials,
        service::trials,
        systemd::trials,
        tc::trials,
        team::trials,
        text::trials,
        thermal::trials,
        top::trials,
        truth::trials,
        uapi::trials,
        watch::trials,
        wifi::trials,
        xfrm::trials,
    ];
    let trials = modules.into_iter().flat_map(|trials| trials()).collect();
    let mut arguments = libtest_mimic::Arguments::from_args();
    // Trials wait for the kernel and for the program most of their time.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    arguments.test_threads.get_or_insert(2 * cores);
    libtest_mimic::run(&arguments, trials).exit();
}
