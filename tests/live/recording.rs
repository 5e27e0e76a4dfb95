//! A recording replays to the lines of the live run.

use std::path::PathBuf;

use crate::common::difference::assert_same_lines;
use crate::common::{has_optional, nlstream, wait_until};
use crate::namespace::Namespace;

crate::trial::trials! {
    recording_replays_to_the_same_lines(Namespace, LinkType("veth")),
    recording_holds_gaps_and_dumps_of_the_resync(Namespace, LinkType("veth")),
    recording_has_the_quick_audits_that_found_something(Namespace, LinkType("veth")),
}

fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("nlstream-{}-{name}", std::process::id()))
}

fn recording_replays_to_the_same_lines() {
    let ns = Namespace::new();
    let (capture, lines) = (file("same.pcapng"), file("same.ndjson"));
    let (c, l) = (capture.to_str().unwrap(), lines.to_str().unwrap());
    for options in [
        &[][..],
        &["--snapshot", "--with", "details,message,host"],
        &["-k", "link", "--count", "5"],
        &["--snapshot", "-k", "link,genl_family"],
    ] {
        for file in [&lines, &capture] {
            let _ = std::fs::remove_file(file);
        }
        let mut args = vec!["--record", c, "-o", l, "--rcvbuf", "64K"];
        args.extend(options);
        let mut child = ns
            .command(crate::common::NLSTREAM)
            .args(&args)
            .spawn()
            .unwrap();
        wait_until("the first line", || {
            std::fs::read_to_string(&lines).is_ok_and(|text| text.contains('\n'))
        });
        ns.run(
            "ip link add veth0 type veth peer name veth1; ip link set veth0 up; ip link set veth1 up
             ip address add 192.0.2.1/24 dev veth0; ip rule add from 192.0.2.0/24 table 7
             for ((i = 0; i < 600; i++)); do echo route add 10.0.$((i / 250)).$((i % 250)) via 192.0.2.2; done | ip -batch -
             ip rule del from 192.0.2.0/24 table 7; ip link del veth0",
        );
        let status = std::process::Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status();
        drop(status);
        assert!(child.wait().unwrap().success());
        let live = std::fs::read_to_string(&lines).unwrap();
        let run = serde_json::from_str::<serde_json::Value>(live.lines().next().unwrap()).unwrap();
        let replayed = nlstream(&["replay", "--run", run["run"].as_str().unwrap(), c]);
        assert!(
            replayed.status.success(),
            "{}",
            String::from_utf8_lossy(&replayed.stderr)
        );
        if replayed.stdout != live.as_bytes() {
            let live = crate::common::lines(live.as_bytes());
            assert_same_lines(&live, &crate::common::lines(&replayed.stdout));
            panic!("{options:?}: the values are equal, the bytes differ");
        }
        assert!(live.lines().count() > 6, "{options:?}: {live}");
    }
    if has_optional("tshark") {
        let mut tshark = std::process::Command::new("tshark");
        let output = tshark.args(["-r", c]).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
    }
    std::fs::remove_file(&capture).unwrap();
    std::fs::remove_file(&lines).unwrap();
}

/// A run that is at rest does not fill its recording, although it reads the kernel's objects every few seconds.
fn recording_has_the_quick_audits_that_found_something() {
    let ns = Namespace::new();
    ns.run(
        "ip link add veth0 type veth peer name veth1; ip link set veth0 up
        ip address add 192.0.2.1/24 dev veth0",
    );
    let (capture, log) = (file("quick.pcapng"), file("quick.log"));
    let c = capture.to_str().unwrap();
    let mut command = ns.command(crate::common::NLSTREAM);
    command.args(["--snapshot", "--record", c, "--log-level", "debug"]);
    command.stdout(std::process::Stdio::piped());
    command.stderr(std::fs::File::create(&log).unwrap());
    let mut stream = crate::namespace::Stream::of(command.spawn().unwrap());
    stream.wait("meta", "sync");
    let rounds = || {
        let text = std::fs::read_to_string(&log).unwrap();
        text.matches("dump addrlabel (quick audit)").count()
    };
    wait_until("a quick audit", || rounds() > 0);
    let size = std::fs::metadata(&capture).unwrap().len();
    let before = rounds();
    wait_until("two further rounds", || rounds() > before + 2);
    assert_eq!(std::fs::metadata(&capture).unwrap().len(), size);
    ns.run("ip neigh add proxy 192.0.2.7 dev veth0; ip link set veth1 alias silent");
    wait_until("both changes", || {
        let mut has = |pointer, value: &str| {
            let mut lines = stream.so_far().iter();
            lines.any(|line| line.pointer(pointer).is_some_and(|it| it == value))
        };
        has("/link/ifalias", "silent") && has("/neigh/dst", "192.0.2.7")
    });
    ns.run("ip neigh del proxy 192.0.2.7 dev veth0; ip link set veth1 mtu 1400");
    let gone = stream.wait("neigh", "delete");
    assert_eq!(gone["origin"], "inferred", "{gone}");
    // The order of the links in a checkpoint is that of the live run, which read them more often.
    stream.signal("USR2");
    stream.wait_for("the end of the checkpoint", |line| {
        line["meta"]["checkpoint"].is_u64()
    });
    let (live, _) = stream.interrupt();
    let replayed = nlstream(&["replay", "--run", live[0]["run"].as_str().unwrap(), c]);
    assert!(replayed.status.success());
    assert_same_lines(&live, &crate::common::lines(&replayed.stdout));
    std::fs::remove_file(&capture).unwrap();
    std::fs::remove_file(&log).unwrap();
}

fn recording_holds_gaps_and_dumps_of_the_resync() {
    let ns = Namespace::new();
    ns.run(
        "ip link add veth0 type veth peer name veth1; ip link set veth0 up; ip link set veth1 up
            ip address add 192.0.2.1/24 dev veth0",
    );
    let capture = file("gap.pcapng");
    let c = capture.to_str().unwrap();
    let mut stream = ns.stream(&["--record", c, "--rcvbuf", "4K", "--snapshot"]);
    stream.wait("meta", "sync");
    stream.signal("STOP");
    ns.run(
        "for ((i = 0; i < 600; i++)); do echo route add 10.0.$((i / 250)).$((i % 250)) via 192.0.2.2; done | ip -batch -
         ip link set veth0 down",
    );
    stream.signal("CONT");
    stream.wait("meta", "resync");
    let (live, _) = stream.interrupt();
    assert!(live.iter().any(|line| line["op"] == "gap"));
    let replayed = nlstream(&["replay", "--run", live[0]["run"].as_str().unwrap(), c]);
    assert!(replayed.status.success());
    assert_same_lines(&live, &crate::common::lines(&replayed.stdout));
    std::fs::remove_file(&capture).unwrap();
}
