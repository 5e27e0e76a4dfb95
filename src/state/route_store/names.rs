//! The names of devices in routes: those of the present, which routes with equal attributes share, and
//! those that the last line of a stored route has.

use std::rc::Rc;

use super::{NamedAttrs, RouteStore};
use crate::event::object::Object as _;
use crate::event::route::Route;
use crate::kind::interned::Interned;
use crate::state::device_names::{ReportedNames, copy_names, names_in};
use crate::state::key::Key;
use crate::state::link_store::LinkStore;

impl RouteStore {
    /// Fills in the names of devices. Returns true if one of them is not known yet.
    #[inline]
    pub(in crate::state) fn name_devices(&self, route: &mut Route, links: &LinkStore) -> bool {
        if let Some(named) = self.named.borrow().get(&route.common)
            && named.generation == links.generation()
        {
            route.common = named.attrs.clone();
            return named.unresolved;
        }
        self.name_attrs(route, links)
    }

    /// Fills in the names of devices in attributes that [`RouteStore::named`] lacks.
    #[inline(never)]
    fn name_attrs(&self, route: &mut Route, links: &LinkStore) -> bool {
        let mut column = self.named.borrow_mut();
        let generation = links.generation();
        let former = column.get(&route.common);
        let unnamed = route.common.clone();
        let unresolved = links.name_each(None, false, &mut |name| route.for_each_device(name));
        let reported = names_in(&mut |name| route.for_each_device(name));
        match former {
            // Another device was modified: keep the allocation, by which the rendered JSON is found.
            Some(named) if named.attrs == route.common => route.common = named.attrs.clone(),
            _ => {
                if let Some(named) = Rc::get_mut(&mut route.common) {
                    Interned::set_id(named, unnamed.id());
                }
            }
        }
        let attrs = route.common.clone();
        column.insert(
            &unnamed,
            NamedAttrs {
                attrs,
                reported,
                unresolved,
                generation,
            },
        );
        unresolved
    }

    /// Gives a decoded stored route the names that its last line has.
    pub(super) fn name_as_reported(&self, route: &mut Route, reported: &ReportedNames) {
        // Mostly the present names: these attributes are shared.
        if let Some(named) = self.named.borrow().get(&route.common)
            && named.reported == *reported
        {
            route.common = named.attrs.clone();
            return;
        }
        let mut reported = reported.iter();
        route.for_each_device(&mut |_, name| *name = reported.next().and_then(|(_, name)| *name));
    }

    /// Completes the names of devices in a route that is deleted.
    #[inline(never)]
    pub(super) fn name_deleted(&self, route: &mut Route, links: &LinkStore) {
        route.for_each_device(&mut |index, name| *name = links.last_name(index, *name));
    }

    /// Copies names of devices from the stored route that a dump entry is about.
    #[inline(never)]
    pub(super) fn keep_reported_names(&self, route: &mut Route, base: Key, instance: u32) {
        let key = self.set_instance(&mut route.clone(), base, instance);
        if let Some(stored) = self.table.get(key) {
            copy_names(self.bodies.reported(stored.value.body), &mut |name| {
                route.for_each_device(name)
            });
        }
    }

    /// Begins to replace former names of devices. Returns true if a stored route has one.
    pub(in crate::state) fn begin_rename(&mut self, links: &LinkStore) -> bool {
        self.end_rename();
        self.bodies
            .any_reported(|reported| has_former_names(reported, links))
    }

    /// No route has a former name any more.
    pub(in crate::state) fn end_rename(&mut self) {
        for (old, new) in std::mem::take(&mut self.renamed) {
            self.bodies.release(old);
            self.bodies.release(new);
        }
    }
}

/// Returns true if one of the names is replaced by a rename.
pub(super) fn has_former_names(reported: &ReportedNames, links: &LinkStore) -> bool {
    let mut reported = reported.iter();
    reported.any(|(index, name)| links.new_name(*index, *name).is_some())
}
