//! Builds attributes, and for tests messages.

use super::attr::align;

/// Encodes an attribute, with its padding.
pub fn attr(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = 4 + value.len() as u16;
    let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
    bytes.extend(value);
    bytes.resize(align(bytes.len()), 0);
    bytes
}

/// Encodes an attribute that contains attributes (`NLA_F_NESTED`).
pub fn nested(kind: u16, attributes: &[u8]) -> Vec<u8> {
    attr(0x8000 | kind, attributes)
}

/// Encodes a message of the kernel: flags, sequence number and port id are 0.
pub fn message(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = 16 + body.len() as u32;
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend([0; 10]);
    bytes.extend(body);
    bytes
}
