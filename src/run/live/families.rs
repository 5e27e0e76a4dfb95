//! The netlink families that `--family` names: joins their groups at the start, and those of families
//! that the kernel registers later.

use std::cell::LazyCell;
use std::os::fd::RawFd;
use std::time::Instant;
use std::{fs, io};

use log::{info, warn};
use mio::Registry;

use super::dumps::dumps_of;
use super::subscription::{Reach, Subscription};
use super::{FIRST_SOCKET, Stream, clock};
use crate::channel::{Channel, FamilyId, NetnsId, Role};
use crate::error::Error;
use crate::event::Origin;
use crate::event::ethtool::strings;
use crate::event::meta::{Settings, UnavailableFamily};
use crate::event::scope::Scope;
use crate::family::known::{GenericFamilies, Requested};
use crate::family::{Family, Subscribed};
use crate::filter::sample;
use crate::input::{ControlRecord, Input};
use crate::netlink::dump::Dumps;
use crate::netlink::events::Events;
use crate::netlink::family::Groups;
use crate::netlink::genl::curated::Curated;
use crate::netlink::genl::{
    self, Announcement, CTRL_CMD_DELFAMILY, CTRL_CMD_NEWFAMILY, CTRL_CMD_NEWMCAST_GRP,
};
use crate::netlink::other::other;
use crate::netlink::sample::Sample;
use crate::netlink::{DumpSource, EventSource};

/// Datagrams that are read before the run begins, with the id of their family: the controller's answers, and the
/// names of bits of ethtool.
pub(super) type Answers = Vec<(FamilyId, Vec<u8>)>;

/// The sockets of a run in one namespace, and what it has read about its families.
#[derive(Default)]
pub(super) struct Opened {
    pub subscriptions: Vec<Subscription<Events, Dumps>>,
    /// Datagrams, and the family of each.
    pub answers: Answers,
    /// The families that could not be joined.
    pub unavailable: Vec<UnavailableFamily>,
}

/// Opens the sockets of every family of the run in the thread's network namespace: of the controller
/// first, so that it announces what is registered after the list. `needed`: the types of rtnetlink's
/// messages that the run needs; `None`: any. `passed`: the event socket of rtnetlink, if the service manager
/// passed it.
///
/// # Errors
/// Those of socket(2), bind(2) and setsockopt(2), and those of [`sample::of`].
pub(super) fn open(
    reach: Reach,
    settings: &Settings,
    rcvbuf: u32,
    needed: Option<&[u16]>,
    passed: Option<RawFd>,
) -> Result<Opened, Error> {
    let mut opened = Opened::default();
    let requested = Requested::of(settings);
    let sample = sample::of(settings)?;
    // Read once, and only if a pattern asks for it.
    let existing = LazyCell::new(registered);
    for family in Subscribed::new(settings).iter() {
        if family.privilege().is_restricted() {
            let sample = sample
                .as_ref()
                .filter(|_| family.id() == FamilyId::CONNTRACK);
            opened.add_restricted(reach, family, requested.groups(family), rcvbuf, sample)?;
            continue;
        }
        let is_route = family.id() == FamilyId::ROUTE;
        let (needed, passed) = (needed.filter(|_| is_route), passed.filter(|_| is_route));
        let subscription = Subscription::open(reach, family, rcvbuf, needed, passed)?;
        opened.subscriptions.push(subscription);
    }
    if requested.has_generic() {
        let answers = genl::families().map_err(Error::Dump)?;
        let announced: Vec<_> = answers
            .iter()
            .flat_map(|it| genl::announcements(it))
            .map(|mut family| {
                requested.limit(&mut family);
                family
            })
            .collect();
        let of_controller = answers.into_iter().map(|it| (FamilyId::NLCTRL, it));
        opened.answers.extend(of_controller);
        for family in announced.iter().filter(|it| is_wanted(&requested, it)) {
            let subscription = Subscription::open_generic(reach, family, rcvbuf)?;
            let refused = subscription.events.refused.first();
            if let Some((_, error)) = refused.filter(|_| Curated::of_name(&family.name).is_some()) {
                opened.unavailable.push(unavailable(&family.name, error));
                continue;
            }
            if subscription.family.id() == FamilyId::ETHTOOL {
                let id = subscription.id;
                let requests = strings::common_requests().map(|it| it.addressed(id));
                let names = genl::answers(requests).map_err(Error::Dump)?;
                opened.answers.extend(names.into_iter().map(|it| (id, it)));
            }
            opened.subscriptions.push(subscription);
        }
    }
    for family in Subscribed::by_pattern(settings).iter() {
        if existing.contains(&family.id().protocol()) {
            // Flows are requested by name only.
            opened.add_restricted(reach, family, requested.groups(family), rcvbuf, None)?;
        }
    }
    for number in requested.protocols(|number| existing.contains(&number)) {
        let Some(id) = FamilyId::of_protocol(number) else {
            continue;
        };
        let family = other(id) as &dyn Family;
        let subscription = Subscription::open(reach, family, rcvbuf, None, None)?;
        opened.subscriptions.push(subscription);
    }
    Ok(opened)
}

impl Opened {
    /// Opens the sockets of a family that the kernel may refuse to join, and joins these groups; `None`: all. One that
    /// cannot be joined is noted, and the run goes on without it. `sample`: only the events of these flows.
    ///
    /// # Errors
    /// Those of socket(2), bind(2) and setsockopt(2) that have another reason.
    fn add_restricted(
        &mut self,
        reach: Reach,
        family: &'static dyn Family,
        groups: Option<Vec<u32>>,
        rcvbuf: u32,
        sample: Option<&Sample>,
    ) -> Result<(), Error> {
        let named = || match family.groups() {
            Groups::Named(groups) => groups.iter().map(|(group, _)| *group).collect(),
            Groups::Listed(groups) => groups.to_vec(),
            Groups::All => Vec::new(),
        };
        let opened = match groups.or_else(|| sample.map(|_| named())) {
            Some(groups) => Subscription::open_groups(reach, family, &groups, rcvbuf, sample),
            None => Subscription::open(reach, family, rcvbuf, None, None),
        };
        let error = match opened {
            Ok(subscription) if !subscription.events.joined.is_empty() => {
                warn_if_without_events(family.id());
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
        self.unavailable.push(unavailable(family.name(), &error));
        Ok(())
    }
}

/// A family that could not be joined.
fn unavailable(family: &str, error: &io::Error) -> UnavailableFamily {
    UnavailableFamily {
        family: family.to_owned(),
        errno: error.raw_os_error().unwrap_or(0).unsigned_abs(),
        error: error.to_string(),
    }
}

/// Warns if a setting of the thread's network namespace keeps the kernel from making events of flows.
fn warn_if_without_events(family: FamilyId) {
    const SETTING: &str = "/proc/sys/net/netfilter/nf_conntrack_events";
    if matches!(family, FamilyId::CONNTRACK | FamilyId::EXPECT)
        && fs::read_to_string(SETTING).is_ok_and(|text| text.trim() == "0")
    {
        warn!(
            "net.netfilter.nf_conntrack_events is 0: flows have no events until it is set to 2 or 1, before they begin"
        );
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
        answers: &Answers,
        rcvbuf: u32,
        registry: Registry,
    ) -> Option<Self> {
        let requested = Requested::of(settings);
        if !requested.has_generic() {
            return None;
        }
        let mut known = GenericFamilies::default();
        let of_controller = answers.iter().filter(|(id, _)| *id == FamilyId::NLCTRL);
        of_controller.for_each(|(_, answer)| known.learn(answer));
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
    /// Follows the families of a run with these settings, whose sockets that function opens.
    #[cfg(test)]
    pub(super) fn with(settings: &Settings, open: Open<E, D>) -> Self {
        Follow {
            requested: Requested::of(settings),
            known: GenericFamilies::default(),
            announced: Vec::new(),
            open,
        }
    }

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
            let (netns, mut family) = follow.announced.remove(0);
            follow.requested.limit(&mut family);
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
        all.position(|it| (it.netns, it.id) == (netns, id))
    }

    fn join(&mut self, netns: NetnsId, family: &Announcement) -> Result<(), Error> {
        let (name, id) = (&family.name, family.id);
        let at = match self.position(netns, id) {
            None if netns == NetnsId::OWN && self.all.is_none() => {
                let pair = self.subscriptions.last().map_or(0, |it| it.pair + 1);
                if let Some(follow) = &mut self.follow {
                    let subscription = (follow.open)(family, pair)?;
                    info!("joined the groups of the netlink family {name}");
                    self.read_late(netns, subscription.id, subscription.family);
                    self.subscriptions.push(subscription);
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
        if let (Some(curated), Some(id)) = (Curated::of_name(name), FamilyId::generic(id)) {
            let mut namespaces = self.session.pipeline.netns_ids();
            namespaces.retain(|it| *it == netns || self.all.is_some() && *it != NetnsId::OWN);
            for netns in namespaces {
                self.read_late(netns, id, curated);
            }
        }
        Ok(())
    }

    /// Schedules reads of the objects of a family that was registered after the run had begun: they may have
    /// come before its groups were joined.
    fn read_late(&mut self, netns: NetnsId, id: FamilyId, family: &'static dyn Family) {
        let dumps = dumps_of(netns, (id, family), &self.live.settings);
        self.resync.add_late(dumps.collect(), Instant::now());
    }

    fn leave(&mut self, netns: NetnsId, id: u16) -> Result<(), Error> {
        if id != FamilyId::NLCTRL.generic_id()
            && let Some(at) = self.position(netns, id)
        {
            self.receive_from(at)?;
            self.note_loss(at)?;
            self.process_batch()?;
            let Subscription { id, family, .. } = self.subscriptions.remove(at);
            self.forget_objects(netns, id, family)?;
        }
        Ok(())
    }

    /// Deletes the objects of a family that the kernel has no more: two complete dumps without any entry.
    fn forget_objects(
        &mut self,
        netns: NetnsId,
        id: FamilyId,
        family: &'static dyn Family,
    ) -> Result<(), Error> {
        let channel = Channel {
            netns,
            family: id,
            role: Role::Dumps,
        };
        if self.resync.channel() == Some(channel) {
            self.end_reconcile(false)?;
        }
        for kind in family.dumps(&self.live.settings).into_keys() {
            self.resync.remove_kind((netns, kind));
            for _ in 0..2 {
                let begin = ControlRecord::BeginReconcile(kind, Origin::Inferred, Scope::Kind);
                for record in [begin, ControlRecord::EndReconcile(true)] {
                    let input = Input::control_of(channel, clock(), record);
                    self.session.feed(&[input])?;
                }
            }
        }
        Ok(())
    }
}
