//! The user that this process runs as, and whom it has to distrust.

use std::sync::OnceLock;

use caps::{CapSet, Capability};
use rustix::process::geteuid;

const ROOT: u32 = 0;
const S_IWGRP: u32 = 0o020;
const S_IWOTH: u32 = 0o002;
const S_ISVTX: u32 = 0o1000;

/// The user that this process runs as.
#[derive(Clone, Debug)]
pub(super) struct User {
    /// The effective user id.
    pub id: u32,
    /// The process can write to files of other users.
    pub privileged: bool,
    /// Who called sudo(8).
    pub caller: Option<u32>,
    /// The user ids of this user namespace: the first, and their number. The owner of a file whose id
    /// is not among them is somebody outside, root or the user who made the namespace.
    pub mapped: Vec<(u32, u32)>,
}

/// What other users can do to the entries of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exposure {
    /// Nothing.
    Closed,
    /// Create entries, and rename or delete their own (the sticky bit).
    Sticky,
    /// Create, rename and delete all entries.
    Open,
}

impl User {
    /// The user of this process at the first call, which precedes the loss of capabilities.
    pub(super) fn current() -> &'static Self {
        static CURRENT: OnceLock<User> = OnceLock::new();
        CURRENT.get_or_init(|| {
            let id = geteuid().as_raw();
            let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
            let ranges = parse(&map);
            // In a namespace made by `unshare -r` root is the user outside, without rights over others.
            let alone = matches!(ranges[..], [(_, outside, 1)] if outside != ROOT);
            let overrides = || {
                let has = caps::has_cap(None, CapSet::Effective, Capability::CAP_DAC_OVERRIDE);
                has.unwrap_or(false)
            };
            let privileged = !alone && (id == ROOT || overrides());
            let caller = std::env::var("SUDO_UID").ok();
            User {
                id,
                privileged,
                caller: caller
                    .and_then(|uid| uid.parse().ok())
                    .filter(|_| privileged),
                mapped: ranges
                    .iter()
                    .map(|(inside, _, number)| (*inside, *number))
                    .collect(),
            }
        })
    }

    fn is_mapped(&self, uid: u32) -> bool {
        let contains = |(first, number): &(u32, u32)| {
            uid.checked_sub(*first)
                .is_some_and(|offset| offset < *number)
        };
        // Without the map (no procfs) every id may be that of another user.
        self.mapped.is_empty() || self.mapped.iter().any(contains)
    }

    /// Returns true if files of this owner are files of this process: its own, and those of root.
    pub(super) fn trusts(&self, owner: u32) -> bool {
        owner == self.id || owner == ROOT
    }

    /// Returns what other users can do in a folder with this owner, group and mode.
    pub(super) fn exposure(&self, owner: u32, group: u32, mode: u32) -> Exposure {
        let by_group = mode & S_IWGRP != 0 && group != ROOT;
        let shared = by_group || mode & S_IWOTH != 0;
        match self.trusts(owner) || !self.is_mapped(owner) {
            true if !shared => Exposure::Closed,
            true if mode & S_ISVTX != 0 => Exposure::Sticky,
            // Who called sudo in a folder of his own can choose what is written there anyway.
            false if !shared && self.caller == Some(owner) => Exposure::Sticky,
            _ => Exposure::Open,
        }
    }
}

/// Parses `/proc/self/uid_map`: first id inside, first id outside, and number.
fn parse(map: &str) -> Vec<(u32, u32, u32)> {
    let line = |line: &str| {
        let mut numbers = line.split_whitespace().map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some((next()?, next()?, next()?))
    };
    map.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: u32 = 1000;
    const BOB: u32 = 1001;
    const NOBODY: u32 = 65534;

    fn user(id: u32, caller: Option<u32>, mapped: (u32, u32)) -> User {
        User {
            id,
            privileged: id == ROOT,
            caller,
            mapped: vec![mapped],
        }
    }

    #[test]
    fn folders_are_judged_by_owner_group_and_mode() {
        use Exposure::{Closed, Open, Sticky};
        let root = user(ROOT, None, (0, u32::MAX));
        let sudo = user(ROOT, Some(ALICE), (0, u32::MAX));
        let alice = user(ALICE, None, (0, u32::MAX));
        // `unshare -r` by alice: she is 0 inside, everybody else 65534.
        let inside = user(ROOT, None, (0, 1));
        for (user, owner, group, mode, expected) in [
            (&root, ROOT, ROOT, 0o755, Closed),
            (&root, ROOT, ROOT, 0o775, Closed),
            (&root, ROOT, 4, 0o755, Closed),
            (&root, ROOT, 4, 0o775, Open),
            (&root, ROOT, 4, 0o1775, Sticky),
            (&root, ROOT, ROOT, 0o777, Open),
            (&root, ROOT, ROOT, 0o1777, Sticky),
            (&root, ALICE, ALICE, 0o755, Open),
            // The sticky bit does not restrict the owner of the folder.
            (&root, ALICE, ALICE, 0o1777, Open),
            (&root, NOBODY, ROOT, 0o755, Open),
            (&sudo, ALICE, ALICE, 0o755, Sticky),
            (&sudo, ALICE, ALICE, 0o777, Open),
            (&sudo, BOB, BOB, 0o755, Open),
            (&alice, ALICE, ALICE, 0o700, Closed),
            (&alice, ROOT, ROOT, 0o1777, Sticky),
            (&alice, BOB, BOB, 0o755, Open),
            (&inside, NOBODY, NOBODY, 0o1777, Sticky),
            (&inside, NOBODY, NOBODY, 0o755, Closed),
        ] {
            let found = user.exposure(owner, group, mode);
            assert_eq!(found, expected, "{user:?} {owner} {group} {mode:o}");
        }
    }

    #[test]
    fn uid_maps_are_parsed() {
        assert_eq!(parse("         0       1000          1\n"), [(0, 1000, 1)]);
        let map = "0 100000 65536\n70000 5 2\n";
        assert_eq!(parse(map), [(0, 100_000, 65536), (70000, 5, 2)]);
        assert!(parse("").is_empty());
    }
}
