//! Mark and sweep: which stored objects a dump of the kernel's objects contains.

/// Mark-and-sweep state of an object during resyncs: whether the current dump has it, else the
/// number of consecutive complete dumps without it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SweepMark(u8);

impl SweepMark {
    const SEEN: u8 = 0x80;
    /// Number of consecutive dumps without an object after which it counts as deleted. A dump is no
    /// atomic snapshot: the kernel may skip an object that moved while the dump was read.
    const DELETED: u8 = 2;

    /// The mark of an object that was stored just now. `reconciling`: a dump of its kind is being
    /// read, which need not contain it.
    pub(super) fn stored(reconciling: bool) -> Self {
        match reconciling {
            true => SweepMark(Self::SEEN),
            false => SweepMark(0),
        }
    }

    /// The current dump contains the object, or an event is newer than the dump.
    pub(super) fn mark_seen(&mut self) {
        self.0 = Self::SEEN;
    }

    /// Ends a dump that need not contain the object.
    pub(super) fn skip_resync(&mut self) {
        if self.is_seen() {
            self.0 = 0;
        }
    }

    pub(super) fn is_seen(self) -> bool {
        self.0 == Self::SEEN
    }

    /// Ends a dump. `clean`: an object that is not in the dump may be deleted. Returns true if the
    /// object is missing.
    pub(super) fn finish_resync(&mut self, clean: bool) -> bool {
        match (self.is_seen(), clean) {
            (true, _) => self.0 = 0,
            (false, true) => self.0 += 1,
            (false, false) => {}
        }
        self.0 > 0
    }

    /// Returns true if enough consecutive dumps missed the object.
    pub(super) fn is_deleted(self) -> bool {
        !self.is_seen() && self.0 >= Self::DELETED
    }
}
