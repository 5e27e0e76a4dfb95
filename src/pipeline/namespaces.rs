//! The state of each watched network namespace.

use std::collections::{BTreeMap, HashMap};

use super::Provenance;
use crate::channel::NetnsId;
use crate::event::Kind;
use crate::event::kind_set::KindSet;
use crate::event::meta::Resync;
use crate::event::values::Time;
use crate::input::{Input, InputData};
use crate::names::Names;
use crate::state::State;

/// The state of one network namespace.
#[derive(Debug)]
pub(super) struct Namespace {
    pub state: State,
    /// Time and provenance of the dump entries of links, by index: lines about links are written
    /// when the dump has ended, since only then every link has a name.
    pub link_entries: HashMap<u32, (Time, Provenance)>,
    /// The kinds whose last reconciliation was not clean.
    pub incomplete_kinds: KindSet,
    /// Events were lost, and the dumps that follow are not finished.
    pub lost: bool,
    /// The `resync` record in preparation: dumps after a gap. In the program's own namespace also dropped
    /// lines, of whichever namespace, whose objects are written again.
    pub resync: Option<Resync>,
    /// The kinds of which events were lost, and that no clean dump has made up for yet.
    pub lost_kinds: KindSet,
    /// It was found during the run: its snapshot has lines in every run, and a `sync` of its own.
    pub is_found: bool,
    /// That `sync` has not been written.
    pub awaits_sync: bool,
    /// Number of objects in the lines of its snapshot.
    pub snapshot: u64,
}

impl Namespace {
    fn new(names: Names, tracked: KindSet, of: Traits) -> Self {
        let mut state = State::new(names, tracked);
        if of.implies {
            state.imply_changes();
        }
        if of.indexed {
            state.index_devices();
        }
        Namespace {
            state,
            link_entries: HashMap::new(),
            incomplete_kinds: KindSet::EMPTY,
            lost: false,
            resync: None,
            lost_kinds: KindSet::EMPTY,
            is_found: false,
            awaits_sync: false,
            snapshot: 0,
        }
    }
}

/// What the states of a run have in common.
#[derive(Clone, Copy, Debug, Default)]
struct Traits {
    /// No dump corrects them.
    implies: bool,
    /// See [`State::index_devices`].
    indexed: bool,
}

/// The namespaces of a run, by number. The program's own namespace is found without a lookup: most
/// runs watch no other.
#[derive(Debug)]
pub(super) struct Namespaces {
    own: Namespace,
    others: BTreeMap<NetnsId, Namespace>,
    names: Names,
    tracked: KindSet,
    traits: Traits,
}

impl Namespaces {
    /// `implies`: no dump corrects the states.
    pub(super) fn new(names: Names, tracked: KindSet, implies: bool) -> Self {
        let traits = Traits {
            implies,
            ..Traits::default()
        };
        Namespaces {
            own: Namespace::new(names.clone(), tracked, traits),
            others: BTreeMap::new(),
            names,
            tracked,
            traits,
        }
    }

    /// Indexes the objects by device, also those of namespaces that are added later.
    pub(super) fn index_devices(&mut self) {
        self.traits.indexed = true;
        self.own.state.index_devices();
        for namespace in self.others.values_mut() {
            namespace.state.index_devices();
        }
    }

    /// Adds the namespaces of these inputs that are new.
    #[inline]
    pub(super) fn add_missing(&mut self, inputs: &[Input<'_>]) {
        for input in inputs {
            let (InputData::Datagram(channel, _) | InputData::Control(channel, _)) = &input.data;
            if channel.netns != NetnsId::OWN {
                self.add(channel.netns);
            }
        }
    }

    /// Adds a namespace, if there is none with that number.
    #[cold]
    pub(super) fn add(&mut self, netns: NetnsId) {
        let new = || Namespace::new(self.names.clone(), self.tracked, self.traits);
        self.others.entry(netns).or_insert_with(new);
    }

    /// The namespace with that number; the program's own if there is none.
    #[inline]
    pub(super) fn get(&self, netns: NetnsId) -> &Namespace {
        if netns == NetnsId::OWN {
            return &self.own;
        }
        self.others.get(&netns).unwrap_or(&self.own)
    }

    /// Removes a namespace; that of the program remains.
    pub(super) fn remove(&mut self, netns: NetnsId) -> Option<Namespace> {
        self.others.remove(&netns)
    }

    /// Number of stored objects of a kind, over all namespaces.
    pub(super) fn count(&self, kind: Kind) -> u64 {
        let counts = self.iter().map(|it| it.state.count(kind) as u64);
        counts.sum()
    }

    /// As [`Namespaces::get`].
    #[inline]
    pub(super) fn get_mut(&mut self, netns: NetnsId) -> &mut Namespace {
        if netns == NetnsId::OWN {
            return &mut self.own;
        }
        self.others.get_mut(&netns).unwrap_or(&mut self.own)
    }

    /// The kinds whose objects are stored for their own sake: links, which are always stored, only
    /// if their lines are wanted.
    pub(super) fn tracked(&self) -> KindSet {
        self.tracked
    }

    /// The numbers of all namespaces.
    pub(super) fn ids(&self) -> Vec<NetnsId> {
        let others = self.others.keys().copied();
        std::iter::once(NetnsId::OWN).chain(others).collect()
    }

    /// All namespaces.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Namespace> {
        std::iter::once(&self.own).chain(self.others.values())
    }

    /// All namespaces, with their numbers.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (NetnsId, &mut Namespace)> {
        let others = self.others.iter_mut().map(|(id, it)| (*id, it));
        std::iter::once((NetnsId::OWN, &mut self.own)).chain(others)
    }
}
