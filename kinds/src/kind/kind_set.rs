//! A set of kinds.

use super::Kind;

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindSet(u128);

const _: () = assert!(Kind::ALL.len() <= u128::BITS as usize);

impl KindSet {
    pub const EMPTY: KindSet = KindSet(0);

    pub const fn of(kinds: &[Kind]) -> Self {
        let mut set = KindSet(0);
        let mut i = 0;
        while i < kinds.len() {
            set.0 |= 1 << kinds[i] as u128;
            i += 1;
        }
        set
    }

    pub const fn contains(self, kind: Kind) -> bool {
        self.0 >> kind as u128 & 1 == 1
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn insert(&mut self, kind: Kind) {
        self.0 |= 1 << kind as u128;
    }

    pub fn remove(&mut self, kind: Kind) {
        self.0 &= !(1 << kind as u128);
    }

    #[must_use]
    pub const fn and(self, other: KindSet) -> KindSet {
        KindSet(self.0 & other.0)
    }

    #[must_use]
    pub const fn or(self, other: KindSet) -> KindSet {
        KindSet(self.0 | other.0)
    }

    /// The kinds that are not in the set.
    #[must_use]
    pub const fn complement(self) -> KindSet {
        KindSet(!self.0)
    }

    /// The kinds, in the order of [`Kind::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        let kinds = Kind::ALL.iter().copied();
        kinds.filter(move |kind| self.contains(*kind))
    }
}
