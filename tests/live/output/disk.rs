//! Disks that refuse writes, and accept them again.

use std::path::Path;

use super::service::{
    Service, add, address, assert_folds, assert_reported, chain, lines, with_disk,
};
use crate::namespace::Namespace;

crate::trial::trials! {
    full_disk_loses_no_line(Mounts),
    lines_beyond_the_queue_are_a_gap_and_resynced(Mounts),
    deleting_the_file_of_a_full_disk_frees_it(Mounts),
    device_that_stays_full_ends_with_an_error(Namespace),
    file_size_limit_that_is_raised_later(Mounts, Program("prlimit")),
    file_size_limit_begins_a_new_file_with_rotation(Mounts, Program("prlimit")),
    file_that_cannot_grow_and_not_be_truncated_is_put_away_whole(
        Mounts,
        Program("prlimit"),
        Program("strace")
    ),
    write_error_eio(Mounts, Program("strace")),
    write_error_edquot(Mounts, Program("strace")),
    write_error_erofs(Mounts, Program("strace")),
}

const FILE: &str = "net.ndjson";

/// Leaves no byte on the disk.
pub(super) fn fill(ns: &Namespace) {
    ns.run("head -c 100M /dev/zero >/mnt/ballast 2>/dev/null || true");
}

/// Frees the disk, and waits for the line of that address.
pub(super) fn free(ns: &Namespace, service: &Service<'_>, last: u32) {
    ns.run("rm /mnt/ballast");
    service.wait(&format!("\"{}\"", address(last)));
}

fn full_disk_loses_no_line() {
    let ns = with_disk("1M");
    let service = Service::start(&ns, FILE, &["-k", "address"]);
    add(&ns, 1, 50);
    service.wait(&address(50));
    fill(&ns);
    add(&ns, 51, 500);
    // The file has complete lines only; the others wait.
    service.wait_for_message("No space left");
    let full = service.whole_text();
    assert!(!full.contains(&address(550)));
    chain(&lines(&full));
    free(&ns, &service, 550);
    add(&ns, 551, 10);
    let stderr = service.end();
    assert!(
        stderr.contains("No space left") && stderr.contains("net.ndjson again after"),
        "{stderr}"
    );
    let lines = lines(&super::service::text(&ns, "/mnt/net.ndjson"));
    let chain = chain(&lines);
    assert_eq!((chain.runs, chain.starts, chain.dropped), (1, 1, 0));
    assert_reported(&lines, 1, 560);
}

fn lines_beyond_the_queue_are_a_gap_and_resynced() {
    let ns = with_disk("1M");
    // On another disk.
    ns.run("mkdir /mnt/metrics; mount -t tmpfs -o size=64K metrics /mnt/metrics");
    let metrics = "/mnt/metrics/m.prom";
    let args = ["-k", "address", "--queue", "64K", "--metrics", metrics];
    let service = Service::start(&ns, FILE, &args);
    fill(&ns);
    add(&ns, 1, 1500);
    ns.run("ip address del 10.0.0.7/32 dev lo");
    service.wait_for_message("No space left");
    // More than the queue can hold.
    service.wait_for_lines(&ns.path(metrics), "address", 1501);
    let text = std::fs::read_to_string(ns.path(metrics)).unwrap();
    let most = text.split("\nnlstream_queue_most_bytes ").nth(1).unwrap();
    let most: u64 = most.lines().next().unwrap().parse().unwrap();
    // The queue, what was accepted when it was nearly full, and the events of one pass.
    assert!((64 << 10..320 << 10).contains(&most), "{most}");
    free(&ns, &service, 1500);
    service.wait("\"op\":\"resync\"");
    service.end();
    let lines = lines(&super::service::text(&ns, "/mnt/net.ndjson"));
    let chain = chain(&lines);
    assert_eq!(chain.starts, 1);
    assert!(chain.dropped > 500, "{chain:?}");
    let gaps: Vec<_> = lines.iter().filter(|line| line["op"] == "gap").collect();
    assert_eq!(gaps.len(), 1, "{gaps:#?}");
    assert_eq!(gaps[0]["meta"]["errno"], 28);
    assert_folds(&ns, &[Path::new("/mnt/net.ndjson")]);
}

fn deleting_the_file_of_a_full_disk_frees_it() {
    let ns = with_disk("1M");
    // A checkpoint of all addresses would fill the disk again.
    let args = ["-k", "address", "--checkpoint", "off"];
    let service = Service::start(&ns, FILE, &args);
    add(&ns, 1, 1000);
    service.wait(&address(1000));
    fill(&ns);
    add(&ns, 1001, 500);
    service.wait_for_message("No space left");
    let kept = service.whole_text();
    assert!(!kept.contains(&address(1500)));
    ns.run("rm /mnt/net.ndjson");
    service.wait(&address(1500));
    service.end();
    let rest = super::service::text(&ns, "/mnt/net.ndjson");
    let mut first = lines(&kept);
    let second = lines(&rest);
    assert_eq!(second[0]["op"], "start");
    let last = first.last().unwrap()["seq"].as_u64().unwrap();
    assert_eq!(second[0]["seq"], last + 1, "in order, without a hole");
    first.extend(second);
    let chain = chain(&first);
    assert_eq!((chain.runs, chain.starts, chain.dropped), (1, 2, 0));
    assert_reported(&first, 1, 1500);
}

fn device_that_stays_full_ends_with_an_error() {
    let ns = Namespace::new();
    let service = Service::spawn(&ns, &[], "/dev/full", &["-k", "address"]);
    add(&ns, 1, 5);
    service.wait_for_message("No space");
    let (status, stderr) = service.stop();
    assert_eq!(status, Some(1), "{stderr}");
    assert!(stderr.contains("/dev/full: No space"), "{stderr}");
}

fn file_size_limit_that_is_raised_later() {
    let ns = with_disk("8M");
    let by = ["prlimit", "--fsize=30000:unlimited"];
    let service = Service::start_with(&ns, &by, FILE, &["-k", "address"]);
    add(&ns, 1, 300);
    service.wait_for_message("File too large");
    let text = service.text();
    assert!(text.ends_with('\n') && text.len() <= 30_000);
    lines(&text);
    ns.run(&format!(
        "prlimit --pid {} --fsize=unlimited",
        service.pid()
    ));
    service.wait(&format!("\"{}\"", address(300)));
    let stderr = service.end();
    assert!(stderr.contains("File too large"), "{stderr}");
    let lines = lines(&super::service::text(&ns, "/mnt/net.ndjson"));
    assert_eq!(chain(&lines).dropped, 0);
    assert_reported(&lines, 1, 300);
}

fn file_size_limit_begins_a_new_file_with_rotation() {
    let ns = with_disk("8M");
    let by = ["prlimit", "--fsize=30000"];
    // No file has room for a checkpoint.
    let args = [
        "-k",
        "address",
        "--rotate-size",
        "1G",
        "--checkpoint",
        "off",
    ];
    let service = Service::start_with(&ns, &by, FILE, &args);
    add(&ns, 1, 300);
    let last = format!("\"{}\"", address(300));
    service.wait(&last);
    service.end();
    let text = ns.run("cat /mnt/net.ndjson.2* /mnt/net.ndjson");
    let lines = lines(&text);
    let chain = chain(&lines);
    assert!(chain.starts > 2 && chain.dropped == 0, "{chain:?}");
    assert_reported(&lines, 1, 300);
}

fn file_that_cannot_grow_and_not_be_truncated_is_put_away_whole() {
    let ns = with_disk("8M");
    // A write that reaches the limit is torn, and its beginning cannot be removed at first.
    let by = [
        "strace",
        "-D",
        "-f",
        "-o",
        "/dev/null",
        "-e",
        "inject=ftruncate:error=EIO:when=1..40",
        "prlimit",
        "--fsize=30000",
    ];
    let args = [
        "-k",
        "address",
        "--rotate-size",
        "1G",
        "--checkpoint",
        "off",
    ];
    let service = Service::start_with(&ns, &by, FILE, &args);
    add(&ns, 1, 300);
    service.wait(&format!("\"{}\"", address(300)));
    service.end();
    let names = ns.run("ls /mnt/net.ndjson.2*; echo /mnt/net.ndjson");
    assert!(names.lines().count() > 2, "{names}");
    // The lines of each file are whole.
    let each = names.lines().map(|name| super::service::text(&ns, name));
    let lines: Vec<_> = each.flat_map(|text| lines(&text)).collect();
    assert_eq!(chain(&lines).dropped, 0);
    assert_reported(&lines, 1, 300);
}

/// Makes the fourth and the fifth write(2) to the file fail with an error.
fn injected(error: &str, message: &str) {
    let ns = with_disk("8M");
    let inject = format!("inject=write:error={error}:when=4..5");
    let by = [
        "strace",
        "-D",
        "-f",
        "-o",
        "/dev/null",
        "-P",
        "/mnt/net.ndjson",
        "-e",
        &inject,
    ];
    let service = Service::start_with(&ns, &by, FILE, &["-k", "address"]);
    for number in 0..10 {
        add(&ns, 1 + number * 10, 10);
        // One write at least for each.
        service.wait(&address(10 + number * 10));
    }
    let stderr = service.end();
    assert!(stderr.contains(message), "{stderr}");
    let lines = lines(&super::service::text(&ns, "/mnt/net.ndjson"));
    assert_eq!(chain(&lines).dropped, 0);
    assert_reported(&lines, 1, 100);
}

fn write_error_eio() {
    injected("EIO", "Input/output error");
}

fn write_error_edquot() {
    injected("EDQUOT", "quota exceeded");
}

fn write_error_erofs() {
    injected("EROFS", "Read-only file system");
}
