//! What is read for a reconciliation: all objects of a kind, those of some devices, or nothing.

use std::collections::BTreeSet;

use super::Dumps;
use crate::channel::NetnsId;
use crate::event::nft_set::NftSet;
use crate::event::scope::Scope;
use crate::event::{Kind, Payload};
use crate::netlink::request::Request;
use crate::pipeline::Pipeline;
use crate::state::{Devices, Effect, State};

/// Number of stored objects above which a kind is read as a whole only if it is certain that many
/// of them changed: a dump of so many takes about a tenth of a second.
const LARGE: usize = 50_000;
/// A request costs as much as that many entries of a dump.
const ENTRIES_PER_REQUEST: usize = 4;

/// What the scheduler has to know of the stored objects.
pub(in crate::run) trait Known {
    /// Number of stored objects of a kind.
    fn count(&self, netns: NetnsId, kind: Kind) -> usize;

    /// These devices, and those whose objects of the kind may have changed with theirs.
    fn devices_around(&self, netns: NetnsId, kind: Kind, devices: &BTreeSet<u32>) -> Devices;

    /// Further dumps of a kind, of which the kernel lists the objects of one other object at a time.
    fn further_dumps(&self, _netns: NetnsId, _kind: Kind) -> Vec<Request> {
        Vec::new()
    }

    /// Dumps that follow when the others have been answered: what the kernel tells of one object at a time.
    fn later_dumps(&self, _netns: NetnsId, _kind: Kind) -> Vec<Request> {
        Vec::new()
    }

    /// Returns true if objects of the kind come and go at any time without a message.
    fn is_silent(&self, _netns: NetnsId, _kind: Kind) -> bool {
        false
    }
}

impl Known for Pipeline {
    fn count(&self, netns: NetnsId, kind: Kind) -> usize {
        self.state(netns).count(kind)
    }

    fn devices_around(&self, netns: NetnsId, kind: Kind, devices: &BTreeSet<u32>) -> Devices {
        self.state(netns).devices_around(kind, devices)
    }

    fn further_dumps(&self, netns: NetnsId, kind: Kind) -> Vec<Request> {
        let mut requests = Vec::new();
        if kind == Kind::NftElement {
            for_each_set(self.state(netns), &mut |set| {
                let (family, table, set) = set.address();
                requests.push(Request::nftables_elements(family, table, set));
            });
        }
        if kind == Kind::WifiStation {
            for_each_interface(self.state(netns), &mut |ifindex| {
                requests.push(Request::nl80211_stations(ifindex));
            });
        }
        if kind == Kind::ThermalTrip {
            for_each_zone(self.state(netns), &mut |zone| {
                requests.push(Request::thermal_trips(zone));
            });
        }
        requests
    }

    fn later_dumps(&self, netns: NetnsId, kind: Kind) -> Vec<Request> {
        let mut requests = Vec::new();
        if kind == Kind::ThermalZone {
            for_each_zone(self.state(netns), &mut |zone| {
                requests.push(Request::thermal_governor(zone));
            });
        }
        requests
    }

    fn is_silent(&self, netns: NetnsId, kind: Kind) -> bool {
        let mut is_silent = false;
        if kind == Kind::NftElement {
            for_each_set(self.state(netns), &mut |set| is_silent |= set.is_silent());
        }
        is_silent
    }
}

/// Calls `each` with every stored set of nftables.
fn for_each_set(state: &State, each: &mut dyn FnMut(&NftSet)) {
    let keys = (0..state.count(Kind::NftSet)).filter_map(|at| state.key_at(Kind::NftSet, at));
    for key in keys {
        if let Some(Payload::NftSet(set)) = state.object(Kind::NftSet, key) {
            each(&set);
        }
    }
}

/// Calls `each` with the index of every stored wireless interface that is a device.
fn for_each_interface(state: &State, each: &mut dyn FnMut(u32)) {
    let keys = (0..state.count(Kind::WifiInterface))
        .filter_map(|at| state.key_at(Kind::WifiInterface, at));
    for key in keys {
        if let Some(Payload::WifiInterface(interface)) = state.object(Kind::WifiInterface, key)
            && let Some(ifindex) = interface.ifindex
        {
            each(ifindex);
        }
    }
}

/// Calls `each` with the number of every stored thermal zone.
fn for_each_zone(state: &State, each: &mut dyn FnMut(u32)) {
    let keys =
        (0..state.count(Kind::ThermalZone)).filter_map(|at| state.key_at(Kind::ThermalZone, at));
    for key in keys {
        if let Some(Payload::ThermalZone(zone)) = state.object(Kind::ThermalZone, key) {
            each(zone.id);
        }
    }
}

/// What a reconciliation reads.
#[derive(Debug)]
pub(super) struct Plan {
    pub scope: Scope,
    pub requests: Vec<Request>,
    /// Some values are going to change without an event, after a negotiation.
    pub negotiates: bool,
}

/// Plans the reconciliation of the objects of `scope`. `None` if that would cost too much: they are
/// left to the audit.
pub(super) fn plan(
    (netns, kind): super::Target,
    dumps: &Dumps,
    (scope, effect): (&Scope, Effect),
    known: &impl Known,
) -> Option<Plan> {
    let count = known.count(netns, kind);
    if effect == Effect::Verified && count > LARGE {
        return None;
    }
    let whole = |negotiates| Plan {
        scope: Scope::Kind,
        requests: [dumps.requests.clone(), known.further_dumps(netns, kind)].concat(),
        negotiates,
    };
    let Scope::Devices(devices) = scope else {
        return Some(whole(false));
    };
    let around = known.devices_around(netns, kind, devices);
    let is_whole = effect == Effect::Anywhere && count <= LARGE
        || around.devices.len() * ENTRIES_PER_REQUEST >= count;
    let (mut requests, mut last) = (Vec::new(), Vec::new());
    if !is_whole {
        for device in &around.devices {
            let of_device = kind.device_dumps(*device, dumps.details);
            if of_device.is_empty() {
                return Some(whole(around.negotiates));
            }
            // The bridges' own messages are listed for all devices together, after the devices.
            let (shared, own): (Vec<_>, Vec<_>) =
                of_device.into_iter().partition(|it| !it.is_of_device());
            requests.extend(own);
            last.extend(shared);
        }
        last.dedup();
        requests.append(&mut last);
    }
    if requests.is_empty() {
        return Some(whole(around.negotiates));
    }
    Some(Plan {
        scope: Scope::Devices(around.devices.iter().map(|it| it.ifindex).collect()),
        requests,
        negotiates: around.negotiates,
    })
}
