//! Network namespaces that are watched by name (`--netns`): finds and enters them, opens their sockets,
//! and notices when they end.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use log::warn;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Resource, Rlimit, getrlimit, pidfd_open, setrlimit};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::Stream;
use super::all::AllNamespaces;
use super::families;
use super::subscription::{Reach, Subscription};
use crate::channel::NetnsId;
use crate::error::Error;
use crate::event::meta::{Netns, Settings, UnavailableFamily};
use crate::family::Subscribed;
use crate::family::known::Requested;
use crate::netlink::dump::Dumps;
use crate::netlink::events::Events;
use crate::netlink::sys::namespace_id;
use crate::netlink::{DumpSource, EventSource};

/// Where ip-netns(8) keeps the names of network namespaces.
pub(super) const NAMES: &str = "/run/netns";
/// Interval of looks whether the watched namespaces still exist.
const INTERVAL: Duration = Duration::from_secs(1);
/// File descriptors of a namespace and family, and those of the rest of the run.
const FDS_EACH: u64 = 3;
const FDS_OTHER: u64 = 64;
/// More than the generic netlink families with groups that a kernel has.
const FAMILIES_MOST: usize = 48;

/// A namespace that is watched by name.
#[derive(Debug)]
pub(super) struct Watched {
    netns: NetnsId,
    name: String,
    place: Place,
}

/// What keeps a namespace, apart from the sockets of this run.
#[derive(Debug)]
enum Place {
    /// The file at this path; device and inode of the namespace.
    File(PathBuf, (u64, u64)),
    /// A process, as a pidfd: without privileges its files in /proc cannot be examined.
    Process(OwnedFd),
}

impl Watched {
    /// Returns true if the name was deleted or names another namespace, or if the process ended.
    fn has_ended(&self) -> bool {
        match &self.place {
            Place::File(path, identity) => match fs::metadata(path) {
                Ok(data) => (data.dev(), data.ino()) != *identity,
                Err(error) => error.kind() == io::ErrorKind::NotFound,
            },
            Place::Process(pidfd) => {
                let mut fds = [PollFd::new(pidfd, PollFlags::IN)];
                poll(&mut fds, Some(&Timespec::default())) == Ok(1)
            }
        }
    }
}

/// The namespaces that a run watches by name, in the order of their numbers, and their sockets.
#[derive(Default)]
pub(super) struct Namespaces {
    pub(super) subscriptions: Vec<Subscription<Events, Dumps>>,
    /// What was read about generic netlink families.
    pub(super) answers: families::Answers,
    /// The families that could not be joined, each once.
    pub(super) unavailable: Vec<UnavailableFamily>,
    pub(super) watched: Vec<Watched>,
    /// For the `start` record.
    pub(super) listed: Vec<Netns>,
    /// With `--all-netns`.
    pub(super) all: Option<Box<AllNamespaces>>,
}

/// Enters the namespaces of these names, and opens the sockets of the families in each. One that ends
/// meanwhile is left out, with a warning.
///
/// # Errors
/// If a namespace does not exist or cannot be entered, or if a socket cannot be opened.
pub(super) fn open(
    names: &[String],
    settings: &Settings,
    rcvbuf: u32,
) -> Result<Namespaces, Error> {
    // All of them before the first is entered: what is missing later has ended meanwhile.
    let paths = names
        .iter()
        .map(|name| find(name))
        .collect::<Result<Vec<_>, _>>()?;
    let families = Subscribed::new(settings).iter().count();
    let others = match Requested::of(settings).is_empty() {
        true => 0,
        false => FAMILIES_MOST,
    };
    allow_descriptors((names.len() * (families + others)) as u64);
    let enter = || {
        let mut found = Namespaces::default();
        for (name, path) in names.iter().zip(paths) {
            found.add(name, path, settings, rcvbuf)?;
        }
        Ok(found)
    };
    // A thread of its own: the caller stays in its namespace.
    std::thread::scope(|scope| match scope.spawn(enter).join() {
        Ok(found) => found,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

impl Namespaces {
    fn add(
        &mut self,
        name: &str,
        path: PathBuf,
        settings: &Settings,
        rcvbuf: u32,
    ) -> Result<(), Error> {
        let Some((file, place)) = open_file(name, path)? else {
            warn!("--netns {name}: the network namespace ended while it was opened");
            return Ok(());
        };
        let data = file.metadata().map_err(|source| fault(name, source))?;
        let same = |listed: &&Netns| listed.inode == data.ino();
        if let Some(Netns { name: first, .. }) = self.listed.iter().find(same) {
            warn!("--netns {name} is the same network namespace as {first}: it is watched once");
            return Ok(());
        }
        match move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network)) {
            Ok(()) => {}
            // Its file is there, and the namespace is gone: `ip netns del` removes the file last.
            Err(rustix::io::Errno::INVAL) if is_name_file(&place) => {
                warn!("--netns {name}: the network namespace ended while it was opened");
                return Ok(());
            }
            Err(rustix::io::Errno::INVAL) => {
                let reason = "it is not a network namespace".to_owned();
                return Err(Error::Netns(name.to_owned(), reason));
            }
            Err(error) => return Err(fault(name, error.into())),
        }
        let netns = NetnsId::of_listed(self.listed.len());
        let opened = families::open(Reach::One(netns), settings, rcvbuf, None, None)?;
        self.subscriptions.extend(opened.subscriptions);
        self.answers.extend(opened.answers);
        for family in opened.unavailable {
            if !self.unavailable.contains(&family) {
                self.unavailable.push(family);
            }
        }
        self.listed.push(Netns {
            name: name.to_owned(),
            id: namespace_id(file.as_fd()),
            inode: data.ino(),
            container: None,
        });
        let place = match place {
            Place::File(path, _) => Place::File(path, (data.dev(), data.ino())),
            process => process,
        };
        let name = name.to_owned();
        self.watched.push(Watched { netns, name, place });
        Ok(())
    }
}

fn is_name_file(place: &Place) -> bool {
    matches!(place, Place::File(path, _) if path.starts_with(NAMES))
}

/// The path of the namespace: a name of ip-netns(8), a process id, or the path itself.
///
/// # Errors
/// If it does not exist.
fn find(name: &str) -> Result<PathBuf, Error> {
    let error = |reason| Err(Error::Netns(name.to_owned(), reason));
    if name.contains('/') {
        let path = PathBuf::from(name);
        return match fs::symlink_metadata(&path) {
            Ok(_) => Ok(path),
            Err(error) => Err(fault(name, error)),
        };
    }
    let path = Path::new(NAMES).join(name);
    if !name.is_empty() && name != "." && name != ".." && path.exists() {
        return Ok(path);
    }
    let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    let process = PathBuf::from(format!("/proc/{name}"));
    if is_number && process.exists() {
        return Ok(process.join("ns/net"));
    }
    if is_number {
        return error(format!(
            "there is no process with this id, and no name in {NAMES}"
        ));
    }
    let entries = fs::read_dir(NAMES).into_iter().flatten().flatten();
    let known = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let distance = |known: &String| strsim::damerau_levenshtein(known, name);
    error(match known.min_by_key(distance) {
        Some(nearest) => format!("there is no such name in {NAMES}; the nearest is `{nearest}`"),
        None => format!("there is no name in {NAMES}; `ip netns add` makes one"),
    })
}

/// Opens the file of a namespace, which [`find`] has found. `None` if it is gone since. Device and inode
/// of the place are not set yet.
fn open_file(name: &str, path: PathBuf) -> Result<Option<(File, Place)>, Error> {
    let process = process_of(&path).and_then(Pid::from_raw);
    // Before the file: then both are of the same process, even if its id is used again.
    let pidfd = process.and_then(|process| pidfd_open(process, PidfdFlags::empty()).ok());
    match File::open(&path) {
        Ok(file) => Ok(Some(match pidfd {
            Some(pidfd) => (file, Place::Process(pidfd)),
            None => (file, Place::File(path, (0, 0))),
        })),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(fault(name, error)),
    }
}

/// The process of a path `/proc/PID/…`.
fn process_of(path: &Path) -> Option<i32> {
    let rest = path.strip_prefix("/proc").ok()?;
    rest.iter().next()?.to_str()?.parse().ok()
}

/// ESRCH: the process ended between two steps of the path.
pub(super) fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH)
}

/// The error, with what to do about it.
fn fault(name: &str, error: io::Error) -> Error {
    let remedy = match error.raw_os_error() {
        Some(libc::EPERM) => {
            "; entering a network namespace needs CAP_SYS_ADMIN: run as root, or as a service with \
             AmbientCapabilities=CAP_SYS_ADMIN"
        }
        Some(libc::EACCES) => {
            "; the namespace of a process of another user needs CAP_SYS_PTRACE: run as root, or name it by \
             a path"
        }
        Some(libc::EMFILE) => "; raise the limit of open files (LimitNOFILE=, ulimit -n)",
        _ => "",
    };
    Error::Netns(name.to_owned(), format!("{error}{remedy}"))
}

/// Raises the soft limit of open files, as far as the hard one permits, if that many pairs of sockets
/// exceed it.
fn allow_descriptors(pairs: u64) {
    let needed = pairs * FDS_EACH + FDS_OTHER;
    let limit = getrlimit(Resource::Nofile);
    if let Some(current) = limit.current
        && current < needed
    {
        let current = limit.maximum.map_or(needed, |maximum| needed.min(maximum));
        let raised = Rlimit {
            current: Some(current),
            ..limit
        };
        // If it fails, opening a socket fails with EMFILE.
        let _ = setrlimit(Resource::Nofile, raised);
    }
}

impl<E: EventSource, D: DumpSource> Stream<E, D> {
    /// When to look next whether the watched namespaces still exist; `None` if there are none.
    pub(super) fn next_look(&self) -> Option<Instant> {
        (!self.watched.is_empty()).then_some(self.looked_at + INTERVAL)
    }

    /// Returns true if the run watched namespaces by name, and all of them have ended.
    pub(super) fn has_nothing_to_watch(&self) -> bool {
        let pipeline = &self.session.pipeline;
        !self.live.netns.is_empty()
            && self.watched.is_empty()
            && self.backlog.is_empty()
            && !pipeline.is_ending()
            && !pipeline.is_renaming()
    }

    /// Ends the namespaces that have no name any more: what was received is processed first, then their
    /// sockets are closed, which are the last to keep them, and the lines about their objects follow.
    pub(super) fn end_namespaces(&mut self) -> Result<(), Error> {
        let Some(due) = self.next_look() else {
            return Ok(());
        };
        let now = Instant::now();
        if due > now {
            return Ok(());
        }
        self.looked_at = now;
        let (ended, watched): (Vec<_>, Vec<_>) = std::mem::take(&mut self.watched)
            .into_iter()
            .partition(Watched::has_ended);
        self.watched = watched;
        for Watched { netns, name, .. } in ended {
            log::info!("the network namespace {name} has ended");
            for at in 0..self.subscriptions.len() {
                if self.subscriptions[at].netns == netns {
                    // Without what the backlog has no room for: the objects are deleted anyway.
                    self.receive_from(at)?;
                }
            }
            self.subscriptions.retain(|it| it.netns != netns);
            self.forget_namespace(netns);
        }
        Ok(())
    }
}
