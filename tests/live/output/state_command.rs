//! `nlstream state` on the file of a run that is writing it, and runs that print a snapshot.

use std::process::Output;
use std::time::Duration;

use super::service::{Service, add, address, with_disk};
use crate::common::{NLSTREAM, lines, wait_until};
use crate::namespace::Namespace;

crate::trial::trials! {
    the_present_of_a_quiet_file_is_known_while_its_run_lives(Mounts),
    a_run_starts_while_state_examines_its_file(Mounts),
    exit_prints_the_snapshot_that_ip_prints(Namespace, LinkType("veth"), Program("jq")),
    a_time_limit_before_the_end_of_the_snapshot_is_a_failure(Namespace, LinkType("veth")),
    a_recording_has_one_writer(Mounts),
}

const FILE: &str = "net.ndjson";

fn run(ns: &Namespace, args: &[&str]) -> Output {
    ns.command(NLSTREAM).args(args).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn the_present_of_a_quiet_file_is_known_while_its_run_lives() {
    let ns = with_disk("8M");
    let service = Service::start(&ns, FILE, &["-k", "address", "--audit", "0"]);
    add(&ns, 1, 3);
    service.wait(&address(3));
    let path = "/mnt/net.ndjson";
    let state = |time: &str| run(&ns, &["state", "-k", "address", "--at", time, path]);
    let addresses = |output: &Output| {
        assert!(output.status.success(), "{}", stderr(output));
        let local =
            |line: &serde_json::Value| line["address"]["local"].as_str().unwrap().to_owned();
        let all = lines(&output.stdout);
        all.iter()
            .map(local)
            .filter(|local| local.starts_with("10."))
            .count()
    };
    assert_eq!(addresses(&state("now")), 3);
    // Nothing is written meanwhile, and the lines that end earlier are still the present.
    let last = lines(service.text().as_bytes()).pop().unwrap();
    let quiet = Duration::from_millis(300);
    let time = |line: &serde_json::Value| -> jiff::Timestamp {
        line["time"].as_str().unwrap().parse().unwrap()
    };
    wait_until("time passes", || {
        let since = jiff::Timestamp::now().duration_since(time(&last));
        Duration::try_from(since).is_ok_and(|since| since > quiet)
    });
    assert_eq!(addresses(&state("-100ms")), 3);
    assert_eq!(addresses(&state("now")), 3);
    // An event of this moment is in the result.
    ns.run(&format!("ip address del {}/32 dev lo", address(2)));
    assert_eq!(addresses(&state("now")), 2);
    let future = state("2200-01-01T00:00:00Z");
    assert!(
        stderr(&future).contains("--heartbeat"),
        "{}",
        stderr(&future)
    );
    let past = state("-1h");
    assert!(
        stderr(&past).contains("lines begin after"),
        "{}",
        stderr(&past)
    );

    // The run is killed: nobody knows what happened after its last line.
    service.kill();
    let output = state("now");
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(
        text.contains("--heartbeat") && text.contains("--partial"),
        "{text}"
    );
    let output = run(
        &ns,
        &["state", "-k", "address", "--partial", "--at", "now", path],
    );
    assert_eq!(addresses(&output), 2);
    assert!(
        lines(&output.stdout)
            .iter()
            .all(|line| line["incomplete"] == true)
    );

    // The time between two runs is not known either, and that after the second one is.
    let between = jiff::Timestamp::now().to_string();
    ns.run(&format!("ip address del {}/32 dev lo", address(3)));
    let service = Service::start(&ns, FILE, &["-k", "address"]);
    assert_eq!(addresses(&state("now")), 1);
    let text = stderr(&state(&between));
    assert!(text.contains("did not run at that time"), "{text}");
    service.end();
    assert!(stderr(&state("now")).contains("--heartbeat"));
}

fn a_run_starts_while_state_examines_its_file() {
    let ns = with_disk("8M");
    Service::start(&ns, FILE, &["-k", "address"]).end();
    // `state` holds the lock for a moment, to find out that nobody else does.
    let script = format!(
        "while :; do {NLSTREAM} state --at now /mnt/net.ndjson >/dev/null 2>&1 || true; done & pid=$!
         for i in 1 2 3 4 5 6 7 8; do {NLSTREAM} --for 10ms -o /mnt/net.ndjson; done
         kill $pid"
    );
    ns.run(&script);
}

fn exit_prints_the_snapshot_that_ip_prints() {
    let ns = Namespace::new();
    // Without the addresses that the kernel adds some time after the devices have a carrier.
    ns.run(
        "ip link add d0 type veth peer name d1; for dev in d0 d1; do ip link set $dev addrgenmode none up; done
         ip address add 192.0.2.1/24 dev d0; ip address add 2001:db8::1/64 dev d0 nodad",
    );
    let output = run(&ns, &["--snapshot", "--exit", "-k", "link,address"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let all = lines(&output.stdout);
    let stop = all.last().unwrap();
    assert_eq!(
        (stop["op"].as_str(), stop["meta"]["reason"].as_str()),
        (Some("stop"), Some("sync"))
    );
    let of = |kind: &str, field: &str| {
        let of_kind = all
            .iter()
            // An event of an object may precede its entry.
            .filter(|line| {
                line["kind"] == kind && (line["op"] == "present" || line["op"] == "add")
            });
        let mut values: Vec<_> = of_kind
            .map(|line| line[kind][field].as_str().unwrap().to_owned())
            .collect();
        values.sort();
        values.join("\n")
    };
    let ip = ns.run("ip -j link | jq -r '.[].ifname' | sort");
    assert_eq!(of("link", "ifname"), ip.trim_end());
    let ip = ns.run("ip -j address | jq -r '.[].addr_info[].local' | sort");
    assert_eq!(of("address", "local"), ip.trim_end());
    let output = run(&ns, &["--exit"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("requires --snapshot"));
}

fn a_time_limit_before_the_end_of_the_snapshot_is_a_failure() {
    let ns = Namespace::new();
    ns.run(
        "ip link add d0 type veth peer name d1; ip link set d1 up; ip link set d0 up; ip address add 10.0.0.1/8 dev d0
         for ((i = 0; i < 60000; i++)); do echo route add 10.$((i / 62500)).$((i / 250 % 250)).$((i % 250)) dev d0; done | ip -batch -",
    );
    for option in ["--for=1ms", "--for=10ms"] {
        let output = run(&ns, &["--snapshot", "-k", "route", option]);
        let synced = lines(&output.stdout)
            .iter()
            .any(|line| line["op"] == "sync");
        assert_eq!(
            output.status.code(),
            Some(i32::from(!synced)),
            "{}",
            stderr(&output)
        );
        assert!(
            synced || stderr(&output).contains("--exit"),
            "{}",
            stderr(&output)
        );
    }
    // A run without a snapshot is as before.
    assert!(run(&ns, &["--for", "1ms"]).status.success());
    let output = run(&ns, &["--snapshot", "--exit", "-k", "route"]);
    assert!(output.status.success());
    let count = lines(&output.stdout)
        .iter()
        .filter(|line| line["op"] == "present")
        .count();
    assert!(count >= 60_000, "{count}");
    // A limit that is reached before the snapshot is complete.
    let output = run(
        &ns,
        &["--snapshot", "--exit", "-k", "route", "--for", "1ms"],
    );
    let synced = lines(&output.stdout)
        .iter()
        .any(|line| line["op"] == "sync");
    assert_eq!(output.status.success(), synced, "{}", stderr(&output));
}

fn a_recording_has_one_writer() {
    let ns = with_disk("8M");
    let service = Service::start(&ns, FILE, &["--record", "/mnt/run.pcapng"]);
    for args in [
        &["--record", "/mnt/run.pcapng"][..],
        &["--force", "--record", "/mnt/run.pcapng"],
    ] {
        let output = run(&ns, &[&["--for", "10ms"], args].concat());
        assert_eq!(output.status.code(), Some(1));
        assert!(
            stderr(&output).contains("another nlstream records"),
            "{}",
            stderr(&output)
        );
    }
    add(&ns, 1, 100);
    service.wait(&address(100));
    service.end();
    let output = run(&ns, &["replay", "-k", "address", "/mnt/run.pcapng"]);
    let added = lines(&output.stdout)
        .iter()
        .filter(|line| line["op"] == "add")
        .count();
    assert_eq!(added, 100);
    // The recording of yesterday is not overwritten by the same command today.
    let output = run(&ns, &["--for", "10ms", "--record", "/mnt/run.pcapng"]);
    assert!(stderr(&output).contains("--force"), "{}", stderr(&output));
}
