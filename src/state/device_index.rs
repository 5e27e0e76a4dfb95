//! The keys of a table's objects by device: a sweep of some devices need not examine the others.

use std::collections::HashMap;

use super::key::Key;
use crate::event::scope::Scope;

/// The keys of the objects that have a device. A key may be listed more often than once, or be of an object
/// that has the device no more.
#[derive(Debug, Default)]
pub(super) struct DeviceIndex {
    by_device: HashMap<u32, Vec<Key>>,
    /// Number of keys in `by_device`.
    listed: usize,
    /// Keys that the index may have.
    most: usize,
    /// The objects that were stored or seen since the last sweep, and are not listed for that yet.
    recent: Vec<Key>,
}

impl DeviceIndex {
    /// Every object is listed. The index may become three times as long: to make it anew then costs no more
    /// than the objects that were noted until then.
    pub(super) fn end_listing(&mut self) {
        self.most = 3 * self.listed + 4096;
    }

    /// Notes that an object is stored, or that a dump contains it. Returns false if the index is too long.
    pub(super) fn note(&mut self, key: Key) -> bool {
        self.recent.push(key);
        self.listed + self.recent.len() <= self.most
    }

    /// Lists an object for one of its devices.
    pub(super) fn list(&mut self, device: u32, key: Key) {
        self.by_device.entry(device).or_default().push(key);
        self.listed += 1;
    }

    /// The objects that were noted since the last call, each once.
    pub(super) fn take_recent(&mut self) -> Vec<Key> {
        let mut recent = std::mem::take(&mut self.recent);
        recent.sort_unstable();
        recent.dedup();
        recent
    }

    /// Removes the objects that are listed for the devices of a scope, and returns them, each once. The
    /// caller lists them again.
    pub(super) fn take_listed(&mut self, scope: &Scope) -> Vec<Key> {
        let Scope::Devices(devices) = scope else {
            return Vec::new();
        };
        let lists = devices.iter().filter_map(|it| self.by_device.remove(it));
        let mut keys: Vec<Key> = lists.flatten().collect();
        self.listed -= keys.len();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}
