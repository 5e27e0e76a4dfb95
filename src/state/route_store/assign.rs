//! Which stored route a message is about: of routes with equal key fields the one of its content.

use super::{RouteStore, has_siblings};
use crate::event::route::{BodyWithoutDst, Route};
use crate::event::scope::{Membership, Scope};
use crate::names::Names;
use crate::state::bodies::BodyId;
use crate::state::key::Key;
use crate::state::link_store::Env;
use crate::state::route_content::RouteContent;
use crate::state::siblings::{self, Known, Place, Request, Sibling};
use crate::state::store::{EventContext, NLM_F_EXCL, NLM_F_REPLACE};

/// The route that a message is about, among its siblings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Assigned {
    pub instance: u32,
    /// The place of a route that is not stored yet in the group of its siblings, and its content;
    /// `None` for a route that is in no group.
    pub grouped: Option<(Option<Place>, RouteContent)>,
    pub known: Known,
    pub certain: bool,
}

impl Assigned {
    /// The one route of its key.
    fn only(known: Known) -> Self {
        Assigned {
            instance: 0,
            grouped: None,
            known,
            certain: true,
        }
    }
}

impl RouteStore {
    /// The route that an event is about which the kernel added or changed. `lone`: body of the stored
    /// route with number 0, and what is known of its siblings.
    #[inline]
    pub(super) fn assign_new(
        &mut self,
        route: &Route,
        event: &EventContext<'_>,
        lone: Option<(BodyId, Known)>,
        env: Env<'_>,
    ) -> Assigned {
        let flags = event.message.flags;
        let request = Request {
            flags,
            is_ipv6: route.family.is("inet6"),
            has_nexthop_object: route.nhid.is_some(),
            complete: event.complete,
        };
        if self.siblings.is_empty() || self.siblings.group(event.key).is_none() {
            let Some((body, known)) = lone else {
                return Assigned::only(siblings::known_of_first(&request));
            };
            // The usual cases of a route without siblings.
            if flags & NLM_F_EXCL != 0 {
                return Assigned::only(Known::All);
            }
            if flags & NLM_F_REPLACE != 0 && (request.complete || known == Known::All) {
                return Assigned::only(known.max(Known::First));
            }
            if self.bodies.id(route) == Some(body) || !has_siblings(route) {
                return Assigned::only(known);
            }
        }
        self.assign_to_group(route, event, &request, env)
    }

    #[inline(never)]
    fn assign_to_group(
        &mut self,
        route: &Route,
        event: &EventContext<'_>,
        request: &Request,
        env: Env<'_>,
    ) -> Assigned {
        let content = RouteContent::of(route, &BodyWithoutDst::of(event.message.body));
        self.add_lone(event.key, env.names);
        let group = self.siblings.group_mut(event.key);
        let (sibling, mut certain) = siblings::of_new(group, &content, request);
        let known = group.known_after(sibling, request);
        let has_others = group.has_others();
        let (instance, place) = match sibling {
            Sibling::Stored(instance) => (instance, None),
            Sibling::Other(place) => (group.free_number(), Some(place)),
        };
        // The kernel deletes the IPv4 routes of a device without a notification.
        if !request.is_ipv6 && has_others && place.is_none() && request.flags & NLM_F_REPLACE != 0 {
            let replaced = self.sibling(route, instance, env.names);
            let ifindex = replaced.and_then(|replaced| replaced.ifindex);
            certain &= ifindex.is_none_or(|ifindex| env.links.is_up(ifindex));
        }
        Assigned {
            instance,
            grouped: Some((place, content)),
            known,
            certain,
        }
    }

    /// The route that an event is about which the kernel deleted.
    #[inline]
    pub(super) fn assign_deleted(
        &mut self,
        route: &Route,
        event: &EventContext<'_>,
        lone: Option<(BodyId, Known)>,
        names: &Names,
    ) -> Assigned {
        if self.siblings.is_empty() || self.siblings.group(event.key).is_none() {
            match lone {
                None => return Assigned::only(Known::Nothing),
                Some((body, known))
                    if self.bodies.id(route) == Some(body) || !has_siblings(route) =>
                {
                    return Assigned::only(known);
                }
                Some(_) => {}
            }
        }
        self.assign_deleted_to_group(route, event, names)
    }

    #[inline(never)]
    fn assign_deleted_to_group(
        &mut self,
        route: &Route,
        event: &EventContext<'_>,
        names: &Names,
    ) -> Assigned {
        let content = RouteContent::of(route, &BodyWithoutDst::of(event.message.body));
        self.add_lone(event.key, names);
        let has_nexthop = |instance| {
            let stored = self.sibling(route, instance, names);
            stored.is_some_and(|stored| shares_nexthop(&stored, route))
        };
        let Some(group) = self.siblings.group(event.key) else {
            return Assigned::only(Known::Nothing);
        };
        let (sibling, certain) = siblings::of_deleted(group, &content, has_nexthop);
        let instance = match sibling {
            Sibling::Stored(instance) => instance,
            Sibling::Other(_) => group.free_number(),
        };
        Assigned {
            instance,
            grouped: Some((None, content)),
            known: group.known(instance),
            certain,
        }
    }

    /// The route that a dump entry, stored as `body`, is about.
    pub(super) fn assign_dump_entry(
        &mut self,
        base: Key,
        route: &Route,
        body: BodyId,
        scope: Option<&Scope>,
        names: &Names,
    ) -> Assigned {
        if self.siblings.is_empty() || self.siblings.group(base).is_none() {
            let Some(lone) = self.table.get(base) else {
                return Assigned::only(Known::Nothing);
            };
            let (stored, known) = (lone.value.body, lone.value.known);
            if self.bodies.is_same(stored, body) && !lone.mark.is_seen() || !has_siblings(route) {
                return Assigned::only(known);
            }
        }
        let content = RouteContent::of(route, self.bodies.get(body));
        self.add_lone(base, names);
        let is_unseen = |instance| {
            let key = self.set_instance(&mut route.clone(), base, instance);
            let stored = self.table.get(key);
            stored.is_some_and(|stored| !stored.mark.is_seen())
        };
        // The dump would list the only stored route too: if it does not, the route was replaced.
        let lists_lone = scope.is_none_or(|scope| {
            let lone = self.table.get(base).map(|lone| lone.value.body);
            let devices = lone.map(|body| self.bodies.get(body).output_devices());
            let mut devices = devices.into_iter().flatten();
            scope.is_kind() || scope.of_devices(&mut devices) == Membership::Inside
        });
        let Some(group) = self.siblings.group(base) else {
            return Assigned::only(Known::Nothing);
        };
        let (instance, place) =
            match siblings::of_dump_entry(group, &content, lists_lone, is_unseen) {
                Sibling::Stored(instance) => (instance, None),
                Sibling::Other(place) => (group.free_number(), Some(place)),
            };
        Assigned {
            instance,
            grouped: Some((place, content)),
            known: group.known(instance),
            certain: true,
        }
    }

    /// Makes a group of the stored route with number 0, unless it is in one.
    fn add_lone(&mut self, base: Key, names: &Names) {
        if self.siblings.group(base).is_some() {
            return;
        }
        let Some(stored) = self.table.get(base).map(|entry| &entry.value) else {
            return;
        };
        if let Some(route) = self.decode(stored, names) {
            let content = RouteContent::of(&route, self.bodies.get(stored.body));
            let group = self.siblings.group_mut(base);
            group.add(0, Place::Last, content, stored.known);
        }
    }

    /// The stored sibling of `route` with that number.
    fn sibling(&self, route: &Route, instance: u32, names: &Names) -> Option<Route> {
        let key = self.set_instance_key(&mut route.clone(), instance);
        self.decode(&self.table.get(key)?.value, names)
    }

    /// Adds the route to the group of its siblings, or changes its content there.
    pub(super) fn store_sibling(&mut self, base: Key, assigned: &Assigned) {
        let Assigned {
            instance, known, ..
        } = *assigned;
        match assigned.grouped {
            Some((Some(place), content)) => {
                let group = self.siblings.group_mut(base);
                group.add(instance, place, content, known);
            }
            Some((None, content)) => self.siblings.group_mut(base).set(instance, content, known),
            None => {}
        }
    }
}

/// Returns true if the route `deleted` has a next hop of the route `stored`.
fn shares_nexthop(stored: &Route, deleted: &Route) -> bool {
    let nexthops = |route: &Route| -> Vec<_> {
        let hops = route.nexthops.iter().flatten();
        let hops = hops.map(|hop| (Some(hop.ifindex), hop.gateway));
        match route.nexthops {
            Some(_) => hops.collect(),
            None => vec![(route.ifindex, route.gateway)],
        }
    };
    let stored = nexthops(stored);
    nexthops(deleted).iter().any(|hop| stored.contains(hop))
}
