//! The smaller nested objects of a link.

use super::settings::{Names, bytes, counter, exactly, settings, u64_at};
use crate::kind::context::DecodeContext;
use crate::kind::route::link::Link;
use crate::kind::route::link::details::{
    DevlinkPort, Map, RxStats, Stats64, TxStats, Xdp, XdpAttached, XdpProg,
};
use crate::kind::route::link::values::HexNumber;
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{Hex, Symbol, Text};

/// `IFLA_PROP_LIST`: the alternative names.
pub(super) fn prop_list(
    context: &mut DecodeContext,
    attr: &Attr,
    into: &mut Link,
) -> Result<(), AttrError> {
    let altnames = into.altnames.get_or_insert_default();
    context.nested(attr, |_, attr| match attr.kind {
        libc::IFLA_ALT_IFNAME => {
            altnames.push(Text(attr.bytes_z().into()));
            Ok(())
        }
        _ => Err(AttrError::Unknown),
    })?;
    if altnames.iter().any(|name| name.hex().is_some()) {
        into.altnames_hex = Some(altnames.iter().map(|name| Hex(name.0.clone())).collect());
    }
    Ok(())
}

/// `IFLA_XDP_*`; `None` where there is no program.
pub(super) fn xdp(context: &mut DecodeContext, attr: &Attr) -> Result<Option<Xdp>, AttrError> {
    const IFLA_XDP_ATTACHED: u16 = 2;
    const IFLA_XDP_PROG_ID: u16 = 4;
    const IFLA_XDP_DRV_PROG_ID: u16 = 5;
    const IFLA_XDP_SKB_PROG_ID: u16 = 6;
    const IFLA_XDP_HW_PROG_ID: u16 = 7;
    let mut xdp = Xdp::default();
    let mut none = true;
    context.nested(attr, |_, attr| {
        match attr.kind {
            IFLA_XDP_ATTACHED => match attr.u8()? {
                0 => return Ok(()),
                mode => xdp.mode = Some(Symbol::of(mode.into(), XDP_ATTACHED)),
            },
            IFLA_XDP_PROG_ID => xdp.prog = Some(XdpProg { id: attr.u32()? }),
            IFLA_XDP_DRV_PROG_ID | IFLA_XDP_SKB_PROG_ID | IFLA_XDP_HW_PROG_ID => {
                // The attributes are numbered in the order of the modes, from 5.
                let mode = Symbol::of((attr.kind - 4).into(), XDP_ATTACHED);
                let prog = XdpProg { id: attr.u32()? };
                let attached = xdp.attached.get_or_insert_default();
                attached.push(XdpAttached { mode, prog });
            }
            _ => return Err(AttrError::Unknown),
        }
        none = false;
        Ok(())
    })?;
    Ok((!none).then_some(xdp))
}

/// `XDP_ATTACHED_*`
const XDP_ATTACHED: Names = &[(1, "drv"), (2, "skb"), (3, "hw"), (4, "multi")];

/// `IFLA_PROTO_DOWN_REASON_*`: who holds the device down; `None` for nobody.
pub(super) fn proto_down_reason(
    context: &mut DecodeContext,
    attr: &Attr,
) -> Result<Option<Vec<Symbol>>, AttrError> {
    const IFLA_PROTO_DOWN_REASON_VALUE: u16 = 2;
    let mut bits = 0;
    context.nested(attr, |_, attr| match attr.kind {
        IFLA_PROTO_DOWN_REASON_VALUE => {
            bits = attr.u32()?;
            Ok(())
        }
        _ => Err(AttrError::Unknown),
    })?;
    let set = (0..u32::BITS).filter(|bit| bits >> bit & 1 == 1);
    let names = &context.names.protodown_reasons;
    Ok((bits != 0).then(|| set.map(|bit| names.symbol(bit)).collect()))
}

settings! {
    /// `DEVLINK_ATTR_*` of a port's handle; none where there is no port.
    pub(super) fn devlink_port(context, attr, into) -> DevlinkPort {
        DEVLINK_ATTR_BUS_NAME = 1 => bus_name: attr.str()?.to_owned();
        DEVLINK_ATTR_DEV_NAME = 2 => dev_name: attr.str()?.to_owned();
        DEVLINK_ATTR_PORT_INDEX = 3 => port_index: attr.u32()?;
    }
}

/// `DPLL_A_PIN_*`: the pin's id; the attribute is empty where there is no pin.
pub(super) fn dpll_pin(context: &mut DecodeContext, attr: &Attr) -> Result<Option<u32>, AttrError> {
    const DPLL_A_PIN_ID: u16 = 1;
    let mut id = None;
    context.nested(attr, |_, attr| match attr.kind {
        DPLL_A_PIN_ID => {
            id = Some(attr.u32()?);
            Ok(())
        }
        _ => Err(AttrError::Unknown),
    })?;
    Ok(id)
}

/// `struct rtnl_link_stats64`. Newer kernels append to it: what is behind the last known counter
/// is kept.
pub(crate) fn stats64(context: &mut DecodeContext, attr: &Attr) -> Result<Stats64, AttrError> {
    const KNOWN: usize = 25;
    let (numbers, rest) = attr.value.as_chunks::<8>();
    // Linux 5.19 added the last one.
    if numbers.len() < KNOWN - 1 || !rest.is_empty() {
        return Err(AttrError::Length);
    }
    if numbers.len() > KNOWN {
        context.record_unparsed(
            Some(attr.kind),
            AttrError::Unknown,
            &attr.value[KNOWN * 8..],
        );
    }
    let at = |place: usize| {
        let number = numbers.get(place).copied().unwrap_or_default();
        counter(u64::from_ne_bytes(number))
    };
    Ok(Stats64 {
        rx: RxStats {
            packets: at(0),
            bytes: at(2),
            errors: at(4),
            dropped: at(6),
            multicast: at(8),
            length_errors: at(10),
            over_errors: at(11),
            crc_errors: at(12),
            frame_errors: at(13),
            fifo_errors: at(14),
            missed_errors: at(15),
            compressed: at(21),
            nohandler: at(23),
            otherhost_dropped: at(24),
        },
        tx: TxStats {
            packets: at(1),
            bytes: at(3),
            errors: at(5),
            dropped: at(7),
            collisions: at(9),
            aborted_errors: at(16),
            carrier_errors: at(17),
            fifo_errors: at(18),
            heartbeat_errors: at(19),
            window_errors: at(20),
            compressed: at(22),
        },
    })
}

/// `struct rtnl_link_ifmap`
pub(super) fn map(attr: &Attr) -> Result<Map, AttrError> {
    // 28 bytes, padded to 32.
    let value = exactly(attr, 32)?;
    let [dma, port] = bytes(value, 26)?;
    Ok(Map {
        mem_start: HexNumber(u64_at(value, 0)?),
        mem_end: HexNumber(u64_at(value, 8)?),
        base_addr: HexNumber(u64_at(value, 16)?),
        irq: u16::from_ne_bytes(bytes(value, 24)?),
        dma,
        port,
    })
}
