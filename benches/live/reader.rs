//! Programs that listen to the kernel.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::floor;
use super::place::{Place, as_nobody};
use crate::common::process::{Cost, Running};
use crate::common::{NLSTREAM, scratch};

/// How long to wait for a reader that does not come to rest.
const PATIENCE: Duration = Duration::from_secs(300);
/// How often to look.
const STEP: Duration = Duration::from_millis(10);
/// After so many looks at which nothing happened there is rest.
const REST: u32 = 10;

/// Which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    Floor,
    Nlstream,
    /// nlstream without any privilege.
    Unprivileged,
    /// `ip -rc 268435456 monitor` of that kind.
    Ip(&'static str),
}

/// A program that listens, and writes into a file.
pub struct Listening {
    pub running: Running,
    output: PathBuf,
}

/// What came of it.
#[derive(Debug)]
pub struct Heard {
    pub cost: Cost,
    /// Datagrams that its socket lost.
    pub lost: u64,
    /// The last that it wrote.
    pub last: String,
}

/// A socket that listens.
#[derive(Clone, Copy, Debug)]
pub struct Socket {
    /// Bytes that are queued.
    pub queued: u64,
    /// Datagrams that were dropped.
    pub drops: u64,
}

impl Listening {
    /// Starts a program, and waits until it listens and is at rest.
    pub fn start(program: Program, place: &Place) -> Self {
        let output = scratch("live.out");
        let file = File::create(&output).unwrap_or_else(|e| panic!("{output:?}: {e}"));
        let own = std::env::current_exe().expect("it has a path");
        let mut command = match program {
            Program::Floor => Command::new(own),
            Program::Nlstream | Program::Unprivileged => Command::new(NLSTREAM),
            Program::Ip(_) => Command::new("ip"),
        };
        match program {
            Program::Floor => drop(command.arg(floor::ROLE)),
            Program::Ip(kind) => drop(command.args(["-rc", "268435456", "monitor", kind])),
            // Only the machine's root has anything to lose.
            Program::Unprivileged if place.privileged => drop(as_nobody(&mut command)),
            Program::Nlstream | Program::Unprivileged => {}
        }
        // nlstream warns of groups that need privilege.
        let command = command.stdin(Stdio::null()).stderr(Stdio::null());
        let running = Running::start(command.stdout(file), place.reading());
        let listening = Listening { running, output };
        listening.rest();
        listening
    }

    /// Waits until everything that was queued is read, and nothing is written any more.
    pub fn rest(&self) {
        let end = Instant::now() + PATIENCE;
        let (mut quiet, mut length) = (0, 0);
        while quiet < REST {
            sleep(STEP);
            assert!(Instant::now() < end, "{:?} never rests", self.running.child);
            let now = std::fs::metadata(&self.output).map_or(0, |data| data.len());
            let listens = listener().is_some_and(|socket| socket.queued == 0);
            quiet = if listens && now == length {
                quiet + 1
            } else {
                0
            };
            length = now;
        }
    }

    /// Ends it.
    pub fn end(self) -> Heard {
        let socket = listener().expect("it listens until it is told to end");
        self.running.interrupt();
        let cost = self.running.end();
        let last = last_line(&self.output);
        let _ = std::fs::remove_file(&self.output);
        Heard {
            cost,
            lost: socket.drops,
            last,
        }
    }
}

/// The only socket of this namespace that is a member of a group (/proc/net/netlink).
fn listener() -> Option<Socket> {
    let text = std::fs::read_to_string("/proc/thread-self/net/netlink").ok()?;
    text.lines().skip(1).find_map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        // sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
        let listens = words.get(1) == Some(&"0") && words.get(3) != Some(&"00000000");
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
