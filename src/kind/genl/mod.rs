//! The kinds of generic netlink families, a file for each family.

pub mod ctrl;
pub mod devlink;
pub mod dpll;
pub mod ethtool;
pub mod generic;
pub mod mptcp;
pub mod netdev;
pub mod tables;
pub mod thermal;
pub mod wifi;
