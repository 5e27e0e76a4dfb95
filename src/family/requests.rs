//! The dumps that list the objects of a kind.

use std::collections::BTreeMap;

use crate::event::Kind;
use crate::event::kind_set::KindSet;
use crate::event::meta::{Part, Settings};
use crate::netlink::request::Request;

/// The dumps of every tracked kind among `kinds`. Devices always are tracked: other objects need
/// their names.
pub(super) fn requests(kinds: KindSet, settings: &Settings) -> BTreeMap<Kind, Vec<Request>> {
    let details = settings.with.contains(&Part::Details);
    let is_tracked = |kind: &Kind| {
        let requested = settings
            .kinds
            .as_ref()
            .is_none_or(|kinds| kinds.contains(kind));
        *kind == Kind::Link || (requested && settings.tracks(*kind))
    };
    let tracked = kinds.iter().filter(is_tracked);
    let requests = tracked.map(|kind| (kind, kind.dumps(details)));
    requests.filter(|(_, list)| !list.is_empty()).collect()
}
