//! Random changes at full speed, with receive buffers that are too small for them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::Value;

use super::churn_commands::Profile;
use super::judge::await_exact;
use super::random::Random;
use crate::common::root;
use crate::namespace::Namespace;

crate::trial::trials! {
    fold_equals_the_kernel(Namespace, LinkType("veth"), LinkType("bridge")),
    fold_equals_the_kernel_after_replacements(Namespace, LinkType("veth"), LinkType("bridge"), LinkType("vxlan id 9 dstport 4789")),
    fold_equals_the_kernel_after_settings(Namespace, LinkType("veth"), LinkType("bridge"), Program("python3")),
    fold_equals_the_kernel_with_stacked_devices(Namespace, LinkType("veth"), LinkType("bridge"), GuestLinkType("dummy"), GuestLinkType("bond"), GuestLinkType("vrf table 9")),
    fold_equals_the_kernel_for_50_seeds(Namespace, LinkType("veth"), LinkType("bridge")) long "takes three minutes",
    fold_equals_the_kernel_after_replacements_for_50_seeds(Namespace, LinkType("veth"), LinkType("bridge"), LinkType("vxlan id 9 dstport 4789")) long "takes three minutes",
    fold_equals_the_kernel_after_settings_for_50_seeds(Namespace, LinkType("veth"), LinkType("bridge"), Program("python3")) long "takes ten minutes",
    fold_equals_the_kernel_with_stacked_devices_for_50_seeds(Namespace, LinkType("veth"), LinkType("bridge"), GuestLinkType("dummy"), GuestLinkType("bond"), GuestLinkType("vrf table 9")) long "takes ten minutes",
}

/// Returns commands that swap the names of two devices, or give one another name and back. Linux
/// before 6.2 refuses to rename a device that is up. Only of one end of each pair: both ends in one
/// bridge are a loop, in which addresses move without end.
fn rename(random: &mut Random) -> String {
    let (a, b) = (
        random.pick(&["v0", "v1", "v2", "v3"]),
        random.pick(&["v0", "v1", "v2", "v3"]),
    );
    match random.below(3) {
        0 => format!("link set {a} name tmp\nlink set tmp name {a}"),
        _ => format!("link set {a} name tmp\nlink set {b} name {a}\nlink set tmp name {b}"),
    }
}

/// Returns a script of random commands and pauses.
pub(super) fn script(profile: Profile, seed: u64, batches: u64) -> String {
    let mut random = Random(seed);
    let mut script = String::new();
    for _ in 0..batches {
        let program = profile.program(&mut random);
        let run = match program {
            "agent" => "{ cat; echo sync; } >&${AGENT[1]}".to_owned(),
            "bash" => "bash".to_owned(),
            program => format!("{program} -force -batch -"),
        };
        writeln!(script, "{run} <<'END' 2>/dev/null || true").unwrap();
        for _ in 0..=random.below(60) {
            writeln!(script, "{}", profile.command(program, &mut random)).unwrap();
        }
        script += "END\n";
        if program == "agent" {
            script += "read -ru ${AGENT[0]}\n";
        }
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
    script + profile.end()
}

/// A bash inside that runs parts of a script. Its processes last until it is dropped.
pub(super) struct Shell {
    bash: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Shell {
    pub(super) fn new(ns: &Namespace) -> Self {
        let mut bash = ns.command("bash");
        bash.stdin(Stdio::piped()).stdout(Stdio::piped());
        bash.env("AGENT_PY", root().join("tests/common/agent.py"));
        let mut bash = bash.spawn().unwrap();
        let input = bash.stdin.take().unwrap();
        let output = BufReader::new(bash.stdout.take().unwrap());
        Shell {
            bash,
            input,
            output,
        }
    }

    /// Runs a part of the script, to its end.
    pub(super) fn run(&mut self, script: &str) {
        let script = format!("{{ {script}\n}} >/dev/null; echo end\n");
        self.input.write_all(script.as_bytes()).unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert_eq!(line, "end\n", "a command failed: {script}");
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.bash.kill();
        let _ = self.bash.wait();
    }
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
pub(super) fn churn(
    profile: Profile,
    seed: u64,
    rcvbuf: &str,
    batches: u64,
) -> Result<Report, String> {
    let ns = Namespace::new();
    let mut shell = Shell::new(&ns);
    shell.run(&format!("set -e\n{}\nset +e", profile.setup()));
    let rcvbuf = ["--rcvbuf", rcvbuf];
    let mut args = vec!["--snapshot", "--audit", "0"];
    if rcvbuf[1] != "default" {
        args.extend(rcvbuf);
    }
    let mut stream = ns.stream(&args);
    shell.run(&script(profile, seed, batches));
    let found = await_exact(&ns, &mut stream);
    let (lines, _) = stream.interrupt();
    if !found.is_empty() {
        let path = std::env::temp_dir().join(format!(
            "nlstream-churn-{profile:?}-{seed}-{}.ndjson",
            rcvbuf[1]
        ));
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, text).unwrap();
        return Err(format!(
            "{profile:?}, seed {seed}, {rcvbuf:?}: {found:#?}; the lines are in {}",
            path.display()
        ));
    }
    Ok(Report::of(&lines))
}

const BUFFERS: [&str; 4] = ["2304", "64K", "default", "8M"];

fn fold_equals_the_kernel() {
    let (_, inferred) = one_seed_for_each_buffer(Profile::Common);
    assert!(inferred > 0, "no change was inferred");
}

fn fold_equals_the_kernel_after_replacements() {
    one_seed_for_each_buffer(Profile::Replacements);
}

fn fold_equals_the_kernel_after_settings() {
    one_seed_for_each_buffer(Profile::Settings);
}

fn fold_equals_the_kernel_with_stacked_devices() {
    one_seed_for_each_buffer(Profile::Stacked);
}

/// Returns the numbers of corrections after gaps, and of inferred ones.
fn one_seed_for_each_buffer(profile: Profile) -> (usize, usize) {
    let (mut resynced, mut inferred) = (0, 0);
    for (seed, rcvbuf) in (1..).zip(BUFFERS) {
        let report = churn(profile, seed, rcvbuf, 12);
        let report = report.unwrap_or_else(|error| panic!("{error}"));
        if rcvbuf == "2304" {
            let resync = report.corrected("resync");
            assert!(report.gaps > 0 && resync > 0, "nothing was lost");
        }
        resynced += report.corrected("resync");
        inferred += report.corrected("inferred");
    }
    (resynced, inferred)
}

/// Returns a number from the environment, or the default.
pub(super) fn number(name: &str, usual: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|e| panic!("{name}: {e}")),
        Err(_) => usual,
    }
}

fn fold_equals_the_kernel_for_50_seeds() {
    many_seeds(Profile::Common);
}

fn fold_equals_the_kernel_after_replacements_for_50_seeds() {
    many_seeds(Profile::Replacements);
}

fn fold_equals_the_kernel_after_settings_for_50_seeds() {
    many_seeds(Profile::Settings);
}

fn fold_equals_the_kernel_with_stacked_devices_for_50_seeds() {
    many_seeds(Profile::Stacked);
}

/// The four buffer sizes run at once: most of the time each waits for a pause to end.
fn many_seeds(profile: Profile) {
    let seeds = number("NLSTREAM_CHURN_SEEDS", 50);
    let batches = number("NLSTREAM_CHURN_BATCHES", 25);
    let runs = |rcvbuf: &str| {
        let (mut sum, mut wrong) = (Report::default(), Vec::new());
        for seed in 1..=seeds {
            match churn(profile, seed, rcvbuf, batches) {
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
