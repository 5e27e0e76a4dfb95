//! The walk over a message's attributes that keeps what it cannot decode.

use super::route::Forms;
use crate::event::Unparsed;
use crate::event::values::Hex;
use crate::names::Names;
use crate::netlink::attr::{Attr, Attrs, Fault, MAX_DEPTH};

/// What a decoder knows beside the bytes, and where it leaves what it cannot decode.
pub struct Cx<'n> {
    pub names: &'n Names,
    /// Decode the optional parts: counters, devconf and the like.
    pub details: bool,
    /// What was decoded of routes before.
    pub(super) forms: Option<&'n Forms>,
    unparsed: Vec<Unparsed>,
    /// The attributes around the one at hand.
    path: Vec<u16>,
}

impl<'n> Cx<'n> {
    pub fn new(names: &'n Names, details: bool) -> Self {
        Cx {
            names,
            details,
            forms: None,
            unparsed: Vec::new(),
            path: Vec::new(),
        }
    }

    /// Decodes routes by what was decoded of others before.
    pub fn with_forms(self, forms: &'n Forms) -> Self {
        let forms = Some(forms);
        Cx { forms, ..self }
    }

    /// Gives each attribute in `bytes` to `decode`. One that it refuses is kept in `unparsed`.
    #[inline]
    pub fn each<'a>(
        &mut self,
        bytes: &'a [u8],
        mut decode: impl FnMut(&mut Self, Attr<'a>) -> Result<(), Fault>,
    ) {
        for attr in Attrs::new(bytes) {
            match attr {
                Ok(attr) => {
                    if let Err(fault) = decode(self, attr) {
                        self.keep(Some(attr.kind), fault, attr.value);
                    }
                }
                Err(rest) => self.keep(None, Fault::Malformed, rest),
            }
        }
    }

    /// The same for the attributes inside `attr`.
    pub fn nested<'a>(
        &mut self,
        attr: &Attr<'a>,
        decode: impl FnMut(&mut Self, Attr<'a>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.within(attr.kind, |cx| cx.each(attr.value, decode))
    }

    /// Runs `decode` as inside the attribute `kind`.
    pub fn within<T>(
        &mut self,
        kind: u16,
        decode: impl FnOnce(&mut Self) -> T,
    ) -> Result<T, Fault> {
        if self.path.len() >= MAX_DEPTH {
            return Err(Fault::Depth);
        }
        self.path.push(kind);
        let value = decode(self);
        self.path.pop();
        Ok(value)
    }

    /// Keeps bytes that were not decoded.
    #[cold]
    pub fn keep(&mut self, attr: Option<u16>, fault: Fault, value: &[u8]) {
        self.unparsed.push(Unparsed {
            attr,
            within: (!self.path.is_empty()).then(|| self.path.clone()),
            reason: match fault {
                Fault::Unknown => "unknown",
                Fault::Length => "length",
                Fault::Value => "value",
                Fault::Depth => "depth",
                Fault::Malformed => "malformed",
            },
            hex: Hex(value.into()),
        });
    }

    /// The native `u32`s that a structure begins with. Where a newer kernel has made it longer, the
    /// whole is kept as well.
    pub fn words<const N: usize>(&mut self, attr: &Attr<'_>) -> Result<[u32; N], Fault> {
        let words = super::words::words(attr.value)?;
        self.longer(attr, 4 * N);
        Ok(words)
    }

    /// Keeps an attribute that is longer than the structure that was read from it.
    pub fn longer(&mut self, attr: &Attr<'_>, known: usize) {
        if attr.value.len() > known {
            self.keep(Some(attr.kind), Fault::Length, attr.value);
        }
    }

    /// Was everything decoded?
    pub fn is_whole(&self) -> bool {
        self.unparsed.is_empty()
    }

    /// What was kept since this was last asked, in the order of the message.
    pub fn take_unparsed(&mut self) -> Vec<Unparsed> {
        std::mem::take(&mut self.unparsed)
    }
}
