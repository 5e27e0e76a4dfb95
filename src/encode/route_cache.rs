//! The rendered JSON of route attributes. Most routes differ from another in nothing but their
//! destination: the text of all other fields is copied, and not serialized again.

use serde_json::Error;

use super::envelope::Rendered;
use crate::event::fields::Fields as _;
use crate::event::route::{Route, RouteAttrs};
use crate::json;
use crate::kind::interned::Column;

/// The rendered attributes by their id, of some 200 bytes each. The ids are those of one
/// [`AttrsInterner`](crate::event::route::AttrsInterner): routes of several network namespaces in
/// one cache would be rendered right, but evict each other.
#[derive(Debug, Default)]
pub(super) struct RouteCache(Column<RouteAttrs, RenderedAttrs>);

/// The rendered fields of a route except for its destination.
#[derive(Debug)]
struct RenderedAttrs {
    /// Each field with a comma before it.
    text: Vec<u8>,
    /// Offset at which the destination is inserted.
    dst: usize,
}

impl RouteCache {
    /// The rendered fields of the route.
    ///
    /// # Errors
    /// Never fails; `Result` is required by serde.
    pub(super) fn fields<'a>(&'a mut self, route: &'a Route) -> Result<Rendered<'a>, Error> {
        let render = |_: &RouteAttrs| RenderedAttrs::new(route);
        let rendered = self.0.get_or_try_insert(&route.common, render)?;
        let around_dst = rendered.text.split_at(rendered.dst).into();
        Ok(Rendered::Split(&route.dst, around_dst))
    }
}

impl RenderedAttrs {
    fn new(route: &Route) -> Result<Self, Error> {
        let dst = Route::names().iter().position(|field| *field == "dst");
        let before = (1 << dst.unwrap_or_default()) - 1;
        let mut text = Vec::new();
        let mut write = |fields| {
            json::append(&mut text, |json| {
                route.serialize_fields(fields, &mut json.object())
            })?;
            Ok::<_, Error>(text.len())
        };
        let dst = write(before)?;
        write(!before << 1)?;
        Ok(RenderedAttrs { text, dst })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::route::{Destination, SharedAttrs};
    use crate::event::values::{IfName, Prefix};

    #[test]
    fn cached_rendering_equals_direct_rendering() {
        let commons = [
            RouteAttrs::default(),
            RouteAttrs {
                metric: Some(7),
                ifindex: Some(3),
                dev: IfName::new(b"veth0"),
                ..RouteAttrs::default()
            },
        ];
        let commons = commons.map(|attrs| SharedAttrs::new(attrs.into()));
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
            let expected = serde_json::to_string(&route).unwrap();
            let text = format!("{before},\"dst\":\"{dst}\"{behind}");
            assert_eq!(format!("{{{}}}", &text[1..]), expected);
        }
    }
}
