//! Readers for the structures and numbers in a link's attributes.

use crate::netlink::attr::AttrError;

/// A table of constants and their names.
pub type Names = &'static [(u32, &'static str)];

/// `ETH_P_*` of VLANs, as `ip` names them.
pub(super) const VLAN_PROTOCOLS: Names = &[(0x8100, "802.1Q"), (0x88a8, "802.1ad")];

/// The bytes of a structure of exactly `N` bytes.
pub(super) fn array<const N: usize>(value: &[u8]) -> Result<[u8; N], AttrError> {
    value.try_into().map_err(|_| AttrError::Length)
}

/// The native `u32`s of a structure of exactly `N` of them.
pub(super) fn exact_u32s<const N: usize>(value: &[u8]) -> Result<[u32; N], AttrError> {
    match value.as_chunks() {
        (numbers, []) if numbers.len() == N => {
            Ok(std::array::from_fn(|i| u32::from_ne_bytes(numbers[i])))
        }
        _ => Err(AttrError::Length),
    }
}

/// The `N` bytes at `at` of a structure that may be longer.
pub(super) fn bytes_at<const N: usize>(value: &[u8], at: usize) -> Result<[u8; N], AttrError> {
    let rest = value.get(at..).ok_or(AttrError::Length)?;
    rest.first_chunk().copied().ok_or(AttrError::Length)
}

/// The native `u32` at `at` of a structure that may be longer.
pub(super) fn u32_at(value: &[u8], at: usize) -> Result<u32, AttrError> {
    bytes_at(value, at).map(u32::from_ne_bytes)
}

/// The native `u64` at `at` of a structure that may be longer.
pub(super) fn u64_at(value: &[u8], at: usize) -> Result<u64, AttrError> {
    bytes_at(value, at).map(u64::from_ne_bytes)
}
