//! What others do to the file, and what the program does to it itself.

use std::time::Duration;

use crate::common::namespace::Namespace;
use crate::service::{Service, add, address, assert_told, chain, lines, text, wait, with_disk};

const FILE: &str = "net.ndjson";

/// The lines of these files, one after the other.
fn of(ns: &Namespace, files: &[&str]) -> Vec<serde_json::Value> {
    let all = files.iter().map(|file| text(ns, &format!("/mnt/{file}")));
    all.flat_map(|text| {
        let lines = lines(&text);
        assert_eq!(lines[0]["op"], "start", "the first line of a file");
        lines
    })
    .collect()
}

/// The file's name is looked at every 10 ms: what is told sooner still goes to the old file.
fn until_it_looks() {
    std::thread::sleep(Duration::from_millis(20));
}

#[test]
fn a_rename_with_and_without_a_signal() {
    let Some(ns) = with_disk("8M") else { return };
    let service = Service::start(&ns, FILE, &["-k", "address"]);
    add(&ns, 1, 100);
    service.wait(&address(100));
    ns.run("mv /mnt/net.ndjson /mnt/one");
    until_it_looks();
    add(&ns, 101, 100);
    service.wait(&address(200));
    ns.run("mv /mnt/net.ndjson /mnt/two");
    service.signal("HUP");
    wait("a new file after SIGHUP", || !service.text().is_empty());
    add(&ns, 201, 100);
    service.wait(&address(300));
    service.end();
    let lines = of(&ns, &["one", "two", FILE]);
    let chain = chain(&lines);
    assert_eq!((chain.runs, chain.starts, chain.dropped), (1, 3, 0));
    assert_eq!(chain.rotations, ["renamed", "signal"]);
    assert_told(&lines, 1, 300);
}

#[test]
fn logrotate_under_load() {
    let Some(ns) = with_disk("32M") else { return };
    let service = Service::start(&ns, FILE, &["-k", "address"]);
    std::thread::scope(|scope| {
        scope.spawn(|| add(&ns, 1, 10_000));
        for number in 0..10 {
            let move_it = format!("mv /mnt/net.ndjson /mnt/old{number}");
            ns.run(&move_it);
            service.signal("HUP");
            wait("a new file", || ns.path("/mnt/net.ndjson").exists());
            std::thread::sleep(Duration::from_millis(30));
        }
    });
    service.wait(&format!("\"{}\"", address(10_000)));
    service.end();
    let files: Vec<_> = (0..10).map(|number| format!("old{number}")).collect();
    let mut files: Vec<&str> = files.iter().map(String::as_str).collect();
    files.push(FILE);
    let lines = of(&ns, &files);
    let chain = chain(&lines);
    assert_eq!((chain.runs, chain.starts, chain.dropped), (1, 11, 0));
    assert_told(&lines, 1, 10_000);
}

#[test]
fn a_file_that_is_deleted() {
    let Some(ns) = with_disk("8M") else { return };
    let service = Service::start(&ns, FILE, &["-k", "address"]);
    add(&ns, 1, 100);
    service.wait(&address(100));
    // Someone may have it open still: a shipper.
    ns.run("ln /mnt/net.ndjson /mnt/kept; rm /mnt/net.ndjson");
    until_it_looks();
    add(&ns, 101, 100);
    service.wait(&address(200));
    service.end();
    let lines = of(&ns, &["kept", FILE]);
    assert_eq!(chain(&lines).dropped, 0);
    assert_told(&lines, 1, 200);
}

#[test]
fn a_file_that_is_emptied_begins_anew_without_a_hole_of_nuls() {
    let Some(ns) = with_disk("8M") else { return };
    let service = Service::start(&ns, FILE, &["-k", "address"]);
    add(&ns, 1, 100);
    service.wait(&address(100));
    // copytruncate of logrotate.
    ns.run("cp /mnt/net.ndjson /mnt/copy; : >/mnt/net.ndjson");
    until_it_looks();
    add(&ns, 101, 100);
    service.wait(&address(200));
    service.end();
    let lines = of(&ns, &["copy", FILE]);
    let chain = chain(&lines);
    assert_eq!((chain.starts, chain.dropped), (2, 0));
    assert_told(&lines, 1, 200);
}

#[test]
fn a_folder_that_is_read_only_for_a_while() {
    let Some(ns) = with_disk("8M") else { return };
    let service = Service::start(&ns, FILE, &["-k", "address"]);
    add(&ns, 1, 100);
    service.wait(&address(100));
    ns.run(
        "mv /mnt/net.ndjson /mnt/one
         nsenter --preserve-credentials -m -t $$ mount -t tmpfs -o ro cover /mnt",
    );
    until_it_looks();
    add(&ns, 101, 100);
    std::thread::sleep(Duration::from_millis(1500));
    ns.run("umount /mnt");
    let took = service.wait(&address(200));
    assert!(took < Duration::from_secs(2), "{took:?}");
    let stderr = service.end();
    assert!(stderr.contains("Read-only file system"), "{stderr}");
    let lines = of(&ns, &["one", FILE]);
    assert_eq!(chain(&lines).dropped, 0);
    assert_told(&lines, 1, 200);
}

#[test]
fn files_rotate_by_size_and_are_in_order_by_name() {
    let Some(ns) = with_disk("64M") else { return };
    let args = [
        "-k",
        "address",
        "--rotate-size",
        "200K",
        "--rotate-keep",
        "0",
    ];
    let service = Service::start(&ns, FILE, &args);
    add(&ns, 1, 10_000);
    wait("the last line", || {
        ns.run("cat /mnt/net.ndjson.2* /mnt/net.ndjson")
            .contains(&format!("\"{}\"", address(10_000)))
    });
    service.end();
    let names = ns.run("cd /mnt; ls net.ndjson.2*");
    let mut files: Vec<_> = names.lines().collect();
    files.push(FILE);
    let lines = of(&ns, &files);
    let chain = chain(&lines);
    assert!(chain.starts > 5 && chain.starts == files.len(), "{chain:?}");
    assert!(chain.rotations.iter().all(|reason| reason == "size"));
    assert_told(&lines, 1, 10_000);
    let sync = lines.iter().filter(|line| line["op"] == "sync").count();
    assert_eq!(sync, 1, "it is one run");
}

#[test]
fn files_rotate_by_age_across_restarts_but_not_without_lines() {
    let Some(ns) = with_disk("8M") else { return };
    let args = ["-k", "address", "--rotate-every", "2s"];
    let service = Service::start(&ns, FILE, &args);
    let begun = std::time::Instant::now();
    service.end();
    // The age of the file is that of its first line.
    let service = Service::start(&ns, FILE, &args);
    wait("a rotation", || ns.run("ls /mnt").lines().count() == 2);
    assert!(begun.elapsed() < Duration::from_secs(4));
    // Nothing happens: nothing rotates.
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(ns.run("ls /mnt").lines().count(), 2);
    service.end();
    let old = ns.run("cd /mnt; ls net.ndjson.2*");
    let lines = of(&ns, &[old.trim(), FILE]);
    let chain = chain(&lines);
    assert_eq!((chain.runs, chain.starts), (2, 3));
    assert_eq!(chain.rotations, ["time"]);
}
