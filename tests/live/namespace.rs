//! A network namespace for one test, and the program streaming in it.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{NLSTREAM, PATIENCE, wait_until};

/// A user and network namespace, with lo up. Needs no privilege.
pub(crate) struct Namespace {
    child: Child,
    /// The namespaces that a program inside enters.
    kinds: &'static [&'static str],
}

impl Namespace {
    /// Makes a namespace. A trial that calls it needs `Namespace`.
    pub(crate) fn new() -> Self {
        Self::of(&["-rn"], &["-U", "-n"])
    }

    /// The same, with a mount namespace. A trial that calls it needs `Mounts`.
    pub(crate) fn with_mounts() -> Self {
        Self::of(&["-rnm"], &["-U", "-n", "-m"])
    }

    /// A network namespace whose root is that of the machine. A trial that calls it needs `Bpf`.
    pub(crate) fn privileged() -> Self {
        Self::of(&["-n"], &["-n"])
    }

    /// The same, with root and other users, whose programs `setpriv --reuid` starts. A trial that calls it
    /// needs `Users`.
    pub(crate) fn with_users() -> Self {
        match rustix::process::geteuid().is_root() {
            true => Self::of(&["-nm"], &["-n", "-m"]),
            false => Self::of(&["-rnm", "--map-auto"], &["-U", "-n", "-m"]),
        }
    }

    fn of(flags: &[&str], kinds: &'static [&'static str]) -> Self {
        // Ends with its standard input, even if the test process is killed and drops nothing.
        let script = "ip link set lo up && echo ready && exec cat >/dev/null";
        let mut command = Command::new("unshare");
        command.args(flags).args(["sh", "-c", script]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("unshare(1)");
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        assert_eq!(
            line, "ready\n",
            "`unshare {flags:?} ip link set lo up` failed"
        );
        Namespace { child, kinds }
    }

    /// Returns the path outside the namespace of a path inside.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{inside}", self.child.id()))
    }

    /// Returns the path of the network namespace.
    pub(crate) fn netns(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/ns/net", self.child.id()))
    }

    /// Returns a command that runs `program` inside.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        let pid = self.child.id().to_string();
        command.arg("--preserve-credentials").args(self.kinds);
        command.args(["-t", &pid, program]);
        command.stdin(Stdio::null());
        command
    }

    /// Runs a bash script inside, which must succeed within ten minutes. Returns what it prints.
    pub(crate) fn run(&self, script: &str) -> String {
        // Programs that a failed script leaves behind would keep its output open, and the test waiting.
        const END: &str = "trap '[ $? = 0 ] || kill $(jobs -p) 2>/dev/null' EXIT";
        let output = self
            .command("timeout")
            .args(["--foreground", "600", "bash", "-euc"])
            .arg(format!("{END}\n{script}"))
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs `ip`, `bridge` or `tc` with `-j` inside. Returns the list that it prints.
    pub(crate) fn json(&self, command: &str) -> Vec<Value> {
        let text = self.run(command);
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{command}: {e}: {text}"))
    }

    /// Starts the program inside, and waits for the end of its snapshot: only from then on the
    /// first event of a new object is certain to be its `add`.
    pub(crate) fn synced(&self, args: &[&str]) -> Stream {
        let mut stream = self.stream(&[&["--snapshot"], args].concat());
        stream.wait("meta", "sync");
        stream
    }

    /// Starts the program inside, and waits for its first line.
    pub(crate) fn stream(&self, args: &[&str]) -> Stream {
        let mut command = self.command(NLSTREAM);
        command
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Stream::of(command.spawn().unwrap())
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, streaming to a pipe.
pub(crate) struct Stream {
    child: Child,
    stderr: Option<ChildStderr>,
    lines: Receiver<String>,
    /// Every line received so far.
    pub seen: Vec<Value>,
    /// How many of them `wait_for` has passed over.
    read: usize,
    /// How long it waits for a line.
    pub patience: Duration,
}

impl Stream {
    /// Reads the lines of a child whose stdout is piped, and waits for its first line.
    pub(crate) fn of(mut child: Child) -> Self {
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
            patience: PATIENCE,
        };
        let start = stream.next();
        assert_eq!(start["op"], "start", "{start}");
        stream
    }

    /// Waits for the next line, and returns it.
    pub(crate) fn next(&mut self) -> Value {
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

    /// The objects of a kind after the lines so far, by the field that names them.
    pub(crate) fn folded(&self, kind: &str, name: &str) -> BTreeMap<String, Value> {
        let mut objects = BTreeMap::new();
        for line in self.seen.iter().filter(|line| line["kind"] == kind) {
            let it = &line[kind];
            let key = it[name]
                .as_str()
                .map_or(it[name].to_string(), str::to_owned);
            match line["op"].as_str().unwrap() {
                "delete" => drop(objects.remove(&key)),
                _ => drop(objects.insert(key, it.clone())),
            }
        }
        objects
    }

    /// Waits for the next line for which `wanted` holds, and returns it.
    pub(crate) fn wait_for(
        &mut self,
        condition: &str,
        mut wanted: impl FnMut(&Value) -> bool,
    ) -> Value {
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
                "no line: {condition}; so far: {:#?}",
                self.seen
            );
            match self.lines.recv_timeout(Duration::from_millis(200)) {
                Ok(line) => drop(self.take(&line)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("the program ended before {condition}: {:#?}", self.seen)
                }
            }
        }
    }

    /// Returns the lines received so far, without waiting.
    pub(crate) fn so_far(&mut self) -> &[Value] {
        while let Ok(line) = self.lines.try_recv() {
            self.take(&line);
        }
        &self.seen
    }

    /// Waits until no line has come for this long.
    pub(crate) fn wait_for_quiet(&mut self, quiet: Duration) {
        let (mut count, mut since) = (self.so_far().len(), Instant::now());
        wait_until("no more lines", || {
            let now = self.so_far().len();
            if now != count {
                (count, since) = (now, Instant::now());
            }
            since.elapsed() >= quiet
        });
    }

    /// Waits for the next line of that kind and op, and returns it.
    pub(crate) fn wait(&mut self, kind: &str, op: &str) -> Value {
        self.wait_for(&format!("{kind} {op}"), |line| {
            line["kind"] == kind && line["op"] == op
        })
    }

    /// The process id of the program.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(status.unwrap().success());
    }

    /// Sends SIGINT twice, with a pause between.
    pub(crate) fn interrupt_twice(&self, pause: Duration) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let interrupt = || rustix::process::kill_process(pid, rustix::process::Signal::INT);
        interrupt().unwrap();
        std::thread::sleep(pause);
        interrupt().unwrap();
    }

    /// Waits for the end of the program, which must succeed. Returns all lines, and its stderr.
    pub(crate) fn end(mut self) -> (Vec<Value>, String) {
        while let Ok(line) = self.lines.recv_timeout(self.patience) {
            self.take(&line);
        }
        let stderr = self.stop_reading();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {stderr}");
        (std::mem::take(&mut self.seen), stderr)
    }

    /// Sends SIGINT, and waits for the end.
    pub(crate) fn interrupt(self) -> (Vec<Value>, String) {
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
