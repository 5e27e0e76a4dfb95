//! Which dumps list the objects of a kind.

use std::collections::BTreeMap;

use crate::event::Kind;
use crate::event::meta::{Part, Settings};
use crate::netlink::dump::Request;

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
    let requests = kinds.map(|kind| (kind, of_kind(kind, details)));
    requests.filter(|(_, list)| !list.is_empty()).collect()
}

fn of_kind(kind: Kind, details: bool) -> Vec<Request> {
    match kind {
        Kind::Link => vec![Request::links(details), Request::bridge_links()],
        Kind::Address => vec![Request::addresses()],
        Kind::Route => vec![Request::routes()],
        Kind::Neigh => vec![Request::neighs(), Request::proxy_neighs()],
        Kind::Fdb => vec![Request::fdb()],
        Kind::Rule => vec![Request::rules()],
        Kind::Mroute => vec![Request::mroutes(128), Request::mroutes(129)],
        Kind::Nexthop => vec![Request::nexthops()],
        Kind::NexthopBucket => vec![Request::nexthop_buckets()],
        Kind::Netconf => {
            let families = [libc::AF_INET, libc::AF_INET6, libc::AF_MPLS];
            families.map(Request::netconf).into()
        }
        Kind::Nsid => vec![Request::nsids()],
        Kind::Mdb => vec![Request::mdb()],
        Kind::Vlan => vec![Request::vlans(), Request::global_vlans()],
        Kind::Vni => vec![Request::vnis()],
        Kind::Maddress => [libc::AF_INET, libc::AF_INET6]
            .map(Request::maddresses)
            .into(),
        Kind::Acaddress => vec![Request::acaddresses()],
        Kind::Neightbl => vec![Request::neightbl()],
        Kind::Addrlabel => vec![Request::addrlabels()],
        Kind::Qdisc => vec![Request::qdiscs()],
        _ => Vec::new(),
    }
}
