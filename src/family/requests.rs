//! Which dumps list the objects of a kind.

use std::collections::BTreeMap;

use crate::event::Kind;
use crate::event::meta::{Part, Settings};
use crate::netlink::request::Request;

/// The dumps of every kind that is remembered. Devices always are: the others need their names.
pub fn requests(settings: &Settings) -> BTreeMap<Kind, Vec<Request>> {
    let details = settings.with.contains(&Part::Details);
    let wanted = |kind: &Kind| {
        let asked = settings
            .kinds
            .as_ref()
            .is_none_or(|kinds| kinds.contains(kind));
        *kind == Kind::Link || (asked && !settings.no_track.contains(kind))
    };
    let kinds = Kind::ALL.iter().copied().filter(wanted);
    let requests = kinds.map(|kind| (kind, kind.dumps(details)));
    requests.filter(|(_, list)| !list.is_empty()).collect()
}
