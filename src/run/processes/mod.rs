//! Who caused an event: what the BPF filter says about the process, and what /proc and the cgroup file
//! system add to it.

mod helper;
mod ports;

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::channel::FamilyId;
use crate::event::By;
use crate::netlink::requester::Requester;
use helper::Helper;

/// Number of processes that are remembered.
const MAX_PROCESSES: usize = 1024;
/// Number of cgroups of which the path is remembered.
const MAX_CGROUPS: usize = 16_384;
/// Processes that are read from /proc in [`PERIOD`]: 2,000 cost less than a tenth of a processor.
const MAX_READS: u32 = 2000;
const PERIOD: Duration = Duration::from_secs(1);
/// Shortest interval of searches for the path of a cgroup, whose processes had all ended.
const SEARCH_INTERVAL: Duration = Duration::from_secs(10);

/// Adds executable, cgroup, container and unit to processes.
#[derive(Debug)]
pub(super) struct Processes {
    helper: Option<Helper>,
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
    /// Must be called before the process is confined. `confine`: the thread that this starts confines
    /// itself, and reports a refused call by this function.
    pub(super) fn new(confine: Option<fn(&str)>) -> Self {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        Processes {
            helper: Helper::start(confine),
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
        let by = self.read(requester);
        self.remember(requester.clone(), by)
    }

    fn remember(&mut self, requester: Requester, by: By) -> Arc<By> {
        let by = Arc::new(by.bounded());
        if self.known.len() >= MAX_PROCESSES {
            self.known.clear();
        }
        self.known.insert(requester, by.clone());
        by
    }

    fn read(&mut self, requester: &Requester) -> By {
        let mut by = of_filter(requester);
        let Requester::Process {
            pid, cgroup, start, ..
        } = *requester
        else {
            return by;
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
        let helper = self.helper.as_ref();
        let exe = helper.and_then(|helper| helper.executable(pid));
        let cgroups = fs::read_to_string(process.join("cgroup")).unwrap_or_default();
        // Read last: the process that has the id now had it before as well.
        let stat = fs::read(process.join("stat")).unwrap_or_default();
        let path = match Stat::parse(&stat).is_some_and(|stat| stat.is_since(start)) {
            true => {
                by.exe = exe.map(|path| executable(&path));
                let path = path_of(&cgroups).map(str::to_owned);
                self.note_cgroup(cgroup, path.as_deref());
                path
            }
            false => self.cgroup(cgroup),
        };
        within(by, path)
    }

    /// Returns the process that has the netlink socket with this port id in the network namespace of the
    /// program, if that is one that lives on: without the filter nothing else is known.
    pub(super) fn of_port(&mut self, family: FamilyId, portid: u32) -> Option<Arc<By>> {
        let pid = self.helper.as_ref()?.process(family.protocol(), portid)?;
        let process = PathBuf::from(format!("/proc/{pid}"));
        let text = fs::read(process.join("stat")).ok()?;
        let stat = Stat::parse(&text)?;
        // A requester of its own: unlike one of the filter it has no thread.
        let mut comm = [0; 16];
        let length = stat.comm.len().min(comm.len() - 1);
        comm[..length].copy_from_slice(&stat.comm[..length]);
        let requester = Requester::Process {
            pid,
            tid: 0,
            ppid: stat.ppid,
            uid: effective_user(&fs::read_to_string(process.join("status")).ok()?)?,
            cgroup: 0,
            start: stat.start_ticks,
            comm,
        };
        if let Some(by) = self.known.get(&requester) {
            return Some(by.clone());
        }
        let by = self.read_process(&requester, &process);
        Some(self.remember(requester, by))
    }

    fn read_process(&self, requester: &Requester, process: &Path) -> By {
        let cgroups = fs::read_to_string(process.join("cgroup")).unwrap_or_default();
        let by = of_filter(requester);
        let helper = self.helper.as_ref();
        let exe = by.pid.and_then(|pid| helper?.executable(pid));
        let by = By {
            tid: None,
            exe: exe.map(|path| executable(&path)),
            ..by
        };
        within(by, path_of(&cgroups).map(str::to_owned))
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

/// What the filter says about a requester.
fn of_filter(requester: &Requester) -> By {
    let Requester::Process {
        pid,
        tid,
        ppid,
        uid,
        comm,
        ..
    } = *requester
    else {
        return By {
            kernel: Some(true),
            ..By::default()
        };
    };
    let length = comm.iter().position(|byte| *byte == 0);
    let comm = &comm[..length.unwrap_or(comm.len())];
    By {
        pid: Some(pid),
        tid: Some(tid),
        ppid: Some(ppid),
        uid: Some(uid),
        comm: Some(String::from_utf8_lossy(comm).into_owned()),
        ..By::default()
    }
}

/// Adds the path of the cgroup, and what it tells.
fn within(by: By, path: Option<String>) -> By {
    let Some(path) = path else {
        return by;
    };
    By {
        container: container(&path),
        unit: unit(&path).map(str::to_owned),
        cgroup: Some(path),
        ..by
    }
}

/// Fields of a /proc/PID/stat.
struct Stat<'a> {
    comm: &'a [u8],
    ppid: u32,
    /// Start time of the process since the boot, clock ticks.
    start_ticks: u64,
}

impl<'a> Stat<'a> {
    fn parse(text: &'a [u8]) -> Option<Self> {
        // The name of the program is in parentheses, and may contain any character.
        let from = text.iter().position(|byte| *byte == b'(')? + 1;
        let to = text.iter().rposition(|byte| *byte == b')')?;
        let mut fields = text.get(to + 1..)?.split(|byte| *byte == b' ');
        let number = |field: &[u8]| std::str::from_utf8(field).ok()?.parse::<u64>().ok();
        let ppid = u32::try_from(number(fields.nth(2)?)?).ok()?;
        Some(Stat {
            comm: text.get(from..to)?,
            ppid,
            start_ticks: number(fields.nth(17)?)?,
        })
    }

    /// Returns true if the process started at that time, nanoseconds since the boot.
    fn is_since(&self, start: u64) -> bool {
        let second = rustix::param::clock_ticks_per_second().max(1);
        self.start_ticks == start / (1_000_000_000 / second)
    }
}

/// The effective user id in a /proc/PID/status.
fn effective_user(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
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
        let text = format!("7 (a) b) S 12 {}123 9 9", "0 ".repeat(17));
        let stat = Stat::parse(text.as_bytes()).unwrap();
        assert_eq!((stat.comm, stat.ppid), (&b"a) b"[..], 12));
        assert!(stat.is_since(123 * tick + tick / 2));
        assert!(!stat.is_since(124 * tick));
        assert!(Stat::parse(b"").is_none());
        let own = Requester::Process {
            pid: std::process::id(),
            tid: std::process::id(),
            ppid: 1,
            uid: 0,
            cgroup: 1,
            start: 0,
            comm: *b"test\0\0\0\0\0\0\0\0\0\0\0\0",
        };
        let mut processes = Processes::new(None);
        let by = processes.by(&own);
        assert_eq!(
            (by.comm.as_deref(), by.exe.as_deref()),
            (Some("test"), None)
        );
        assert!(Arc::ptr_eq(&by, &processes.by(&own)));
    }
}
