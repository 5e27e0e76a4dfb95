//! Siblings: IPv4 routes whose key fields are equal. `ip route append` adds one, and so does the
//! kernel for two devices in one subnet. No field of a message distinguishes siblings, so each of
//! them gets an instance number, and a message is assigned to one of them by its flags and content.

use std::collections::HashMap;

use super::key::Key;
use super::store::{NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE};
use crate::decode::MessageAction;

/// The instance numbers of siblings by their common key (that of instance 0), in the order in which
/// the kernel tries the routes. A route without siblings has no entry if its number is 0.
#[derive(Debug, Default)]
pub(super) struct Siblings(HashMap<Key, Vec<u16>>);

/// The sibling that a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sibling {
    Known(u16),
    /// A new sibling: the first or the last to be tried.
    NewFirst,
    NewLast,
}

impl Siblings {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The instance numbers of a key's routes, in order. `is_stored`: there is a route with number 0.
    pub(super) fn instances(&self, key: Key, is_stored: bool) -> &[u16] {
        match self.0.get(&key) {
            Some(instances) => instances,
            None if is_stored => &[0],
            None => &[],
        }
    }

    /// The instance number of a sibling; a new one gets the lowest that is free.
    pub(super) fn resolve(&mut self, key: Key, is_stored: bool, sibling: Sibling) -> u16 {
        let is_last = match sibling {
            Sibling::Known(instance) => return instance,
            Sibling::NewFirst => false,
            Sibling::NewLast => true,
        };
        let mut instances = self.instances(key, is_stored).to_vec();
        let free = (0..u16::MAX).find(|number| !instances.contains(number));
        let instance = free.unwrap_or(0);
        let at = if is_last { instances.len() } else { 0 };
        instances.insert(at, instance);
        self.0.insert(key, instances);
        instance
    }

    /// Removes a route's instance number.
    pub(super) fn remove(&mut self, key: Key, instance: u16) {
        if self.is_empty() {
            return;
        }
        if let Some(instances) = self.0.get_mut(&key) {
            instances.retain(|other| *other != instance);
            if matches!(instances[..], [] | [0]) {
                self.0.remove(&key);
            }
        }
    }
}

/// The sibling that an event is about. `flags`: `NLM_F_*` of the message, those of the request that
/// caused it. `same_content` returns the sibling with the content of the message, if there is one.
pub(super) fn of_event(
    instances: &[u16],
    action: MessageAction,
    flags: u16,
    same_content: impl FnOnce() -> Option<u16>,
) -> Sibling {
    let Some(first) = instances.first().copied() else {
        return Sibling::Known(0);
    };
    if action == MessageAction::Delete || flags & NLM_F_CREATE == 0 {
        // A route was deleted, changed its flags, or (NLM_F_REPLACE) replaced the first one.
        let is_replaced = action != MessageAction::Delete && flags & NLM_F_REPLACE != 0;
        let found = match instances.len() > 1 && !is_replaced {
            true => same_content(),
            false => None,
        };
        return Sibling::Known(found.unwrap_or(first));
    }
    // The request would have failed if the kernel had such a route, or replaced the first one: the
    // stored siblings were deleted without a notification.
    if flags & (NLM_F_EXCL | NLM_F_REPLACE) != 0 {
        return Sibling::Known(first);
    }
    match same_content() {
        Some(instance) => Sibling::Known(instance),
        None if flags & NLM_F_APPEND != 0 => Sibling::NewLast,
        None => Sibling::NewFirst,
    }
}

/// The sibling of a dump entry: one with the same content that has no entry yet, else any that has
/// no entry yet, else (an event stored it since the dump began) one with the same content, else a
/// new one. `same_content` as in [`of_event`]; with `true` among siblings that have no dump entry
/// yet.
pub(super) fn of_dump_entry(
    instances: &[u16],
    is_unseen: impl Fn(u16) -> bool,
    same_content: impl Fn(bool) -> Option<u16>,
) -> Sibling {
    if instances.is_empty() {
        return Sibling::Known(0);
    }
    let unseen = || instances.iter().copied().find(|number| is_unseen(*number));
    let known = same_content(true)
        .or_else(unseen)
        .or_else(|| same_content(false));
    known.map_or(Sibling::NewLast, Sibling::Known)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = 7;

    #[test]
    fn new_sibling_gets_the_lowest_free_number() {
        let mut siblings = Siblings::default();
        assert_eq!(siblings.resolve(KEY, true, Sibling::NewLast), 1);
        assert_eq!(siblings.resolve(KEY, true, Sibling::NewFirst), 2);
        assert_eq!(siblings.instances(KEY, true), [2, 0, 1]);
        siblings.remove(KEY, 0);
        assert_eq!(siblings.instances(KEY, false), [2, 1]);
        assert_eq!(siblings.resolve(KEY, false, Sibling::NewLast), 0);
        assert_eq!(siblings.resolve(KEY, true, Sibling::Known(2)), 2);
        for instance in [1, 2] {
            siblings.remove(KEY, instance);
        }
        assert!(siblings.is_empty());
        assert_eq!(siblings.instances(KEY, true), [0]);
    }

    #[test]
    fn event_is_assigned_by_flags_and_content() {
        use MessageAction::{Delete, New};
        use Sibling::{Known, NewFirst, NewLast};
        let append = NLM_F_CREATE | NLM_F_APPEND;
        // Instances, action and flags of the event, the sibling with the same content, result.
        type Row = (
            &'static [u16],
            MessageAction,
            u16,
            Option<u16>,
            Sibling,
        );
        let rows: &[Row] = &[
            (&[], New, NLM_F_CREATE, None, Known(0)),
            (&[], Delete, 0, None, Known(0)),
            (&[0], Delete, 0, None, Known(0)),
            (&[2, 0], Delete, 0, Some(0), Known(0)),
            (&[2, 0], Delete, 0, None, Known(2)),
            // RTNH_F_* of one of them changed.
            (&[2, 0], New, 0, Some(0), Known(0)),
            (&[2, 0], New, NLM_F_REPLACE, Some(0), Known(2)),
            (
                &[2, 0],
                New,
                NLM_F_CREATE | NLM_F_REPLACE,
                Some(0),
                Known(2),
            ),
            (&[0], New, NLM_F_CREATE | NLM_F_EXCL, None, Known(0)),
            (&[0], New, append, Some(0), Known(0)),
            (&[0], New, append, None, NewLast),
            (&[0], New, NLM_F_CREATE, None, NewFirst),
        ];
        for (instances, action, flags, same, expected) in rows {
            assert_eq!(
                of_event(instances, *action, *flags, || *same),
                *expected,
                "{instances:?} {action:?} {flags:#x} {same:?}"
            );
        }
    }

    #[test]
    fn dump_entry_is_assigned_to_an_unseen_sibling_first() {
        use Sibling::{Known, NewLast};
        // Unseen siblings, same content among the unseen, same content among all, result.
        type Row = (&'static [u16], Option<u16>, Option<u16>, Sibling);
        let rows: &[Row] = &[
            (&[0, 1], Some(1), Some(0), Known(1)),
            (&[1], None, Some(0), Known(1)),
            (&[], None, Some(0), Known(0)),
            (&[], None, None, NewLast),
        ];
        for (unseen, same_unseen, same, expected) in rows {
            let is_unseen = |number| unseen.contains(&number);
            let same_content = |only_unseen| if only_unseen { *same_unseen } else { *same };
            assert_eq!(of_dump_entry(&[0, 1], is_unseen, same_content), *expected);
        }
        assert_eq!(of_dump_entry(&[], |_| true, |_| None), Known(0));
    }
}
