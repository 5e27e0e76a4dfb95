//! The decoding context: iterates over a message's attributes and records those that cannot be
//! decoded.

use std::cell::RefCell;

use serde::Serialize;

use super::genl::ethtool::strings::StringSets;
use super::nft::{RuleOrder, SetTypes};
use super::route::route::AttrsInterner;
use super::wire;
use crate::channel::NetnsId;
use crate::json::JsonSchema;
use crate::json::MAX_INTEGER;
use crate::names::Names;
use crate::netlink::attr::{Attr, AttrError, MAX_DEPTH};
use crate::value::Hex;

/// An attribute that was not decoded, or not completely.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Unparsed {
    /// The attribute's number; absent if the bytes are no complete attribute.
    pub attr: Option<u16>,
    /// The numbers of the attributes around it, outermost first.
    pub within: Option<Vec<u16>>,
    /// Reason: `unknown` (no decoder), `length`, `value`, `depth` (nested too deep) or `malformed`.
    pub reason: &'static str,
    /// Payload of the attribute.
    pub hex: Hex,
}

/// Decoding context: name tables, options, and the collector of undecoded attributes.
pub struct DecodeContext<'n> {
    pub names: &'n Names,
    /// Decode the optional parts: counters, devconf and the like.
    pub details: bool,
    /// Keys are decoded, and not set to zero (`netlink::secrets`).
    pub secrets: bool,
    /// The number of the last transaction of nftables in the network namespace, if it is known, for
    /// messages of events.
    pub generation: Option<u32>,
    /// The types of the sets of nftables, and the network namespace of the message.
    pub set_types: Option<(&'n SetTypes, NetnsId)>,
    /// The order of the rules of nftables so far, the network namespace of the message, and whether it is an
    /// event.
    pub rule_order: Option<(&'n RefCell<RuleOrder>, NetnsId, bool)>,
    interner: Option<&'n AttrsInterner>,
    strings: Option<(&'n StringSets, NetnsId)>,
    unparsed: Vec<Unparsed>,
    /// The attributes around the current one.
    path: Vec<u16>,
}

impl<'n> DecodeContext<'n> {
    pub fn new(names: &'n Names, details: bool) -> Self {
        DecodeContext {
            names,
            details,
            secrets: false,
            generation: None,
            set_types: None,
            rule_order: None,
            interner: None,
            strings: None,
            unparsed: Vec::new(),
            path: Vec::new(),
        }
    }

    /// Decodes routes with this interner, which shares their attributes. Without one each route has
    /// a copy of its own.
    pub fn with_interner(self, interner: &'n AttrsInterner) -> Self {
        let interner = Some(interner);
        DecodeContext { interner, ..self }
    }

    /// Decodes keys and other secrets.
    #[must_use]
    pub fn with_secrets(self, secrets: bool) -> Self {
        DecodeContext { secrets, ..self }
    }

    /// Decodes the bits of ethtool with these names. `netns`: the namespace of the devices.
    pub fn use_strings(&mut self, strings: &'n StringSets, netns: NetnsId) {
        self.strings = Some((strings, netns));
    }

    /// The names of ethtool's bits, and the namespace of the devices.
    pub fn strings(&self) -> Option<(&'n StringSets, NetnsId)> {
        self.strings
    }

    /// The interner of route attributes, if the context has one.
    pub fn interner(&self) -> Option<&'n AttrsInterner> {
        self.interner
    }

    /// Calls `decode` with each attribute in `bytes`. An attribute that it refuses is recorded as
    /// unparsed.
    #[inline]
    pub fn each<'a>(
        &mut self,
        mut bytes: &'a [u8],
        mut decode: impl FnMut(&mut Self, Attr<'a>) -> Result<(), AttrError>,
    ) {
        while !bytes.is_empty() {
            let Some((attr, rest)) = Attr::split_first(bytes) else {
                self.record_unparsed(None, AttrError::Malformed, bytes);
                return;
            };
            if let Err(fault) = decode(self, attr) {
                self.record_unparsed(Some(attr.kind), fault, attr.value);
            }
            bytes = rest;
        }
    }

    /// As [`each`](Self::each), for the attributes inside `attr`.
    pub fn nested<'a>(
        &mut self,
        attr: &Attr<'a>,
        decode: impl FnMut(&mut Self, Attr<'a>) -> Result<(), AttrError>,
    ) -> Result<(), AttrError> {
        self.within(attr.kind, |context| context.each(attr.value, decode))
    }

    /// Runs `decode` with the attribute `kind` added to the path.
    pub fn within<T>(
        &mut self,
        kind: u16,
        decode: impl FnOnce(&mut Self) -> T,
    ) -> Result<T, AttrError> {
        if self.path.len() >= MAX_DEPTH {
            return Err(AttrError::Depth);
        }
        self.path.push(kind);
        let value = decode(self);
        self.path.pop();
        Ok(value)
    }

    /// Records bytes that were not decoded.
    #[cold]
    pub fn record_unparsed(&mut self, attr: Option<u16>, fault: AttrError, value: &[u8]) {
        self.unparsed.push(Unparsed {
            attr,
            within: (!self.path.is_empty()).then(|| self.path.clone()),
            reason: match fault {
                AttrError::Unknown => "unknown",
                AttrError::Length => "length",
                AttrError::Value => "value",
                AttrError::Depth => "depth",
                AttrError::Malformed => "malformed",
            },
            hex: Hex(value.into()),
        });
    }

    /// The native `u32`s at the beginning of a structure. If the structure is longer (newer
    /// kernels), it is also recorded as unparsed.
    pub fn u32_array<const N: usize>(&mut self, attr: &Attr<'_>) -> Result<[u32; N], AttrError> {
        let numbers = wire::u32_array(attr.value)?;
        self.record_excess(attr, 4 * N);
        Ok(numbers)
    }

    /// Limits the counters of a structure to what a line can have as an integer. If one of them is
    /// larger, as after an underflow in a driver, the attribute is recorded as unparsed, too.
    #[inline]
    pub fn limit_counters(&mut self, attr: &Attr<'_>, counters: &mut [u64]) {
        if counters.iter().any(|counter| *counter > MAX_INTEGER) {
            self.record_unparsed(Some(attr.kind), AttrError::Value, attr.value);
            for counter in counters {
                *counter = MAX_INTEGER.min(*counter);
            }
        }
    }

    /// Reads the native `u64`s of a structure of counters, limited by
    /// [`limit_counters`](Self::limit_counters). The first `least` must be there; those that an
    /// older kernel lacks are 0.
    ///
    /// # Errors
    /// [`AttrError::Length`] if there are fewer.
    pub fn counters<const N: usize>(
        &mut self,
        attr: &Attr<'_>,
        least: usize,
    ) -> Result<[u64; N], AttrError> {
        let (numbers, _) = attr.value.as_chunks::<8>();
        if numbers.len() < least {
            return Err(AttrError::Length);
        }
        let at = |at| numbers.get(at).copied().map_or(0, u64::from_ne_bytes);
        let mut counters = std::array::from_fn(at);
        self.limit_counters(attr, &mut counters);
        Ok(counters)
    }

    /// Records an attribute of which only the first `decoded` bytes were decoded.
    pub fn record_excess(&mut self, attr: &Attr<'_>, decoded: usize) {
        if attr.value.len() > decoded {
            self.record_unparsed(Some(attr.kind), AttrError::Length, attr.value);
        }
    }

    /// Returns true if everything was decoded.
    pub fn is_fully_decoded(&self) -> bool {
        self.unparsed.is_empty()
    }

    /// Records again what [`take_unparsed`](Self::take_unparsed) returned.
    pub fn restore_unparsed(&mut self, mut unparsed: Vec<Unparsed>) {
        self.unparsed.append(&mut unparsed);
    }

    /// Returns what was recorded since the last call, in the order of the message.
    pub fn take_unparsed(&mut self) -> Vec<Unparsed> {
        std::mem::take(&mut self.unparsed)
    }
}
