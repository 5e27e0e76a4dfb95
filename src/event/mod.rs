//! The contract: what a line says, one file per kind. The doc comments here become the schema's
//! descriptions.

pub mod address;
pub mod encap;
pub mod fdb;
pub mod fields;
pub mod line;
pub mod link;
pub mod meta;
pub mod neigh;
pub mod prefix;
pub mod route;
pub mod rule;
pub mod unknown;
pub mod values;

use std::fmt;

use schemars::JsonSchema;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

use crate::netlink::rtm::rtm;
use fields::{Fields, Mask};
use values::{Hex, IfName, Time};

/// The major version of the schema, `v` of every line.
pub const SCHEMA_VERSION: u8 = 1;

/// Declares the kinds once: the enum, its names, and the payload of each.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident($payload:ty) = $name:literal, $key:expr;)+) => {
        /// What a line is about, by the names that `ip`, `bridge` and `tc monitor` use.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($(#[$doc])* $variant),+
        }

        impl Kind {
            /// Every kind, in the order of the documentation.
            pub const ALL: &'static [Kind] = &[$(Kind::$variant),+];

            /// The kind's name, as `kind` and as the name of the payload.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Kind::$variant => $name),+
                }
            }

            /// The payload fields that identify the object, `x-key` of the schema; empty for a
            /// kind that is a message and not a state. `a//b` means: `a`, or `b` where `a` is
            /// absent (jq's operator).
            pub const fn key(self) -> &'static [&'static str] {
                match self {
                    $(Kind::$variant => $key),+
                }
            }
        }

        /// The object of a line, under the name of its kind.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum Payload {
            $($variant($payload)),+
        }

        impl Payload {
            pub const fn kind(&self) -> Kind {
                match self {
                    $(Payload::$variant(_) => Kind::$variant),+
                }
            }
        }
    };
}

kinds! {
    /// A network device.
    Link(Box<link::Link>) = "link", &["ifindex"];
    /// An address of a device.
    Address(address::Address) = "address", &["ifindex", "family", "local", "address", "prefixlen"];
    /// A route.
    Route(Box<route::Route>) = "route", &["family", "table", "dst", "src", "tos", "metric"];
    /// A neighbour: ARP and NDP, proxies included.
    Neigh(neigh::Neigh) = "neigh", &["family", "ifindex", "dst", "proxy"];
    /// A forwarding entry of a bridge, a vxlan or a device's own filter.
    Fdb(fdb::Fdb) = "fdb", &["master_index", "master_index//ifindex", "mac", "vlan", "dst", "port", "vni", "src_vni", "via_index", "nhid"];
    /// A routing rule.
    Rule(Box<rule::Rule>) = "rule", rule::KEY;
    /// An IPv6 prefix that a router announced.
    Prefix(prefix::Prefix) = "prefix", &[];
    /// A message that no decoder knows.
    Unknown(unknown::Unknown) = "unknown", &[];
    /// nlstream's own record.
    Meta(Box<meta::Meta>) = "meta", &[];
}

/// What happened to the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// It is new.
    Add,
    /// It was there and is told again; `changed` says what differs.
    Change,
    /// It is gone; the payload is what the kernel said of it last.
    Delete,
    /// It was there already.
    Present,
    /// A message, not a state.
    Notify,
    /// `meta`: the first record of every run.
    Start,
    /// `meta`: the snapshot is complete.
    Sync,
    /// `meta`: something was lost here.
    Gap,
    /// `meta`: the last record of a run.
    Stop,
}

impl Op {
    pub const fn name(self) -> &'static str {
        match self {
            Op::Add => "add",
            Op::Change => "change",
            Op::Delete => "delete",
            Op::Present => "present",
            Op::Notify => "notify",
            Op::Start => "start",
            Op::Sync => "sync",
            Op::Gap => "gap",
            Op::Stop => "stop",
        }
    }
}

/// How nlstream knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The kernel told it.
    Kernel,
    /// Read from the kernel at the start.
    Snapshot,
}

/// Where an event comes from: the header of its netlink message. Zero ones are left out.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Nl {
    /// The message type, as the kernel's header names it (`RTM_NEWLINK`), else its number.
    pub r#type: NlType,
    /// The family of a link message that is about one family only: `inet6` (its IPv6 settings)
    /// or `bridge` (it as a port).
    pub family: Option<values::Symbol>,
    /// The port id of whoever asked for the change; absent where the kernel did it itself, or
    /// does not say.
    pub portid: Option<u32>,
    /// The sequence number of the request.
    pub seq: Option<u32>,
    /// Flags of the request that led here: `REPLACE`, `EXCL`, `CREATE`, `APPEND`.
    pub flags: Option<values::Flags>,
}

/// A message type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NlType(pub u16);

impl fmt::Display for NlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match rtm(self.0) {
            Some((_, name, _)) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

impl Serialize for NlType {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl JsonSchema for NlType {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NlType".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string" })
    }
}

/// An attribute that was not decoded, whole.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Unparsed {
    /// The attribute's number; absent where the bytes are no whole attribute.
    pub attr: Option<u16>,
    /// The numbers of the attributes around it, outermost first.
    pub within: Option<Vec<u16>>,
    /// Why: `unknown` (no decoder), `length`, `value`, `depth` (nested too deep) or `malformed`.
    pub reason: &'static str,
    /// Its payload.
    pub hex: Hex,
}

/// One event on its way through the stream: decode makes it, state completes it, encode writes it.
#[derive(Clone, Debug)]
pub struct Event {
    /// When the datagram was received.
    pub time: Time,
    pub op: Op,
    /// Absent for `meta`.
    pub origin: Option<Origin>,
    pub payload: Payload,
    /// What differs from what was known; `None` where nothing was.
    pub change: Option<Change>,
    pub nl: Option<Nl>,
    pub unparsed: Vec<Unparsed>,
    /// The whole message, where it was asked for.
    pub raw: Option<Hex>,
}

/// The fields that differ from the object's former self.
#[derive(Clone, Debug)]
pub struct Change {
    pub mask: Mask,
    pub old: Payload,
}

/// `$run` on the two payloads, where both are of one kind that is a state we keep.
macro_rules! tracked {
    ($a:expr, $b:expr, |$x:ident, $y:ident| $run:expr, $else:expr) => {
        match ($a, $b) {
            (Payload::Link($x), Payload::Link($y)) => $run,
            (Payload::Address($x), Payload::Address($y)) => $run,
            (Payload::Neigh($x), Payload::Neigh($y)) => $run,
            (Payload::Fdb($x), Payload::Fdb($y)) => $run,
            (Payload::Rule($x), Payload::Rule($y)) => $run,
            _ => $else,
        }
    };
}

impl Change {
    /// Compares two payloads of one kind.
    pub fn between(new: &Payload, old: Payload) -> Self {
        let mask = tracked!(new, &old, |new, old| new.diff(old), 0);
        Change { mask, old }
    }

    /// The names of the fields that differ.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let names = self.old.field_names();
        let mask = self.mask;
        let numbered = names.iter().enumerate();
        numbered.filter_map(move |(bit, name)| (mask >> bit & 1 == 1).then_some(*name))
    }

    /// Writes the former values of the fields that differ.
    pub fn serialize_old<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let old = &self.old;
        tracked!(
            old,
            old,
            |old, _o| old.serialize_fields(self.mask, map),
            Ok(())
        )
    }
}

impl Payload {
    /// The names of the fields of a kind that is a state we keep.
    fn field_names(&self) -> &'static [&'static str] {
        fn of<T: Fields>(_: &T) -> &'static [&'static str] {
            T::names()
        }
        match self {
            Payload::Link(p) => of(&**p),
            Payload::Address(p) => of(p),
            Payload::Neigh(p) => of(p),
            Payload::Fdb(p) => of(p),
            Payload::Rule(p) => of(&**p),
            _ => &[],
        }
    }

    /// The device that the object belongs to: its index, and its name where that is known.
    pub fn device(&self) -> Option<(u32, Option<&IfName>)> {
        let (ifindex, name) = match self {
            Payload::Link(p) => (p.ifindex, p.ifname.as_ref()),
            Payload::Address(p) => (p.ifindex, p.dev.as_ref()),
            Payload::Route(p) => (p.ifindex?, p.dev.as_ref()),
            Payload::Neigh(p) => (p.ifindex, p.dev.as_ref()),
            Payload::Fdb(p) => (p.ifindex, p.dev.as_ref()),
            Payload::Prefix(p) => (p.ifindex, p.dev.as_ref()),
            Payload::Rule(_) | Payload::Unknown(_) | Payload::Meta(_) => return None,
        };
        (ifindex != 0).then_some((ifindex, name))
    }

    /// Gives every device that the object names to `name`: its index, and the place of its name.
    pub fn devices_mut(&mut self, mut name: impl FnMut(u32, &mut Option<IfName>)) {
        let mut some = |index: Option<u32>, place: &mut Option<IfName>| {
            if let Some(index) = index {
                name(index, place);
            }
        };
        match self {
            Payload::Link(p) => {
                // An index of another namespace names nothing here.
                let here = p.link_index.filter(|_| p.link_netnsid.is_none());
                some(here, &mut p.link);
                some(p.master_index, &mut p.master);
                if let Some(info) = &mut p.linkinfo {
                    info.devices_mut(name);
                }
            }
            Payload::Address(p) => some(Some(p.ifindex), &mut p.dev),
            Payload::Route(p) => {
                some(p.ifindex, &mut p.dev);
                some(p.iif_index, &mut p.iif);
                for hop in p.nexthops.iter_mut().flatten() {
                    some(Some(hop.ifindex), &mut hop.dev);
                }
                let hops = p.nexthops.iter_mut().flatten();
                let encaps = hops.map(|hop| &mut hop.encap).chain([&mut p.encap]);
                for encap in encaps.flatten() {
                    some(encap.iif_index, &mut encap.iif);
                    some(encap.oif_index, &mut encap.oif);
                    some(encap.link_index, &mut encap.link_dev);
                }
            }
            Payload::Neigh(p) => some(Some(p.ifindex), &mut p.dev),
            Payload::Fdb(p) => {
                some(Some(p.ifindex), &mut p.dev);
                some(p.master_index, &mut p.master);
                let here = p.via_index.filter(|_| p.link_netnsid.is_none());
                some(here, &mut p.via);
            }
            Payload::Prefix(p) => some(Some(p.ifindex), &mut p.dev),
            Payload::Rule(_) | Payload::Unknown(_) | Payload::Meta(_) => {}
        }
    }
}
