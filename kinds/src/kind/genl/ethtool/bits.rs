//! Sets of bits (`ETHTOOL_A_BITSET_*`): of notifications two masks, of other answers also a list with names.

use serde_json::json;

use super::strings::{MAX_BITS, set};
use crate::kind::context::DecodeContext;
use crate::kind::table::decode::Out;
use crate::kind::table::value::Value;
use crate::kind::table::{Field, Hook};
use crate::netlink::attr::{Attr, AttrError};

// linux/ethtool_netlink.h
const ETHTOOL_A_BITSET_NOMASK: u16 = 1;
const ETHTOOL_A_BITSET_SIZE: u16 = 2;
const ETHTOOL_A_BITSET_BITS: u16 = 3;
const ETHTOOL_A_BITSET_VALUE: u16 = 4;
const ETHTOOL_A_BITSET_MASK: u16 = 5;
const ETHTOOL_A_BITSET_BITS_BIT: u16 = 1;
const ETHTOOL_A_BITSET_BIT_INDEX: u16 = 1;
const ETHTOOL_A_BITSET_BIT_NAME: u16 = 2;
const ETHTOOL_A_BITSET_BIT_VALUE: u16 = 3;

/// The field with the mask of a set whose mask is the supported bits.
pub(super) const SUPPORTED: &str = "supported";

macro_rules! sets {
    ($($name:ident, $masked:ident = $set:ident;)+) => {
        $(pub(super) static $name: Hook = Hook {
            decode: decode::<{ set::$set }, false>,
            schema: names,
        };
        #[allow(dead_code, reason = "few masks are the supported bits")]
        pub(super) static $masked: Hook = Hook {
            decode: decode::<{ set::$set }, true>,
            schema: names,
        };)+
    };
}

// Of each set of names: the bits alone, and with the mask as `supported`.
sets! {
    PRIVATE_FLAGS, MASKED_PRIVATE_FLAGS = ETH_SS_PRIV_FLAGS;
    FEATURES, MASKED_FEATURES = ETH_SS_FEATURES;
    LINK_MODES, MASKED_LINK_MODES = ETH_SS_LINK_MODES;
    MSG_CLASSES, MASKED_MSG_CLASSES = ETH_SS_MSG_CLASSES;
    WOL_MODES, MASKED_WOL_MODES = ETH_SS_WOL_MODES;
    TIMESTAMPING, MASKED_TIMESTAMPING = ETH_SS_SOF_TIMESTAMPING;
    TX_TYPES, MASKED_TX_TYPES = ETH_SS_TS_TX_TYPES;
    RX_FILTERS, MASKED_RX_FILTERS = ETH_SS_TS_RX_FILTERS;
    TUNNEL_TYPES, MASKED_TUNNEL_TYPES = ETH_SS_UDP_TUNNEL_TYPES;
}

/// The number of a link mode, by name.
pub(super) static LINK_MODE: Hook = Hook {
    decode: |context, field, _, bytes, out| {
        let bit = bytes.try_into().map_err(|_| AttrError::Length)?;
        let name = name(
            context,
            set::ETH_SS_LINK_MODES,
            out,
            u32::from_ne_bytes(bit),
        );
        out.options.put(field.name, Value::Text(name));
        Ok(bytes.len())
    },
    schema: || Some(json!({ "type": "string" })),
};

/// A speed, or `SPEED_UNKNOWN`: no value.
pub(super) static SPEED: Hook = Hook {
    decode: |_, field, _, bytes, out| {
        let speed = bytes.try_into().map_err(|_| AttrError::Length)?;
        match u32::from_ne_bytes(speed) {
            u32::MAX => {}
            speed => out.options.put(field.name, Value::Number(speed.into())),
        }
        Ok(bytes.len())
    },
    schema: || Some(json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })),
};

/// Flags of time stamps, which no set names.
pub(super) static TIMESTAMPING_FLAGS: Hook = Hook {
    decode: decode::<{ u32::MAX }, false>,
    schema: names,
};

fn names() -> Option<serde_json::Value> {
    Some(json!({ "type": "array", "items": { "type": "string" } }))
}

/// The name of a bit. The header of the message, which comes first, tells the device.
fn name(context: &DecodeContext<'_>, set: u32, out: &Out, bit: u32) -> String {
    let ifindex = match out.options.get("ifindex") {
        Some(Value::Number(ifindex)) => u32::try_from(*ifindex).unwrap_or(0),
        _ => 0,
    };
    match context.strings() {
        Some((strings, netns)) => strings.name(set, (netns, ifindex), bit),
        None => bit.to_string(),
    }
}

/// The words of a mask in which a bit is set.
fn has(words: &[u8], bit: u32) -> bool {
    let (words, _) = words.as_chunks::<4>();
    let word = words.get(bit as usize / 32);
    word.is_some_and(|word| u32::from_ne_bytes(*word) >> (bit % 32) & 1 == 1)
}

fn decode<const SET: u32, const MASKED: bool>(
    context: &mut DecodeContext<'_>,
    field: &'static Field,
    kind: u16,
    bytes: &[u8],
    out: &mut Out,
) -> Result<usize, AttrError> {
    let (mut has_no_mask, mut size) = (false, 0);
    let (mut value, mut mask): (&[u8], &[u8]) = (&[], &[]);
    // Those of a list: the ones that are set, and all.
    let (mut listed, mut all) = (Vec::new(), Vec::new());
    context.within(kind, |context| {
        context.each(bytes, |context, attr| {
            match attr.kind {
                ETHTOOL_A_BITSET_NOMASK => has_no_mask = true,
                ETHTOOL_A_BITSET_SIZE => match attr.u32()? {
                    bits @ 0..=MAX_BITS => size = bits,
                    _ => return Err(AttrError::Value),
                },
                ETHTOOL_A_BITSET_VALUE => value = attr.value,
                ETHTOOL_A_BITSET_MASK => mask = attr.value,
                ETHTOOL_A_BITSET_BITS => context.nested(&attr, |context, attr| {
                    if attr.kind != ETHTOOL_A_BITSET_BITS_BIT {
                        return Err(AttrError::Unknown);
                    }
                    let (is_set, text) = bit::<SET>(context, &attr, out)?;
                    if is_set {
                        listed.push(text.clone());
                    }
                    all.push(text);
                    Ok(())
                })?,
                _ => return Err(AttrError::Unknown),
            }
            Ok(())
        });
    })?;
    // Without a mask the bits that are listed are those that are set.
    if has_no_mask {
        listed.clone_from(&all);
    }
    for bit in 0..size {
        let (is_set, is_meant) = (has(value, bit), has(mask, bit));
        if is_set || is_meant {
            let text = name(context, SET, out, bit);
            if is_set {
                listed.push(text.clone());
            }
            if is_meant {
                all.push(text);
            }
        }
    }
    out.options.put(field.name, Value::Names(listed));
    if MASKED && !has_no_mask {
        out.options.put(SUPPORTED, Value::Names(all));
    }
    Ok(bytes.len())
}

/// A bit of a list: true if it is set, and its name.
fn bit<const SET: u32>(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
    out: &Out,
) -> Result<(bool, String), AttrError> {
    let (mut is_set, mut index, mut text) = (false, None, None);
    context.nested(attr, |_, attr| {
        match attr.kind {
            ETHTOOL_A_BITSET_BIT_INDEX => index = Some(attr.u32()?),
            ETHTOOL_A_BITSET_BIT_NAME => text = Some(attr.str()?.to_owned()),
            ETHTOOL_A_BITSET_BIT_VALUE => is_set = true,
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    })?;
    let by_number = || index.map(|bit| name(context, SET, out, bit));
    let text = text.or_else(by_number).ok_or(AttrError::Value)?;
    Ok((is_set, text))
}
