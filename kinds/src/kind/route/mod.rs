//! The kinds of rtnetlink, a file each.

pub mod address;
pub mod addrlabel;
pub mod cachereport;
pub mod encap;
pub mod fdb;
pub mod link;
pub mod maddress;
pub mod mdb;
pub mod mroute;
pub mod nduseropt;
pub mod neigh;
pub mod neightbl;
pub mod netconf;
pub mod nexthop;
pub mod nsid;
pub mod prefix;
#[allow(clippy::module_inception)]
pub mod route;
pub mod rule;
pub mod stats;
pub mod tc;
pub mod unknown;
pub mod vlan;
pub mod vni;
