//! The kinds of xfrm (`NETLINK_XFRM`, linux/xfrm.h): the states and policies of IPsec, and its events.

mod event;
mod parts;
mod policy;
mod state;

pub use event::XfrmEvent;
pub use policy::XfrmPolicy;
pub use state::XfrmState;
