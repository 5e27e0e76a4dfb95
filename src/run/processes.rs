//! Who caused an event: what the BPF filter says about the process, and what /proc and the cgroup file
//! system add to it.

use std::collections::{HashMap, HashSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use std::{fs, io};

use caps::{CapSet, Capability};

use crate::event::By;
use crate::netlink::requester::Requester;

/// Number of processes that are remembered.
const MAX_PROCESSES: usize = 1024;
/// Number of cgroups of which the path is remembered.
const MAX_CGROUPS: usize = 16_384;
/// Processes that are read from /proc in [`PERIOD`]: 2,000 cost less than a tenth of a processor.
const MAX_READS: u32 = 2000;
const PERIOD: Duration = Duration::from_secs(1);
/// Shortest interval of searches for the path of a cgroup, whose processes had all ended.
const SEARCH_INTERVAL: Duration = Duration::from_secs(10);

/// Reads which file a process executes, in a thread of its own: landlock forbids it to a process of the
/// sandbox, and another user's process needs CAP_SYS_PTRACE, which is the only capability that the
/// thread keeps.
#[derive(Debug)]
struct Executables {
    requests: Sender<u32>,
    paths: Receiver<Option<PathBuf>>,
}

impl Executables {
    /// Starts the thread, which must be before the sandbox. `None` if no thread can be started.
    fn start() -> Option<Self> {
        let (requests, pids) = channel();
        let (answers, paths) = channel();
        let thread = move || {
            let wanted = HashSet::from([Capability::CAP_SYS_PTRACE]);
            let has = caps::read(None, CapSet::Permitted).unwrap_or_default();
            let kept: HashSet<_> = has.intersection(&wanted).copied().collect();
            let _ = caps::set(None, CapSet::Effective, &kept);
            let _ = caps::set(None, CapSet::Permitted, &kept);
            let _ = caps::clear(None, CapSet::Inheritable);
            for pid in pids {
                let path: io::Result<PathBuf> = fs::read_link(format!("/proc/{pid}/exe"));
                if answers.send(path.ok()).is_err() {
                    return;
                }
            }
        };
        let builder = std::thread::Builder::new().name("executables".to_owned());
        builder.spawn(thread).ok()?;
        Some(Executables { requests, paths })
    }

    fn path(&self, pid: u32) -> Option<PathBuf> {
        self.requests.send(pid).ok()?;
        self.paths.recv().ok().flatten()
    }
}

/// Adds executable, cgroup, container and unit to processes.
#[derive(Debug)]
pub(super) struct Processes {
    executables: Option<Executables>,
    known: HashMap<Requester, Arc<By>>,
    kernel: Arc<By>,
    /// The mount point of the cgroup hierarchy of version 2.
    mount: Option<PathBuf>,
    /// The paths of cgroups by id, below the mount point.
    cgroups: HashMap<u64, String>,
    searched: Option<Instant>,
    /// Start of the period, and the number of reads in it.
    period: Instant,
    reads: u32,
}

impl Processes {
    /// Must be called before the sandbox is entered.
    pub(super) fn new() -> Self {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        Processes {
            executables: Executables::start(),
            known: HashMap::new(),
            kernel: Arc::new(By {
                kernel: Some(true),
                ..By::default()
            }),
            mount: cgroup_mount(&mounts),
            cgroups: HashMap::new(),
            searched: None,
            period: Instant::now(),
            reads: 0,
        }
    }

    /// Returns what is known about a requester. Equal ones give the same value.
    pub(super) fn by(&mut self, requester: &Requester) -> Arc<By> {
        let Requester::Process { .. } = requester else {
            return self.kernel.clone();
        };
        if let Some(by) = self.known.get(requester) {
            return by.clone();
        }
        let by = Arc::new(self.read(requester));
        if self.known.len() >= MAX_PROCESSES {
            self.known.clear();
        }
        self.known.insert(requester.clone(), by.clone());
        by
    }

    fn read(&mut self, requester: &Requester) -> By {
        let Requester::Process {
            pid,
            tid,
            ppid,
            uid,
            cgroup,
            start,
            comm,
        } = *requester
        else {
            return By::default();
        };
        let length = comm.iter().position(|byte| *byte == 0);
        let comm = &comm[..length.unwrap_or(comm.len())];
        let mut by = By {
            pid: Some(pid),
            tid: Some(tid),
            ppid: Some(ppid),
            uid: Some(uid),
            comm: Some(String::from_utf8_lossy(comm).into_owned()),
            ..By::default()
        };
        if self.period.elapsed() >= PERIOD {
            self.period = Instant::now();
            self.reads = 0;
        }
        if self.reads >= MAX_READS {
            return by;
        }
        self.reads += 1;
        let process = PathBuf::from(format!("/proc/{pid}"));
        let executables = self.executables.as_ref();
        let exe = executables.and_then(|executables| executables.path(pid));
        let cgroups = fs::read_to_string(process.join("cgroup")).unwrap_or_default();
        // Read last: the process that has the id now had it before as well.
        let stat = fs::read(process.join("stat")).unwrap_or_default();
        let path = match started(&stat, start) {
            true => {
                by.exe = exe.map(|path| executable(&path));
                let path = path_of(&cgroups).map(str::to_owned);
                self.note_cgroup(cgroup, path.as_deref());
                path
            }
            false => self.cgroup(cgroup),
        };
        if let Some(path) = path {
            by.container = container(&path);
            by.unit = unit(&path).map(str::to_owned);
            by.cgroup = Some(path);
        }
        by
    }

    /// Remembers the path of a cgroup, if the process is still in it.
    fn note_cgroup(&mut self, id: u64, path: Option<&str>) {
        let (Some(mount), Some(path)) = (&self.mount, path) else {
            return;
        };
        if self.cgroups.len() < MAX_CGROUPS && !self.cgroups.contains_key(&id) {
            let folder = mount.join(path.trim_start_matches('/'));
            if fs::metadata(folder).is_ok_and(|data| data.ino() == id) {
                self.cgroups.insert(id, path.to_owned());
            }
        }
    }

    /// The path of a cgroup.
    fn cgroup(&mut self, id: u64) -> Option<String> {
        let is_due = |at: Instant| at.elapsed() >= SEARCH_INTERVAL;
        if !self.cgroups.contains_key(&id) && self.searched.is_none_or(is_due) {
            self.searched = Some(Instant::now());
            self.search();
        }
        self.cgroups.get(&id).cloned()
    }

    /// Reads the paths of all cgroups. Those that no longer exist are kept.
    fn search(&mut self) {
        let Some(mount) = self.mount.clone() else {
            return;
        };
        if self.cgroups.len() >= MAX_CGROUPS {
            self.cgroups.clear();
        }
        let mut folders = vec![mount.clone()];
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
            for entry in entries {
                if self.cgroups.len() >= MAX_CGROUPS {
                    return;
                }
                if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    continue;
                }
                let (path, id) = (entry.path(), std::os::unix::fs::DirEntryExt::ino(&entry));
                if let Ok(below) = path.strip_prefix(&mount) {
                    let path = format!("/{}", below.to_string_lossy());
                    self.cgroups.insert(id, path);
                }
                folders.push(path);
            }
        }
    }
}

/// The mount point of the hierarchy of version 2 in /proc/self/mountinfo.
fn cgroup_mount(mounts: &str) -> Option<PathBuf> {
    let mount = mounts.lines().find(|line| line.contains(" - cgroup2 "))?;
    Some(PathBuf::from(mount.split(' ').nth(4)?))
}

/// Returns true if a process with this /proc/PID/stat started at that time, nanoseconds since the
/// boot.
fn started(stat: &[u8], start: u64) -> bool {
    let stat = String::from_utf8_lossy(stat);
    // The name of the program is in parentheses, and may contain any character.
    let ticks = stat
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.split(' ').nth(19));
    let ticks = ticks.and_then(|ticks| ticks.parse::<u64>().ok());
    let second = rustix::param::clock_ticks_per_second().max(1);
    ticks.is_some_and(|ticks| ticks == start / (1_000_000_000 / second))
}

fn executable(path: &Path) -> String {
    let path = path.to_string_lossy();
    path.strip_suffix(" (deleted)").unwrap_or(&path).to_owned()
}

/// The path in a /proc/PID/cgroup: in the hierarchy of version 2 or, if the process is at its
/// root, in that of systemd.
fn path_of(cgroups: &str) -> Option<&str> {
    let of = |prefix: &str| cgroups.lines().find_map(|line| line.strip_prefix(prefix));
    let named = || {
        let mut lines = cgroups.lines();
        lines.find_map(|line| line.split_once(":name=systemd:").map(|(_, path)| path))
    };
    of("0::")
        .filter(|path| *path != "/")
        .or_else(named)
        .or_else(|| of("0::"))
}

/// Id or name of the container in the path of a cgroup: the 64 hexadecimal digits of Docker,
/// containerd, CRI-O and Podman, or the name of LXC and systemd-nspawn.
fn container(path: &str) -> Option<String> {
    path.rsplit('/').find_map(|part| {
        let name = part.strip_suffix(".scope").unwrap_or(part);
        let id = name.rsplit(['-', ':']).next().unwrap_or(name);
        if id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Some(id.to_owned());
        }
        let lxc = name.strip_prefix("lxc.payload.");
        let machine = || {
            name.strip_prefix("machine-")
                .filter(|_| name.len() < part.len())
        };
        let nspawn = || {
            part.strip_prefix("systemd-nspawn@")?
                .strip_suffix(".service")
        };
        let name = lxc.or_else(machine).or_else(nspawn)?;
        Some(name.replace("\\x2d", "-"))
    })
}

/// The unit of systemd in the path of a cgroup: the first part that is no slice.
fn unit(path: &str) -> Option<&str> {
    const SUFFIXES: [&str; 5] = [".service", ".scope", ".socket", ".mount", ".swap"];
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let part = parts.find(|part| !part.ends_with(".slice"))?;
    SUFFIXES
        .iter()
        .any(|suffix| part.ends_with(suffix))
        .then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_and_containers_are_read_from_the_path_of_a_cgroup() {
        let id = "0123456789abcdef".repeat(4);
        let none = String::new();
        for (path, container_name, unit_name) in [
            ("/system.slice/ssh.service".to_owned(), &none, "ssh.service"),
            (
                "/user.slice/user-0.slice/session-1.scope".to_owned(),
                &none,
                "session-1.scope",
            ),
            (
                "/user.slice/user-0.slice/user@0.service/app.slice/x.scope".to_owned(),
                &none,
                "user@0.service",
            ),
            (
                format!("/system.slice/docker-{id}.scope"),
                &id,
                &*format!("docker-{id}.scope"),
            ),
            (format!("/docker/{id}"), &id, ""),
            (format!("/kubepods/besteffort/pod77/{id}"), &id, ""),
            (
                format!("/machine.slice/libpod-{id}.scope/container"),
                &id,
                &*format!("libpod-{id}.scope"),
            ),
            ("/lxc.payload.web".to_owned(), &"web".to_owned(), ""),
            (
                "/machine.slice/machine-my\\x2dvm.scope".to_owned(),
                &"my-vm".to_owned(),
                "machine-my\\x2dvm.scope",
            ),
            ("/".to_owned(), &none, ""),
        ] {
            assert_eq!(
                container(&path).unwrap_or_default(),
                *container_name,
                "{path}"
            );
            assert_eq!(unit(&path).unwrap_or_default(), unit_name, "{path}");
        }
    }

    #[test]
    fn the_cgroup_of_version_2_is_preferred_unless_it_is_the_root() {
        let systemd = "1:name=systemd:/a.service\n";
        assert_eq!(path_of(&format!("{systemd}0::/b\n")), Some("/b"));
        assert_eq!(path_of(&format!("{systemd}0::/\n")), Some("/a.service"));
        assert_eq!(path_of("0::/\n"), Some("/"));
        assert_eq!(path_of(""), None);
    }

    #[test]
    fn an_id_that_another_process_has_by_now_is_recognized() {
        let tick = 1_000_000_000 / rustix::param::clock_ticks_per_second();
        let stat = format!("7 (a) b) S 1 {}123 9 9", "0 ".repeat(17));
        assert!(started(stat.as_bytes(), 123 * tick + tick / 2));
        assert!(!started(stat.as_bytes(), 124 * tick));
        assert!(!started(b"", 0));
        let own = Requester::Process {
            pid: std::process::id(),
            tid: std::process::id(),
            ppid: 1,
            uid: 0,
            cgroup: 1,
            start: 0,
            comm: *b"test\0\0\0\0\0\0\0\0\0\0\0\0",
        };
        let mut processes = Processes::new();
        let by = processes.by(&own);
        assert_eq!(
            (by.comm.as_deref(), by.exe.as_deref()),
            (Some("test"), None)
        );
        assert!(Arc::ptr_eq(&by, &processes.by(&own)));
    }
}
