//! Random changes, as fast as they go, with buffers that are too small for them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::fold::fold;
use super::judge::{differences, folded, kernel};
use super::random::Random;
use crate::common::namespace::Namespace;

const SETUP: &str = "
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
echo 0 > /proc/sys/net/ipv6/conf/all/accept_dad
ip link add br0 type bridge
for n in 0 1 2 3; do ip link add v$n type veth peer name w$n; ip link set v$n up; ip link set w$n up; done
ip link set br0 up";

/// A command for `ip -batch`.
fn command(random: &mut Random) -> String {
    let dev = random.pick(&["v0", "v1", "v2", "v3", "w0", "w1"]);
    let other = random.pick(&["v0", "v1", "v2", "v3"]);
    let verb = random.pick(&["add", "add", "del"]);
    let (a, b) = (random.below(4), random.below(12));
    let metric = random.pick(&["", " metric 5", " metric 7"]);
    let table = random.pick(&["", "", " table 100"]);
    let how = random.pick(&["add", "add", "add", "del", "replace", "append", "prepend"]);
    match random.below(24) {
        0 => format!("link set {dev} {}", random.pick(&["up", "down", "up"])),
        1 => format!("link set {dev} mtu {}", 1400 + b),
        // Both ends in one bridge would be a loop, in which addresses move for ever.
        2 => format!(
            "link set {other} {}",
            random.pick(&["master br0", "nomaster"])
        ),
        3 => match random.below(3) {
            0 => format!("link del x{a}"),
            _ => format!("link add x{a} type veth peer name y{a}"),
        },
        4 => format!("link set x{a} up"),
        5..8 => format!("address {verb} 10.{a}.{b}.1/24 dev {dev}"),
        8 => format!("address {verb} 2001:db8:{a}::{b}/64 dev {dev} nodad"),
        9..12 => format!(
            "route {how} 10.9.{b}.0/24 via 10.{a}.{}.2{metric}{table}",
            random.below(12)
        ),
        12 => format!("route {how} 10.8.{b}.0/24 dev {dev}{metric}"),
        13 => format!("route {how} 10.7.{b}.0/24 nexthop dev {dev} nexthop dev {other} weight 2"),
        14 => format!(
            "route {how} {} 10.6.{b}.0/24{metric}",
            random.pick(&["blackhole", "prohibit"])
        ),
        15..17 => format!("-6 route {how} 2001:db8:f{b}::/64 via 2001:db8:{a}::9{metric}"),
        17 => format!("-6 route {how} 2001:db8:f{b}::/64 dev {dev}{metric}"),
        18 => format!("-6 route {how} 2001:db8:e{b}::/64 nexthop dev {dev} nexthop dev {other}"),
        19 => format!(
            "neigh {} 10.{a}.{b}.7 lladdr 02:00:00:00:00:0{a} dev {dev} nud permanent",
            random.pick(&["add", "replace", "del"])
        ),
        20..22 => format!(
            "rule {verb} from 10.{a}.{b}.0/24 table 100 priority {}",
            100 + b
        ),
        22 => format!(
            "-6 rule {verb} from 2001:db8:{a}::/64 table 100 priority {}",
            100 + b
        ),
        _ => format!("link set {dev} txqueuelen {}", 500 + b),
    }
}

/// A script of random commands and pauses.
fn script(seed: u64, batches: u64) -> String {
    let mut random = Random(seed);
    let mut script = String::new();
    for _ in 0..batches {
        script += "ip -force -batch - <<'END' >/dev/null 2>&1 || true\n";
        for _ in 0..=random.below(60) {
            writeln!(script, "{}", command(&mut random)).unwrap();
        }
        script += "END\n";
        if random.below(2) == 0 {
            writeln!(script, "sleep 0.{:03}", random.below(300)).unwrap();
        }
    }
    script
}

/// What came of a run.
pub struct Report {
    pub lines: usize,
    pub gaps: usize,
    pub lost: u64,
    /// Corrections by origin and op.
    pub resync: usize,
    pub inferred: usize,
}

/// Runs one seed. The fold must be what the kernel holds, two seconds after the last command;
/// else what differs is the error.
pub fn churn(seed: u64, rcvbuf: &str, batches: u64) -> Option<Result<Report, String>> {
    let ns = Namespace::new()?;
    ns.run(SETUP);
    let rcvbuf = ["--rcvbuf", rcvbuf];
    let mut args = vec!["--snapshot", "--audit", "0"];
    if rcvbuf[1] != "default" {
        args.extend(rcvbuf);
    }
    let stream = ns.stream(&args);
    let mut bash = ns.command("bash");
    let mut bash = bash.stdin(Stdio::piped()).spawn().unwrap();
    let script = script(seed, batches);
    bash.stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();
    assert!(bash.wait().unwrap().success());
    std::thread::sleep(Duration::from_millis(2500));
    let kernel = kernel(&ns);
    let (lines, _) = stream.interrupt();
    let found = differences(&kernel, &folded(&fold(&lines)));
    if !found.is_empty() {
        let path = std::env::temp_dir().join(format!("nlstream-churn-{seed}.ndjson"));
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, text).unwrap();
        return Some(Err(format!(
            "seed {seed}, {rcvbuf:?}: {found:#?}; the lines are in {}",
            path.display()
        )));
    }
    let from = |origin: &str| lines.iter().filter(|line| line["origin"] == origin).count();
    let gaps: Vec<&Value> = lines.iter().filter(|line| line["op"] == "gap").collect();
    Some(Ok(Report {
        lines: lines.len(),
        gaps: gaps.len(),
        lost: gaps
            .iter()
            .filter_map(|gap| gap["meta"]["lost"].as_u64())
            .sum(),
        resync: from("resync"),
        inferred: from("inferred"),
    }))
}

const BUFFERS: [&str; 4] = ["2304", "64K", "default", "8M"];

#[test]
fn the_fold_is_what_the_kernel_holds() {
    let mut corrected = 0;
    for (seed, rcvbuf) in (1..).zip(BUFFERS) {
        let Some(report) = churn(seed, rcvbuf, 12) else {
            return;
        };
        let report = report.unwrap_or_else(|error| panic!("{error}"));
        if rcvbuf == "2304" {
            assert!(report.gaps > 0 && report.resync > 0, "nothing was lost");
        }
        corrected += report.inferred;
    }
    assert!(corrected > 0, "the kernel was never silent");
}

#[test]
#[ignore = "takes an hour"]
fn the_fold_is_what_the_kernel_holds_for_50_seeds() {
    for rcvbuf in BUFFERS {
        let (mut lines, mut gaps, mut lost, mut resync, mut inferred) = (0, 0, 0, 0, 0);
        let mut wrong = Vec::new();
        for seed in 1..=50 {
            let Some(report) = churn(seed, rcvbuf, 25) else {
                return;
            };
            let report = match report {
                Ok(report) => report,
                Err(error) => {
                    wrong.push(error);
                    continue;
                }
            };
            lines += report.lines;
            gaps += report.gaps;
            lost += report.lost;
            resync += report.resync;
            inferred += report.inferred;
        }
        println!(
            "receive buffer {rcvbuf}: {} of 50 seeds exact, {lines} lines, {gaps} gaps, {lost} \
             lost, {resync} corrected after gaps, {inferred} inferred",
            50 - wrong.len()
        );
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
