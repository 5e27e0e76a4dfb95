//! The kinds of `nl80211`: wireless devices (`wiphy`), their interfaces, stations and regulatory domains, and events
//! (linux/nl80211.h), named as in iw(8). Frames, information elements and keys are in none of them.

mod event;
mod interface;
mod regdom;
mod station;
#[cfg(test)]
mod tests;
mod wiphy;

use crate::kind::context::DecodeContext;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::Symbol;
pub use event::WifiEvent;
pub use interface::WifiInterface;
pub use regdom::WifiRegdom;
pub use station::WifiStation;
pub use wiphy::Wiphy;

/// `NL80211_IFTYPE_*`, named as in iw(8).
const IFTYPES: &[(u32, &str)] = &[
    (0, "unspecified"),
    (1, "IBSS"),
    (2, "managed"),
    (3, "AP"),
    (4, "AP/VLAN"),
    (5, "WDS"),
    (6, "monitor"),
    (7, "mesh point"),
    (8, "P2P-client"),
    (9, "P2P-GO"),
    (10, "P2P-device"),
    (11, "outside context of a BSS"),
    (12, "NAN"),
    (13, "NAN-data"),
    (14, "PD"),
];
/// `NL80211_CHAN_WIDTH_*`, MHz.
const WIDTHS: &[(u32, &str)] = &[
    (0, "20 (no HT)"),
    (1, "20"),
    (2, "40"),
    (3, "80"),
    (4, "80+80"),
    (5, "160"),
    (6, "5"),
    (7, "10"),
    (8, "1"),
    (9, "2"),
    (10, "4"),
    (11, "8"),
    (12, "16"),
    (13, "320"),
];
/// `NL80211_CHAN_*`
const CHANNEL_TYPES: &[(u32, &str)] = &[(0, "no-HT"), (1, "HT20"), (2, "HT40-"), (3, "HT40+")];

/// Power or signal: one byte with a sign.
fn dbm(byte: u8) -> i32 {
    i32::from(byte.cast_signed())
}

/// Reads a set of types of interfaces: an attribute for each, whose number is the type.
fn iftypes(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Vec<Symbol>, AttrError> {
    let mut types = Vec::new();
    context.nested(attr, |_, attr| {
        types.push(Symbol::of(attr.kind.into(), IFTYPES));
        Ok(())
    })?;
    Ok(types)
}
