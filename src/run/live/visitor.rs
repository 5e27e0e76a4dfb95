//! The thread that finds and enters network namespaces (`--all-netns`). It is started before the process is
//! confined, and keeps what the other threads give up: CAP_SYS_ADMIN and setns(2).
//!
//! A namespace is entered for as long as a socket takes to open. Nothing of this thread keeps one alive: it
//! remembers paths and numbers, and holds no descriptor.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use log::{Level, debug, log, warn};
use mio::unix::pipe;
use netlink_sys::Socket;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::namespaces::NAMES;
use crate::channel::NetnsId;
use crate::event::meta::{MAX_NAMESPACES, MAX_TEXT, Netns};
use crate::family::Family;
use crate::input::Found;
use crate::netlink::dump;
use crate::netlink::nsids::Nsids;
use crate::netlink::sys::namespace_id;
#[cfg(feature = "cli")]
use crate::run::confinement;

/// Size of the thread's stack, bytes.
const STACK_SIZE: usize = 256 << 10;
/// What the program's own namespace is called.
const OWN_NAME: &str = "self";
/// Digits of a container's id that make a name.
const SHORT_ID: usize = 12;
/// Digits of a container's id.
const FULL_ID: usize = 64;

/// What the thread is asked to do.
pub(super) enum Task {
    /// Find the namespaces that are not known yet: at mounts and, with `scan`, at all processes.
    Look(Look),
    /// The namespace with this inode has ended.
    Forget(u64),
    /// Open a dump socket of the family in a namespace.
    Visit(NetnsId, Found, &'static dyn Family),
}

/// A search for namespaces.
#[derive(Debug, Default)]
pub(super) struct Look {
    pub scan: bool,
    /// Find all of them again: numbers may have changed.
    pub again: bool,
    /// Numbers of which it is to be found out whether a namespace has them.
    pub numbers: Vec<i32>,
    /// Repeated in the report.
    pub generation: u64,
}

/// What the thread has done.
pub(super) enum Report {
    /// A namespace, and when it had its number.
    Found(Found, Instant),
    /// A look has ended.
    Looked(Looked),
    /// A visit.
    Visited(NetnsId, Result<Socket, Failure>),
}

/// The end of a look.
#[derive(Debug)]
pub(super) struct Looked {
    pub generation: u64,
    pub scan: bool,
    pub begun: Instant,
    pub took: Duration,
    /// Those of the requested numbers that a namespace has.
    pub numbers: HashSet<i32>,
}

/// Why a namespace could not be visited.
#[derive(Debug)]
pub(super) enum Failure {
    /// It has ended.
    Ended,
    Error(io::Error),
}

/// The other threads' end.
pub(super) struct Visitor {
    tasks: Sender<Task>,
    reports: Receiver<Report>,
    /// Readable when there are reports.
    pub wakeup: pipe::Receiver,
}

impl Visitor {
    /// Starts the thread. `protocols`: those of families that need CAP_NET_ADMIN. `confine`: confine it, and report
    /// a refused call by this function.
    ///
    /// # Errors
    /// If a socket or the thread cannot be made.
    pub(super) fn start(protocols: Vec<u16>, confine: Option<fn(&str)>) -> io::Result<Self> {
        let (tasks, received) = channel();
        let (report, reports) = channel();
        let (wake, wakeup) = pipe::new()?;
        let thread = Thread {
            home: File::open("/proc/self/ns/net")?,
            nsids: Nsids::open()?,
            known: HashMap::new(),
            refused: HashSet::new(),
            is_limited: false,
            report,
            wake,
        };
        let run = move || {
            #[cfg(not(feature = "cli"))]
            let _ = (confine, protocols);
            #[cfg(feature = "cli")]
            if let Some(report) = confine {
                confinement::enter_visitor(protocols, report);
            }
            thread.run(&received);
        };
        let builder = thread::Builder::new().name("visitor".to_owned());
        // It ends when there is nobody who asks, or with the process.
        let _detached = builder.stack_size(STACK_SIZE).spawn(run)?;
        Ok(Visitor {
            tasks,
            reports,
            wakeup,
        })
    }

    /// Asks the thread to do something. It never ends before the tasks do.
    pub(super) fn ask(&self, task: Task) {
        let _ = self.tasks.send(task);
    }

    /// Waits for the next report; `None` if the thread has ended.
    pub(super) fn wait(&self) -> Option<Report> {
        self.reports.recv().ok()
    }

    /// The reports so far, without waiting.
    pub(super) fn reports(&mut self) -> Vec<Report> {
        let mut bytes = [0; 64];
        while io::Read::read(&mut self.wakeup, &mut bytes).is_ok_and(|read| read > 0) {}
        self.reports.try_iter().collect()
    }
}

/// Where a namespace can be found.
#[derive(Debug)]
struct Candidate {
    inode: u64,
    path: PathBuf,
    name: String,
}

struct Thread {
    /// The program's own namespace.
    home: File,
    /// Requests in that namespace.
    nsids: Nsids,
    /// Paths to the namespaces that were found, by inode.
    known: HashMap<u64, PathBuf>,
    /// Inodes of those that may not be entered.
    refused: HashSet<u64>,
    /// There are more namespaces than can be watched.
    is_limited: bool,
    report: Sender<Report>,
    wake: pipe::Sender,
}

impl Thread {
    fn run(mut self, tasks: &Receiver<Task>) {
        for task in tasks {
            match task {
                Task::Look(look) => self.look(&look),
                Task::Forget(inode) => {
                    self.known.remove(&inode);
                }
                Task::Visit(netns, found, family) => {
                    let result = self.visit(&found, family);
                    self.send(Report::Visited(netns, result));
                }
            }
        }
    }

    fn send(&mut self, report: Report) {
        let _ = self.report.send(report);
        // A full pipe wakes the loop as well.
        let _ = self.wake.write(&[0]);
    }

    fn look(&mut self, look: &Look) {
        let begun = Instant::now();
        if look.again {
            self.known.clear();
            self.refused.clear();
        }
        let processes = if look.scan {
            processes()
        } else {
            HashMap::new()
        };
        let mut candidates = mounts();
        let mut pids: Vec<_> = processes.iter().collect();
        pids.sort_unstable_by_key(|(_, pid)| **pid);
        candidates.extend(pids.into_iter().map(|(inode, pid)| Candidate {
            inode: *inode,
            path: of_process(*pid),
            name: String::new(),
        }));
        self.find_own(&candidates);
        for candidate in candidates {
            let pid = processes.get(&candidate.inode).copied();
            self.identify(candidate, pid);
        }
        let nsids = &mut self.nsids;
        let numbers = look.numbers.iter().copied();
        let numbers = numbers.filter(|nsid| nsids.exists(*nsid).unwrap_or(true));
        let looked = Looked {
            generation: look.generation,
            scan: look.scan,
            begun,
            numbers: numbers.collect(),
            took: begun.elapsed(),
        };
        self.send(Report::Looked(looked));
    }

    /// Reports the program's own namespace, before all others.
    fn find_own(&mut self, candidates: &[Candidate]) {
        let Ok(inode) = self.home.metadata().map(|data| data.ino()) else {
            return;
        };
        if self.known.contains_key(&inode) {
            return;
        }
        let mut named = candidates.iter().filter(|it| it.inode == inode);
        let named = named.find(|it| !it.name.is_empty());
        let id = namespace_id(self.home.as_fd());
        self.known.insert(inode, of_process(std::process::id()));
        let netns = Netns {
            name: named.map_or(OWN_NAME, |it| &it.name).to_owned(),
            id,
            inode,
            container: None,
        };
        let nsid = self.nsids.of(self.home.as_fd()).ok().flatten();
        self.send(Report::Found(Found { netns, nsid }, Instant::now()));
    }

    /// Reports a namespace that is new. `pid`: a process in it.
    fn identify(&mut self, candidate: Candidate, pid: Option<u32>) {
        let Candidate { inode, path, name } = candidate;
        if self.known.contains_key(&inode) || self.refused.contains(&inode) {
            return;
        }
        if self.known.len() >= MAX_NAMESPACES {
            if !std::mem::replace(&mut self.is_limited, true) {
                warn!("more than {MAX_NAMESPACES} network namespaces: the others are not watched");
            }
            return;
        }
        let found = self.number(inode, &path);
        let (id, nsid) = match found {
            Ok(Some(found)) => found,
            // It ended meanwhile.
            Ok(None) => return,
            Err(error) => {
                self.refused.insert(inode);
                // One that another user namespace owns, of which a run without root knows as well.
                let level = match error.raw_os_error() {
                    Some(libc::EPERM) => Level::Debug,
                    _ => Level::Warn,
                };
                let path = path.display();
                log!(
                    level,
                    "the network namespace {path} cannot be watched: {error}"
                );
                return;
            }
        };
        let at = Instant::now();
        let container = pid.and_then(container);
        let name = match (&container, name.is_empty()) {
            (_, false) => name,
            (Some(id), true) => id[..SHORT_ID].to_owned(),
            (None, true) => pid.map(|pid| pid.to_string()).unwrap_or_default(),
        };
        self.known.insert(inode, path);
        let netns = Netns {
            name,
            id,
            inode,
            container,
        };
        let nsid = Some(nsid);
        self.send(Report::Found(Found { netns, nsid }, at));
    }

    /// The id and the number of a namespace that can be entered; `None` if it has ended.
    fn number(&mut self, inode: u64, path: &Path) -> io::Result<Option<(Option<u64>, i32)>> {
        let Some(file) = open(path, inode)? else {
            return Ok(None);
        };
        match enter(&file) {
            Ok(()) => self.leave(),
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => return Ok(None),
            Err(error) => return Err(error),
        }
        let nsid = self.nsids.assign(file.as_fd())?;
        Ok(Some((namespace_id(file.as_fd()), nsid)))
    }

    /// Returns to the program's own namespace: the thread would keep the other one alive.
    fn leave(&self) {
        if let Err(error) = enter(&self.home) {
            // It was in it before.
            warn!("cannot leave a network namespace: {error}");
        }
    }

    fn visit(&mut self, found: &Found, family: &'static dyn Family) -> Result<Socket, Failure> {
        let inode = found.netns.inode;
        let known = self.known.get(&inode);
        let mut file = known.and_then(|path| self.open_same(path, found));
        if file.is_none() {
            // Another process or mount may have it.
            let mounts = mounts().into_iter().filter(|it| it.inode == inode);
            let mut paths: Vec<_> = mounts.map(|it| it.path).collect();
            paths.extend(processes().get(&inode).map(|pid| of_process(*pid)));
            for path in paths {
                file = self.open_same(&path, found);
                if file.is_some() {
                    self.known.insert(inode, path);
                    break;
                }
            }
        }
        let Some(file) = file else {
            let exists = found.nsid.map(|nsid| self.nsids.exists(nsid));
            return Err(match exists {
                Some(Ok(false)) => Failure::Ended,
                _ => Failure::Error(io::ErrorKind::NotFound.into()),
            });
        };
        match enter(&file) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
                return Err(Failure::Ended);
            }
            Err(error) => return Err(Failure::Error(error)),
        }
        let socket = dump::socket(family);
        self.leave();
        socket.map_err(Failure::Error)
    }

    /// Opens the file of a namespace, if it is still this one.
    fn open_same(&self, path: &Path, found: &Found) -> Option<File> {
        let file = open(path, found.netns.inode).ok()??;
        (namespace_id(file.as_fd()) == found.netns.id).then_some(file)
    }
}

/// Enters a network namespace.
fn enter(namespace: &File) -> io::Result<()> {
    let network = Some(LinkNameSpaceType::Network);
    Ok(move_into_link_name_space(namespace.as_fd(), network)?)
}

/// Opens the file of the namespace with this inode; `None` if the path leads to another one, or nowhere.
fn open(path: &Path, inode: u64) -> io::Result<Option<File>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if super::namespaces::is_gone(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let is_same = file.metadata()?.ino() == inode;
    Ok(is_same.then_some(file))
}

fn of_process(pid: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/ns/net"))
}

/// The inode in the name of a namespace, `net:[4026531840]`.
fn inode_of(name: &str) -> Option<u64> {
    let number = name.strip_prefix("net:[")?.strip_suffix(']')?;
    number.parse().ok()
}

/// The mounted network namespaces (proc_pid_mountinfo(5)): those of ip-netns(8) first, as their names are
/// the shortest.
fn mounts() -> Vec<Candidate> {
    let text = match fs::read("/proc/self/mountinfo") {
        Ok(text) => text,
        Err(error) => {
            debug!("cannot read /proc/self/mountinfo: {error}");
            return Vec::new();
        }
    };
    let text = String::from_utf8_lossy(&text);
    let mut found: Vec<_> = text.lines().filter_map(mount).collect();
    found.sort_by_key(|it| it.name.starts_with('/'));
    found
}

/// The namespace of a line of mountinfo; `None` if the line is about something else.
fn mount(line: &str) -> Option<Candidate> {
    let mut fields = line.split(' ').skip(3);
    let inode = inode_of(fields.next()?)?;
    let path = unescape(fields.next()?);
    let in_names = Path::new(&path).strip_prefix(NAMES).ok();
    let name = in_names.and_then(Path::to_str).unwrap_or(&path).to_owned();
    (name.len() <= MAX_TEXT).then(|| Candidate {
        inode,
        path: path.into(),
        name,
    })
}

/// Decodes the octal numbers by which mountinfo replaces spaces and the like.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain += before;
        let code = after.get(..3).map(|digits| u8::from_str_radix(digits, 8));
        match code {
            Some(Ok(code)) if code.is_ascii() => {
                plain.push(code.into());
                rest = &after[3..];
            }
            _ => {
                plain.push('\\');
                rest = after;
            }
        }
    }
    plain + rest
}

/// The network namespaces of processes, by inode, each with the lowest process id.
fn processes() -> HashMap<u64, u32> {
    let mut found = HashMap::new();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // A process may have ended, or be one of another user.
        let Ok(link) = fs::read_link(of_process(pid)) else {
            continue;
        };
        if let Some(inode) = link.to_str().and_then(inode_of) {
            let first = found.entry(inode).or_insert(pid);
            *first = pid.min(*first);
        }
    }
    found
}

/// The id of the container of a process: the 64 hexadecimal digits in the name of its control group.
fn container(pid: u32) -> Option<String> {
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    container_of(&groups).map(str::to_owned)
}

/// The same, of the text of cgroups(7).
fn container_of(groups: &str) -> Option<&str> {
    let mut words = groups.split(|c: char| !c.is_ascii_alphanumeric());
    let is_id = |word: &&str| {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        word.len() == FULL_ID && word.bytes().all(is_digit)
    };
    words.rfind(is_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounted_namespaces_are_read_from_mountinfo() {
        let of = |line: &str| mount(line).map(|it| (it.inode, it.name, it.path));
        let line = "97 34 0:4 net:[4026532279] /run/netns/red rw shared:1 - nsfs nsfs rw";
        let path = PathBuf::from("/run/netns/red");
        assert_eq!(of(line), Some((4_026_532_279, "red".to_owned(), path)));
        let line = "97 34 0:4 net:[7] /run/docker/netns/1\\040a\\134 rw - nsfs nsfs rw";
        let name = "/run/docker/netns/1 a\\".to_owned();
        assert_eq!(of(line), Some((7, name.clone(), name.into())));
        for other in [
            "97 34 0:4 mnt:[4026532279] /run/mnt rw - nsfs nsfs rw",
            "22 1 0:21 / /proc rw,relatime shared:5 - proc proc rw",
            "97 34 0:4 net:[x] /run rw",
            "",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn a_container_is_found_in_the_control_group() {
        let id = "0123456789abcdef".repeat(4);
        for groups in [
            format!("0::/system.slice/docker-{id}.scope\n"),
            format!("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{id}.scope"),
            format!("12:pids:/docker/{id}\n0::/\n"),
            format!("0::/machine.slice/libpod-{id}.scope/container"),
        ] {
            assert_eq!(container_of(&groups), Some(id.as_str()), "{groups}");
        }
        for groups in [
            "0::/user.slice/user-1000.slice",
            &format!("0::/{}", &id[1..]),
        ] {
            assert_eq!(container_of(groups), None, "{groups}");
        }
    }
}
