//! The words of netlink: messages, attributes, groups, sockets.

pub mod attr;
pub mod frame;
pub mod rtm;
