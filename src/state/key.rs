//! What identifies an object: the hash key behind each kind's `x-key`.

use std::net::IpAddr;

use crate::event::Payload;
use crate::event::rule::Rule;
use crate::event::values::{Flags, LlAddr};

/// The key of an object of any kind that is remembered.
#[derive(Debug, PartialEq, Eq, Hash)]
pub enum Key {
    Address {
        ifindex: u32,
        local: Option<IpAddr>,
        peer: Option<IpAddr>,
        prefixlen: u8,
    },
    Neigh {
        ifindex: u32,
        dst: Option<IpAddr>,
        proxy: bool,
    },
    Fdb {
        /// A bridge has one entry for an address, whatever port it is behind.
        bridge_or_device: (Option<u32>, Option<u32>),
        mac: Option<LlAddr>,
        vlan: Option<u16>,
        remote: (Option<IpAddr>, Option<u16>, Option<u32>),
        tunnel: (Option<u32>, Option<u32>, Option<u32>),
    },
    Rule(Box<Rule>),
}

/// The key of `payload`; `None` for a kind that is not remembered here.
pub fn key(payload: &Payload) -> Option<Key> {
    Some(match payload {
        Payload::Address(it) => Key::Address {
            ifindex: it.ifindex,
            local: it.local,
            peer: it.address,
            prefixlen: it.prefixlen,
        },
        Payload::Neigh(it) => Key::Neigh {
            ifindex: it.ifindex,
            dst: it.dst,
            proxy: it.proxy.is_some(),
        },
        Payload::Fdb(it) => Key::Fdb {
            bridge_or_device: match it.master_index {
                Some(bridge) => (Some(bridge), None),
                None => (None, Some(it.ifindex)),
            },
            mac: it.mac,
            vlan: it.vlan,
            remote: (it.dst, it.port, it.vni),
            tunnel: (it.src_vni, it.via_index, it.nhid),
        },
        Payload::Rule(it) => {
            let mut rule = it.clone();
            rule.state = Flags::default();
            Key::Rule(rule)
        }
        _ => return None,
    })
}
