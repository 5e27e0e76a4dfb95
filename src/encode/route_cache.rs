//! Routes as they were written last. Most differ from another in nothing but their destination: all
//! else is copied, and not written again.

use std::rc::Rc;

use serde_json::Error;

use super::envelope::Rendered;
use crate::event::fields::Fields as _;
use crate::event::route::{Route, RouteAttrs};
use crate::json;

/// Texts that are remembered, each of some 200 bytes, by where in memory what they say is. Of two
/// that want the same place the later has it.
const CACHE_SLOTS: usize = 256;

/// What was written of routes.
#[derive(Debug)]
pub struct RouteCache(Box<[Option<Known>; CACHE_SLOTS]>);

/// What routes have in common, written.
#[derive(Debug)]
struct Known {
    /// Nobody alters it as long as it is held here too.
    common: Rc<RouteAttrs>,
    /// The fields of a route but for the destination, each with a comma before it.
    text: Vec<u8>,
    /// Where the destination goes.
    dst: usize,
}

impl Default for RouteCache {
    fn default() -> Self {
        RouteCache(Box::new([const { None }; CACHE_SLOTS]))
    }
}

impl RouteCache {
    /// The fields of the route.
    ///
    /// # Errors
    /// None: serde's interface has them.
    pub fn fields<'a>(&'a mut self, route: &'a Route) -> Result<Rendered<'a>, Error> {
        let place = (Rc::as_ptr(&route.common).addr() / size_of::<RouteAttrs>()) % CACHE_SLOTS;
        let place = &mut self.0[place];
        place.take_if(|known| !Rc::ptr_eq(&known.common, &route.common));
        let known = match place {
            Some(known) => known,
            none => none.insert(Known::new(route)?),
        };
        Ok(Rendered::Split(
            &route.dst,
            known.text.split_at(known.dst).into(),
        ))
    }
}

impl Known {
    fn new(route: &Route) -> Result<Self, Error> {
        let field = Route::names().iter().position(|field| *field == "dst");
        let before = (1 << field.unwrap_or_default()) - 1;
        let mut text = Vec::new();
        let mut write = |fields| {
            json::append(&mut text, |json| {
                route.serialize_fields(fields, &mut json.object())
            })?;
            Ok::<_, Error>(text.len())
        };
        let dst = write(before)?;
        write(!before << 1)?;
        Ok(Known {
            common: route.common.clone(),
            text,
            dst,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::route::Destination;
    use crate::event::values::{IfName, Prefix};

    #[test]
    fn a_route_is_written_as_if_it_was_the_first() {
        let commons = [
            RouteAttrs::default(),
            RouteAttrs {
                metric: Some(7),
                ifindex: Some(3),
                dev: IfName::new(b"veth0"),
                ..RouteAttrs::default()
            },
        ];
        let commons = commons.map(Rc::new);
        let mut route_cache = RouteCache::default();
        for number in 0..60_u8 {
            let dst = Prefix {
                address: [10, 0, number, 0].into(),
                length: number / 2,
            };
            let route = Route {
                dst: Destination::Prefix(dst),
                common: commons[usize::from(number / 3) % 2].clone(),
            };
            let Rendered::Split(_, pieces) = route_cache.fields(&route).unwrap() else {
                panic!("a route in one piece");
            };
            let [before, behind] = pieces.map(|piece| String::from_utf8(piece.to_vec()).unwrap());
            let whole = serde_json::to_string(&route).unwrap();
            let text = format!("{before},\"dst\":\"{dst}\"{behind}");
            assert_eq!(format!("{{{}}}", &text[1..]), whole);
        }
    }
}
