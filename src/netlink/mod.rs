//! The words of netlink: messages, attributes, groups, sockets.

pub mod attr;
pub mod dump;
pub mod events;
pub mod frame;
pub mod groups;
pub mod rtm;
pub mod sys;
