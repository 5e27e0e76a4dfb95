//! Disks that take nothing more, and take it again.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::common::namespace::Namespace;
use crate::service::{
    Service, add, address, assert_folds, assert_told, chain, lines, wait, with_disk,
};

const FILE: &str = "net.ndjson";
const RECOVERY: Duration = Duration::from_secs(2);

/// Leaves no byte on the disk.
pub fn fill(ns: &Namespace) {
    ns.run("head -c 100M /dev/zero >/mnt/ballast 2>/dev/null || true");
}

/// Frees the disk, and waits for the line of that address.
pub fn free(ns: &Namespace, service: &Service<'_>, last: u32) {
    ns.run("rm /mnt/ballast");
    let took = service.wait(&format!("\"{}\"", address(last)));
    eprintln!("the last line came {took:?} after there was room");
    assert!(took < RECOVERY, "{took:?}");
}

#[test]
fn a_full_disk_costs_no_line() {
    let Some(ns) = with_disk("1M") else { return };
    let service = Service::start(&ns, FILE, &["-k", "address"]);
    add(&ns, 1, 50);
    service.wait(&address(50));
    fill(&ns);
    add(&ns, 51, 500);
    // It holds what is whole, and waits.
    std::thread::sleep(Duration::from_millis(1500));
    let full = service.text();
    assert!(full.ends_with('\n') && !full.contains(&address(550)));
    chain(&lines(&full));
    free(&ns, &service, 550);
    add(&ns, 551, 10);
    let stderr = service.end();
    assert!(
        stderr.contains("No space left") && stderr.contains("net.ndjson again after"),
        "{stderr}"
    );
    let lines = lines(&crate::service::text(&ns, "/mnt/net.ndjson"));
    let chain = chain(&lines);
    assert_eq!((chain.runs, chain.starts, chain.dropped), (1, 1, 0));
    assert_told(&lines, 1, 560);
}

#[test]
fn what_does_not_fit_into_the_queue_is_a_gap_and_made_good() {
    let Some(ns) = with_disk("1M") else { return };
    let service = Service::start(&ns, FILE, &["-k", "address", "--queue", "64K"]);
    fill(&ns);
    add(&ns, 1, 1500);
    ns.run("ip address del 10.0.0.7/32 dev lo");
    std::thread::sleep(Duration::from_millis(1100));
    free(&ns, &service, 1500);
    service.wait("\"op\":\"resync\"");
    service.end();
    let lines = lines(&crate::service::text(&ns, "/mnt/net.ndjson"));
    let chain = chain(&lines);
    assert_eq!(chain.starts, 1);
    assert!(chain.dropped > 500, "{chain:?}");
    let gaps: Vec<_> = lines.iter().filter(|line| line["op"] == "gap").collect();
    assert_eq!(gaps.len(), 1, "{gaps:#?}");
    assert_eq!(gaps[0]["meta"]["errno"], 28);
    assert_folds(&ns, &[Path::new("/mnt/net.ndjson")]);
}

#[test]
fn a_deleted_file_on_a_full_disk_gives_its_room_back() {
    let Some(ns) = with_disk("1M") else { return };
    let service = Service::start(&ns, FILE, &["-k", "address"]);
    add(&ns, 1, 1000);
    service.wait(&address(1000));
    fill(&ns);
    add(&ns, 1001, 500);
    wait("a partial write", || {
        service.text().ends_with('\n') && !service.text().contains(&address(1500))
    });
    let kept = service.text();
    let begun = Instant::now();
    ns.run("rm /mnt/net.ndjson");
    service.wait(&address(1500));
    assert!(begun.elapsed() < RECOVERY, "{:?}", begun.elapsed());
    service.end();
    let rest = crate::service::text(&ns, "/mnt/net.ndjson");
    let mut first = lines(&kept);
    let second = lines(&rest);
    assert_eq!(second[0]["op"], "start");
    let last = first.last().unwrap()["seq"].as_u64().unwrap();
    assert_eq!(second[0]["seq"], last + 1, "in order, without a hole");
    first.extend(second);
    let chain = chain(&first);
    assert_eq!((chain.runs, chain.starts, chain.dropped), (1, 2, 0));
    assert_told(&first, 1, 1500);
}

#[test]
fn a_device_that_is_full_for_ever_ends_in_time_with_an_error() {
    let Some(ns) = Namespace::new() else { return };
    let service = Service::spawn(&ns, &[], "/dev/full", &["-k", "address"]);
    add(&ns, 1, 5);
    std::thread::sleep(Duration::from_millis(500));
    let (status, stderr, took) = service.stop();
    assert_eq!(status, Some(1), "{stderr}");
    assert!(stderr.contains("/dev/full: No space"), "{stderr}");
    assert!(took < Duration::from_secs(6), "{took:?}");
}

#[test]
fn a_limit_of_the_size_that_is_lifted() {
    let Some(ns) = with_disk("8M") else { return };
    let by = ["prlimit", "--fsize=30000:unlimited"];
    let service = Service::start_with(&ns, &by, FILE, &["-k", "address"]);
    add(&ns, 1, 300);
    std::thread::sleep(Duration::from_millis(1200));
    let text = service.text();
    assert!(text.ends_with('\n') && text.len() <= 30_000);
    lines(&text);
    let begun = Instant::now();
    ns.run(&format!(
        "prlimit --pid {} --fsize=unlimited",
        service.pid()
    ));
    service.wait(&format!("\"{}\"", address(300)));
    assert!(begun.elapsed() < RECOVERY, "{:?}", begun.elapsed());
    let stderr = service.end();
    assert!(stderr.contains("File too large"), "{stderr}");
    let lines = lines(&crate::service::text(&ns, "/mnt/net.ndjson"));
    assert_eq!(chain(&lines).dropped, 0);
    assert_told(&lines, 1, 300);
}

#[test]
fn a_limit_of_the_size_makes_a_new_file_where_files_rotate() {
    let Some(ns) = with_disk("8M") else { return };
    let by = ["prlimit", "--fsize=30000"];
    let args = ["-k", "address", "--rotate-size", "1G"];
    let service = Service::start_with(&ns, &by, FILE, &args);
    add(&ns, 1, 300);
    let last = format!("\"{}\"", address(300));
    service.wait(&last);
    service.end();
    let text = ns.run("cat /mnt/net.ndjson.2* /mnt/net.ndjson");
    let lines = lines(&text);
    let chain = chain(&lines);
    assert!(chain.starts > 2 && chain.dropped == 0, "{chain:?}");
    assert_told(&lines, 1, 300);
}

/// Errors that no disk gives on demand, put in the place of the answers of write(2).
fn injected(error: &str, says: &str) {
    if !crate::common::has("strace") {
        return crate::common::cannot_run("there is no strace(1)");
    }
    let Some(ns) = with_disk("8M") else { return };
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
        std::thread::sleep(Duration::from_millis(50));
    }
    service.wait(&address(100));
    let stderr = service.end();
    assert!(stderr.contains(says), "{stderr}");
    let lines = lines(&crate::service::text(&ns, "/mnt/net.ndjson"));
    assert_eq!(chain(&lines).dropped, 0);
    assert_told(&lines, 1, 100);
}

#[test]
fn an_error_of_the_disk() {
    injected("EIO", "Input/output error");
}

#[test]
fn a_quota() {
    injected("EDQUOT", "quota exceeded");
}

#[test]
fn a_filesystem_that_became_read_only() {
    injected("EROFS", "Read-only file system");
}
