//! Siblings: routes whose key fields are equal. `ip route append` adds one, and so does the kernel
//! for two devices in one subnet, or for the link-local prefix of each device. No field of a message
//! says which of them it is about, so each gets a number, the instance, and a message is assigned to
//! one of them by its content and its flags.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::key::Key;
use super::route_content::RouteContent;
use super::store::{NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE};

/// The groups of siblings by their common key (that of instance 0). A route that has no siblings
/// and the number 0 is in no group.
#[derive(Debug, Default)]
pub(super) struct Siblings(HashMap<Key, Group>);

/// How much is known about the siblings of a stored route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    /// Others may exist that are not stored.
    #[default]
    Nothing,
    /// None of those that a replacement by a route of its class chooses from comes before it.
    First,
    /// All are stored.
    All,
}

/// Siblings, each at a position in the order in which the kernel tries them.
#[derive(Debug, Default)]
pub(super) struct Group {
    members: HashMap<u32, Member>,
    order: BTreeMap<i64, u32>,
    /// Positions by [`RouteContent::whole`] and [`RouteContent::path`].
    by_whole: BTreeSet<(u64, i64)>,
    by_path: BTreeSet<(u64, i64)>,
    /// The numbers below `next` that no member has.
    free: BTreeSet<u32>,
    next: u32,
    /// The order is not known: a dump contained a sibling of which no event reported.
    unordered: bool,
}

#[derive(Clone, Copy, Debug)]
struct Member {
    position: i64,
    content: RouteContent,
    known: Known,
}

/// Where a new sibling is in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    First,
    Last,
}

/// The sibling that a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sibling {
    Stored(u32),
    /// One that is not stored: a new one, or one that was deleted.
    Other(Place),
}

/// What a message of a new or changed route says about its siblings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    /// `NLM_F_*`: what the kernel did.
    pub flags: u16,
    pub is_ipv6: bool,
    /// The route leads through a nexthop object.
    pub has_nexthop_object: bool,
    /// Every existing route is stored.
    pub complete: bool,
}

impl Siblings {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The group of that key.
    pub(super) fn group(&self, key: Key) -> Option<&Group> {
        self.0.get(&key)
    }

    /// The group of that key, to be modified; [`Siblings::settle`] has to follow.
    pub(super) fn group_mut(&mut self, key: Key) -> &mut Group {
        self.0.entry(key).or_default()
    }

    /// Removes the group if its only member is number 0.
    pub(super) fn settle(&mut self, key: Key) {
        if self.is_empty() {
            return;
        }
        let is_trivial = |group: &Group| match group.members.len() {
            0 => true,
            1 => group.members.contains_key(&0),
            _ => false,
        };
        if self.0.get(&key).is_some_and(is_trivial) {
            self.0.remove(&key);
        }
    }

    /// Removes a sibling.
    pub(super) fn remove(&mut self, key: Key, instance: u32) {
        if let Some(group) = self.0.get_mut(&key) {
            group.remove(instance);
            self.settle(key);
        }
    }
}

impl Group {
    /// The number for a further sibling: the lowest that is free.
    pub(super) fn free_number(&self) -> u32 {
        self.free.first().copied().unwrap_or(self.next)
    }

    /// Adds a sibling; its number must be free.
    pub(super) fn add(&mut self, instance: u32, place: Place, content: RouteContent, known: Known) {
        let end = match place {
            Place::First => self.order.first_key_value().map(|(first, _)| first - 1),
            Place::Last => self.order.last_key_value().map(|(last, _)| last + 1),
        };
        self.free.extend(self.next..instance);
        self.next = self.next.max(instance + 1);
        self.free.remove(&instance);
        let member = Member {
            position: end.unwrap_or(0),
            content,
            known,
        };
        self.insert(instance, member);
    }

    /// Sets the content of a sibling that is in the group.
    pub(super) fn set(&mut self, instance: u32, content: RouteContent, known: Known) {
        if let Some(Member { position, .. }) = self.take(instance) {
            let member = Member {
                position,
                content,
                known,
            };
            self.insert(instance, member);
        }
    }

    /// Returns true if there is more than one sibling.
    pub(super) fn has_others(&self) -> bool {
        self.order.len() > 1
    }

    /// What is known of the siblings of that one.
    pub(super) fn known(&self, instance: u32) -> Known {
        let member = self.members.get(&instance);
        member.map_or(Known::Nothing, |member| member.known)
    }

    /// From now on the order of the siblings is not known.
    pub(super) fn set_unordered(&mut self) {
        self.unordered = true;
    }

    fn insert(&mut self, instance: u32, member: Member) {
        let Member {
            position, content, ..
        } = member;
        self.order.insert(position, instance);
        self.by_whole.insert((content.whole, position));
        self.by_path.insert((content.path, position));
        self.members.insert(instance, member);
    }

    fn take(&mut self, instance: u32) -> Option<Member> {
        let member = self.members.remove(&instance)?;
        let Member {
            position, content, ..
        } = member;
        self.order.remove(&position);
        self.by_whole.remove(&(content.whole, position));
        self.by_path.remove(&(content.path, position));
        Some(member)
    }

    fn remove(&mut self, instance: u32) {
        if self.take(instance).is_some() {
            self.free.insert(instance);
        }
        if self.members.len() < 2 {
            self.unordered = false;
        }
    }

    /// The siblings with that hash in an index, in order.
    fn with(&self, index: &BTreeSet<(u64, i64)>, hash: u64) -> impl Iterator<Item = u32> {
        let entries = index.range((hash, i64::MIN)..=(hash, i64::MAX));
        entries.filter_map(|(_, position)| self.order.get(position).copied())
    }

    /// The siblings with equal content, in order: mostly none or one.
    pub(super) fn equal(&self, content: &RouteContent) -> impl Iterator<Item = u32> {
        self.with(&self.by_whole, content.whole)
    }

    /// The siblings with an equal path, in order.
    pub(super) fn on_path(&self, content: &RouteContent) -> impl Iterator<Item = u32> {
        self.with(&self.by_path, content.path)
    }

    /// The only sibling with an equal path.
    fn only_on_path(&self, content: &RouteContent) -> Option<u32> {
        let mut siblings = self.on_path(content);
        siblings.next().filter(|_| siblings.next().is_none())
    }

    /// The sibling with that content: with equal attributes, else with an equal path if it is the
    /// only one.
    fn find(&self, content: &RouteContent) -> Option<u32> {
        let equal = self.equal(content).next();
        equal.or_else(|| self.only_on_path(content))
    }

    /// The sibling that a route with that content replaces, and whether that is certain: the first
    /// one (`fib_table_insert`); of IPv6 the first one that can be joined with others if this one
    /// can, and cannot if this one cannot, else the first one (`fib6_add_rt2node`).
    fn replaced_by(&self, content: &RouteContent, request: &Request) -> Option<(u32, bool)> {
        let first = *self.order.first_key_value()?.1;
        let mut of_class = self.order.values().copied().filter(|instance| {
            let is_joined = |member: &Member| member.content.is_joined();
            !request.is_ipv6
                || self.members.get(instance).is_some_and(is_joined) == content.is_joined()
        });
        let same_class = match request.is_ipv6 && content.is_joined() {
            true => self.on_path(content).next(),
            // At most one sibling is of the other class.
            false => of_class.next(),
        };
        let instance = same_class.unwrap_or(first);
        let known = self.members.get(&instance)?.known;
        let is_known = request.complete
            || known == Known::All
            || known == Known::First && same_class.is_some();
        // Of the routes that are joined there is only one.
        let is_only = request.is_ipv6 && content.is_joined() && same_class.is_some();
        let is_ordered = !self.unordered || self.order.len() == 1;
        Some((instance, is_only || is_known && is_ordered))
    }

    /// What is known of the siblings of a route that an event stores as `sibling`.
    pub(super) fn known_after(&self, sibling: Sibling, request: &Request) -> Known {
        let known = |instance| self.members.get(&instance).map(|member| member.known);
        let of_first = self
            .order
            .first_key_value()
            .and_then(|(_, first)| known(*first));
        if of_first == Some(Known::All) {
            return Known::All;
        }
        match sibling {
            Sibling::Stored(_) if request.flags & NLM_F_REPLACE != 0 => Known::First,
            Sibling::Stored(instance) => self.known(instance),
            Sibling::Other(Place::First) => Known::First,
            Sibling::Other(Place::Last) => Known::Nothing,
        }
    }
}

/// What is known of the siblings of the first route that an event tells of.
pub(super) fn known_of_first(request: &Request) -> Known {
    match request.flags {
        flags if flags & NLM_F_EXCL != 0 => Known::All,
        flags if flags & NLM_F_REPLACE != 0 => Known::First,
        flags if !request.is_ipv6 && flags & (NLM_F_CREATE | NLM_F_APPEND) == NLM_F_CREATE => {
            Known::First
        }
        _ => Known::Nothing,
    }
}

/// The sibling that a route is which the kernel added or changed, and whether that is certain.
pub(super) fn of_new(group: &Group, content: &RouteContent, request: &Request) -> (Sibling, bool) {
    let Request { flags, is_ipv6, .. } = *request;
    let stored = |instance| (Sibling::Stored(instance), true);
    if flags & NLM_F_REPLACE != 0 {
        // A nexthop object was replaced: every route through it is announced like this
        // (fib6_rt_update, fib_info_notify_update).
        let by_nexthop = request.has_nexthop_object.then(|| group.find(content));
        if let Some(instance) = by_nexthop.flatten() {
            return stored(instance);
        }
        let replaced = group.replaced_by(content, request);
        return match replaced {
            Some((instance, certain)) => (Sibling::Stored(instance), certain),
            None => (Sibling::Other(Place::Last), true),
        };
    }
    if flags & NLM_F_EXCL != 0 {
        // The kernel had no such route: what is stored was deleted without a notification.
        let first = group.order.first_key_value().map(|(_, instance)| *instance);
        let instance = group.find(content).or(first).unwrap_or(0);
        return (Sibling::Stored(instance), group.order.len() < 2);
    }
    let known = match flags & NLM_F_CREATE != 0 && !is_ipv6 {
        // Siblings may differ in any attribute.
        true => group.equal(content).next(),
        false => group.find(content),
    };
    if let Some(instance) = known {
        return stored(instance);
    }
    let place = match is_ipv6 || flags & NLM_F_APPEND != 0 || flags & NLM_F_CREATE == 0 {
        true => Place::Last,
        false => Place::First,
    };
    let is_ambiguous = flags & NLM_F_CREATE == 0 && group.on_path(content).next().is_some();
    (Sibling::Other(place), !is_ambiguous)
}

/// The sibling that the kernel deleted, and whether that is certain. `has_nexthop`: the stored
/// sibling of that number contains the next hop of the deleted route.
pub(super) fn of_deleted(
    group: &Group,
    content: &RouteContent,
    has_nexthop: impl FnOnce(u32) -> bool,
) -> (Sibling, bool) {
    let other = Sibling::Other(Place::Last);
    match group.equal(content).next() {
        Some(instance) => (Sibling::Stored(instance), true),
        None => match group.only_on_path(content) {
            Some(instance) if !content.is_joined() || has_nexthop(instance) => {
                (Sibling::Stored(instance), true)
            }
            Some(_) => (other, true),
            None => (other, group.on_path(content).next().is_none()),
        },
    }
}

/// The sibling of a dump entry: one with equal content, else the only one with an equal path unless
/// the dump has had it already (`is_unseen`), else a new one. `lists_lone`: the dump would list
/// the only stored sibling too, so that the entry replaces it.
pub(super) fn of_dump_entry(
    group: &Group,
    content: &RouteContent,
    lists_lone: bool,
    is_unseen: impl Fn(u32) -> bool,
) -> Sibling {
    let unseen = group.equal(content).find(|instance| is_unseen(*instance));
    let equal = unseen.or_else(|| group.equal(content).next());
    let on_path = || {
        let only = group.only_on_path(content);
        only.filter(|instance| content.is_joined() || is_unseen(*instance))
    };
    let lone = || {
        let first = group.order.first_key_value().map(|(_, first)| *first);
        first.filter(|first| lists_lone && !group.has_others() && is_unseen(*first))
    };
    let known = equal.or_else(on_path).or_else(lone);
    known.map_or(Sibling::Other(Place::Last), Sibling::Stored)
}

#[cfg(test)]
mod tests;
