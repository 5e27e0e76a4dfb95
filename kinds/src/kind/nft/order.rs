//! The order of the rules of a chain. The kernel names the rule before a new one only in the middle of a chain, and in
//! dumps.

use std::collections::HashMap;

use crate::channel::NetnsId;

/// What identifies a table: family, and name.
type Table = (u8, Box<[u8]>);

/// The order of the rules of every chain, as far as messages have told it.
#[derive(Clone, Debug, Default)]
pub struct RuleOrder(HashMap<NetnsId, HashMap<Table, Rules>>);

/// The rules of a table.
#[derive(Clone, Debug, Default)]
struct Rules {
    chains: HashMap<Box<[u8]>, Chain>,
    /// The names of the chains by number: a chain may be renamed.
    names: HashMap<u64, Box<[u8]>>,
}

/// The rules of a chain, by number.
#[derive(Clone, Debug, Default)]
struct Chain {
    first: Option<u64>,
    last: Option<u64>,
    links: HashMap<u64, Link>,
    /// The rule that was deleted last, if none was added since, and the one before it.
    gap: Option<(u64, Option<u64>)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Link {
    before: Option<u64>,
    after: Option<u64>,
}

/// Where a new rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    First,
    Last,
    /// Behind that one.
    After(u64),
    /// In the place of the rule that was deleted last.
    Replaced,
}

impl Chain {
    fn remove(&mut self, rule: u64) {
        let Some(Link { before, after }) = self.links.remove(&rule) else {
            return;
        };
        match before.and_then(|before| self.links.get_mut(&before)) {
            Some(link) => link.after = after,
            None => self.first = after,
        }
        match after.and_then(|after| self.links.get_mut(&after)) {
            Some(link) => link.before = before,
            None => self.last = before,
        }
        self.gap = Some((rule, before));
    }

    /// Inserts a rule. Returns the one before it.
    fn insert(&mut self, rule: u64, place: Place) -> Option<u64> {
        let gap = self.gap.take();
        self.remove(rule);
        self.gap = None;
        let before = match (place, gap) {
            (Place::After(before), _) => Some(before),
            // Linux says of a rule that replaces another one of its number that it was appended.
            (_, Some((deleted, before))) if deleted == rule => before,
            (Place::Replaced, Some((_, before))) => before,
            (Place::First, _) => None,
            (Place::Last | Place::Replaced, _) => self.last,
        };
        let known = before.filter(|before| self.links.contains_key(before));
        let after = match known {
            Some(before) => self.links[&before].after,
            // Behind one that is not known: at the end, as a dump goes on.
            None if before.is_some() => None,
            None => self.first,
        };
        let known = match (known, before) {
            (None, Some(_)) => self.last,
            (known, _) => known,
        };
        match known.and_then(|before| self.links.get_mut(&before)) {
            Some(link) => link.after = Some(rule),
            None => self.first = Some(rule),
        }
        match after.and_then(|after| self.links.get_mut(&after)) {
            Some(link) => link.before = Some(rule),
            None => self.last = Some(rule),
        }
        self.links.insert(
            rule,
            Link {
                before: known,
                after,
            },
        );
        before
    }
}

impl RuleOrder {
    fn rules(&mut self, netns: NetnsId, family: u8, table: &[u8]) -> &mut Rules {
        let tables = self.0.entry(netns).or_default();
        tables.entry((family, table.into())).or_default()
    }

    /// Notes a rule. Returns the one before it.
    pub(super) fn insert(
        &mut self,
        netns: NetnsId,
        (family, table, chain): (u8, &[u8], &[u8]),
        rule: u64,
        place: Place,
    ) -> Option<u64> {
        let rules = self.rules(netns, family, table);
        let chain = rules.chains.entry(chain.into()).or_default();
        chain.insert(rule, place)
    }

    /// Notes that a rule was deleted.
    pub(super) fn remove(
        &mut self,
        netns: NetnsId,
        (family, table, chain): (u8, &[u8], &[u8]),
        rule: u64,
    ) {
        let rules = self.rules(netns, family, table);
        if let Some(chain) = rules.chains.get_mut(chain) {
            chain.remove(rule);
        }
    }

    /// Notes the name of a chain, which may have had another one.
    pub(super) fn name(
        &mut self,
        netns: NetnsId,
        family: u8,
        table: &[u8],
        handle: u64,
        name: &[u8],
    ) {
        let rules = self.rules(netns, family, table);
        let former = rules.names.insert(handle, name.into());
        if let Some(former) = former.filter(|former| **former != *name)
            && let Some(chain) = rules.chains.remove(&former)
        {
            rules.chains.insert(name.into(), chain);
        }
    }

    /// Notes that a chain was deleted.
    pub(super) fn remove_chain(
        &mut self,
        netns: NetnsId,
        family: u8,
        table: &[u8],
        handle: u64,
        name: &[u8],
    ) {
        let rules = self.rules(netns, family, table);
        rules.names.remove(&handle);
        rules.chains.remove(name);
        if rules.names.is_empty()
            && rules.chains.is_empty()
            && let Some(tables) = self.0.get_mut(&netns)
        {
            tables.remove(&(family, table.into()));
        }
    }

    /// Forgets the order of the rules of a namespace: the next dump tells it.
    pub fn forget(&mut self, netns: NetnsId) {
        self.0.remove(&netns);
    }

    /// Forgets the order of all rules.
    pub fn forget_all(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_knows_the_one_before_it() {
        let mut order = RuleOrder::default();
        let chain = (1, &b"t"[..], &b"c"[..]);
        let mut insert = |rule, place| order.insert(NetnsId::OWN, chain, rule, place);
        assert_eq!(insert(5, Place::Last), None);
        assert_eq!(insert(6, Place::Last), Some(5));
        assert_eq!(insert(7, Place::First), None);
        // 7 5 6
        assert_eq!(insert(8, Place::After(5)), Some(5));
        // 7 5 8 6
        order.remove(NetnsId::OWN, chain, 6);
        let mut insert = |rule, place| order.insert(NetnsId::OWN, chain, rule, place);
        assert_eq!(insert(6, Place::Replaced), Some(8));
        assert_eq!(insert(9, Place::Last), Some(6));
        order.remove(NetnsId::OWN, chain, 7);
        let mut insert = |rule, place| order.insert(NetnsId::OWN, chain, rule, place);
        assert_eq!(insert(7, Place::Last), None);
        assert_eq!(insert(10, Place::After(7)), Some(7));
        // A chain keeps its rules when it is renamed.
        order.name(NetnsId::OWN, 1, b"t", 3, b"c");
        order.name(NetnsId::OWN, 1, b"t", 3, b"d");
        let chain = (1, &b"t"[..], &b"d"[..]);
        assert_eq!(order.insert(NetnsId::OWN, chain, 11, Place::Last), Some(9));
        order.remove_chain(NetnsId::OWN, 1, b"t", 3, b"d");
        assert_eq!(order.insert(NetnsId::OWN, chain, 12, Place::Last), None);
        order.forget(NetnsId::OWN);
        assert_eq!(order.insert(NetnsId::OWN, chain, 13, Place::Last), None);
    }
}
