//! `RTM_NEWLINK`, `RTM_DELLINK` → [`Link`].

use super::cx::Cx;
use crate::event::link::Link;

/// placeholder
pub fn decode(_: &mut Cx<'_>, _: &[u8]) -> Option<(Link, u8)> {
    None
}
