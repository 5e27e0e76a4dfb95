//! The program writing to a file, and checks of the file.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use crate::common::{NLSTREAM, wait_until};
use crate::namespace::Namespace;

/// Returns a namespace with a small disk at /mnt.
pub(super) fn with_disk(size: &str) -> Namespace {
    let ns = Namespace::with_mounts();
    ns.run(&format!("mount -t tmpfs -o size={size} disk /mnt"));
    ns
}

/// The text of all files that the run has written, in their order. A file that is rotated at this
/// moment may be missing.
pub(super) fn retained(ns: &Namespace) -> String {
    ns.run("cat $(ls /mnt/net.ndjson.2* 2>/dev/null) /mnt/net.ndjson 2>/dev/null || true")
}

/// The program, writing to a file inside.
pub(super) struct Service<'a> {
    ns: &'a Namespace,
    child: Child,
    file: String,
    /// What the program writes to stderr: a file, so that a test can wait for a message.
    stderr: PathBuf,
}

impl<'a> Service<'a> {
    /// Starts it on `/mnt/FILE`, and waits until its snapshot is complete.
    pub(super) fn start(ns: &'a Namespace, file: &str, args: &[&str]) -> Self {
        Self::start_with(ns, &[], file, args)
    }

    /// The same, started by another program.
    pub(super) fn start_with(ns: &'a Namespace, by: &[&str], file: &str, args: &[&str]) -> Self {
        let file = format!("/mnt/{file}");
        let syncs = count(ns, &file, r#""op":"sync""#);
        let service = Self::spawn(ns, by, &file, args);
        wait_until("the snapshot", || {
            count(ns, &file, r#""op":"sync""#) > syncs
        });
        service
    }

    /// Starts it on a file, without waiting.
    pub(super) fn spawn(ns: &'a Namespace, by: &[&str], file: &str, args: &[&str]) -> Self {
        let words = [by, &[NLSTREAM, "--snapshot", "-o", file], args].concat();
        Self::spawn_command(ns, &words, file)
    }

    /// Starts it on a file, without a snapshot.
    pub(super) fn spawn_without_snapshot(ns: &'a Namespace, file: &str) -> Self {
        Self::spawn_command(ns, &[NLSTREAM, "-o", file], file)
    }

    fn spawn_command(ns: &'a Namespace, words: &[&str], file: &str) -> Self {
        let mut command = ns.command(words[0]);
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("nlstream-stderr-{}-{number}", std::process::id());
        let stderr = std::env::temp_dir().join(name);
        command
            .args(&words[1..])
            .stderr(File::create(&stderr).unwrap());
        Service {
            ns,
            child: command.spawn().unwrap(),
            file: file.to_owned(),
            stderr,
        }
    }

    /// Sends a signal.
    pub(super) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(status.unwrap().success());
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns the content of the file.
    pub(super) fn text(&self) -> String {
        text(self.ns, &self.file)
    }

    /// Returns what the program has written to stderr.
    pub(super) fn stderr(&self) -> String {
        std::fs::read_to_string(&self.stderr).unwrap()
    }

    /// Opens the file, to read it when it is deleted: the program may look at the path, wait for a processor, and write
    /// to a file that was deleted meanwhile.
    pub(super) fn open(&self) -> File {
        File::open(self.ns.path(&self.file)).unwrap()
    }

    /// Waits until the file contains this text.
    #[track_caller]
    pub(super) fn wait(&self, text: &str) {
        wait_until(text, || count(self.ns, &self.file, text) > 0);
    }

    /// Waits until the file ends with a whole line, and returns its content. The beginning of a line that
    /// does not fit on the disk is there for a moment.
    pub(super) fn whole_text(&self) -> String {
        let mut text = String::new();
        wait_until("a whole line", || {
            text = self.text();
            text.ends_with('\n')
        });
        text
    }

    /// Waits until the program has processed `number` events of a kind, of which some lines may be dropped:
    /// the metrics, which it writes at SIGHUP, count them.
    #[track_caller]
    pub(super) fn wait_for_lines(&self, metrics: &Path, kind: &str, number: u64) {
        let name = format!("\nnlstream_lines_total{{kind=\"{kind}\"}} ");
        wait_until("the lines are counted", || {
            self.signal("HUP");
            let text = std::fs::read_to_string(metrics).unwrap_or_default();
            let value = text
                .split(&name)
                .nth(1)
                .and_then(|rest| rest.lines().next());
            value.is_some_and(|value| value.parse::<u64>().unwrap() >= number)
        });
    }

    /// Waits until stderr contains this text.
    #[track_caller]
    pub(super) fn wait_for_message(&self, text: &str) {
        wait_until(text, || self.stderr().contains(text));
    }

    /// Kills the program.
    pub(super) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends SIGTERM, and waits for the end. Returns the exit status and stderr.
    pub(super) fn stop(mut self) -> (Option<i32>, String) {
        self.signal("TERM");
        let status = self.child.wait().unwrap();
        (status.code(), self.stderr())
    }

    /// Sends SIGTERM, and waits for the end, which must be a success. Returns stderr.
    pub(super) fn end(self) -> String {
        let (status, stderr) = self.stop();
        assert_eq!(status, Some(0), "{stderr}");
        stderr
    }
}

impl Drop for Service<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.stderr);
    }
}

/// Returns the content of a file inside, empty if there is none.
pub(super) fn text(ns: &Namespace, file: &str) -> String {
    std::fs::read_to_string(ns.path(file)).unwrap_or_default()
}

/// The complete lines of an open file.
pub(super) fn lines_of(mut file: File) -> Vec<Value> {
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    let end = text.rfind('\n').map_or(0, |end| end + 1);
    lines(&text[..end])
}

fn count(ns: &Namespace, file: &str, pattern: &str) -> usize {
    text(ns, file).matches(pattern).count()
}

/// Returns the address of that number.
pub(super) fn address(number: u32) -> String {
    format!("10.{}.{}.{}", number >> 16, number >> 8 & 255, number & 255)
}

/// Adds `number` addresses to lo, beginning with that of the number `from`.
pub(super) fn add(ns: &Namespace, from: u32, number: u32) {
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

/// Parses a text into lines, each of which must be complete.
pub(super) fn lines(text: &str) -> Vec<Value> {
    crate::common::lines(text.as_bytes())
}

/// Counts over the lines of some files.
#[derive(Debug, Default)]
pub(super) struct Chain {
    pub runs: usize,
    pub starts: usize,
    pub rotations: Vec<String>,
    /// Dropped lines, counted by the gaps.
    pub dropped: u64,
    pub repaired: u64,
}

/// Fails unless every line is the next of its run, or a gap counts the lines missing before it,
/// and every run begins with a `start` that names the line before it.
pub(super) fn chain(lines: &[Value]) -> Chain {
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

/// Fails unless the lines report each of these addresses exactly once.
pub(super) fn assert_reported(lines: &[Value], from: u32, number: u32) {
    let mut reported: Vec<_> = lines
        .iter()
        .filter(|line| line["kind"] == "address" && line["origin"] == "kernel")
        .filter(|line| line["op"] == "add" || line["op"] == "present")
        .map(|line| line["address"]["local"].as_str().unwrap().to_owned())
        .filter(|local| local.starts_with("10."))
        .collect();
    let mut expected: Vec<_> = (from..from + number).map(address).collect();
    reported.sort();
    expected.sort();
    assert_eq!(reported.len(), expected.len());
    assert_eq!(reported, expected);
}

/// Fails unless the fold of these files has the addresses of the kernel.
pub(super) fn assert_folds(ns: &Namespace, files: &[&Path]) {
    let mut command = ns.command(NLSTREAM);
    let output = command
        .args(["state", "-k", "address"])
        .args(files)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let mut folded: Vec<_> = crate::common::lines(&output.stdout)
        .iter()
        .map(|line| line["address"]["local"].as_str().unwrap().to_owned())
        .collect();
    let mut from_ip: Vec<String> = ns
        .json("ip -j address show dev lo")
        .iter()
        .flat_map(|link| link["addr_info"].as_array().unwrap().clone())
        .map(|address| address["local"].as_str().unwrap().to_owned())
        .collect();
    folded.sort();
    from_ip.sort();
    assert_eq!(folded, from_ip);
}
