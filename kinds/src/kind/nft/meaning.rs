//! Values of registers, and keys and values of sets, as text. The kernel keeps them as bytes; what they mean
//! follows from the expression that loads them, or from the type of the set.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::{FAMILIES, Header};
use crate::channel::NetnsId;
use crate::netlink::attr::Attrs;
use crate::netlink::family::Protocol as _;
use crate::netlink::frame::Messages;
use crate::netlink::nfnetlink::{NFT_MSG_DELSET, NFT_MSG_NEWSET, NFTABLES};
use crate::value::Symbol;

/// What the bytes of a value mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Ipv4,
    Ipv6,
    Mac,
    /// A port, or another number of 16 bits.
    Port,
    /// `IPPROTO_*`
    Protocol,
    EtherType,
    /// The name of a device, or of a type of devices.
    Name,
    /// `NFPROTO_*`
    Family,
    /// Bits of the state of a connection.
    State,
    /// A number in the byte order of the machine.
    Number,
    /// The same, hexadecimal.
    Mark,
}

/// `IPPROTO_*` (linux/in.h), by the names of /etc/protocols.
const PROTOCOLS: &[(u32, &str)] = &[
    (1, "icmp"),
    (2, "igmp"),
    (6, "tcp"),
    (17, "udp"),
    (33, "dccp"),
    (47, "gre"),
    (50, "esp"),
    (51, "ah"),
    (58, "ipv6-icmp"),
    (108, "comp"),
    (132, "sctp"),
    (136, "udplite"),
];

/// `NF_CT_STATE_BIT`
const STATES: &[(u32, &str)] = &[
    (1, "invalid"),
    (2, "established"),
    (4, "related"),
    (8, "new"),
    (64, "untracked"),
];

impl Meaning {
    /// The value as text; `None` if its length is another one.
    pub(super) fn text(self, bytes: &[u8]) -> Option<String> {
        let native = || Some(u32::from_ne_bytes(bytes.try_into().ok()?));
        Some(match self {
            Meaning::Ipv4 => Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?).to_string(),
            Meaning::Ipv6 => Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).to_string(),
            Meaning::Mac => {
                let mac = <[u8; 6]>::try_from(bytes).ok()?;
                mac.map(|byte| format!("{byte:02x}")).join(":")
            }
            Meaning::Port => u16::from_be_bytes(bytes.try_into().ok()?).to_string(),
            Meaning::Protocol => symbol(bytes, PROTOCOLS)?,
            Meaning::Family => symbol(bytes, FAMILIES)?,
            Meaning::EtherType => {
                let number = u16::from_be_bytes(bytes.try_into().ok()?);
                format!("{number:#06x}")
            }
            Meaning::Name => name(bytes)?,
            Meaning::State => {
                let bits = native()?;
                let set = STATES.iter().filter(|(bit, _)| bits & bit != 0);
                let names: Vec<_> = set.map(|(_, name)| *name).collect();
                let rest = STATES.iter().fold(bits, |rest, (bit, _)| rest & !bit);
                match rest {
                    0 => names.join(","),
                    _ => return None,
                }
            }
            Meaning::Number => native()?.to_string(),
            Meaning::Mark => format!("{:#x}", native()?),
        })
    }

    /// Length of a value of the type, bytes.
    fn length(self) -> usize {
        match self {
            Meaning::Protocol | Meaning::Family => 1,
            Meaning::Port | Meaning::EtherType => 2,
            Meaning::Ipv4 | Meaning::State | Meaning::Number | Meaning::Mark => 4,
            Meaning::Mac => 6,
            Meaning::Ipv6 | Meaning::Name => 16,
        }
    }

    /// The meaning of a type of nft(8) by its number, those left out whose byte order depends on the set.
    fn of_type(number: u32) -> Option<Self> {
        Some(match number {
            2 => Meaning::Family,
            7 => Meaning::Ipv4,
            8 => Meaning::Ipv6,
            9 => Meaning::Mac,
            10 => Meaning::EtherType,
            12 => Meaning::Protocol,
            13 => Meaning::Port,
            41 => Meaning::Name,
            _ => return None,
        })
    }
}

fn symbol(bytes: &[u8], names: &'static [(u32, &'static str)]) -> Option<String> {
    match bytes {
        [number] => Some(Symbol::of((*number).into(), names).to_string()),
        _ => None,
    }
}

/// A name, up to the zero bytes that follow it. Without one it is the beginning of names, as with an asterisk.
fn name(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().position(|byte| *byte == 0);
    let (name, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
    let name = str::from_utf8(name).ok()?;
    let is_text = !name.is_empty() && rest.iter().all(|byte| *byte == 0);
    is_text.then(|| match end {
        Some(_) => name.to_owned(),
        None if bytes.len() < 16 => format!("{name}*"),
        None => name.to_owned(),
    })
}

/// A value of a type of several parts, each padded to four bytes, as nft(8) writes it.
pub(super) fn text_of_type(number: u32, mut bytes: &[u8]) -> Option<String> {
    let parts = (0..30).step_by(6).rev().map(|shift| number >> shift & 0x3f);
    let parts: Vec<_> = parts.skip_while(|part| *part == 0).collect();
    let mut texts = Vec::new();
    for part in &parts {
        let meaning = Meaning::of_type(*part)?;
        let length = meaning.length();
        let padded = match parts.len() {
            1 => length,
            _ => length.next_multiple_of(4),
        };
        let (value, rest) = bytes.split_at_checked(padded)?;
        texts.push(meaning.text(&value[..length])?);
        bytes = rest;
    }
    (bytes.is_empty() && !texts.is_empty()).then(|| texts.join(" . "))
}

/// The types of keys and values of a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SetType {
    pub key: u32,
    pub data: u32,
}

/// The types of the sets that the kernel has reported. Messages about elements lack them.
#[derive(Clone, Debug, Default)]
pub struct SetTypes(HashMap<NetnsId, HashMap<Box<[u8]>, SetType>>);

impl SetTypes {
    /// Learns from a datagram of nftables.
    pub fn learn(&mut self, netns: NetnsId, datagram: &[u8]) {
        const NFTA_SET_TABLE: u16 = 1;
        const NFTA_SET_NAME: u16 = 2;
        const NFTA_SET_KEY_TYPE: u16 = 4;
        const NFTA_SET_DATA_TYPE: u16 = 6;
        for message in Messages::new(datagram).flatten() {
            let number = NFTABLES.message_type(&message);
            if message.control().is_some() || !matches!(number, NFT_MSG_NEWSET | NFT_MSG_DELSET) {
                continue;
            }
            let Some((header, attributes)) = Header::split(message.body) else {
                continue;
            };
            let (mut table, mut name) = (&[][..], &[][..]);
            let mut of = SetType::default();
            for attr in Attrs::new(attributes).flatten() {
                match attr.kind {
                    NFTA_SET_TABLE => table = attr.bytes_z(),
                    NFTA_SET_NAME => name = attr.bytes_z(),
                    NFTA_SET_KEY_TYPE => of.key = attr.be32().unwrap_or_default(),
                    NFTA_SET_DATA_TYPE => of.data = attr.be32().unwrap_or_default(),
                    _ => {}
                }
            }
            let sets = self.0.entry(netns).or_default();
            let key = address(header.family, table, name);
            match number {
                NFT_MSG_NEWSET => drop(sets.insert(key, of)),
                _ => drop(sets.remove(&key)),
            }
        }
    }

    /// Forgets the sets of a namespace.
    pub fn forget(&mut self, netns: NetnsId) {
        self.0.remove(&netns);
    }

    pub(super) fn get(
        &self,
        netns: NetnsId,
        family: u8,
        table: &[u8],
        set: &[u8],
    ) -> Option<SetType> {
        let sets = self.0.get(&netns)?;
        sets.get(&address(family, table, set)).copied()
    }
}

fn address(family: u8, table: &[u8], set: &[u8]) -> Box<[u8]> {
    [&[family], table, b"\0", set].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_nft_writes_them() {
        for (meaning, bytes, text) in [
            (Meaning::Ipv4, &[10, 0, 0, 1][..], Some("10.0.0.1")),
            (Meaning::Ipv4, &[10], None),
            (Meaning::Port, &[1, 187], Some("443")),
            (Meaning::Protocol, &[6], Some("tcp")),
            (Meaning::Mac, &[2, 0, 0, 0, 0, 1], Some("02:00:00:00:00:01")),
            (Meaning::Name, b"lo\0\0", Some("lo")),
            (Meaning::Name, b"eth", Some("eth*")),
            (Meaning::Name, b"\0\0\0\0", None),
            (
                Meaning::State,
                &6_u32.to_ne_bytes(),
                Some("established,related"),
            ),
            (Meaning::State, &32_u32.to_ne_bytes(), None),
            (Meaning::Mark, &255_u32.to_ne_bytes(), Some("0xff")),
        ] {
            assert_eq!(meaning.text(bytes).as_deref(), text, "{meaning:?}");
        }
    }

    #[test]
    fn a_key_of_several_parts_has_the_text_of_each() {
        let key = [10, 0, 0, 1, 0, 22, 0, 0];
        assert_eq!(
            text_of_type(7 << 6 | 13, &key).as_deref(),
            Some("10.0.0.1 . 22")
        );
        assert_eq!(text_of_type(7, &key), None);
        assert_eq!(text_of_type(19, &key[..4]), None);
        assert_eq!(text_of_type(13, &[0, 22]).as_deref(), Some("22"));
    }
}
