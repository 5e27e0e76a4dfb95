//! What is read for a reconciliation: all objects of a kind, those of some devices, or nothing.

use std::collections::BTreeSet;

use super::Dumps;
use crate::channel::NetnsId;
use crate::event::Kind;
use crate::event::scope::Scope;
use crate::netlink::request::Request;
use crate::pipeline::Pipeline;
use crate::state::{Devices, Effect};

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

    /// The dumps of a kind for each object that is stored now
    /// ([`DumpsPerObject`](crate::kind::spec::DumpsPerObject)).
    fn further_dumps(&self, _netns: NetnsId, _kind: Kind) -> Vec<Request> {
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
        for dumps in kind.dumps_per_object() {
            let others = requests.len();
            let objects = self.state(netns).objects(dumps.of);
            for request in objects.filter_map(|it| (dumps.request)(&it)) {
                if !requests[..others].contains(&request) {
                    requests.push(request);
                }
            }
        }
        requests
    }

    fn is_silent(&self, netns: NetnsId, kind: Kind) -> bool {
        kind.dumps_per_object().iter().any(|dumps| {
            let mut objects = self.state(netns).objects(dumps.of);
            objects.any(|it| (dumps.is_silent)(&it))
        })
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
        requests: dumps.requests.clone(),
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
