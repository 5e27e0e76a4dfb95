//! The kinds of nftables (linux/netfilter/nf_tables.h). All integers are in network byte order.

mod expr;
mod meaning;
pub mod nft_chain;
pub mod nft_element;
pub mod nft_flowtable;
pub mod nft_generation;
pub mod nft_object;
pub mod nft_rule;
pub mod nft_set;
pub mod nft_table;
pub mod nft_trace;
mod order;
mod userdata;

use crate::kind::context::DecodeContext;
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::nfnetlink::HEADER;
use crate::value::{Symbol, Text};
pub use meaning::SetTypes;
pub use order::RuleOrder;

/// `NFPROTO_*` (linux/netfilter.h), by the names of nft(8).
pub(super) const FAMILIES: &[(u32, &str)] = &[
    (0, "unspec"),
    (1, "inet"),
    (2, "ip"),
    (3, "arp"),
    (5, "netdev"),
    (7, "bridge"),
    (10, "ip6"),
];

/// `struct nfgenmsg` (linux/netfilter/nfnetlink.h).
#[derive(Clone, Copy, Debug)]
struct Header {
    /// `NFPROTO_*`
    family: u8,
    /// The low 16 bits of the number of the transaction.
    res_id: u16,
}

impl Header {
    /// Splits a message into its header and its attributes. Returns `None` if it is too short.
    fn split(body: &[u8]) -> Option<(Self, &[u8])> {
        let (header, attributes) = body.split_first_chunk::<HEADER>()?;
        let [family, _version, high, low] = *header;
        let header = Header {
            family,
            res_id: u16::from_be_bytes([high, low]),
        };
        Some((header, attributes))
    }

    /// The family of the object.
    fn family(&self) -> Symbol {
        Symbol::of(self.family.into(), FAMILIES)
    }

    /// The number of the transaction, if the number of an earlier one is known.
    fn generation(&self, context: &DecodeContext<'_>) -> Option<u32> {
        let last = context.generation?;
        // The first number with these low bits that is not before the last one.
        let ahead = self.res_id.wrapping_sub(last as u16);
        Some(last.wrapping_add(ahead.into()))
    }
}

/// The name of a hook of packets (`NF_*`, `enum nf_inet_hooks`) in a family.
fn hook(family: u8, number: u32) -> Symbol {
    const INET: &[(u32, &str)] = &[
        (0, "prerouting"),
        (1, "input"),
        (2, "forward"),
        (3, "output"),
        (4, "postrouting"),
        (5, "ingress"),
    ];
    const ARP: &[(u32, &str)] = &[(0, "input"), (1, "output"), (2, "forward")];
    const NETDEV: &[(u32, &str)] = &[(0, "ingress"), (1, "egress")];
    Symbol::of(
        number,
        match family {
            3 => ARP,
            5 => NETDEV,
            _ => INET,
        },
    )
}

/// Milliseconds as seconds.
fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1000.0
}

/// Reads a priority, which may be negative.
fn priority(_: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<i32, AttrError> {
    attr.be32().map(u32::cast_signed)
}

/// Reads the names of devices (`NFTA_DEVICE_*`). A prefix of names ends with an asterisk.
fn devices(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Vec<Text>, AttrError> {
    const NFTA_DEVICE_NAME: u16 = 1;
    const NFTA_DEVICE_PREFIX: u16 = 2;
    let mut names = Vec::new();
    context.nested(attr, |_, attr| {
        names.push(match attr.kind {
            NFTA_DEVICE_NAME => Text(attr.bytes_z().into()),
            NFTA_DEVICE_PREFIX => Text([attr.bytes_z(), b"*"].concat().into()),
            _ => return Err(AttrError::Unknown),
        });
        Ok(())
    })?;
    names.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(names)
}

/// Adds to the devices that a message names those that the object had: the message of a change names only
/// those that were added.
fn join_devices(new: &mut Option<Vec<Text>>, stored: &Option<Vec<Text>>) {
    let Some(stored) = stored else {
        return;
    };
    let new = new.get_or_insert_default();
    new.extend(
        stored
            .iter()
            .filter(|name| !new.contains(name))
            .cloned()
            .collect::<Vec<_>>(),
    );
    new.sort_unstable_by(|a, b| a.0.cmp(&b.0));
}

/// The devices that are left if a deletion names some of those that the object had.
fn other_devices(
    deleted: &Option<Vec<Text>>,
    stored: &Option<Vec<Text>>,
) -> Option<Option<Vec<Text>>> {
    let (deleted, stored) = (deleted.as_ref()?, stored.as_ref()?);
    let rest = stored.iter().filter(|name| !deleted.contains(name));
    let rest: Vec<_> = rest.cloned().collect();
    (!rest.is_empty()).then_some(Some(rest))
}

#[cfg(test)]
mod tests {
    use super::nft_chain::NftChain;
    use super::*;
    use crate::kind::spec::KindSpec as _;
    use crate::kind::{Kind, Op};

    fn names(names: &[&str]) -> Option<Vec<Text>> {
        Some(
            names
                .iter()
                .map(|name| Text(name.as_bytes().into()))
                .collect(),
        )
    }

    #[test]
    fn a_message_names_only_the_devices_that_come_or_go() {
        let mut devices = names(&["v9"]);
        join_devices(&mut devices, &names(&["v1", "v9"]));
        assert_eq!(devices, names(&["v1", "v9"]));
        let mut devices = None;
        join_devices(&mut devices, &names(&["v1"]));
        assert_eq!(devices, names(&["v1"]));
        let left = |deleted, stored| other_devices(&deleted, &stored);
        assert_eq!(
            left(names(&["v1"]), names(&["v1", "v2"])),
            Some(names(&["v2"]))
        );
        // The whole object.
        assert_eq!(left(names(&["v1", "v2"]), names(&["v1", "v2"])), None);
        assert_eq!(left(None, names(&["v1"])), None);
    }

    #[test]
    fn rules_are_read_again_when_a_chain_goes_with_its_device() {
        let reads_rules = |devices, op| {
            let chain = NftChain {
                devices,
                ..NftChain::default()
            };
            let affected = chain.triggers(op, None).affected();
            affected.iter().any(|kinds| kinds.contains(Kind::NftRule))
        };
        assert!(reads_rules(names(&["v1"]), Op::Delete));
        // The kernel announces each rule of other chains.
        assert!(!reads_rules(None, Op::Delete));
        assert!(!reads_rules(names(&["v1"]), Op::Add));
    }

    #[test]
    fn a_number_is_completed_from_an_earlier_one() {
        let names = crate::names::Names::builtin();
        let mut context = DecodeContext::new(&names, false);
        let of = |res_id| Header { family: 0, res_id };
        assert_eq!(of(7).generation(&context), None);
        for (last, low, number) in [(7, 8, 8), (0x1_ffff, 2, 0x2_0002), (0x1_0005, 5, 0x1_0005)] {
            context.generation = Some(last);
            assert_eq!(of(low).generation(&context), Some(number));
        }
    }
}
