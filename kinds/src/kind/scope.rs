//! The objects that a reconciliation is about: all of a kind, or those of some devices.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Payload;

/// The objects of a kind that are read from the kernel and compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Every object.
    #[default]
    Kind,
    /// The objects of the devices with these indices.
    Devices(BTreeSet<u32>),
}

/// Whether an object is one of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    Outside,
    /// Some of its devices are in the scope: it is in the dump of the scope if it still has one of
    /// these, and may exist without.
    Partly,
    Inside,
}

/// What follows the name of the kind in a log message: nothing for every object.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Scope::Devices(devices) = self else {
            return Ok(());
        };
        f.write_str(" of devices")?;
        devices.iter().try_for_each(|index| write!(f, " {index}"))
    }
}

impl Scope {
    /// A scope without any object.
    pub fn none() -> Self {
        Scope::Devices(BTreeSet::new())
    }

    /// Returns true for every object of a kind.
    pub fn is_kind(&self) -> bool {
        matches!(self, Scope::Kind)
    }

    /// Returns true for a scope without any object.
    pub fn is_none(&self) -> bool {
        matches!(self, Scope::Devices(devices) if devices.is_empty())
    }

    /// Returns true if some object may be in both scopes.
    pub fn meets(&self, other: &Scope) -> bool {
        match (self, other) {
            (Scope::Devices(these), Scope::Devices(those)) => !these.is_disjoint(those),
            (Scope::Kind, other) | (other, Scope::Kind) => !other.is_none(),
        }
    }

    /// Adds the objects of another scope.
    pub fn merge(&mut self, other: Scope) {
        match (&mut *self, other) {
            (Scope::Kind, _) => {}
            (Scope::Devices(devices), Scope::Devices(others)) => devices.extend(others),
            (_, Scope::Kind) => *self = Scope::Kind,
        }
    }

    /// Whether an object is in the scope. A route is an object of each of its output devices.
    pub fn membership(&self, payload: &Payload) -> Membership {
        match payload {
            _ if self.is_kind() => Membership::Inside,
            Payload::Route(route) => self.of_devices(&mut route.output_devices()),
            _ => self.of_devices(&mut payload.device().map(|(ifindex, _)| ifindex).into_iter()),
        }
    }

    /// Whether an object of these devices is in the scope.
    pub fn of_devices(&self, devices: &mut dyn Iterator<Item = u32>) -> Membership {
        let Scope::Devices(scope) = self else {
            return Membership::Inside;
        };
        let (mut inside, mut outside) = (false, false);
        for ifindex in devices {
            match scope.contains(&ifindex) {
                true => inside = true,
                false => outside = true,
            }
        }
        match (inside, outside) {
            (false, _) => Membership::Outside,
            (true, true) => Membership::Partly,
            (true, false) => Membership::Inside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_of_several_devices_is_partly_in_a_scope() {
        let scope = Scope::Devices([2, 3].into());
        let of = |devices: &[u32]| scope.of_devices(&mut devices.iter().copied());
        assert_eq!(of(&[]), Membership::Outside);
        assert_eq!(of(&[4]), Membership::Outside);
        assert_eq!(of(&[3]), Membership::Inside);
        assert_eq!(of(&[2, 3]), Membership::Inside);
        assert_eq!(of(&[2, 4]), Membership::Partly);
        assert_eq!(
            Scope::Kind.of_devices(&mut [].into_iter()),
            Membership::Inside
        );
    }

    #[test]
    fn scopes_are_merged() {
        let mut scope = Scope::none();
        assert!(scope.is_none());
        scope.merge(Scope::Devices([3].into()));
        scope.merge(Scope::Devices([2].into()));
        assert_eq!(scope, Scope::Devices([2, 3].into()));
        scope.merge(Scope::Kind);
        scope.merge(Scope::Devices([4].into()));
        assert!(scope.is_kind());
    }
}
