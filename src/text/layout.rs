//! How the fields of each kind become words: one declaration for each kind, in the order in which `ip`,
//! `bridge` and `tc` print them. A kind without a declaration shows its key, and all other fields by
//! name.

mod conntrack;
mod device;
mod devlink;
mod dpll;
mod l2tp;
mod mptcp;
mod nft;
mod ovs;
mod route;
mod tc;
mod team;
mod thermal;
mod wifi;
mod xfrm;

use super::node::{Fields, Node};
use super::words::Style;
use crate::event::Kind;

/// The sentence of a kind.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// What identifies the object for a person.
    pub subject: fn(&Fields) -> Option<String>,
    /// The fields of the subject, which no item shows.
    pub identity: &'static [&'static str],
    pub items: &'static [Item],
    /// In place of `items`, if the object was deleted.
    pub deleted: Option<&'static [Item]>,
    pub rest: Rest,
    pub style: Style,
}

/// When the fields are shown that no item names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    Always,
    /// If they differ.
    Changed,
}

/// A part of a sentence.
#[derive(Clone, Copy)]
pub(super) struct Item {
    /// The word before the value.
    pub word: &'static str,
    /// The fields that the item shows.
    pub fields: &'static [&'static str],
    pub source: Source,
    /// Written without the word, unless it changed.
    pub is_bare: bool,
    /// Written in changes as well, if it did not change.
    pub is_always: bool,
    /// Written only if it changed.
    pub is_change: bool,
    /// The value that is not worth a word.
    pub usual: &'static str,
}

/// Where the value of an item comes from.
#[derive(Clone, Copy)]
pub(super) enum Source {
    /// The first of the fields.
    Field,
    /// The fields are the name of a device and its index.
    Device,
    /// The field is a list of flags; those in the list are not shown.
    Flags(&'static [&'static str]),
    Text(fn(&Fields) -> Option<String>),
    /// Several values, each with the word.
    Each(fn(&Fields) -> Vec<String>),
    /// An object whose fields are shown in its place.
    Splice(fn(&Fields) -> Option<Fields>),
}

impl Item {
    const fn new(word: &'static str, fields: &'static [&'static str], source: Source) -> Self {
        Item {
            word,
            fields,
            source,
            is_bare: false,
            is_always: false,
            is_change: false,
            usual: "",
        }
    }

    const fn bare(self) -> Self {
        Item {
            is_bare: true,
            ..self
        }
    }

    const fn always(self) -> Self {
        Item {
            is_always: true,
            ..self
        }
    }

    const fn if_changed(self) -> Self {
        Item {
            is_change: true,
            ..self
        }
    }

    const fn unless(self, usual: &'static str) -> Self {
        Item { usual, ..self }
    }
}

const fn field(word: &'static str, fields: &'static [&'static str]) -> Item {
    Item::new(word, fields, Source::Field)
}

const fn device(word: &'static str, fields: &'static [&'static str]) -> Item {
    Item::new(word, fields, Source::Device).always()
}

const fn text(
    word: &'static str,
    fields: &'static [&'static str],
    value: fn(&Fields) -> Option<String>,
) -> Item {
    Item::new(word, fields, Source::Text(value))
}

const DEV: Item = device("dev", &["dev", "ifindex"]);
const FLAGS: Item = Item::new("", &["flags"], Source::Flags(&[]));

/// The layout of most kinds.
const PLAIN: Layout = Layout {
    subject: |_| None,
    identity: &[],
    items: &[],
    deleted: None,
    rest: Rest::Always,
    style: Style::Ip,
};

/// A name that is written alone if the field is true.
const fn switch(word: &'static str, fields: &'static [&'static str]) -> Item {
    field(word, fields).unless("off")
}

/// Returns the layout of a kind.
pub(super) fn of(kind: Kind) -> &'static Layout {
    match kind {
        Kind::Link => &device::LINK,
        Kind::Address => &device::ADDRESS,
        Kind::Route => &route::ROUTE,
        Kind::Neigh => &device::NEIGH,
        Kind::Fdb => &device::FDB,
        Kind::Rule => &route::RULE,
        Kind::Prefix => &device::PREFIX,
        Kind::Netconf => &device::NETCONF,
        Kind::Nexthop => &route::NEXTHOP,
        Kind::NexthopBucket => &route::NEXTHOP_BUCKET,
        Kind::Mdb => &device::MDB,
        Kind::Vlan => &device::VLAN,
        Kind::Vni => &device::VNI,
        Kind::Maddress | Kind::Acaddress => &device::MADDRESS,
        Kind::Mroute => &route::MROUTE,
        Kind::Cachereport => &route::CACHEREPORT,
        Kind::Addrlabel => &device::ADDRLABEL,
        Kind::Neightbl => &device::NEIGHTBL,
        Kind::Nsid => &device::NSID,
        Kind::Nduseropt => &device::NDUSEROPT,
        Kind::Stats => &device::STATS,
        Kind::Qdisc => &tc::QDISC,
        Kind::Class => &tc::CLASS,
        Kind::Filter => &tc::FILTER,
        Kind::Chain => &tc::CHAIN,
        Kind::Action => &tc::ACTION,
        Kind::GenlFamily => &device::GENL_FAMILY,
        Kind::Ethtool => &device::ETHTOOL,
        Kind::Devlink => &devlink::DEVICE,
        Kind::DevlinkInfo => &devlink::INFO,
        Kind::DevlinkPort => &devlink::PORT,
        Kind::DevlinkParam | Kind::DevlinkRegion | Kind::DevlinkTrap | Kind::DevlinkTrapGroup => {
            &devlink::NAMED
        }
        Kind::DevlinkHealth => &devlink::HEALTH,
        Kind::DevlinkTrapPolicer => &devlink::TRAP_POLICER,
        Kind::DevlinkRate => &devlink::RATE,
        Kind::DevlinkLinecard => &devlink::LINECARD,
        Kind::DevlinkFlash => &devlink::FLASH,
        Kind::MptcpEvent => &mptcp::EVENT,
        Kind::Wiphy => &wifi::WIPHY,
        Kind::WifiInterface => &wifi::INTERFACE,
        Kind::WifiStation => &wifi::STATION,
        Kind::WifiRegdom => &wifi::REGDOM,
        Kind::WifiEvent => &wifi::EVENT,
        Kind::L2tpTunnel => &l2tp::TUNNEL,
        Kind::L2tpSession => &l2tp::SESSION,
        Kind::L2tpEvent => &l2tp::EVENT,
        Kind::TeamPort => &team::PORT,
        Kind::TeamOption => &team::OPTION,
        Kind::OvsDatapath => &ovs::DATAPATH,
        Kind::OvsVport => &ovs::VPORT,
        Kind::ThermalZone => &thermal::ZONE,
        Kind::ThermalTrip => &thermal::TRIP,
        Kind::ThermalCoolingDevice => &thermal::COOLING_DEVICE,
        Kind::ThermalEvent => &thermal::EVENT,
        Kind::DpllDevice => &dpll::DEVICE,
        Kind::DpllPin => &dpll::PIN,
        Kind::NftTable => &nft::TABLE,
        Kind::NftChain => &nft::CHAIN,
        Kind::NftRule => &nft::RULE,
        Kind::NftSet => &nft::SET,
        Kind::NftElement => &nft::ELEMENT,
        Kind::NftObject => &nft::OBJECT,
        Kind::NftFlowtable => &nft::FLOWTABLE,
        Kind::NftGeneration => &nft::GENERATION_END,
        Kind::XfrmState => &xfrm::STATE,
        Kind::XfrmPolicy => &xfrm::POLICY,
        Kind::XfrmEvent => &xfrm::EVENT,
        Kind::Conntrack => &conntrack::CONNTRACK,
        Kind::Expect => &conntrack::EXPECT,
        Kind::NetfilterCfg => &nft::NETFILTER_CFG,
        Kind::Unknown => &device::UNKNOWN,
        #[allow(unreachable_patterns, reason = "a new kind needs no layout of its own")]
        _ => &PLAIN,
    }
}

fn texts(it: &Fields, name: &str) -> Vec<String> {
    it.list(name).iter().filter_map(Node::text).collect()
}

/// `198.51.100.0/24`, `0x10/0xf0`
fn with_suffix(it: &Fields, value: &str, suffix: &str) -> Option<String> {
    let value = it.text(value)?;
    Some(match it.text(suffix) {
        Some(suffix) => format!("{value}/{suffix}"),
        None => value,
    })
}

/// `1024-2048`
fn range(it: &Fields, first: &str, last: &str) -> Option<String> {
    match (it.text(first), it.text(last)) {
        (Some(first), Some(last)) => Some(format!("{first}-{last}")),
        (first, last) => first.or(last),
    }
}
