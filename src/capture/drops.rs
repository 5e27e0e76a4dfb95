//! Packets that the tool which made a capture says it lost, by the options of pcapng: `isb_ifdrop` and
//! `isb_osdrop` count from the beginning of the capture, `epb_dropcount` since the packet before.

use pcap_parser::{OptionCode, PcapNGOption};

use crate::event::meta::{Gap, GapCause};
use crate::event::values::Time;
use crate::input::ControlRecord;

const EPB_DROPCOUNT: u16 = 4;
const ISB_IFDROP: u16 = 5;
const ISB_OSDROP: u16 = 7;

/// The packets that a statistics block with these options says were lost since the beginning.
pub(super) fn total(options: &[PcapNGOption<'_>], big_endian: bool) -> u64 {
    let is_drop = |code| code == OptionCode(ISB_IFDROP) || code == OptionCode(ISB_OSDROP);
    let drops = options.iter().filter(|it| is_drop(it.code));
    let counts = drops.filter_map(|it| number(it.as_bytes().ok()?, big_endian));
    counts.fold(0, u64::saturating_add)
}

/// The packets lost before a packet block with these bytes of options.
pub(super) fn before_packet(mut options: &[u8], big_endian: bool) -> u64 {
    let half = |bytes: [u8; 2]| match big_endian {
        true => u16::from_be_bytes(bytes),
        false => u16::from_le_bytes(bytes),
    };
    while let Some((head, rest)) = options.split_first_chunk::<4>() {
        let code = half([head[0], head[1]]);
        let length = usize::from(half([head[2], head[3]]));
        let Some(value) = rest.get(..length) else {
            break;
        };
        if code == EPB_DROPCOUNT {
            return number(value, big_endian).unwrap_or(0);
        }
        options = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    0
}

fn number(value: &[u8], big_endian: bool) -> Option<u64> {
    let bytes = *value.first_chunk()?;
    Some(match big_endian {
        true => u64::from_be_bytes(bytes),
        false => u64::from_le_bytes(bytes),
    })
}

/// The gap of so many packets.
pub(super) fn gap(lost: u64, from: Option<Time>, to: Time) -> Box<ControlRecord> {
    Box::new(ControlRecord::Gap(Gap {
        family: None,
        kinds: None,
        cause: GapCause::Overflow,
        errno: None,
        lost: Some(lost),
        from,
        to: Some(to),
        by: None,
    }))
}
