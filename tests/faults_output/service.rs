//! A program that writes to a file, and what is expected of the file.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::NLSTREAM;
use crate::common::namespace::Namespace;

/// Far longer than anything takes.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(20);

/// A namespace with a small disk at /mnt.
pub fn with_disk(size: &str) -> Option<Namespace> {
    let ns = Namespace::with_mounts()?;
    ns.run(&format!("mount -t tmpfs -o size={size} disk /mnt"));
    Some(ns)
}

/// The program, writing to a file inside.
pub struct Service<'a> {
    ns: &'a Namespace,
    child: Child,
    file: String,
}

impl<'a> Service<'a> {
    /// Starts it on `/mnt/FILE`, and waits until its snapshot is complete.
    pub fn start(ns: &'a Namespace, file: &str, args: &[&str]) -> Self {
        Self::start_with(ns, &[], file, args)
    }

    /// The same, run by another program.
    pub fn start_with(ns: &'a Namespace, by: &[&str], file: &str, args: &[&str]) -> Self {
        let file = format!("/mnt/{file}");
        let syncs = count(ns, &file, r#""op":"sync""#);
        let service = Self::spawn(ns, by, &file, args);
        wait("the snapshot", || {
            count(ns, &file, r#""op":"sync""#) > syncs
        });
        service
    }

    /// Starts it on a file, and does not wait.
    pub fn spawn(ns: &'a Namespace, by: &[&str], file: &str, args: &[&str]) -> Self {
        let mut words = by.to_vec();
        words.extend([NLSTREAM, "--snapshot", "-o", file]);
        words.extend(args);
        let mut command = ns.command(words[0]);
        command.args(&words[1..]).stderr(Stdio::piped());
        Service {
            ns,
            child: command.spawn().unwrap(),
            file: file.to_owned(),
        }
    }

    /// Sends a signal.
    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(status.unwrap().success());
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What is in the file.
    pub fn text(&self) -> String {
        text(self.ns, &self.file)
    }

    /// Waits until the file holds this. Returns how long that took.
    pub fn wait(&self, what: &str) -> Duration {
        wait(what, || count(self.ns, &self.file, what) > 0)
    }

    /// Kills it.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end. Returns its exit status, what it said, and how long that took.
    pub fn stop(mut self) -> (Option<i32>, String, Duration) {
        self.signal("TERM");
        let begun = Instant::now();
        let mut stderr = String::new();
        let mut pipe = self.child.stderr.take().unwrap();
        std::io::Read::read_to_string(&mut pipe, &mut stderr).unwrap();
        let status = self.child.wait().unwrap();
        (status.code(), stderr, begun.elapsed())
    }

    /// Asks it to end; it must succeed. Returns what it said.
    pub fn end(self) -> String {
        let (status, stderr, took) = self.stop();
        assert_eq!(status, Some(0), "{stderr}");
        assert!(took < Duration::from_secs(6), "it took {took:?} to end");
        stderr
    }
}

impl Drop for Service<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn text(ns: &Namespace, file: &str) -> String {
    std::fs::read_to_string(ns.path(file)).unwrap_or_default()
}

fn count(ns: &Namespace, file: &str, what: &str) -> usize {
    text(ns, file).matches(what).count()
}

/// Waits for a condition. Returns how long that took.
pub fn wait(what: &str, holds: impl Fn() -> bool) -> Duration {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < SHUTDOWN_TIMEOUT, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
    begun.elapsed()
}

/// The name of an address.
pub fn address(number: u32) -> String {
    format!("10.{}.{}.{}", number >> 16, number >> 8 & 255, number & 255)
}

/// Adds that many addresses to lo, from that one on.
pub fn add(ns: &Namespace, from: u32, number: u32) {
    let mut command = ns.command("ip");
    command.args(["-batch", "-"]).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut batch = String::new();
    for number in from..from + number {
        batch += &format!("address add {}/32 dev lo\n", address(number));
    }
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(batch.as_bytes()).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

/// The lines of a text: whole ones, each of them JSON.
pub fn lines(text: &str) -> Vec<Value> {
    crate::common::lines(text.as_bytes())
}

/// What the lines of some files say together.
#[derive(Debug, Default)]
pub struct Chain {
    pub runs: usize,
    pub starts: usize,
    pub rotations: Vec<String>,
    /// Lines that were dropped, as the gaps say.
    pub dropped: u64,
    pub repaired: u64,
}

/// Every line is the next of its run, or a gap says how many are missing before it; every run
/// begins with its `start`, which names the line before it.
pub fn chain(lines: &[Value]) -> Chain {
    let mut chain = Chain::default();
    let mut last: Option<(&Value, u64)> = None;
    for line in lines {
        let (run, seq) = (&line["run"], line["seq"].as_u64().unwrap());
        let meta = &line["meta"];
        match last {
            Some((same, before)) if same == run => {
                if seq != before + 1 {
                    assert_eq!(meta["cause"], "output", "{before} is followed by {line}");
                    assert_eq!(meta["lost"], seq - before - 1, "{line}");
                }
            }
            before => {
                assert_eq!((line["op"].as_str(), seq), (Some("start"), 0), "{line}");
                chain.runs += 1;
                if let Some((run, seq)) = before {
                    assert_eq!(meta["follows"]["run"], *run, "{line}");
                    assert_eq!(meta["follows"]["seq"], seq, "{line}");
                }
            }
        }
        last = Some((run, seq));
        match line["op"].as_str().unwrap() {
            "start" => {
                chain.starts += 1;
                chain.repaired += u64::from(meta.get("tail_repaired").is_some());
                assert_eq!(meta.get("since").is_none(), seq == 0, "{line}");
            }
            "rotate" => chain
                .rotations
                .push(meta["reason"].as_str().unwrap().into()),
            "gap" if meta["cause"] == "output" => chain.dropped += meta["lost"].as_u64().unwrap(),
            _ => {}
        }
    }
    chain
}

/// The addresses whose event the lines tell, `lo`'s own left out: each exactly once.
pub fn assert_told(lines: &[Value], from: u32, number: u32) {
    let mut told: Vec<_> = lines
        .iter()
        .filter(|line| line["kind"] == "address" && line["origin"] == "kernel")
        .filter(|line| line["op"] == "add" || line["op"] == "present")
        .map(|line| line["address"]["local"].as_str().unwrap().to_owned())
        .filter(|local| local.starts_with("10."))
        .collect();
    let mut expected: Vec<_> = (from..from + number).map(address).collect();
    told.sort();
    expected.sort();
    assert_eq!(told.len(), expected.len());
    assert_eq!(told, expected);
}

/// Whoever folds the lines of these files holds the addresses of the kernel.
pub fn assert_folds(ns: &Namespace, files: &[&Path]) {
    let mut command = ns.command(NLSTREAM);
    let output = command
        .args(["state", "-k", "address"])
        .args(files)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let mut ours: Vec<_> = crate::common::lines(&output.stdout)
        .iter()
        .map(|line| line["address"]["local"].as_str().unwrap().to_owned())
        .collect();
    let mut theirs: Vec<String> = ns
        .json("ip -j address show dev lo")
        .iter()
        .flat_map(|link| link["addr_info"].as_array().unwrap().clone())
        .map(|address| address["local"].as_str().unwrap().to_owned())
        .collect();
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs);
}
