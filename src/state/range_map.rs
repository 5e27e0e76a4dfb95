//! Values by ranges of ids: a change and a lookup take logarithmic time for each range that they
//! concern, and equal neighbours become one range.

use std::collections::BTreeMap;

use crate::event::scope::Scope;
use crate::kind::range::IdRange;

/// Values of ids, as the longest possible ranges of equal ones.
#[derive(Debug)]
pub(super) struct RangeMap<V>(BTreeMap<Start, (u64, V)>);

/// Device, whether its bridge-wide options are meant, and the first id of a range.
type Start = (u32, bool, u64);

/// A set of ids.
pub(super) type RangeSet = RangeMap<()>;

impl<V> Default for RangeMap<V> {
    fn default() -> Self {
        RangeMap(BTreeMap::new())
    }
}

fn start(range: IdRange) -> Start {
    (range.ifindex, range.global, range.first)
}

fn range((ifindex, global, first): Start, last: u64) -> IdRange {
    IdRange {
        ifindex,
        global,
        first,
        last,
    }
}

impl<V: Clone + PartialEq> RangeMap<V> {
    /// Every range and its value, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (IdRange, &V)> {
        let entries = self.0.iter();
        entries.map(|(start, (last, value))| (range(*start, *last), value))
    }

    /// The ranges of a device and their values, in order.
    pub(super) fn of_device(&self, ifindex: u32) -> impl Iterator<Item = (IdRange, &V)> {
        let entries = self
            .0
            .range((ifindex, false, 0)..=(ifindex, true, u64::MAX));
        entries.map(|(start, (last, value))| (range(*start, *last), value))
    }

    /// The ranges of the devices in a scope.
    pub(super) fn of_scope(&self, scope: &Scope) -> Vec<IdRange> {
        match scope {
            Scope::Kind => self.iter().map(|(ids, _)| ids).collect(),
            Scope::Devices(devices) => {
                let ranges = devices.iter().flat_map(|it| self.of_device(*it));
                ranges.map(|(ids, _)| ids).collect()
            }
        }
    }

    /// The ranges that have an id of `wanted`, in order.
    pub(super) fn overlapping(&self, wanted: IdRange) -> impl Iterator<Item = (IdRange, &V)> {
        let (ifindex, global, first) = start(wanted);
        let mut before = self.0.range((ifindex, global, 0)..(ifindex, global, first));
        let before = before.next_back();
        let before = before.filter(move |(_, (last, _))| *last >= first);
        let inside = self
            .0
            .range((ifindex, global, first)..=(ifindex, global, wanted.last));
        let all = before.into_iter().chain(inside);
        all.map(|(start, (last, value))| (range(*start, *last), value))
    }

    /// The parts of `whole` that have no value, in order.
    pub(super) fn gaps(&self, whole: IdRange) -> Vec<IdRange> {
        self.parts_without(whole, |_| true)
    }

    /// The parts of `whole` that have no value of those that `has` accepts, as the longest possible
    /// ranges, in order.
    pub(super) fn parts_without(&self, whole: IdRange, has: impl Fn(&V) -> bool) -> Vec<IdRange> {
        let mut gaps = Vec::new();
        let mut next = whole.first;
        let known = self.overlapping(whole).filter(|(_, value)| has(value));
        for (known, _) in known {
            if known.first > next {
                gaps.push(whole.with(next, known.first - 1));
            }
            next = known.last + 1;
        }
        if next <= whole.last {
            gaps.push(whole.with(next, whole.last));
        }
        gaps
    }

    /// The parts of `whole` that have a value, in order.
    pub(super) fn parts(&self, whole: IdRange) -> Vec<IdRange> {
        let clip = |it: IdRange| it.with(it.first.max(whole.first), it.last.min(whole.last));
        let parts = self.overlapping(whole);
        parts.map(|(known, _)| clip(known)).collect()
    }

    /// Removes the values of these ids.
    pub(super) fn remove(&mut self, ids: IdRange) {
        let overlapping: Vec<_> = self.overlapping(ids).map(|(it, _)| it).collect();
        for known in overlapping {
            let Some((_, value)) = self.0.remove(&start(known)) else {
                continue;
            };
            if known.last > ids.last {
                let rest = start(known.with(ids.last + 1, known.last));
                self.0.insert(rest, (known.last, value.clone()));
            }
            if known.first < ids.first {
                self.0.insert(start(known), (ids.first - 1, value));
            }
        }
    }

    /// Sets the value of these ids.
    pub(super) fn set(&mut self, ids: IdRange, value: V) {
        self.remove(ids);
        let mut whole = ids;
        if let Some(id) = ids.first.checked_sub(1) {
            let before = self.overlapping(ids.with(id, id)).next();
            let before = before.filter(|(_, it)| **it == value).map(|(it, _)| it);
            whole.first = before.map_or(whole.first, |it| it.first);
        }
        let id = ids.last + 1;
        let behind = self.overlapping(ids.with(id, id)).next();
        let behind = behind.filter(|(_, it)| **it == value).map(|(it, _)| it);
        if let Some(behind) = behind {
            self.0.remove(&start(behind));
            whole.last = behind.last;
        }
        self.0.insert(start(whole), (whole.last, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(first: u64, last: u64) -> IdRange {
        IdRange {
            ifindex: 3,
            global: false,
            first,
            last,
        }
    }

    #[test]
    fn ranges_behave_like_single_ids() {
        let mut map = RangeMap::default();
        let mut single = BTreeMap::new();
        let mut number = 1_u64;
        for _ in 0..20_000 {
            number = number.wrapping_mul(6_364_136_223_846_793_005) + 1;
            let (first, length, value) = (number >> 33 & 63, number >> 50 & 15, number >> 60 & 3);
            let changed = ids(first, first + length);
            match value {
                0 => map.remove(changed),
                _ => map.set(changed, value),
            }
            for id in changed.first..=changed.last {
                match value {
                    0 => single.remove(&id),
                    _ => single.insert(id, value),
                };
            }
            let mut expanded = BTreeMap::new();
            for (range, value) in map.iter() {
                expanded.extend((range.first..=range.last).map(|id| (id, *value)));
            }
            assert_eq!(expanded, single);
            let equal_neighbours = map.iter().zip(map.iter().skip(1));
            for ((a, of_a), (b, of_b)) in equal_neighbours {
                assert!(a.last + 1 < b.first || of_a != of_b && a.last < b.first);
            }
            let count = |ranges: &[IdRange]| ranges.iter().map(|it| it.last - it.first + 1).sum();
            let (gaps, parts): (u64, u64) = (count(&map.gaps(changed)), count(&map.parts(changed)));
            assert_eq!(gaps + parts, length + 1);
            assert_eq!(parts, if value == 0 { 0 } else { length + 1 });
        }
        // Other devices, and the bridge-wide options, have ids of their own.
        let others = [(2, false), (3, true), (4, false)];
        for (ifindex, global) in others {
            let other = IdRange {
                ifindex,
                global,
                ..ids(0, u64::from(u32::MAX))
            };
            assert_eq!(map.overlapping(other).count(), 0);
        }
        map.set(
            IdRange {
                ifindex: 4,
                ..ids(7, 9)
            },
            1,
        );
        let all: Vec<_> = map.iter().map(|(ids, _)| ids).collect();
        assert_eq!(map.of_scope(&Scope::Kind), all);
        let of = |devices: &[u32]| map.of_scope(&Scope::Devices(devices.iter().copied().collect()));
        assert_eq!(of(&[3, 4]), all);
        assert_eq!(of(&[2, 4]), all[all.len() - 1..]);
    }
}
