//! The netlink families that `--family` names: joins their groups at the start, and those of families
//! that the kernel registers later.

use std::cell::LazyCell;
use std::{fs, io};

use log::{info, warn};
use mio::Registry;

use super::subscription::{Reach, Subscription};
use super::{FIRST_SOCKET, Stream};
use crate::channel::{FamilyId, NetnsId};
use crate::error::Error;
use crate::event::meta::{Settings, UnavailableFamily};
use crate::family::known::{GenericFamilies, Requested};
use crate::family::{Family, Subscribed};
use crate::netlink::dump::Dumps;
use crate::netlink::events::Events;
use crate::netlink::genl::{
    self, Announcement, CTRL_CMD_DELFAMILY, CTRL_CMD_NEWFAMILY, CTRL_CMD_NEWMCAST_GRP,
};
use crate::netlink::other::other;
use crate::netlink::{DumpSource, EventSource};

/// The sockets of a run in one namespace, and the controller's answers about its families.
#[derive(Default)]
pub(super) struct Opened {
    pub subscriptions: Vec<Subscription<Events, Dumps>>,
    /// Datagrams.
    pub answers: Vec<Vec<u8>>,
    /// The families that could not be joined.
    pub unavailable: Vec<UnavailableFamily>,
}

/// Opens the sockets of every family of the run in the thread's network namespace: of the controller
/// first, so that it announces what is registered after the list. `needed`: the types of rtnetlink's
/// messages that the run needs; `None`: any.
///
/// # Errors
/// Those of socket(2), bind(2) and setsockopt(2).
pub(super) fn open(
    reach: Reach,
    settings: &Settings,
    rcvbuf: u32,
    needed: Option<&[u16]>,
) -> Result<Opened, Error> {
    let mut opened = Opened::default();
    let requested = Requested::of(settings);
    // Read once, and only if a pattern asks for it.
    let existing = LazyCell::new(registered);
    for family in Subscribed::new(settings).iter() {
        if family.needs_net_admin() {
            let is_named = requested.names(family.name()) || has_kind_of(settings, family);
            if is_named || existing.contains(&family.id().protocol()) {
                opened.add_privileged(reach, family, rcvbuf)?;
            }
            continue;
        }
        let needed = needed.filter(|_| family.id() == FamilyId::ROUTE);
        let subscription = Subscription::open(reach, family, rcvbuf, needed)?;
        opened.subscriptions.push(subscription);
    }
    if requested.has_generic() {
        opened.answers = genl::families().map_err(Error::Dump)?;
        let answers = opened.answers.iter();
        for family in answers.flat_map(|answer| genl::announcements(answer)) {
            if is_wanted(&requested, &family) {
                let subscription = Subscription::open_generic(reach, &family, rcvbuf)?;
                opened.subscriptions.push(subscription);
            }
        }
    }
    for number in requested.protocols(|number| existing.contains(&number)) {
        let Some(id) = FamilyId::of_protocol(number) else {
            continue;
        };
        let subscription = Subscription::open(reach, other(id) as &dyn Family, rcvbuf, None)?;
        opened.subscriptions.push(subscription);
    }
    Ok(opened)
}

/// Returns true if a kind of the family was requested by name.
fn has_kind_of(settings: &Settings, family: &dyn Family) -> bool {
    let mut kinds = settings.kinds.iter().flatten();
    kinds.any(|kind| family.kinds().contains(*kind))
}

impl Opened {
    /// Opens the sockets of a family that needs CAP_NET_ADMIN. One that cannot be joined is noted, and the
    /// run goes on without it.
    ///
    /// # Errors
    /// Those of socket(2), bind(2) and setsockopt(2) that have another reason.
    fn add_privileged(
        &mut self,
        reach: Reach,
        family: &'static dyn Family,
        rcvbuf: u32,
    ) -> Result<(), Error> {
        let error = match Subscription::open(reach, family, rcvbuf, None) {
            Ok(subscription) if !subscription.events.joined.is_empty() => {
                self.subscriptions.push(subscription);
                return Ok(());
            }
            Ok(subscription) => {
                let mut refused = subscription.events.refused.into_iter();
                let none = || io::Error::from_raw_os_error(libc::EPERM);
                refused.next().map_or_else(none, |(_, error)| error)
            }
            Err(Error::Socket(error)) if is_of_kernel(&error) => error,
            Err(error) => return Err(error),
        };
        self.unavailable.push(UnavailableFamily {
            family: family.name().to_owned(),
            errno: error.raw_os_error().unwrap_or(0).unsigned_abs(),
            error: error.to_string(),
        });
        Ok(())
    }
}

/// Returns true if the kernel does not have the family, or does not let the process use it.
fn is_of_kernel(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EPROTONOSUPPORT | libc::EAFNOSUPPORT | libc::EPERM | libc::EACCES)
    )
}

/// Returns true if a family is to be joined that has groups, and no kinds of its own.
fn is_wanted(requested: &Requested, family: &Announcement) -> bool {
    FamilyId::generic(family.id).is_some_and(|id| id != FamilyId::NLCTRL)
        && !family.groups.is_empty()
        && requested.contains(&family.name)
}

/// The protocols for which the kernel has a socket in the thread's network namespace.
fn registered() -> Vec<u16> {
    let text = fs::read_to_string("/proc/thread-self/net/netlink");
    let text = text.or_else(|_| fs::read_to_string("/proc/net/netlink"));
    let text = text.unwrap_or_default();
    let rows = text.lines().skip(1).filter_map(|row| {
        let mut columns = row.split_ascii_whitespace().skip(1);
        let protocol = columns.next()?.parse().ok()?;
        (columns.next() == Some("0")).then_some(protocol)
    });
    rows.collect()
}

/// Opens the socket of a family that was registered later, and registers it for the loop under that
/// pair of tokens.
pub(super) type Open<E, D> =
    Box<dyn FnMut(&Announcement, usize) -> Result<Subscription<E, D>, Error>>;

/// Follows the families that come and go.
pub(super) struct Follow<E, D> {
    requested: Requested,
    /// Their names.
    pub known: GenericFamilies,
    /// What the controller announced and has not been joined or left yet.
    announced: Vec<(NetnsId, Announcement)>,
    open: Open<E, D>,
}

impl Follow<Events, Dumps> {
    /// Follows the families of a run with these settings; `None` if it has no generic netlink
    /// families. `answers`: those of the controller so far.
    pub(super) fn new(
        settings: &Settings,
        answers: &[Vec<u8>],
        rcvbuf: u32,
        registry: Registry,
    ) -> Option<Self> {
        let requested = Requested::of(settings);
        if !requested.has_generic() {
            return None;
        }
        let mut known = GenericFamilies::default();
        answers.iter().for_each(|answer| known.learn(answer));
        let open = move |family: &Announcement, pair| {
            let mut subscription =
                Subscription::open_generic(Reach::One(NetnsId::OWN), family, rcvbuf)?;
            let registered = subscription.register(&registry, FIRST_SOCKET, pair);
            registered.map_err(Error::Loop)?;
            Ok(subscription)
        };
        Some(Follow {
            requested,
            known,
            announced: Vec::new(),
            open: Box::new(open),
        })
    }
}

impl<E, D> Follow<E, D> {
    /// Notes what a datagram of the controller announces.
    pub(super) fn note(&mut self, netns: NetnsId, datagram: &[u8]) {
        self.known.learn(datagram);
        let families = genl::announcements(datagram);
        self.announced.extend(families.map(|it| (netns, it)));
    }
}

impl<E: EventSource, D: DumpSource> Stream<E, D> {
    /// Joins the groups of families that came, and closes the sockets of those that went.
    pub(super) fn follow_families(&mut self) -> Result<(), Error> {
        loop {
            let Some(follow) = &mut self.follow else {
                return Ok(());
            };
            if follow.announced.is_empty() {
                return Ok(());
            }
            let (netns, family) = follow.announced.remove(0);
            match family.command {
                CTRL_CMD_NEWFAMILY | CTRL_CMD_NEWMCAST_GRP
                    if is_wanted(&follow.requested, &family) =>
                {
                    self.join(netns, &family)?;
                }
                CTRL_CMD_DELFAMILY => self.leave(netns, family.id)?,
                _ => {}
            }
        }
    }

    fn position(&self, netns: NetnsId, id: u16) -> Option<usize> {
        let id = FamilyId::generic(id)?;
        let mut all = self.subscriptions.iter();
        all.position(|it| (it.netns, it.family.id()) == (netns, id))
    }

    fn join(&mut self, netns: NetnsId, family: &Announcement) -> Result<(), Error> {
        let (name, id) = (&family.name, family.id);
        let at = match self.position(netns, id) {
            None if netns == NetnsId::OWN && self.all.is_none() => {
                let pair = self.subscriptions.last().map_or(0, |it| it.pair + 1);
                if let Some(follow) = &mut self.follow {
                    let subscription = (follow.open)(family, pair)?;
                    self.subscriptions.push(subscription);
                    info!("joined the groups of the netlink family {name}");
                }
                return Ok(());
            }
            // The socket of another namespace, or of all, cannot be opened any more: that of the
            // controller joins the groups.
            at => at.or_else(|| self.position(netns, FamilyId::NLCTRL.generic_id())),
        };
        if let Some(at) = at {
            match self.subscriptions[at].events.join(&family.groups) {
                Ok(()) => info!("joined the groups of the netlink family {name}"),
                Err(error) => warn!("cannot join the groups of the netlink family {name}: {error}"),
            }
        }
        Ok(())
    }

    fn leave(&mut self, netns: NetnsId, id: u16) -> Result<(), Error> {
        if id != FamilyId::NLCTRL.generic_id()
            && let Some(at) = self.position(netns, id)
        {
            self.receive_from(at)?;
            self.note_loss(at)?;
            self.subscriptions.remove(at);
        }
        Ok(())
    }
}
