//! Nothing is lost in silence.

use serde_json::Value;

use crate::common::NLSTREAM;
use crate::common::namespace::Namespace;

#[test]
fn the_gaps_account_for_every_missing_route() {
    let Some(ns) = Namespace::new() else { return };
    const ROUTES: u64 = 4000;
    ns.run("ip link add veth0 type veth peer name veth1; ip link set veth0 up; ip address add 192.0.2.1/24 dev veth0");
    let mut stream = ns.stream(&["--rcvbuf", "4K", "-k", "route", "--snapshot"]);
    stream.wait("meta", "sync");
    // As fast as it goes, with the reader of the events held.
    stream.signal("STOP");
    ns.run(&format!(
        "for ((i = 0; i < {ROUTES}; i++)); do echo route add 10.$((i / 250)).$((i % 250)).0/24 via 192.0.2.2; done | ip -batch -"
    ));
    stream.signal("CONT");
    stream.wait("meta", "resync");
    ns.run("ip route add 203.0.113.0/24 via 192.0.2.2");
    stream.wait_for("the last route", |line| {
        line["route"]["dst"] == "203.0.113.0/24"
    });
    let (lines, _) = stream.interrupt();
    let route = |l: &&Value| l["kind"] == "route";
    let from = |origin: &str| {
        lines
            .iter()
            .filter(|l| l["origin"] == origin)
            .filter(route)
            .count()
    };
    let told = from("kernel") as u64;
    let gaps: Vec<&Value> = lines.iter().filter(|l| l["op"] == "gap").collect();
    let lost: u64 = gaps
        .iter()
        .map(|gap| gap["meta"]["lost"].as_u64().unwrap())
        .sum();
    assert!(!gaps.is_empty(), "a buffer of 4 KiB held {ROUTES} routes");
    assert_eq!(told + lost, ROUTES + 1, "{gaps:#?}");
    // What is missing is told by the resync, each route once.
    assert_eq!(from("resync") as u64, lost);
    assert_eq!(gaps[0]["meta"]["cause"], "overflow");
    assert_eq!(gaps[0]["meta"]["errno"], 105);
    // It goes on after the gap.
    let last = lines.iter().rev().find(|l| l["kind"] == "route").unwrap();
    assert_eq!(last["route"]["dst"], "203.0.113.0/24");
    assert_eq!(lines.last().unwrap()["meta"]["lost"], lost);
}

#[test]
fn a_forged_event_is_refused_and_counted() {
    use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};
    const ROLE: &str = "NLSTREAM_TEST_FORGES";
    const FORGED: u64 = 100;
    if std::env::var_os(ROLE).is_some() {
        // An RTM_NEWADDR of 192.0.2.66, sent to the group IPV4_IFADDR.
        let mut message = vec![32, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        message.extend([2, 24, 0, 0, 1, 0, 0, 0, 8, 0, 2, 0, 192, 0, 2, 66]);
        let socket = Socket::new(NETLINK_ROUTE).unwrap();
        let group = 1 << (libc::RTNLGRP_IPV4_IFADDR - 1);
        // For a second and a half.
        for _ in 0..FORGED {
            socket
                .send_to(&message, &SocketAddr::new(0, group), 0)
                .unwrap();
            std::thread::sleep(std::time::Duration::from_millis(15));
        }
        return;
    }
    let Some(ns) = Namespace::new() else { return };
    let stream = ns.stream(&[]);
    let own = std::env::current_exe().unwrap();
    let forger = ns
        .command(own.to_str().unwrap())
        .args(["--exact", "loss::a_forged_event_is_refused_and_counted"])
        .env(ROLE, "1")
        .output()
        .unwrap();
    assert!(forger.status.success(), "{forger:?}");
    let (lines, _) = stream.interrupt();
    assert!(
        lines.iter().all(|line| line["kind"] != "address"),
        "{lines:#?}"
    );
    assert_eq!(lines.last().unwrap()["meta"]["refused"], FORGED);
    // Told once a second at most, and all of them.
    let refused: Vec<_> = lines
        .iter()
        .filter(|line| line["op"] == "refused")
        .collect();
    let told: u64 = refused
        .iter()
        .map(|line| line["meta"]["datagrams"].as_u64().unwrap())
        .sum();
    assert!(told <= FORGED && !refused.is_empty(), "{refused:#?}");
    let time = |line: &Value| line["time"].as_str().unwrap().parse::<jiff::Timestamp>();
    for pair in refused.windows(2) {
        let apart = time(pair[1])
            .unwrap()
            .duration_since(time(pair[0]).unwrap());
        assert!(apart.as_millis() >= 1000, "{pair:#?}");
    }
    assert!(lines.iter().all(|line| line["op"] != "gap"));
}

#[test]
fn a_slow_reader_loses_whole_lines_and_is_told_how_many() {
    let Some(ns) = Namespace::new() else { return };
    ns.run(
        "ip link add veth0 type veth peer name veth1
         for ((i = 0; i < 100; i++)); do printf 'link property add dev veth0 altname n%0120d\n' $i; done | ip -batch -",
    );
    // A reader that sleeps, while lines of some 40 KiB come: 64 MiB of them may wait for it.
    let script = format!(
        "mkfifo $TMPDIR/full; {NLSTREAM} --with details,raw,message >$TMPDIR/full & pid=$!
         exec 3<$TMPDIR/full; sleep 0.5
         for ((i = 0; i < 150; i++)); do echo link set veth0 mtu $((1000 + i % 2)); done >$TMPDIR/batch
         for ((i = 0; i < 20; i++)); do ip -batch $TMPDIR/batch; sleep 0.2; done
         sleep 1; (sleep 2; ip link set veth0 mtu 1400; sleep 0.2; kill -INT $pid) & exec cat <&3"
    );
    let folder = std::env::temp_dir().join(format!("nlstream-slow-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut command = ns.command("bash");
    let output = command
        .args(["-uc", &script])
        .env("TMPDIR", &folder)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let lines = crate::common::lines(&output.stdout);
    let (mut expected, mut dropped) = (0, 0);
    for line in &lines {
        if line["meta"]["cause"] == "output" {
            let lost = line["meta"]["lost"].as_u64().unwrap();
            expected += lost;
            dropped += lost;
        }
        // The numbers of the lines that were dropped are missing, no more and no less.
        assert_eq!(line["seq"], expected, "{line}");
        expected += 1;
    }
    let stop = lines.last().unwrap();
    assert!(dropped > 0, "nothing was dropped: {stop}");
    assert_eq!(stop["meta"]["dropped"], dropped);
    // What came after the reader was back is told.
    assert!(lines.iter().any(|line| line["link"]["mtu"] == 1400));
}
