//! The common part of the messages of queueing disciplines, classes, filters and chains.

use nlstream_derive::Attributes;

use super::spec;
use super::stats::{OwnCounters, Stats};
use crate::kind::attributes::Attributes as _;
use crate::kind::context::DecodeContext;
use crate::kind::route::unknown::Attribute;
use crate::kind::table::Field;
use crate::kind::table::decode::{self as options, Out};
use crate::kind::table::plain::class_id;
use crate::kind::table::value::Options;
use crate::kind::wire::u32_at;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::Hex;

/// `TCM_IFINDEX_MAGIC_BLOCK`: the parent is the number of a shared block.
pub const MAGIC_BLOCK: u32 = u32::MAX;
/// `TC_H_ROOT`
pub const ROOT: u32 = u32::MAX;

/// `struct tcmsg` (linux/rtnetlink.h)
pub struct Header {
    ifindex: u32,
    pub handle: u32,
    parent: u32,
    pub info: u32,
}

impl Header {
    /// Splits a message into its header and its attributes. Returns `None` if it is too short.
    pub fn split(body: &[u8]) -> Option<(Self, &[u8])> {
        let (header, attributes) = body.split_first_chunk::<20>()?;
        let header = Header {
            ifindex: u32_at(header, 4),
            handle: u32_at(header, 8),
            parent: u32_at(header, 12),
            info: u32_at(header, 16),
        };
        Some((header, attributes))
    }

    /// Returns the index of the device; `None` for a shared block.
    pub fn device(&self) -> Option<u32> {
        (self.ifindex != MAGIC_BLOCK).then_some(self.ifindex)
    }

    /// Returns the number of the shared block.
    pub fn block(&self) -> Option<u32> {
        (self.ifindex == MAGIC_BLOCK).then_some(self.parent)
    }

    /// Returns `Some(true)` if the parent is the root of the device.
    pub fn root(&self) -> Option<bool> {
        (self.block().is_none() && self.parent == ROOT).then_some(true)
    }

    /// Returns the parent, if it is neither the root nor a shared block.
    pub fn parent(&self) -> Option<String> {
        let named = self.block().is_none() && !matches!(self.parent, ROOT | 0);
        named.then(|| class_id(self.parent))
    }
}

/// The attributes of a message (`TCA_*`). The meaning of the options and counters depends on the
/// type of the object (`TCA_KIND`), for which there is a table in [`spec`].
#[derive(Default, Attributes)]
#[nla(
    by_caller(TCA_OPTIONS = 2, TCA_STATS = 3, TCA_XSTATS = 4, TCA_STATS2 = 7),
    skip(TCA_PAD = 9)
)]
pub struct MessageAttrs {
    #[nla(TCA_KIND = 1)]
    pub kind: Option<String>,
    pub out: Out,
    pub options_hex: Option<Vec<Attribute>>,
    pub stats: Option<Stats>,
    #[nla(TCA_STAB = 8, optional, with = size_table)]
    pub stab: Option<Options>,
    #[nla(TCA_DUMP_INVISIBLE = 10, present)]
    pub invisible: Option<bool>,
    #[nla(TCA_HW_OFFLOAD = 12, optional, map(bool, |on: bool| on.then_some(true)))]
    pub offloaded: Option<bool>,
    #[nla(TCA_CHAIN = 11)]
    pub chain: Option<u32>,
    #[nla(TCA_INGRESS_BLOCK = 13)]
    pub ingress_block: Option<u32>,
    #[nla(TCA_EGRESS_BLOCK = 14)]
    pub egress_block: Option<u32>,
    #[nla(TCA_EXT_WARN_MSG = 16)]
    pub warning: Option<String>,
}

impl MessageAttrs {
    /// Decodes the attributes of a message. `table` returns the table of options of a type.
    pub fn decode(
        context: &mut DecodeContext<'_>,
        attributes: &[u8],
        table: fn(&str) -> Option<&'static [Field]>,
    ) -> Self {
        let mut message = Self::default();
        let mut old_stats = None;
        let mut own = OwnCounters::default();
        context.each(attributes, |context, attr| {
            let kind = message.kind.as_deref().unwrap_or_default();
            match attr.kind {
                Self::TCA_OPTIONS => match table(kind) {
                    Some(table) => message.out = options::decode(context, table, &attr)?,
                    None => message.options_hex = Some(undecoded(context, &attr)?),
                },
                Self::TCA_STATS | Self::TCA_STATS2 | Self::TCA_XSTATS if !context.details => {}
                Self::TCA_STATS => old_stats = Some(Stats::old(context, &attr)?),
                Self::TCA_XSTATS => own.read(context, kind, &attr)?,
                Self::TCA_STATS2 => {
                    let stats = message.stats.get_or_insert_default();
                    stats.nest(context, &attr, |context, attr| {
                        own.read(context, kind, attr)
                    })?;
                }
                _ => return message.attribute(context, &attr),
            }
            Ok(())
        });
        message.stats = Stats::merge(message.stats, old_stats);
        if own.hex.is_some() {
            message.stats.get_or_insert_default().xstats = own.hex;
        }
        for (name, value) in own.counters.0 {
            message.out.counters.put(name, value);
        }
        message
    }
}

/// Reads a table of packet sizes.
fn size_table(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<Option<Options>, AttrError> {
    Ok(options::decode(context, spec::STAB, attr)?
        .options
        .nonempty())
}

/// Returns the attributes inside the options of a type without a table.
pub fn undecoded(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<Vec<Attribute>, AttrError> {
    let mut list = Vec::new();
    context.nested(attr, |_, attr| {
        list.push(Attribute {
            attr: attr.kind,
            hex: Hex(attr.value.into()),
        });
        Ok(())
    })?;
    Ok(list)
}

/// Declares the payload of an object on a device or a shared block, with the fields that all of
/// them have, and `common`, which sets those fields.
macro_rules! payload {
    (
        $(#[$attr:meta])* $type:ident {
            $($(#[$field_attr:meta])* $field:ident: $field_type:ty,)+
        }
    ) => {
        #[serde_with::skip_serializing_none]
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, crate::json::JsonSchema, nlstream_derive::State)]
        #[state(device(ifindex, dev), property(type = kind))]
        $(#[$attr])*
        pub struct $type {
            /// The device's index; absent on a shared block.
            pub ifindex: Option<u32>,
            /// The device's name.
            pub dev: Option<$crate::value::IfName>,
            $($(#[$field_attr])* pub $field: $field_type,)+
            /// Options, named as in `tc -j`; the fields depend on `kind`.
            #[state(names_devices)]
            pub options: Option<$crate::kind::table::value::Options>,
            /// Undecoded options of a `kind` without a decoder.
            pub options_hex: Option<Vec<$crate::kind::route::unknown::Attribute>>,
            /// Warning that the kernel attached to the request.
            #[state(volatile)]
            pub warning: Option<String>,
            /// With `details`: kind-specific counters, named as in `tc -j`.
            #[state(volatile)]
            pub counters: Option<$crate::kind::table::value::Options>,
            /// With `details`: counters.
            #[state(volatile)]
            pub stats: Option<$crate::kind::route::tc::Stats>,
        }

        impl $type {
            /// Returns the payload with the fields that every object has.
            fn common(
                header: &$crate::kind::route::tc::message::Header,
                message: $crate::kind::route::tc::message::MessageAttrs,
            ) -> Self {
                $type {
                    ifindex: header.device(),
                    kind: message.kind,
                    root: header.root(),
                    parent: header.parent(),
                    options: message.out.options.nonempty(),
                    options_hex: message.options_hex,
                    warning: message.warning,
                    counters: message.out.counters.nonempty(),
                    stats: message.stats,
                    ..Default::default()
                }
            }
        }
    };
}
pub(super) use payload;
