//! Which devices' objects may have changed together: a device, those below it, its master and its ports.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::link_store::LinkStore;
use crate::event::link::Link;
use crate::kind::spec::{Device, Propagation};

/// Levels of devices on top of each other that are followed down.
const MAX_LEVELS: usize = 8;

impl LinkStore {
    /// These devices, and those that may have changed with them.
    pub(super) fn around(&self, devices: &BTreeSet<u32>, propagation: Propagation) -> Devices {
        let mut found = devices.clone();
        if propagation != Propagation::None {
            for ifindex in devices {
                let mut link = self.by_index(*ifindex);
                for _ in 0..MAX_LEVELS {
                    let Some(lower) = link.and_then(Link::lower) else {
                        break;
                    };
                    found.insert(lower);
                    link = self.by_index(lower);
                }
            }
        }
        let is_neighbourhood = propagation == Propagation::Neighbourhood;
        if is_neighbourhood {
            let links = devices.iter().filter_map(|ifindex| self.by_index(*ifindex));
            found.extend(links.filter_map(|link| link.master_index));
        }
        let has_ports = |ifindex: &u32| {
            let link = self.by_index(*ifindex);
            link.is_some_and(|link| {
                link.is_aggregate()
                    || is_neighbourhood && link.is_bridge() && devices.contains(ifindex)
            })
        };
        let masters: Vec<_> = match propagation {
            Propagation::None => Vec::new(),
            _ => found.iter().copied().filter(has_ports).collect(),
        };
        if !masters.is_empty() {
            let is_port = |link: &&Rc<Link>| {
                let master = link.master_index;
                master.is_some_and(|master| masters.contains(&master))
            };
            found.extend(self.links().filter(is_port).map(|link| link.ifindex));
        }
        found.remove(&0);
        let device = |ifindex| Device {
            ifindex,
            bridged: self.by_index(ifindex).is_some_and(Link::is_bridged),
        };
        let negotiates = |ifindex: &u32| self.by_index(*ifindex).is_some_and(Link::negotiates);
        Devices {
            negotiates: found.iter().any(negotiates),
            devices: found.into_iter().map(device).collect(),
        }
    }
}

/// Devices whose objects may have changed together.
#[derive(Debug, Default)]
pub struct Devices {
    /// In the order of their indices.
    pub devices: Vec<Device>,
    /// Values of one of them depend on what another host sends (LACP), some time later.
    pub negotiates: bool,
}
