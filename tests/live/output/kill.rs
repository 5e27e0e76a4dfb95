//! SIGKILL at random instants.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use super::service::{Service, assert_folds, chain, lines, text, with_disk};
use crate::common::wait_until;

crate::trial::trials! {
    sigkill_at_15_random_instants(Mounts, LinkType("veth")),
    sigkill_at_300_random_instants(Mounts, LinkType("veth")) long "takes minutes",
}

const FILE: &str = "net.ndjson";

/// Kills the program `times` times, at random instants, while links with long lines change
/// without a pause, and starts it again on the same file.
fn killed(times: u32) {
    let ns = with_disk("2G");
    ns.run(
        "ip link add veth0 type veth peer name veth1
         for ((i = 0; i < 40; i++)); do printf 'link property add dev veth0 altname n%0120d\\n' $i; done | ip -batch -
         for ((i = 1; i < 2000; i++)); do
             printf 'address add 10.0.%d.%d/32 dev lo\\naddress del 10.0.%d.%d/32 dev lo\\n' $((i / 250)) $((i % 250)) $((i / 250)) $((i % 250))
             ((i % 20)) || echo link set veth0 mtu $((1000 + i))
         done >/mnt/batch",
    );
    let mut load = ns
        .command("bash")
        .args([
            "-c",
            "while [ ! -e /mnt/stop ]; do ip -batch /mnt/batch; done",
        ])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let mut seed = now.unwrap().as_nanos() as u64 | 1;
    eprintln!("seed {seed}");
    for _ in 0..times {
        let file = format!("/mnt/{FILE}");
        let service = Service::spawn(&ns, &[], &file, &["--with", "raw"]);
        // Until nsenter(1) has started it, the program is not there to be killed.
        let comm = format!("/proc/{}/comm", service.pid());
        wait_until("the program runs", || {
            std::fs::read_to_string(&comm).is_ok_and(|comm| comm == "nlstream\n")
        });
        // xorshift64
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        std::thread::sleep(Duration::from_micros(seed % 250_000));
        service.kill();
    }
    ns.run("touch /mnt/stop");
    load.wait().unwrap();
    Service::start(&ns, FILE, &["--with", "raw"]).end();
    let lines = lines(&text(&ns, "/mnt/net.ndjson"));
    let chain = chain(&lines);
    eprintln!(
        "{times} kills: {} runs, {} complete lines; {} incomplete last lines cut off; {} lines dropped",
        chain.runs,
        lines.len(),
        chain.repaired,
        chain.dropped
    );
    // Some runs end before their first line.
    assert!(chain.runs == chain.starts && chain.runs > times as usize / 3);
    assert_eq!(lines.last().unwrap()["op"], "stop");
    assert_folds(&ns, &[Path::new("/mnt/net.ndjson")]);
}

fn sigkill_at_15_random_instants() {
    killed(15);
}

fn sigkill_at_300_random_instants() {
    killed(300);
}
