//! Random changes at full speed, with receive buffers that are too small for them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use super::judge::await_exact;
use super::random::Random;
use crate::namespace::Namespace;

crate::trial::trials! {
    fold_equals_the_kernel(Namespace, LinkType("veth"), LinkType("bridge")),
    fold_equals_the_kernel_for_50_seeds(Namespace, LinkType("veth"), LinkType("bridge")) long "takes half an hour",
}

const SETUP: &str = "
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
echo 0 > /proc/sys/net/ipv6/conf/all/accept_dad
ip link add br0 type bridge
for n in 0 1 2 3; do ip link add v$n type veth peer name w$n; ip link set v$n up; ip link set w$n up; done
ip link set br0 up";

/// Returns a random command for `ip -batch`.
fn command(random: &mut Random) -> String {
    let dev = random.pick(&["v0", "v1", "v2", "v3", "w0", "w1"]);
    let other = random.pick(&["v0", "v1", "v2", "v3"]);
    let verb = random.pick(&["add", "add", "del"]);
    let (a, b) = (random.below(4), random.below(12));
    let metric = random.pick(&["", " metric 5", " metric 7"]);
    let table = random.pick(&["", "", " table 100"]);
    let how = random.pick(&["add", "add", "add", "del", "replace", "append", "prepend"]);
    let put = random.pick(&["add", "add", "replace", "replace", "del"]);
    let nhid = 1 + random.below(6);
    match random.below(32) {
        0 => format!("link set {dev} {}", random.pick(&["up", "down", "up"])),
        1 => format!("link set {dev} mtu {}", 1400 + b),
        // Both ends of a pair in one bridge are a loop, in which addresses move without end.
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
        23 => format!("link set {dev} txqueuelen {}", 500 + b),
        24 => format!("nexthop {put} id {nhid} via 10.{a}.{b}.2 dev {dev}"),
        25 => format!(
            "nexthop {put} id {nhid} {}",
            random.pick(&["dev v0", "dev v1", "blackhole"])
        ),
        26 => format!(
            "nexthop {put} id {} group {nhid},3/{}",
            11 + a,
            1 + random.below(6)
        ),
        27 => format!("nexthop {put} id {} via 2001:db8:{a}::9 dev {dev}", 21 + a),
        28 => format!(
            "nexthop del id {}",
            random.pick(&[nhid, nhid, 11 + a, 21 + a])
        ),
        29 => format!(
            "route {how} 10.5.{b}.0/24 nhid {}{metric}",
            random.pick(&[nhid, 11 + a])
        ),
        30 => format!("-6 route {how} 2001:db8:d{b}::/64 nhid {}{metric}", 21 + a),
        _ => format!(
            "neigh {} proxy {} dev {dev}",
            random.pick(&["add", "add", "del"]),
            random.pick(&["10.0.0.77", "10.1.1.77", "2001:db8::77"])
        ),
    }
}

/// Returns commands that swap the names of two devices, or give one another name and back. Linux
/// before 6.2 refuses to rename a device that is up.
fn rename(random: &mut Random) -> String {
    let (a, b) = (
        random.pick(&["v0", "v1", "v2", "v3"]),
        random.pick(&["w0", "w1", "w2", "w3", "br0"]),
    );
    match random.below(3) {
        0 => format!("link set {a} name tmp\nlink set tmp name {a}"),
        _ => format!("link set {a} name tmp\nlink set {b} name {a}\nlink set tmp name {b}"),
    }
}

/// Returns a script of random commands and pauses.
fn script(seed: u64, batches: u64) -> String {
    let mut random = Random(seed);
    let mut script = String::new();
    for _ in 0..batches {
        script += "ip -force -batch - <<'END' >/dev/null 2>&1 || true\n";
        for _ in 0..=random.below(60) {
            writeln!(script, "{}", command(&mut random)).unwrap();
        }
        script += "END\n";
        // In a batch of its own: `ip -batch` remembers the indexes of names.
        if random.below(3) == 0 {
            for command in rename(&mut random).lines() {
                writeln!(script, "ip {command} 2>/dev/null || true").unwrap();
            }
        }
        if random.below(2) == 0 {
            writeln!(script, "sleep 0.{:03}", random.below(300)).unwrap();
        }
    }
    script
}

/// Counts of one or more runs.
#[derive(Default)]
pub(super) struct Report {
    lines: usize,
    gaps: usize,
    lost: u64,
    /// Corrections by origin, kind and op.
    corrections: BTreeMap<(String, String, String), usize>,
}

impl Report {
    fn of(lines: &[Value]) -> Self {
        let mut report = Report {
            lines: lines.len(),
            ..Report::default()
        };
        for line in lines {
            let text = |field: &str| line[field].as_str().unwrap_or_default().to_owned();
            if line["op"] == "gap" {
                report.gaps += 1;
                report.lost += line["meta"]["lost"].as_u64().unwrap_or(0);
            } else if line["origin"] == "resync" || line["origin"] == "inferred" {
                let cause = (text("origin"), text("kind"), text("op"));
                *report.corrections.entry(cause).or_default() += 1;
            }
        }
        report
    }

    fn add(&mut self, other: Report) {
        self.lines += other.lines;
        self.gaps += other.gaps;
        self.lost += other.lost;
        for (cause, count) in other.corrections {
            *self.corrections.entry(cause).or_default() += count;
        }
    }

    /// Corrections of that origin.
    fn corrected(&self, origin: &str) -> usize {
        let of_origin = self.corrections.iter().filter(|((o, ..), _)| o == origin);
        of_origin.map(|(_, count)| count).sum()
    }
}

/// Runs one seed. Returns an error unless the fold becomes equal to the objects of the kernel
/// after the last command.
pub(super) fn churn(seed: u64, rcvbuf: &str, batches: u64) -> Result<Report, String> {
    let ns = Namespace::new();
    ns.run(SETUP);
    let rcvbuf = ["--rcvbuf", rcvbuf];
    let mut args = vec!["--snapshot", "--audit", "0"];
    if rcvbuf[1] != "default" {
        args.extend(rcvbuf);
    }
    let mut stream = ns.stream(&args);
    let mut bash = ns.command("bash");
    let mut bash = bash.stdin(Stdio::piped()).spawn().unwrap();
    let script = script(seed, batches);
    bash.stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();
    assert!(bash.wait().unwrap().success());
    let found = await_exact(&ns, &mut stream);
    let (lines, _) = stream.interrupt();
    if !found.is_empty() {
        let path = std::env::temp_dir().join(format!("nlstream-churn-{seed}-{}.ndjson", rcvbuf[1]));
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, text).unwrap();
        return Err(format!(
            "seed {seed}, {rcvbuf:?}: {found:#?}; the lines are in {}",
            path.display()
        ));
    }
    Ok(Report::of(&lines))
}

const BUFFERS: [&str; 4] = ["2304", "64K", "default", "8M"];

fn fold_equals_the_kernel() {
    let mut corrected = 0;
    for (seed, rcvbuf) in (1..).zip(BUFFERS) {
        let report = churn(seed, rcvbuf, 12);
        let report = report.unwrap_or_else(|error| panic!("{error}"));
        if rcvbuf == "2304" {
            let resync = report.corrected("resync");
            assert!(report.gaps > 0 && resync > 0, "nothing was lost");
        }
        corrected += report.corrected("inferred");
    }
    assert!(corrected > 0, "no change was inferred");
}

/// Returns a number from the environment, or the default.
fn number(name: &str, usual: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|e| panic!("{name}: {e}")),
        Err(_) => usual,
    }
}

/// The four buffer sizes run at once: most of the time each waits for a pause to end.
fn fold_equals_the_kernel_for_50_seeds() {
    let seeds = number("NLSTREAM_CHURN_SEEDS", 50);
    let batches = number("NLSTREAM_CHURN_BATCHES", 25);
    let runs = |rcvbuf: &str| {
        let (mut sum, mut wrong) = (Report::default(), Vec::new());
        for seed in 1..=seeds {
            match churn(seed, rcvbuf, batches) {
                Ok(report) => sum.add(report),
                Err(error) => {
                    eprintln!("{error}");
                    wrong.push(error);
                }
            }
        }
        let Report {
            lines, gaps, lost, ..
        } = sum;
        println!(
            "receive buffer {rcvbuf}: {} of {seeds} seeds exact, {lines} lines, {gaps} gaps, \
             {lost} lost, {} corrected after gaps, {} inferred",
            seeds - wrong.len() as u64,
            sum.corrected("resync"),
            sum.corrected("inferred")
        );
        for ((origin, kind, op), count) in sum.corrections {
            println!("  {rcvbuf:>7} {origin:<8} {kind:<8} {op:<6} {count:>6}");
        }
        wrong
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let threads = BUFFERS.map(|rcvbuf| scope.spawn(move || runs(rcvbuf)));
        let ended = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap());
        ended.collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
