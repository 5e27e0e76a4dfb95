//! The kinds of generic netlink families, a file for each family.

pub mod ctrl;
pub mod devlink;
pub mod ethtool;
pub mod generic;
pub mod l2tp;
pub mod mptcp;
pub mod netdev;
pub mod ovs;
pub mod tables;
pub mod team;
pub mod wifi;
