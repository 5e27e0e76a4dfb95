//! Constants and readers that several kinds share.

use crate::netlink::attr::AttrError;
use crate::value::Symbol;

/// Address families (`AF_*`, linux/socket.h; `RTNL_FAMILY_*`, linux/rtnetlink.h).
pub const FAMILIES: &[(u32, &str)] = &[
    (0, "unspec"),
    (2, "inet"),
    (7, "bridge"),
    (10, "inet6"),
    (17, "packet"),
    (28, "mpls"),
    (35, "phonet"),
    (45, "mctp"),
    (128, "ipmr"),
    (129, "ip6mr"),
];

/// The name of an address family, or its number.
pub fn family(family: u8) -> Symbol {
    Symbol::of(u32::from(family), FAMILIES)
}

/// Converts clock ticks (`USER_HZ`, 1/100 s) to seconds.
pub fn seconds(ticks: impl Into<u64>) -> f64 {
    ticks.into() as f64 / 100.0
}

/// A native `u16` at `at` of a fixed header.
pub fn u16_at(header: &[u8], at: usize) -> u16 {
    u16::from_ne_bytes([header[at], header[at + 1]])
}

/// A native `u32` at `at` of a fixed header.
pub fn u32_at(header: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}

/// The native `u32`s of a structure of `N` of them, which newer kernels may have made longer.
pub fn u32_array<const N: usize>(value: &[u8]) -> Result<[u32; N], AttrError> {
    if value.len() < 4 * N {
        return Err(AttrError::Length);
    }
    Ok(std::array::from_fn(|i| u32_at(value, 4 * i)))
}
