//! What a live run opens and checks before it begins, and before the process is confined.

use std::os::fd::RawFd;

#[cfg(feature = "cli")]
use log::warn;

use super::namespaces::{self, Namespaces};
use super::requesters::RequesterLog;
use super::subscription::Reach;
#[cfg(feature = "cli")]
use super::subscription::Subscription;
use super::{Live, all, families};
use crate::channel::NetnsId;
use crate::error::Error;
use crate::event::meta::Part;
use crate::family::known::Requested;
use crate::family::{Subscribed, needed_messages};
#[cfg(feature = "cli")]
use crate::netlink::broker::Broker;
#[cfg(feature = "cli")]
use crate::netlink::dump::Dumps;
#[cfg(feature = "cli")]
use crate::netlink::events::Events;
#[cfg(feature = "cli")]
use crate::netlink::family::Privilege;
use crate::run::files::{Access, Files};
use crate::run::metrics;
#[cfg(feature = "cli")]
use crate::run::{confinement, service};

/// What a run opens before the process is confined.
#[derive(Default)]
pub struct Prepared {
    pub(super) namespaces: Namespaces,
    pub(super) requesters: Option<RequesterLog>,
    has_broker: bool,
}

impl Prepared {
    /// Returns true if a process apart sends the dump requests that need CAP_NET_ADMIN, so that this one
    /// does not need it.
    pub fn has_broker(&self) -> bool {
        self.has_broker
    }
}

/// Enters the network namespaces that the run watches by name, and opens its sockets in them, or starts the
/// thread that visits all of them. With `--with by` and for other families than rtnetlink it opens the
/// sockets in any case; with `--with by` it finds out from then on who causes the events.
///
/// The confinement of the process, which comes later, refuses all of this. `confine`: the thread that visits
/// namespaces confines itself, and reports a refused call by this function.
///
/// # Errors
/// If a namespace does not exist or cannot be entered, or if a socket cannot be opened.
pub fn prepare(live: &Live, confine: Option<fn(&str)>) -> Result<Prepared, Error> {
    let with_by = live.settings.with.contains(&Part::By);
    let is_restricted = Subscribed::new(&live.settings)
        .iter()
        .any(|family| family.privilege().is_restricted());
    let mut namespaces = Namespaces::default();
    if live.all_netns {
        namespaces = all::open(&live.settings, live.rcvbuf, live.audit, confine)?;
    } else if !live.netns.is_empty() {
        namespaces = namespaces::open(&live.netns, &live.settings, live.rcvbuf)?;
    } else if with_by || is_restricted || !Requested::of(&live.settings).is_empty() {
        // A socket has one filter: with `by` that which tells who caused the events.
        let needed = needed_messages(&live.settings).filter(|_| !with_by);
        let passed = passed_socket(live)?;
        let opened = families::open(
            Reach::One(NetnsId::OWN),
            &live.settings,
            live.rcvbuf,
            needed.as_deref(),
            passed,
        )?;
        (namespaces.subscriptions, namespaces.answers) = (opened.subscriptions, opened.answers);
        namespaces.unavailable = opened.unavailable;
    }
    // Before the first thread. The thread that visits namespaces opens the sockets of all of them later, for
    // this process, which keeps the capability.
    #[cfg(feature = "cli")]
    let has_broker = match confine {
        Some(report) if !live.all_netns => start_broker(&mut namespaces.subscriptions, report),
        _ => false,
    };
    // A library does not confine the programs that use it.
    #[cfg(not(feature = "cli"))]
    let has_broker = false;
    // With a thread that has a confinement of its own, each thread confines itself.
    let confine = confine.filter(|_| live.all_netns);
    let start = || RequesterLog::start(&mut namespaces.subscriptions, confine);
    let requesters = with_by.then(start);
    Ok(Prepared {
        namespaces,
        requesters,
        has_broker,
    })
}

/// Starts the process that sends the dump requests which need CAP_NET_ADMIN, if there are such. Returns
/// true if it was started. `report`: as for [`prepare`].
#[cfg(feature = "cli")]
fn start_broker(subscriptions: &mut [Subscription<Events, Dumps>], report: fn(&str)) -> bool {
    let privileged = subscriptions.iter_mut().enumerate();
    let privileged = privileged.filter(|(_, it)| it.family.privilege() == Privilege::NetAdmin);
    let places: Vec<_> = privileged.map(|(at, _)| at).collect();
    if places.is_empty() {
        return false;
    }
    let of_place = |at: &usize| {
        let subscription = &subscriptions[*at];
        let protocol = subscription.family.id().protocol();
        subscription.dumps.socket().map(|socket| (socket, protocol))
    };
    let sockets: Result<Vec<_>, _> = places.iter().map(of_place).collect();
    let confine = |fds: &[_]| confinement::enter_broker(fds, report);
    match sockets.and_then(|sockets| Broker::start(&sockets, confine)) {
        Ok(broker) => {
            for (number, at) in places.into_iter().enumerate() {
                let broker = broker.clone();
                let send = move |request: &[u8]| broker.send(number, request);
                subscriptions[at].dumps.send_by(Box::new(send));
            }
            true
        }
        Err(error) => {
            warn!("cannot start the process that keeps CAP_NET_ADMIN: {error}; this one keeps it");
            false
        }
    }
}

/// # Errors
/// If a file of the run is used for two purposes, or the metrics file is refused.
pub(super) fn check_files(live: &Live) -> Result<(), Error> {
    let mut files = Files::default();
    if let Some(path) = &live.config {
        files.path("--config", Access::Read, path);
    }
    files.output(live.outputs.output.as_ref());
    if let Some(path) = &live.outputs.output
        && live.outputs.file.rotation.is_on()
    {
        files.rotated(path);
    }
    files.replaced("--record", live.outputs.record.as_deref());
    let metrics = live.metrics.as_ref().map(metrics::Config::path);
    files.replaced("--metrics", metrics).check()?;
    live.metrics.as_ref().map_or(Ok(()), metrics::Config::check)
}

/// The socket that the service manager passed, if the run is a service.
///
/// # Errors
/// If it passed several.
pub(super) fn passed_socket(live: &Live) -> Result<Option<RawFd>, Error> {
    #[cfg(feature = "cli")]
    if live.is_service {
        return service::passed_socket().map_err(Error::PassedSocket);
    }
    let _ = live;
    Ok(None)
}
