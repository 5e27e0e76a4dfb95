//! A network namespace of a test's own, and streams in it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::NLSTREAM;

/// How long a test usually waits for a line: far longer than it ever takes.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(20);

/// A user and network namespace, with lo up. Needs no privilege.
pub struct Namespace {
    child: Child,
    /// The namespaces that a program inside enters.
    kinds: &'static [&'static str],
}

impl Namespace {
    /// `None`, said loudly, where this machine has no unprivileged namespaces.
    pub fn new() -> Option<Self> {
        Self::of("-rn", &["-U", "-n"])
    }

    /// The same, with mounts of its own.
    pub fn with_mounts() -> Option<Self> {
        Self::of("-rnm", &["-U", "-n", "-m"])
    }

    fn of(flags: &str, kinds: &'static [&'static str]) -> Option<Self> {
        let script = "ip link set lo up && echo ready && exec sleep 3600";
        let child = Command::new("unshare")
            .args([flags, "sh", "-c", script])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut child) = child else {
            super::cannot_run("there is no unshare(1)");
            return None;
        };
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        if line != "ready\n" {
            let _ = child.wait();
            super::cannot_run(
                "`unshare -rn ip link set lo up` fails: no user namespaces, or no iproute2",
            );
            return None;
        }
        Some(Namespace { child, kinds })
    }

    /// Where a path inside is for us.
    pub fn path(&self, inside: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{inside}", self.child.id()))
    }

    /// `program`, to be run inside.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        let pid = self.child.id().to_string();
        command.arg("--preserve-credentials").args(self.kinds);
        command.args(["-t", &pid, program]);
        command.stdin(Stdio::null());
        command
    }

    /// What a shell script prints; it must succeed.
    pub fn run(&self, script: &str) -> String {
        let output = self
            .command("bash")
            .args(["-euc", script])
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What `ip`, `bridge` or `tc` print with `-j`.
    pub fn json(&self, command: &str) -> Vec<Value> {
        let text = self.run(command);
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{command}: {e}: {text}"))
    }

    /// Starts the program inside, and waits until it knows what there is: only from then on the
    /// first event of an object is sure to be its `add`.
    pub fn synced(&self, args: &[&str]) -> Stream {
        let mut stream = self.stream(&[&["--snapshot"], args].concat());
        stream.wait("meta", "sync");
        stream
    }

    /// Starts the program inside, and waits for its first line.
    pub fn stream(&self, args: &[&str]) -> Stream {
        let mut command = self.command(NLSTREAM);
        command
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines() {
                if send.send(line.unwrap()).is_err() {
                    return;
                }
            }
        });
        let stderr = child.stderr.take();
        let mut stream = Stream {
            child,
            stderr,
            lines,
            seen: Vec::new(),
            read: 0,
            patience: SHUTDOWN_TIMEOUT,
        };
        let start = stream.next();
        assert_eq!(start["op"], "start", "{start}");
        stream
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that streams.
pub struct Stream {
    child: Child,
    stderr: Option<ChildStderr>,
    lines: Receiver<String>,
    /// Every line so far.
    pub seen: Vec<Value>,
    /// How many of them `wait_for` has passed.
    read: usize,
    /// How long it waits for a line.
    pub patience: Duration,
}

impl Stream {
    /// The next line.
    pub fn next(&mut self) -> Value {
        match self.lines.recv_timeout(self.patience) {
            Ok(line) => self.take(&line),
            Err(error) => {
                let stderr = self.stop_reading();
                panic!(
                    "no line: {error}; stderr: {stderr}; so far: {:#?}",
                    self.seen
                )
            }
        }
    }

    fn take(&mut self, line: &str) -> Value {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.seen.push(value.clone());
        value
    }

    /// The next line for which `wanted` holds.
    pub fn wait_for(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + self.patience;
        loop {
            while let Some(line) = self.seen.get(self.read) {
                self.read += 1;
                if wanted(line) {
                    return line.clone();
                }
            }
            assert!(
                Instant::now() < end,
                "no line: {what}; so far: {:#?}",
                self.seen
            );
            match self.lines.recv_timeout(Duration::from_millis(200)) {
                Ok(line) => drop(self.take(&line)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("it ended before {what}: {:#?}", self.seen)
                }
            }
        }
    }

    /// The lines that have come so far.
    pub fn so_far(&mut self) -> &[Value] {
        while let Ok(line) = self.lines.try_recv() {
            self.take(&line);
        }
        &self.seen
    }

    /// The next line of that kind and op.
    pub fn wait(&mut self, kind: &str, op: &str) -> Value {
        self.wait_for(&format!("{kind} {op}"), |line| {
            line["kind"] == kind && line["op"] == op
        })
    }

    /// Sends a signal.
    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(status.unwrap().success());
    }

    /// Waits for the end. Returns all lines and what stderr said; the program must succeed.
    pub fn end(mut self) -> (Vec<Value>, String) {
        while let Ok(line) = self.lines.recv_timeout(self.patience) {
            self.take(&line);
        }
        let stderr = self.stop_reading();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {stderr}");
        (std::mem::take(&mut self.seen), stderr)
    }

    /// Asks it to end, and waits.
    pub fn interrupt(self) -> (Vec<Value>, String) {
        self.signal("INT");
        self.end()
    }

    fn stop_reading(&mut self) -> String {
        let mut text = String::new();
        if let Some(mut stderr) = self.stderr.take() {
            let _ = Command::new("kill")
                .arg(self.child.id().to_string())
                .status();
            let _ = stderr.read_to_string(&mut text);
        }
        text
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
