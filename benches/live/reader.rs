//! Programs that listen to the kernel.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use netlink_sys::protocols::{NETLINK_NETFILTER, NETLINK_ROUTE};

use super::floor;
use super::place::{Place, as_nobody};
use crate::common::process::{Cost, Running};
use crate::common::{NLSTREAM, scratch};

/// How long to wait for a reader to become idle.
const PATIENCE: Duration = Duration::from_secs(300);
/// The interval of the checks.
const STEP: Duration = Duration::from_millis(10);
/// After this number of checks without progress the reader is idle.
const REST: u32 = 10;

/// The program of a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    Floor,
    Nlstream,
    /// nlstream without any privilege.
    Unprivileged,
    /// nlstream, of flows that begin.
    Flows,
    /// `ip -rc 268435456 monitor` of that kind.
    Ip(&'static str),
}

impl Program {
    /// The protocol of its socket, `NETLINK_*`.
    fn protocol(self) -> isize {
        match self {
            Program::Flows => NETLINK_NETFILTER,
            _ => NETLINK_ROUTE,
        }
    }
}

/// A listening program that writes to a file.
pub(crate) struct Listening {
    pub running: Running,
    protocol: isize,
    output: PathBuf,
}

/// The result of a reader.
#[derive(Debug)]
pub(crate) struct ReaderResult {
    pub cost: Cost,
    /// Datagrams that its socket dropped.
    pub lost: u64,
    /// The last line that it wrote.
    pub last: String,
}

/// A listening socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Socket {
    /// Queued bytes.
    pub queued: u64,
    /// Dropped datagrams.
    pub drops: u64,
}

impl Listening {
    /// Starts a program, and waits until it listens and is idle.
    pub(crate) fn start(program: Program, place: &Place) -> Self {
        let output = scratch("live.out");
        let file = File::create(&output).unwrap_or_else(|e| panic!("{output:?}: {e}"));
        let own = std::env::current_exe().expect("it has a path");
        let mut command = match program {
            Program::Floor => Command::new(own),
            Program::Nlstream | Program::Unprivileged | Program::Flows => Command::new(NLSTREAM),
            Program::Ip(_) => Command::new("ip"),
        };
        match program {
            Program::Floor => drop(command.arg(floor::ROLE)),
            Program::Ip(kind) => drop(command.args(["-rc", "268435456", "monitor", kind])),
            // Only root has privileges to drop.
            Program::Unprivileged if place.privileged => drop(as_nobody(&mut command)),
            Program::Flows => drop(command.args(["--family", "conntrack=new"])),
            Program::Nlstream | Program::Unprivileged => {}
        }
        // nlstream warns about groups that need privilege.
        let command = command.stdin(Stdio::null()).stderr(Stdio::null());
        let running = Running::start(command.stdout(file), place.reading());
        let protocol = program.protocol();
        let listening = Listening {
            running,
            protocol,
            output,
        };
        listening.rest();
        listening
    }

    /// Waits until the socket is empty and the file does not grow.
    pub(crate) fn rest(&self) {
        let end = Instant::now() + PATIENCE;
        let (mut quiet, mut length) = (0, 0);
        while quiet < REST {
            sleep(STEP);
            assert!(Instant::now() < end, "{:?} never rests", self.running.child);
            let now = std::fs::metadata(&self.output).map_or(0, |data| data.len());
            let listens = listener(self.protocol).is_some_and(|socket| socket.queued == 0);
            quiet = if listens && now == length {
                quiet + 1
            } else {
                0
            };
            length = now;
        }
    }

    /// Ends the program.
    pub(crate) fn end(self) -> ReaderResult {
        let socket = listener(self.protocol).expect("the socket accepts connections until the end");
        self.running.terminate();
        let cost = self.running.end();
        let last = last_line(&self.output);
        let _ = std::fs::remove_file(&self.output);
        ReaderResult {
            cost,
            lost: socket.drops,
            last,
        }
    }
}

/// Returns the only socket of this protocol and namespace that is a member of a group (/proc/net/netlink).
fn listener(protocol: isize) -> Option<Socket> {
    let protocol = protocol.to_string();
    let text = std::fs::read_to_string("/proc/thread-self/net/netlink").ok()?;
    text.lines().skip(1).find_map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        // sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
        let listens = words.get(1) == Some(&&*protocol) && words.get(3) != Some(&"00000000");
        listens.then_some(())?;
        Some(Socket {
            queued: words.get(4)?.parse().ok()?,
            drops: words.get(8)?.parse().ok()?,
        })
    })
}

fn last_line(path: &PathBuf) -> String {
    let mut file = File::open(path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    let length = file.metadata().map_or(0, |data| data.len());
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(length.saturating_sub(1 << 16)))
        .and_then(|_| file.read_to_end(&mut tail))
        .unwrap_or_else(|e| panic!("{path:?}: {e}"));
    let text = String::from_utf8_lossy(&tail);
    text.lines().last().unwrap_or("").to_owned()
}
