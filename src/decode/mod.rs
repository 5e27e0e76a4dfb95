//! Message → event, one file per kind. Decoding cannot fail: what cannot be decoded is kept.

pub mod cx;
pub mod link;
