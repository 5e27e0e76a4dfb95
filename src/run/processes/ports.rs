//! The processes of netlink sockets by port id, from /proc: without the BPF filter. Finds those that keep
//! their sockets open, as routing daemons do.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// The time for searches in [`PERIOD`]: five percent of a processor.
const BUDGET: Duration = Duration::from_millis(50);
const PERIOD: Duration = Duration::from_secs(1);
/// How long an answer is valid. A port id may get another owner only after its socket was closed.
const VALID: Duration = Duration::from_secs(1);
/// Number of answers that are remembered.
const MAX_ANSWERS: usize = 4096;

type Inode = u64;

/// Finds the processes of port ids.
#[derive(Debug, Default)]
pub(super) struct Ports {
    /// By protocol and port id.
    answers: HashMap<(u16, u32), (Instant, Option<u32>)>,
    /// The processes of the netlink sockets that the search has come to.
    owners: HashMap<Inode, u32>,
    /// The processes that the search has not come to yet.
    remaining: Vec<u32>,
    /// Start of the period, and the time of the searches in it.
    period: Option<Instant>,
    spent: Duration,
}

impl Ports {
    /// Returns the process that has the socket; `None` if it has been closed, or if the search exceeds its
    /// budget: it goes on with the next question.
    pub(super) fn process(&mut self, protocol: u16, portid: u32) -> Option<u32> {
        let now = Instant::now();
        let is_valid = |at: &Instant| now.duration_since(*at) < VALID;
        if let Some((at, pid)) = self.answers.get(&(protocol, portid))
            && is_valid(at)
        {
            return *pid;
        }
        if self.period.is_none_or(|start| now - start >= PERIOD) {
            (self.period, self.spent) = (Some(now), Duration::ZERO);
        }
        if self.spent >= BUDGET {
            return None;
        }
        let pid = self.search(protocol, portid, now + (BUDGET - self.spent));
        self.spent += now.elapsed();
        if self.answers.len() >= MAX_ANSWERS {
            self.answers.clear();
        }
        self.answers.insert((protocol, portid), (now, pid));
        pid
    }

    fn search(&mut self, protocol: u16, portid: u32, end: Instant) -> Option<u32> {
        let table = fs::read_to_string("/proc/thread-self/net/netlink").ok()?;
        let sockets: Vec<_> = table.lines().filter_map(Socket::parse).collect();
        let mut all = sockets.iter();
        let is_it = |it: &&Socket| (it.protocol, it.portid) == (protocol, portid);
        let inode = all.find(is_it)?.inode;
        // The first socket of a process has its id. Verified: another process may have got the inode of
        // a closed socket.
        for pid in self.owners.get(&inode).copied().into_iter().chain([portid]) {
            if inodes(pid).contains(&inode) {
                self.owners.insert(inode, pid);
                return Some(pid);
            }
        }
        let existing: HashSet<_> = sockets.iter().map(|it| it.inode).collect();
        if self.remaining.is_empty() {
            self.owners.retain(|inode, _| existing.contains(inode));
            self.remaining = processes();
        }
        while let Some(pid) = self.remaining.pop() {
            let of_netlink = inodes(pid).into_iter().filter(|it| existing.contains(it));
            self.owners.extend(of_netlink.map(|inode| (inode, pid)));
            if let Some(pid) = self.owners.get(&inode) {
                return Some(*pid);
            }
            if Instant::now() >= end {
                break;
            }
        }
        None
    }
}

/// A row of /proc/net/netlink.
#[derive(Debug, PartialEq, Eq)]
struct Socket {
    protocol: u16,
    portid: u32,
    inode: Inode,
}

impl Socket {
    fn parse(row: &str) -> Option<Self> {
        let mut fields = row.split_whitespace().skip(1);
        Some(Socket {
            protocol: fields.next()?.parse().ok()?,
            portid: fields.next()?.parse().ok()?,
            inode: fields.last()?.parse().ok()?,
        })
    }
}

/// The ids of all processes.
fn processes() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.collect()
}

/// The inodes of the sockets that a process has open.
fn inodes(pid: u32) -> Vec<Inode> {
    let folder = format!("/proc/{pid}/fd");
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let targets = entries.filter_map(|entry| fs::read_link(entry.path()).ok());
    targets.filter_map(|target| inode(&target)).collect()
}

/// The inode in `socket:[INODE]`.
fn inode(target: &Path) -> Option<Inode> {
    let inner = target.to_str()?.strip_prefix("socket:[")?;
    inner.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use netlink_sys::{Socket as Netlink, SocketAddr};

    #[test]
    fn rows_of_the_table_are_read() {
        let row = "0000000000000000 0   4195158    00000111 0        0        0     2        0        1234567 ";
        let socket = Socket {
            protocol: 0,
            portid: 4_195_158,
            inode: 1_234_567,
        };
        assert_eq!(Socket::parse(row), Some(socket));
        let head = "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode";
        assert_eq!(Socket::parse(head), None);
        assert_eq!(Socket::parse(""), None);
        assert_eq!(inode(Path::new("socket:[77]")), Some(77));
        assert_eq!(inode(Path::new("/dev/null")), None);
    }

    /// Asks until the process is found: a search may exceed its budget.
    fn wait_for(ports: &mut Ports, portid: u32) {
        let end = Instant::now() + Duration::from_secs(60);
        while ports.process(0, portid) != Some(std::process::id()) {
            assert!(Instant::now() < end, "not found");
            ports.answers.clear();
            std::thread::yield_now();
        }
    }

    #[test]
    fn every_open_socket_of_a_process_is_found() {
        let mut sockets = Vec::new();
        let mut ports = Ports::default();
        for _ in 0..3 {
            let mut socket = Netlink::new(0).unwrap();
            let portid = socket.bind_auto().unwrap().port_number();
            wait_for(&mut ports, portid);
            sockets.push(socket);
        }
        // One that no socket has.
        let mut other = Netlink::new(0).unwrap();
        other.bind(&SocketAddr::new(0x7fff_fff0, 0)).unwrap();
        drop(other);
        assert_eq!(ports.process(0, 0x7fff_fff0), None);
    }

    #[test]
    fn a_search_ends_with_its_budget() {
        let mut ports = Ports {
            period: Some(Instant::now()),
            spent: BUDGET,
            ..Ports::default()
        };
        let mut socket = Netlink::new(0).unwrap();
        let portid = socket.bind_auto().unwrap().port_number();
        assert_eq!(ports.process(0, portid), None);
        wait_for(&mut ports, portid);
    }
}
