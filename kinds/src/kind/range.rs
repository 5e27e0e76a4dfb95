//! Kinds whose objects are ranges of consecutive ids: VLANs and VNIs. The kernel adds, lists and
//! deletes ranges, and its next message may be about any part of them.

use super::{Kind, Payload};

/// The ids of an object, and whose ids they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdRange {
    /// Index of the device that has the ids.
    pub ifindex: u32,
    /// Bridge-wide options of VLANs, which are apart from those of the device.
    pub global: bool,
    /// First and last id.
    pub first: u64,
    pub last: u64,
}

impl IdRange {
    /// Other ids of the same device.
    #[must_use]
    pub fn with(self, first: u64, last: u64) -> Self {
        IdRange {
            first,
            last,
            ..self
        }
    }
}

/// A payload that is a range of ids.
pub(super) trait Ranged {
    fn range(&self) -> IdRange;

    /// Makes the object one of other ids with the same content. What counts along with the ids is
    /// adapted.
    fn set_range(&mut self, first: u64, last: u64);
}

impl Kind {
    /// Returns true if the objects of the kind are ranges of ids.
    pub const fn has_ranges(self) -> bool {
        matches!(self, Kind::Vlan | Kind::Vni)
    }
}

impl Payload {
    /// The ids of an object of a kind that [has ranges](Kind::has_ranges).
    pub fn range(&self) -> Option<IdRange> {
        match self {
            Payload::Vlan(vlan) => Some(vlan.range()),
            Payload::Vni(vni) => Some(vni.range()),
            _ => None,
        }
    }

    /// The object of other ids with the same content. An object that is no range stays as it is.
    #[must_use]
    pub fn with_range(&self, first: u64, last: u64) -> Payload {
        match self {
            Payload::Vlan(vlan) => {
                let mut vlan = (**vlan).clone();
                vlan.set_range(first, last);
                vlan.into()
            }
            Payload::Vni(vni) => {
                let mut vni = (**vni).clone();
                vni.set_range(first, last);
                vni.into()
            }
            other => other.clone(),
        }
    }

    /// What all ids of a range have in common: the same for two ranges that differ in their ids, in
    /// the names of devices and in values that change without an event, and in nothing else.
    #[must_use]
    pub fn content_of_range(&self) -> Payload {
        let mut content = self.with_range(0, 0);
        let without_volatile = match content {
            Payload::Vlan(_) => super::route::vlan::Vlan::default().into(),
            _ => super::route::vni::Vni::default().into(),
        };
        content.copy_volatile(&without_volatile);
        content.for_each_device(&mut |_, name| *name = None);
        content
    }
}
