//! Files that are renamed, deleted or truncated, and rotation.

use std::time::Duration;

use super::service::{
    Service, add, address, assert_reported, chain, lines, retained, text, with_disk,
};
use crate::common::{NLSTREAM, wait_until};
use crate::namespace::Namespace;

crate::trial::trials! {
    renamed_file_with_and_without_sighup(Mounts),
    logrotate_under_load(Mounts),
    deleted_file(Mounts),
    truncated_file_begins_again_without_a_hole(Mounts),
    folder_that_is_read_only_for_a_while(Mounts),
    files_rotate_by_size_and_sort_by_name(Mounts),
    the_file_that_a_symbolic_link_names_is_rotated(Mounts),
    files_that_become_the_same_during_the_run_are_not_destroyed(Mounts),
    files_rotate_by_age_across_restarts_but_not_without_lines(Mounts),
}

const FILE: &str = "net.ndjson";

/// Returns the lines of these files, one after the other.
fn of(ns: &Namespace, files: &[&str]) -> Vec<serde_json::Value> {
    let all = files.iter().map(|file| text(ns, &format!("/mnt/{file}")));
    all.flat_map(|text| {
        let lines = lines(&text);
        assert_eq!(lines[0]["op"], "start", "the first line of a file");
        lines
    })
    .collect()
}

/// The program checks the path of its file at a write, if the last check is 10 ms old: lines that
/// are written sooner still go to the old file.
fn until_next_check() {
    std::thread::sleep(Duration::from_millis(20));
}

fn renamed_file_with_and_without_sighup() {
    let ns = with_disk("8M");
    let service = Service::start(&ns, FILE, &["-k", "address"]);
    add(&ns, 1, 100);
    service.wait(&address(100));
    ns.run("mv /mnt/net.ndjson /mnt/one");
    until_next_check();
    add(&ns, 101, 100);
    service.wait(&address(200));
    ns.run("mv /mnt/net.ndjson /mnt/two");
    service.signal("HUP");
    wait_until("a new file after SIGHUP", || !service.text().is_empty());
    add(&ns, 201, 100);
    service.wait(&address(300));
    service.end();
    let lines = of(&ns, &["one", "two", FILE]);
    let chain = chain(&lines);
    assert_eq!((chain.runs, chain.starts, chain.dropped), (1, 3, 0));
    assert_eq!(chain.rotations, ["renamed", "signal"]);
    assert_reported(&lines, 1, 300);
}

fn logrotate_under_load() {
    let ns = with_disk("32M");
    let service = Service::start(&ns, FILE, &["-k", "address"]);
    std::thread::scope(|scope| {
        scope.spawn(|| add(&ns, 1, 10_000));
        for number in 0..10 {
            let move_it = format!("mv /mnt/net.ndjson /mnt/old{number}");
            ns.run(&move_it);
            service.signal("HUP");
            wait_until("a new file", || ns.path("/mnt/net.ndjson").exists());
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
    assert_reported(&lines, 1, 10_000);
}

fn deleted_file() {
    let ns = with_disk("8M");
    let service = Service::start(&ns, FILE, &["-k", "address"]);
    add(&ns, 1, 100);
    service.wait(&address(100));
    // A shipper may still have it open.
    ns.run("ln /mnt/net.ndjson /mnt/kept; rm /mnt/net.ndjson");
    until_next_check();
    add(&ns, 101, 100);
    service.wait(&address(200));
    service.end();
    let lines = of(&ns, &["kept", FILE]);
    assert_eq!(chain(&lines).dropped, 0);
    assert_reported(&lines, 1, 200);
}

fn truncated_file_begins_again_without_a_hole() {
    let ns = with_disk("8M");
    let service = Service::start(&ns, FILE, &["-k", "address"]);
    add(&ns, 1, 100);
    service.wait(&address(100));
    // copytruncate of logrotate.
    ns.run("cp /mnt/net.ndjson /mnt/copy; : >/mnt/net.ndjson");
    until_next_check();
    add(&ns, 101, 100);
    service.wait(&address(200));
    service.end();
    let lines = of(&ns, &["copy", FILE]);
    let chain = chain(&lines);
    assert_eq!((chain.starts, chain.dropped), (2, 0));
    assert_reported(&lines, 1, 200);
}

fn folder_that_is_read_only_for_a_while() {
    let ns = with_disk("8M");
    let service = Service::start(&ns, FILE, &["-k", "address"]);
    add(&ns, 1, 100);
    service.wait(&address(100));
    ns.run(
        "mv /mnt/net.ndjson /mnt/one
         nsenter --preserve-credentials -m -t $$ mount -t tmpfs -o ro cover /mnt",
    );
    until_next_check();
    add(&ns, 101, 100);
    service.wait_for_message("Read-only file system");
    ns.run("umount /mnt");
    service.wait(&address(200));
    let stderr = service.end();
    assert!(stderr.contains("Read-only file system"), "{stderr}");
    let lines = of(&ns, &["one", FILE]);
    assert_eq!(chain(&lines).dropped, 0);
    assert_reported(&lines, 1, 200);
}

fn files_rotate_by_size_and_sort_by_name() {
    let ns = with_disk("64M");
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
    wait_until("the last line", || {
        retained(&ns).contains(&format!("\"{}\"", address(10_000)))
    });
    service.end();
    let names = ns.run("cd /mnt; ls net.ndjson.2*");
    let mut files: Vec<_> = names.lines().collect();
    files.push(FILE);
    let lines = of(&ns, &files);
    let chain = chain(&lines);
    assert!(chain.starts > 5 && chain.starts == files.len(), "{chain:?}");
    assert!(chain.rotations.iter().all(|reason| reason == "size"));
    assert_reported(&lines, 1, 10_000);
    let snapshot =
        |line: &&serde_json::Value| line["op"] == "sync" && line["meta"]["checkpoint"].is_null();
    assert_eq!(lines.iter().filter(snapshot).count(), 1, "one run");
}

fn the_file_that_a_symbolic_link_names_is_rotated() {
    let ns = with_disk("64M");
    ns.run("mkdir /mnt/data /mnt/other; ln -s data/lines /mnt/net.ndjson");
    let args = ["-k", "address", "--rotate-size", "50K"];
    let service = Service::start(&ns, FILE, &args);
    add(&ns, 1, 1000);
    wait_until("a rotation", || ns.run("ls /mnt/data").lines().count() >= 2);
    // The link leads to another folder: the next file is there, with the name of the link's target.
    ns.run("ln -sfn other/lines /mnt/net.ndjson");
    service.signal("HUP");
    wait_until("a new file", || !service.text().is_empty());
    add(&ns, 1001, 1000);
    wait_until("a rotation", || {
        ns.run("ls /mnt/other").lines().count() >= 2
    });
    let last = format!("\"{}\"", address(2000));
    let all = "cat $(ls /mnt/data/lines.2*) /mnt/data/lines $(ls /mnt/other/lines.2*) /mnt/other/lines 2>/dev/null || true";
    wait_until("the last line", || ns.run(all).contains(&last));
    service.end();
    assert_eq!(ns.run("readlink /mnt/net.ndjson").trim(), "other/lines");
    assert_eq!(ns.run("ls /mnt"), "data\nnet.ndjson\nother\n");
    let lines = lines(&ns.run(all));
    assert_eq!(chain(&lines).dropped, 0);
    assert_reported(&lines, 1, 2000);
}

fn files_that_become_the_same_during_the_run_are_not_destroyed() {
    let ns = with_disk("8M");
    // In a folder of root: hard links are not refused because of others.
    ns.run("chmod 755 /mnt");
    let args = [
        "-k",
        "address",
        "--record",
        "/mnt/run.pcapng",
        "--metrics",
        "/mnt/m.prom",
    ];
    let service = Service::start(&ns, FILE, &args);
    add(&ns, 1, 50);
    service.wait(&address(50));
    // The path of the lines leads to the recording, which is being written.
    ns.run("cd /mnt; mv net.ndjson one; mv run.pcapng net.ndjson");
    service.signal("HUP");
    add(&ns, 51, 50);
    service.wait_for_message("another nlstream writes to it");
    ns.run("cd /mnt; mv net.ndjson run.pcapng");
    service.wait(&address(100));
    // The path of the metrics leads to the lines.
    ns.run("ln -f /mnt/net.ndjson /mnt/m.prom");
    service.signal("HUP");
    service.wait_for_message("its content is not metrics of nlstream");
    add(&ns, 101, 50);
    service.wait(&address(150));
    service.end();
    assert_eq!(text(&ns, "/mnt/m.prom"), text(&ns, "/mnt/net.ndjson"));
    let lines = of(&ns, &["one", FILE]);
    assert_eq!(chain(&lines).dropped, 0);
    assert_reported(&lines, 1, 150);
    let mut replay = ns.command(NLSTREAM);
    let output = replay.args(["replay", "/mnt/run.pcapng"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let replayed = crate::common::lines(&output.stdout);
    assert_reported(&replayed, 1, 150);
}

fn files_rotate_by_age_across_restarts_but_not_without_lines() {
    let ns = with_disk("8M");
    const AGE: Duration = Duration::from_secs(4);
    let args = ["-k", "address", "--rotate-every", "4s"];
    let service = Service::start(&ns, FILE, &args);
    // The file is half as old as it may get when the first run ends.
    std::thread::sleep(AGE / 2);
    service.end();
    // The age of the file is that of its first line, which the first run wrote.
    let service = Service::start(&ns, FILE, &args);
    wait_until("a rotation", || ns.run("ls /mnt").lines().count() == 2);
    // Without new lines there is no second rotation.
    std::thread::sleep(AGE + AGE / 4);
    assert_eq!(ns.run("ls /mnt").lines().count(), 2);
    service.end();
    let old = ns.run("cd /mnt; ls net.ndjson.2*");
    let lines = of(&ns, &[old.trim(), FILE]);
    let chain = chain(&lines);
    assert_eq!((chain.runs, chain.starts), (2, 3));
    assert_eq!(chain.rotations, ["time"]);
    let time = |line: &serde_json::Value| -> jiff::Timestamp {
        line["time"].as_str().unwrap().parse().unwrap()
    };
    let second = lines.iter().filter(|line| line["op"] == "start").nth(1);
    let rotation = lines.iter().find(|line| line["op"] == "rotate").unwrap();
    let age = time(rotation).duration_since(time(second.unwrap()));
    assert!(
        age < AGE.try_into().unwrap(),
        "{age:?} after the second start"
    );
}
