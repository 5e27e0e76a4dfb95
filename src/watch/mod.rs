//! Events as values, live or from a capture, for programs that use the library:
//!
//! ```no_run
//! use nlstream::event::Kind;
//! use nlstream::watch::{Meta, Object, Watcher};
//!
//! for event in Watcher::builder().kinds([Kind::Link]).snapshot(true).events()? {
//!     let event = event?;
//!     match &event.object {
//!         Object::Link(link) => println!("{} {:?} {:?}", event.op, link.ifname, event.changed),
//!         Object::Meta(Meta::Sync(_)) => println!("these links existed"),
//!         Object::Meta(Meta::Gap(gap)) => println!("lost: {:?}", gap.lost),
//!         _ => {}
//!     }
//! }
//! # Ok::<(), nlstream::error::Error>(())
//! ```
//!
//! An event is a [`Line`]: what the program writes as one line, with the same numbers, operations and
//! records of its own, so a program can read events from the kernel and from files of lines with the same
//! code. It owns its data and is `Send`.
//!
//! The run has a thread of its own, so that the socket is read while the program is busy. Its events wait in a
//! queue; when that is longer than [`Builder::queue`], further events are dropped, and a
//! [`Gap`](objects::Gap) says how many. When the program has caught up, the present state of the objects
//! concerned follows. Nothing of the process is touched: no signal handler, no logger, no environment, no
//! sandbox. Warnings go to the `log` crate.

mod events;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

pub use events::Events;
pub use nlstream_lines::{Fields, Line, Meta, Object, Op, Origin, Time, objects};

use crate::error::Error;
use crate::event::Kind;
use crate::event::meta::{Part, Settings};
use crate::run::Outputs;
use crate::run::live::{self, Host, Live};
use crate::run::replay::{self, Replay};
use crate::sink::{Queue, Sink};

/// Name of the thread of a run.
const THREAD_NAME: &str = "nlstream";

/// Makes [`Events`].
#[derive(Clone, Copy, Debug)]
pub struct Watcher;

impl Watcher {
    /// The options, with the defaults of the program.
    pub fn builder() -> Builder {
        Builder {
            live: Live {
                rcvbuf: 32 << 20,
                audit: Some(Duration::from_secs(300)),
                outputs: Outputs {
                    queue: 64 << 20,
                    shares_process: true,
                    ..Outputs::default()
                },
                ..Live::default()
            },
        }
    }
}

/// What is watched, and how.
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    live: Live,
}

impl Builder {
    /// Only these kinds, and `meta`. By default all of them.
    pub fn kinds(mut self, kinds: impl IntoIterator<Item = Kind>) -> Self {
        self.settings().kinds = Some(kinds.into_iter().collect());
        self
    }

    /// Only the events that pass a filter, by the name of its option: `filter("dev", ["eth*", "!eth9"])`.
    /// `family` also joins the groups of further netlink families: `filter("family", ["ethtool"])`.
    pub fn filter<S: Into<String>>(
        mut self,
        option: &str,
        values: impl IntoIterator<Item = S>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.settings().filters.insert(option.to_owned(), values);
        self
    }

    /// Optional parts of the events.
    pub fn with(mut self, parts: impl IntoIterator<Item = Part>) -> Self {
        self.settings().with = parts.into_iter().collect();
        self
    }

    /// Begin with the existing objects, with the op `present`, and a [`Sync`](objects::Sync) after them.
    pub fn snapshot(mut self, snapshot: bool) -> Self {
        self.settings().snapshot = snapshot;
        self
    }

    /// End with the snapshot's [`Sync`](objects::Sync): the objects that exist now.
    pub fn until_sync(mut self) -> Self {
        self.live.exit = true;
        self.snapshot(true)
    }

    /// Watch these network namespaces in place of that of the thread: names of ip-netns(8), paths or process
    /// ids. Needs CAP_SYS_ADMIN.
    pub fn netns<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.live.netns = names.into_iter().map(Into::into).collect();
        self
    }

    /// Watch all network namespaces, those that are made later as well. Needs CAP_SYS_ADMIN, CAP_NET_ADMIN
    /// and CAP_NET_BROADCAST.
    pub fn all_netns(mut self) -> Self {
        self.live.all_netns = true;
        self
    }

    /// Also track the objects of these kinds, which otherwise have events only: flows and expectations.
    pub fn track(mut self, kinds: impl IntoIterator<Item = Kind>) -> Self {
        self.settings().track = kinds.into_iter().collect();
        self
    }

    /// Size of the socket's receive buffer, bytes; by default 32 MiB. If the kernel grants less, a warning says so.
    pub fn receive_buffer(mut self, bytes: u32) -> Self {
        (self.live.rcvbuf, self.live.is_rcvbuf_requested) = (bytes, true);
        self
    }

    /// Only the events of some flows, as the option `--conntrack-sample` names them: `1/16`, `proto=tcp,zone=3`.
    pub fn conntrack_sample(mut self, flows: &str) -> Self {
        self.settings().conntrack_sample = Some(flows.to_owned());
        self
    }

    /// Size of the events that wait for the program, bytes of their lines; by default 64 MiB. Beyond it a
    /// live run drops events, and the reading of a capture waits.
    pub fn queue(mut self, bytes: usize) -> Self {
        self.live.outputs.queue = bytes;
        self
    }

    /// Interval of dumps, which find changes that the kernel does not announce; `None` for none. By default 5
    /// minutes.
    pub fn audit(mut self, interval: Option<Duration>) -> Self {
        self.live.audit = interval;
        self
    }

    /// Interval of [`Heartbeat`](objects::Heartbeat)s, which have counters; by default there are none.
    pub fn heartbeat(mut self, interval: Duration) -> Self {
        self.live.heartbeat = Some(interval);
        self
    }

    fn settings(&mut self) -> &mut Settings {
        &mut self.live.settings
    }

    /// Watches the kernel: no event that follows the return of this function is missed.
    ///
    /// # Errors
    /// If an option is invalid, or a socket cannot be opened.
    pub fn events(self) -> Result<Events, Error> {
        let live = self.live;
        if live.all_netns && !live.netns.is_empty() {
            let text = "all_netns() watches every namespace: leave out netns()";
            return Err(Error::AllNetns(text.to_owned()));
        }
        spawn(live.outputs.queue, move |queue, begun| {
            let prepared = live::prepare(&live, None)?;
            let sink = || Ok(Sink::Queue(queue));
            live::begin(live, prepared, Host::Library, sink, move || {
                let _ = begun.send(());
            })
        })
    }

    /// Reads the events of a file in place of those of the kernel: a recording of the program, a pcapng or pcap
    /// file, or one of rtmon, also compressed. Options of sockets have no effect.
    ///
    /// # Errors
    /// If an option is invalid, or the file cannot be opened.
    pub fn events_of(self, file: &Path) -> Result<Events, Error> {
        let settings = self.live.settings;
        let replay = Replay {
            kinds: settings.kinds,
            filters: settings.filters,
            with: Some(settings.with).filter(|with| !with.is_empty()),
            snapshot: settings.snapshot,
            outputs: Outputs {
                // The run waits for its reader: no event is dropped.
                queue: usize::MAX,
                ..self.live.outputs.clone()
            },
            ..Replay::default()
        };
        let file: PathBuf = file.to_owned();
        spawn(self.live.outputs.queue, move |queue, begun| {
            let begun = move || {
                let _ = begun.send(());
            };
            replay::run_file(&replay, &file, || Ok(Sink::Queue(queue)), begun)
        })
    }
}

/// Ends the queue if the run panics.
struct Guard(Arc<Queue>);

impl Drop for Guard {
    fn drop(&mut self) {
        let panicked = std::io::Error::other("the run panicked");
        self.0.end(Err(Error::Loop(panicked)));
    }
}

/// Starts a thread with that run, and waits until it has begun.
///
/// # Errors
/// Those with which the run ends before that.
fn spawn(
    limit: usize,
    run: impl FnOnce(Arc<Queue>, SyncSender<()>) -> Result<(), Error> + Send + 'static,
) -> Result<Events, Error> {
    let queue = Arc::new(Queue::new(limit).map_err(Error::Loop)?);
    let (begun, begins) = sync_channel(1);
    let of_thread = queue.clone();
    let thread = thread::Builder::new().name(THREAD_NAME.to_owned());
    let handle = thread.spawn(move || {
        let guard = Guard(of_thread);
        guard.0.end(run(guard.0.clone(), begun));
    });
    let events = Events::new(queue, handle.map_err(Error::Loop)?);
    match begins.recv() {
        Ok(()) => Ok(events),
        // The run has ended without a first event.
        Err(_) => events.failed(),
    }
}
