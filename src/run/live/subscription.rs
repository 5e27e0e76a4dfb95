//! The two sockets of one family in one network namespace.

use std::io;
use std::os::fd::RawFd;

use mio::{Interest, Registry, Token};

use crate::channel::{Channel, FamilyId, NetnsId, Role};
use crate::error::Error;
use crate::event::values::Time;
use crate::family::Family;
use crate::netlink::dump::Dumps;
use crate::netlink::events::Events;
use crate::netlink::genl::Announcement;
use crate::netlink::genl::curated::Curated;
use crate::netlink::other::other;
use crate::netlink::requester::Requesters;
use crate::netlink::sample::Sample;

/// The network namespaces whose events a socket receives.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reach {
    /// That of the thread, which has this number.
    One(NetnsId),
    /// All that have a number (nsid) in that of the thread.
    All,
}

/// The event and the dump socket of a family in a namespace, and their state.
pub(super) struct Subscription<E, D> {
    pub netns: NetnsId,
    /// Number of its two tokens' pair: they are twice this, and one more.
    pub pair: usize,
    /// The id of the family: of a generic netlink family that which the kernel gave.
    pub id: FamilyId,
    pub family: &'static dyn Family,
    pub events: E,
    pub dumps: D,
    /// Who caused the events, with `--with by`.
    pub requesters: Option<Requesters>,
    /// A read of the event socket, or of the dump socket, may find something. mio is
    /// edge-triggered: this holds until a read finds nothing.
    pub readable: bool,
    pub dump_readable: bool,
    /// The error that reported a loss after the datagrams that are still queued.
    pub fault: Option<io::Error>,
    /// Number of consecutive errors of the event socket, and of the dump socket.
    pub errors: u32,
    pub dump_errors: u32,
    /// When the event socket was last empty, without a loss before.
    pub emptied: Option<Time>,
}

impl<E, D> Subscription<E, D> {
    pub(super) fn new(netns: NetnsId, family: &'static dyn Family, events: E, dumps: D) -> Self {
        Subscription {
            netns,
            pair: 0,
            id: family.id(),
            family,
            events,
            dumps,
            requesters: None,
            readable: true,
            dump_readable: true,
            fault: None,
            errors: 0,
            dump_errors: 0,
            emptied: None,
        }
    }

    /// The channel of one of its sockets.
    pub(super) fn channel(&self, role: Role) -> Channel {
        Channel {
            netns: self.netns,
            family: self.id,
            role,
        }
    }
}

impl Subscription<Events, Dumps> {
    /// Opens both sockets in the thread's network namespace. The event socket comes first: changes during
    /// the dumps are queued in it. `needed`: the types of rtnetlink's messages that the run needs, if not all;
    /// a passed socket may still be used by a run that needs others. `passed`: the event socket, if the service
    /// manager passed it.
    ///
    /// # Errors
    /// Those of socket(2), bind(2) and setsockopt(2).
    pub(super) fn open(
        reach: Reach,
        family: &'static dyn Family,
        rcvbuf: u32,
        needed: Option<&[u16]>,
        passed: Option<RawFd>,
    ) -> Result<Self, Error> {
        let Reach::One(netns) = reach else {
            let events = Events::open_all(family, rcvbuf).map_err(Error::Socket)?;
            return Ok(Self::new(
                NetnsId::OWN,
                family,
                events,
                Dumps::visiting(family),
            ));
        };
        let is_passed = passed.is_some();
        let events = match passed {
            Some(fd) => Events::take_over(family, fd).map_err(Error::PassedSocket),
            None => Events::open(family, rcvbuf).map_err(Error::Socket),
        }?;
        if let Some(types) = needed
            && family.id() == FamilyId::ROUTE
            && !is_passed
            && let Err(error) = events.pass_only(types)
        {
            // It only saves space in the buffer.
            log::debug!("cannot attach a classic BPF filter: {error}");
        }
        let dumps = match netns {
            NetnsId::OWN => Dumps::open(family),
            _ => Dumps::open_only(family),
        };
        let dumps = dumps.map_err(Error::Socket)?;
        Ok(Self::new(netns, family, events, dumps))
    }

    /// Opens both sockets of a generic netlink family that the controller announced.
    ///
    /// # Errors
    /// As for [`Subscription::open`].
    pub(super) fn open_generic(
        reach: Reach,
        announced: &Announcement,
        rcvbuf: u32,
    ) -> Result<Self, Error> {
        let id = FamilyId::generic(announced.id).unwrap_or(FamilyId::GENERIC);
        let family: &'static dyn Family = match Curated::of_name(&announced.name) {
            Some(curated) => curated,
            None => other(id),
        };
        let named = |(group, name): &(u32, String)| (*group, format!("{}/{name}", announced.name));
        let groups = announced.groups.iter().map(named).collect();
        let subscription = Self::with_groups(reach, family, groups, rcvbuf, None)?;
        Ok(Subscription { id, ..subscription })
    }

    /// Opens both sockets of a family, and joins only these of its groups. `sample`: only the events of these flows.
    ///
    /// # Errors
    /// As for [`Subscription::open`].
    pub(super) fn open_groups(
        reach: Reach,
        family: &'static dyn Family,
        groups: &[u32],
        rcvbuf: u32,
        sample: Option<&Sample>,
    ) -> Result<Self, Error> {
        let groups = groups.iter().map(|it| (*it, family.group_name(*it)));
        Self::with_groups(reach, family, groups.collect(), rcvbuf, sample)
    }

    fn with_groups(
        reach: Reach,
        family: &'static dyn Family,
        groups: Vec<(u32, String)>,
        rcvbuf: u32,
        sample: Option<&Sample>,
    ) -> Result<Self, Error> {
        let Reach::One(netns) = reach else {
            let events = Events::open_all_groups(family, groups, rcvbuf, sample);
            let events = events.map_err(Error::Socket)?;
            return Ok(Self::new(
                NetnsId::OWN,
                family,
                events,
                Dumps::visiting(family),
            ));
        };
        let events = Events::open_groups(family, groups, rcvbuf, sample).map_err(Error::Socket)?;
        let dumps = match netns {
            NetnsId::OWN => Dumps::open(family),
            _ => Dumps::open_only(family),
        };
        let dumps = dumps.map_err(Error::Socket)?;
        Ok(Self::new(netns, family, events, dumps))
    }

    /// Registers the sockets with the tokens of that pair, of which the first has the number `first`: the
    /// event socket, and after it the dump socket.
    ///
    /// # Errors
    /// Those of epoll_ctl(2).
    pub(super) fn register(
        &mut self,
        registry: &Registry,
        first: usize,
        pair: usize,
    ) -> io::Result<()> {
        self.pair = pair;
        let token = Token(first + 2 * pair);
        registry.register(self.events.source(), token, Interest::READABLE)?;
        self.dumps
            .register(registry.try_clone()?, Token(token.0 + 1))
    }
}
