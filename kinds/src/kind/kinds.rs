//! Every kind, declared once.

use std::hash::Hasher;
use std::ops::Deref;
use std::rc::Rc;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize};

use super::attributes::AttrDecl;
use super::fields::{Fields, Keyed, Mask};
// The modules of the kinds: a new kind is a row below.
use super::genl::*;
use super::kind_set::KindSet;
use super::nft::*;
use super::object::Object;
use super::property::{Place, Properties, Property, Value};
use super::route::*;
use super::spec::{
    Decoders, Device, DumpsPerObject, KindSpec, KindsByTrigger, Propagation, Triggers,
};
use super::{Op, audit, conntrack, meta, xfrm};
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::netlink::request::Request;
use crate::value::IfName;

/// Holds a payload where other kinds have an [`Rc`]: a route shares its attributes by itself, and
/// so needs no allocation of its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Inline<T>(T);

impl<T> Inline<T> {
    pub fn new(it: T) -> Self {
        Inline(it)
    }

    pub fn make_mut(this: &mut Self) -> &mut T {
        &mut this.0
    }
}

impl<T> Deref for Inline<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl Triggers {
    /// The kinds of which objects are verified, those that are stale on the device of the event, and
    /// those that are stale anywhere.
    pub fn affected(self) -> [KindSet; 3] {
        [
            VERIFIED_AFTER.of(self),
            STALE_AFTER.of(self.on_device()),
            STALE_AFTER.of(self.anywhere()),
        ]
    }
}

/// Declares the kinds: the enum, its names, and the payload of each. First those that are states
/// (their payloads have a key), then those that are messages.
macro_rules! kinds {
    (
        states { $($(#[$doc:meta])* $state:ident: $held:ident<$type:ty> = $name:literal;)+ }
        messages { $($(#[$message_doc:meta])* $message:ident: $message_type:ty = $message_name:literal;)+ }
        $(#[$meta_doc:meta])* $meta:ident: $meta_type:ty = $meta_name:literal;
    ) => {
        /// Kind of the object or message that a line describes, named as in `ip`, `bridge` and `tc
        /// monitor`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($(#[$doc])* $state,)+
            $($(#[$message_doc])* $message,)+
            $(#[$meta_doc])* $meta,
        }

        impl Kind {
            /// Every kind, in the order of the documentation.
            pub const ALL: &'static [Kind] = &[$(Kind::$state,)+ $(Kind::$message,)+ Kind::$meta];

            /// The kind's name, as `kind` and as the name of the payload.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Kind::$state => $name,)+
                    $(Kind::$message => $message_name,)+
                    Kind::$meta => $meta_name,
                }
            }

            /// Returns true if the kernel lists all objects of the kind at once
            /// ([`KindSpec::LISTED`]).
            pub const fn is_listed(self) -> bool {
                match self {
                    $(Kind::$state => <$type as KindSpec>::LISTED,)+
                    _ => true,
                }
            }

            /// Returns true if objects of the kind are tracked only on request ([`KindSpec::ON_REQUEST`]).
            pub const fn is_on_request(self) -> bool {
                match self {
                    $(Kind::$state => <$type as KindSpec>::ON_REQUEST,)+
                    _ => false,
                }
            }

            /// Returns true if a run tracks objects of the kind. `requested`: `--track` names it; `excluded`:
            /// `--no-track` does.
            pub const fn is_tracked(self, requested: bool, excluded: bool) -> bool {
                self.is_listed() && !excluded && (requested || !self.is_on_request())
            }

            /// Returns true if events do not disturb a dump ([`KindSpec::STABLE_DUMPS`]).
            pub const fn has_stable_dumps(self) -> bool {
                match self {
                    $(Kind::$state => <$type as KindSpec>::STABLE_DUMPS,)+
                    _ => false,
                }
            }

            /// The netlink family whose messages are about the kind; `None` for `meta`.
            pub const fn netlink_family(self) -> Option<FamilyId> {
                match self {
                    $(Kind::$state => Some(<$type as KindSpec>::NETLINK_FAMILY),)+
                    $(Kind::$message => Some(<$message_type as KindSpec>::NETLINK_FAMILY),)+
                    Kind::$meta => None,
                }
            }

            /// The dumps that list every object of the kind.
            pub fn dumps(self, details: bool) -> Vec<Request> {
                match self {
                    $(Kind::$state => <$type as KindSpec>::dumps(details),)+
                    _ => Vec::new(),
                }
            }

            /// The dumps of the kind for each object of another one ([`KindSpec::DUMPS_PER_OBJECT`]).
            pub const fn dumps_per_object(self) -> &'static [DumpsPerObject] {
                match self {
                    $(Kind::$state => <$type as KindSpec>::DUMPS_PER_OBJECT,)+
                    _ => &[],
                }
            }

            /// The requests that list every object of the kind that belongs to a device
            /// ([`KindSpec::device_dumps`]).
            pub fn device_dumps(self, device: Device, details: bool) -> Vec<Request> {
                match self {
                    $(Kind::$state => <$type as KindSpec>::device_dumps(device, details),)+
                    _ => Vec::new(),
                }
            }

            /// How far a change of one device's objects may reach.
            pub const fn propagation(self) -> Propagation {
                match self {
                    $(Kind::$state => <$type as KindSpec>::PROPAGATED,)+
                    _ => Propagation::None,
                }
            }

            /// The attributes that the kind declares.
            pub const fn attributes(self) -> &'static [AttrDecl] {
                match self {
                    $(Kind::$state => <$type as KindSpec>::ATTRS,)+
                    $(Kind::$message => <$message_type as KindSpec>::ATTRS,)+
                    Kind::$meta => &[],
                }
            }

            /// The payload fields that identify the object ([`Keyed::KEY`]); empty for a kind
            /// that is a message and not a state.
            pub const fn key(self) -> &'static [&'static str] {
                match self {
                    $(Kind::$state => <$type as Keyed>::KEY,)+
                    _ => &[],
                }
            }

            /// Returns true if the kernel reports objects of a new device before the device
            /// ([`KindSpec::PRECEDES_DEVICE`]).
            pub const fn precedes_device(self) -> bool {
                match self {
                    $(Kind::$state => <$type as KindSpec>::PRECEDES_DEVICE,)+
                    _ => false,
                }
            }

            /// Returns true if the message of a deletion has little more than the key
            /// ([`KindSpec::DELETED_BY_KEY`]).
            pub const fn is_deleted_by_key(self) -> bool {
                match self {
                    $(Kind::$state => <$type as KindSpec>::DELETED_BY_KEY,)+
                    _ => false,
                }
            }

            /// The types of the messages about the kind; none if they are not limited.
            pub const fn messages(self) -> &'static [u16] {
                match self {
                    $(Kind::$state => <$type as KindSpec>::MESSAGES,)+
                    $(Kind::$message => <$message_type as KindSpec>::MESSAGES,)+
                    Kind::$meta => &[],
                }
            }

            /// The payload fields that describe an event and not the object ([`Object::TRANSIENT`]).
            pub const fn transient(self) -> &'static [&'static str] {
                match self {
                    $(Kind::$state => <$type as Object>::TRANSIENT,)+
                    _ => &[],
                }
            }

            /// The fields whose values change with time and without an event ([`Object::VOLATILE`]).
            pub const fn volatile(self) -> &'static [&'static str] {
                match self {
                    $(Kind::$state => <$type as Object>::VOLATILE,)+
                    _ => &[],
                }
            }

            /// Where the payload has the properties that filters compare.
            pub const fn places(self) -> &'static [Place] {
                match self {
                    $(Kind::$state => <$type as Properties>::PLACES,)+
                    $(Kind::$message => <$message_type as Properties>::PLACES,)+
                    Kind::$meta => &[],
                }
            }

            /// The payload's fields, for a kind that is a state.
            pub fn fields(self) -> Option<&'static [&'static str]> {
                match self {
                    $(Kind::$state => Some(<$type>::names()),)+
                    _ => None,
                }
            }

            /// The schema of the payload; `None` for `meta`, which has one per op.
            #[cfg(feature = "schema")]
            pub fn schema(self, generator: &mut schemars::SchemaGenerator) -> Option<schemars::Schema> {
                match self {
                    $(Kind::$state => Some(generator.subschema_for::<$type>()),)+
                    $(Kind::$message => Some(generator.subschema_for::<$message_type>()),)+
                    Kind::$meta => None,
                }
            }
        }

        /// The decoders of a netlink family's kinds, found by the type of the message.
        pub const fn decoders(family: FamilyId) -> Decoders {
            Decoders::of(family)
                $(.with::<$type>())+
                $(.with::<$message_type>())+
        }

        /// The kinds that an event makes stale.
        static STALE_AFTER: KindsByTrigger = KindsByTrigger::NONE
            $(.with(KindSet::of(&[Kind::$state]), <$type as KindSpec>::STALE_AFTER))+;

        /// The kinds of which objects are verified after an event.
        static VERIFIED_AFTER: KindsByTrigger = KindsByTrigger::NONE
            $(.with(KindSet::of(&[Kind::$state]), <$type as KindSpec>::VERIFIED_AFTER))+;

        /// The object of a line, under the name of its kind. Mostly shared with the state, which
        /// stores the payload of the object's last event.
        #[derive(Clone, Debug, Serialize)]
        #[serde(untagged)]
        pub enum Payload {
            $($state($held<$type>),)+
            $($message(Rc<$message_type>),)+
            $meta(Rc<$meta_type>),
        }

        $(impl From<$type> for Payload {
            fn from(it: $type) -> Self {
                Payload::$state($held::new(it))
            }
        })+
        $(impl From<$held<$type>> for Payload {
            fn from(it: $held<$type>) -> Self {
                Payload::$state(it)
            }
        })+
        $(impl From<$message_type> for Payload {
            fn from(it: $message_type) -> Self {
                Payload::$message(Rc::new(it))
            }
        })+
        impl From<$meta_type> for Payload {
            fn from(it: $meta_type) -> Self {
                Payload::$meta(Rc::new(it))
            }
        }

        // Not derived: that would be compiled again for each crate that compares payloads.
        impl PartialEq for Payload {
            fn eq(&self, other: &Self) -> bool {
                match (self, other) {
                    $((Payload::$state(it), Payload::$state(other)) => it == other,)+
                    $((Payload::$message(it), Payload::$message(other)) => it == other,)+
                    (Payload::$meta(it), Payload::$meta(other)) => it == other,
                    _ => false,
                }
            }
        }

        impl Payload {
            pub const fn kind(&self) -> Kind {
                match self {
                    $(Payload::$state(_) => Kind::$state,)+
                    $(Payload::$message(_) => Kind::$message,)+
                    Payload::$meta(_) => Kind::$meta,
                }
            }

            /// The device that the object belongs to: its index, and its name where that is known.
            pub fn device(&self) -> Option<(u32, Option<&IfName>)> {
                let device = match self {
                    $(Payload::$state(it) => it.device(),)+
                    $(Payload::$message(it) => it.device(),)+
                    Payload::$meta(_) => None,
                };
                device.filter(|(ifindex, _)| *ifindex != 0)
            }

            /// Returns true if `is_match` does for one of the values of a property; false if the
            /// object does not have it.
            pub fn any_value(&self, property: Property, is_match: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
                match self {
                    $(Payload::$state(it) => it.any_value(property, is_match),)+
                    $(Payload::$message(it) => it.any_value(property, is_match),)+
                    Payload::$meta(_) => false,
                }
            }

            /// Calls `name` with the index and the name field of every device that the object
            /// names.
            pub fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
                match self {
                    $(Payload::$state(it) => $held::make_mut(it).for_each_device(name),)+
                    $(Payload::$message(it) => Rc::make_mut(it).for_each_device(name),)+
                    Payload::$meta(_) => {}
                }
            }

            /// Feeds the key fields of the object to `hasher`. Returns true if it has any: a
            /// message has none.
            pub fn hash_key(&self, hasher: &mut impl Hasher) -> bool {
                match self {
                    $(Payload::$state(it) => it.hash_key(hasher),)+
                    _ => return false,
                }
                true
            }

            /// The kind of which the kernel deleted objects together ([`KindSpec::deletes_others`]).
            #[inline]
            pub fn deletes_others(&self) -> Option<Kind> {
                match self {
                    $(Payload::$message(it) => it.deletes_others().map(|(kind, _)| kind),)+
                    _ => None,
                }
            }

            /// Returns true if an object is among them.
            pub fn has_deleted(&self, object: &Payload) -> bool {
                match self {
                    $(Payload::$message(it) => it.deletes_others().is_some_and(|(_, is)| is(it, object)),)+
                    _ => false,
                }
            }

            /// The triggers of implicit changes that this event implies.
            pub fn triggers(&self, op: Op, old: Option<&Payload>) -> Triggers {
                match self {
                    $(Payload::$state(it) => it.triggers(op, match old {
                        Some(Payload::$state(old)) => Some(old),
                        _ => None,
                    }),)+
                    $(Payload::$message(it) => it.triggers(op, None),)+
                    Payload::$meta(_) => Triggers::NONE,
                }
            }

            /// Completes the object of an event ([`KindSpec::add_stored`]).
            pub fn add_stored(&mut self, stored: &Payload) {
                match (self, stored) {
                    $((Payload::$state(new), Payload::$state(stored)) if <$type as KindSpec>::DELETED_BY_KEY => {
                        $held::make_mut(new).add_stored(stored);
                    })+
                    _ => {}
                }
            }

            /// What is left of the stored object ([`KindSpec::remainder`]).
            pub fn remainder(&self, stored: &Payload) -> Option<Payload> {
                match (self, stored) {
                    $((Payload::$state(new), Payload::$state(stored)) => new.remainder(stored).map(Payload::from),)+
                    _ => None,
                }
            }

            /// Copies from `old` the fields that have no value.
            pub fn merge_missing(&mut self, old: &Payload) {
                match (self, old) {
                    $((Payload::$state(new), Payload::$state(old)) => $held::make_mut(new).merge_missing(old),)+
                    _ => {}
                }
            }

            /// Copies from `old`, the former state, the values that change with time and without an
            /// event.
            pub fn copy_volatile(&mut self, old: &Payload) {
                match (self, old) {
                    $((Payload::$state(new), Payload::$state(old)) => $held::make_mut(new).copy_volatile(old),)+
                    _ => {}
                }
            }

            /// Returns true if a field describes the event and not the object.
            #[inline]
            pub fn has_transient(&self) -> bool {
                match self {
                    $(Payload::$state(it) => it.has_transient(),)+
                    _ => false,
                }
            }

            /// Removes the fields that describe the event and not the object.
            pub fn clear_transient(&mut self) {
                match self {
                    $(Payload::$state(it) => $held::make_mut(it).clear_transient(),)+
                    _ => {}
                }
            }

            /// Copies from `new`, the later state, the fields that describe the event and not the
            /// object, so that they are no difference.
            pub fn copy_transient(&mut self, new: &Payload) {
                match (self, new) {
                    $((Payload::$state(old), Payload::$state(new)) => $held::make_mut(old).copy_transient(new),)+
                    _ => {}
                }
            }

            /// The fields in which a state differs from `old`, the former state.
            pub(super) fn diff(&self, old: &Payload) -> Mask {
                match (self, old) {
                    $((Payload::$state(new), Payload::$state(old)) => new.diff(old),)+
                    _ => 0,
                }
            }

            /// Writes the fields of `mask` that have a value.
            pub(super) fn serialize_fields<M: SerializeStruct>(&self, mask: Mask, map: &mut M) -> Result<(), M::Error> {
                match self {
                    $(Payload::$state(it) => it.serialize_fields(mask, map),)+
                    _ => Ok(()),
                }
            }
        }
    };
}

kinds! {
    states {
        /// A network device.
        Link: Rc<link::Link> = "link";
        /// An address of a device.
        Address: Rc<address::Address> = "address";
        /// A route.
        Route: Inline<route::Route> = "route";
        /// A neighbour: ARP and NDP, proxies included.
        Neigh: Rc<neigh::Neigh> = "neigh";
        /// A forwarding entry of a bridge, a vxlan or a device's own filter.
        Fdb: Rc<fdb::Fdb> = "fdb";
        /// A routing rule.
        Rule: Rc<rule::Rule> = "rule";
        /// A multicast route.
        Mroute: Rc<mroute::Mroute> = "mroute";
        /// A next hop object, or a group of them.
        Nexthop: Rc<nexthop::Nexthop> = "nexthop";
        /// A bucket of a resilient group of next hops.
        NexthopBucket: Rc<nexthop::NexthopBucket> = "nexthop_bucket";
        /// Switches of IPv4, IPv6 and MPLS on a device.
        Netconf: Rc<netconf::Netconf> = "netconf";
        /// The number of another network namespace.
        Nsid: Rc<nsid::Nsid> = "nsid";
        /// A multicast entry of a bridge or vxlan.
        Mdb: Rc<mdb::Mdb> = "mdb";
        /// A VLAN of a bridge or port.
        Vlan: Rc<vlan::Vlan> = "vlan";
        /// A network identifier of a vxlan.
        Vni: Rc<vni::Vni> = "vni";
        /// A multicast group that a device listens to.
        Maddress: Rc<maddress::Maddress> = "maddress";
        /// An anycast address of a device.
        Acaddress: Rc<maddress::Acaddress> = "acaddress";
        /// Settings of the neighbour tables.
        Neightbl: Rc<neightbl::Neightbl> = "neightbl";
        /// A label of IPv6 prefixes.
        Addrlabel: Rc<addrlabel::Addrlabel> = "addrlabel";
        /// A queueing discipline.
        Qdisc: Rc<tc::Qdisc> = "qdisc";
        /// A class of a queueing discipline.
        Class: Rc<tc::Class> = "class";
        /// A filter of traffic control.
        Filter: Rc<tc::Filter> = "filter";
        /// A chain of filters.
        Chain: Rc<tc::Chain> = "chain";
        /// A standalone action of traffic control.
        Action: Rc<tc::Action> = "action";
        /// A generic netlink family. With `--kind genl_family` or `--family`.
        GenlFamily: Rc<ctrl::GenlFamily> = "genl_family";
        /// A setting of a device: link modes, features, rings … With `--kind ethtool` or `--family ethtool`.
        Ethtool: Rc<ethtool::Ethtool> = "ethtool";
        /// What a device offers to XDP and AF_XDP. With `--kind netdev` or `--family netdev`.
        Netdev: Rc<netdev::Netdev> = "netdev";
        /// A queue of a device that is up. With `--kind netdev_queue` or `--family netdev`.
        NetdevQueue: Rc<netdev::NetdevQueue> = "netdev_queue";
        /// A NAPI instance of a device that is up. With `--kind netdev_napi` or `--family netdev`.
        NetdevNapi: Rc<netdev::NetdevNapi> = "netdev_napi";
        /// A device of devlink: an adapter or a switch. This kind and the others of devlink: with `--family devlink`,
        /// or `--kind` and their name.
        Devlink: Rc<devlink::Devlink> = "devlink";
        /// What a device of devlink is, with the versions of its firmware.
        DevlinkInfo: Rc<devlink::DevlinkInfo> = "devlink_info";
        /// A port of a device of devlink.
        DevlinkPort: Rc<devlink::DevlinkPort> = "devlink_port";
        /// A parameter of a device of devlink.
        DevlinkParam: Rc<devlink::DevlinkParam> = "devlink_param";
        /// An address region of a device of devlink, with its snapshots.
        DevlinkRegion: Rc<devlink::DevlinkRegion> = "devlink_region";
        /// A health reporter of a device of devlink.
        DevlinkHealth: Rc<devlink::DevlinkHealth> = "devlink_health";
        /// A reason for which a device of devlink passes packets to the kernel.
        DevlinkTrap: Rc<devlink::DevlinkTrap> = "devlink_trap";
        /// A group of traps of devlink.
        DevlinkTrapGroup: Rc<devlink::DevlinkTrapGroup> = "devlink_trap_group";
        /// A policer of groups of traps of devlink.
        DevlinkTrapPolicer: Rc<devlink::DevlinkTrapPolicer> = "devlink_trap_policer";
        /// A limit of the rate of functions of a device of devlink.
        DevlinkRate: Rc<devlink::DevlinkRate> = "devlink_rate";
        /// A line card of a device of devlink.
        DevlinkLinecard: Rc<devlink::DevlinkLinecard> = "devlink_linecard";
        /// A wireless device. With `--family nl80211` or `--kind wiphy`.
        Wiphy: Rc<wifi::Wiphy> = "wiphy";
        /// An interface of a wireless device. With `--family nl80211` or `--kind`.
        WifiInterface: Rc<wifi::WifiInterface> = "wifi_interface";
        /// A station that a wireless interface talks to. With `--family nl80211` or `--kind`.
        WifiStation: Rc<wifi::WifiStation> = "wifi_station";
        /// A regulatory domain of wireless devices. With `--family nl80211` or `--kind`.
        WifiRegdom: Rc<wifi::WifiRegdom> = "wifi_regdom";
        /// A tunnel of L2TP. With `--family l2tp` or `--kind`.
        L2tpTunnel: Rc<l2tp::L2tpTunnel> = "l2tp_tunnel";
        /// A session in a tunnel of L2TP. With `--family l2tp` or `--kind`.
        L2tpSession: Rc<l2tp::L2tpSession> = "l2tp_session";
        /// A port of a team device. With `--family team` or `--kind`.
        TeamPort: Rc<team::TeamPort> = "team_port";
        /// An option of a team device, or of a port of one. With `--family team` or `--kind`.
        TeamOption: Rc<team::TeamOption> = "team_option";
        /// A datapath of Open vSwitch. With `--family ovs_datapath` or `--kind`.
        OvsDatapath: Rc<ovs::OvsDatapath> = "ovs_datapath";
        /// A port of a datapath of Open vSwitch. With `--family ovs_vport` or `--kind`.
        OvsVport: Rc<ovs::OvsVport> = "ovs_vport";
        /// A thermal zone: a sensor with trips and a governor. With `--family thermal` or `--kind`.
        ThermalZone: Rc<thermal::ThermalZone> = "thermal_zone";
        /// A temperature at which something is done about a thermal zone. With `--family thermal` or `--kind`.
        ThermalTrip: Rc<thermal::ThermalTrip> = "thermal_trip";
        /// What cools thermal zones. With `--family thermal` or `--kind`.
        ThermalCoolingDevice: Rc<thermal::ThermalCoolingDevice> = "thermal_cooling_device";
        /// A digital phase-locked loop, which keeps clocks synchronous. With `--family dpll` or `--kind`.
        DpllDevice: Rc<dpll::DpllDevice> = "dpll_device";
        /// An input or output of digital phase-locked loops. With `--family dpll` or `--kind`.
        DpllPin: Rc<dpll::DpllPin> = "dpll_pin";
        /// A table of nftables. This kind and the others of nftables: with `--family nftables`.
        NftTable: Rc<nft_table::NftTable> = "nft_table";
        /// A chain of nftables.
        NftChain: Rc<nft_chain::NftChain> = "nft_chain";
        /// A rule of nftables.
        NftRule: Rc<nft_rule::NftRule> = "nft_rule";
        /// A set or map of nftables.
        NftSet: Rc<nft_set::NftSet> = "nft_set";
        /// An element of a set or map of nftables.
        NftElement: Rc<nft_element::NftElement> = "nft_element";
        /// A named object of nftables: a counter, quota, limit or the like.
        NftObject: Rc<nft_object::NftObject> = "nft_object";
        /// A flowtable of nftables.
        NftFlowtable: Rc<nft_flowtable::NftFlowtable> = "nft_flowtable";
        /// A state of xfrm: a security association of IPsec. With `--family xfrm` or `--kind`.
        XfrmState: Rc<xfrm::XfrmState> = "xfrm_state";
        /// A policy of xfrm: which packets IPsec protects. With `--family xfrm` or `--kind`.
        XfrmPolicy: Rc<xfrm::XfrmPolicy> = "xfrm_policy";
        /// A flow that the kernel tracks: a connection, with its translation. With `--family conntrack`.
        Conntrack: Rc<conntrack::Conntrack> = "conntrack";
        /// A flow that the kernel expects, as the data connection of FTP. With `--family expect`.
        Expect: Rc<conntrack::Expect> = "expect";
    }
    messages {
        /// An IPv6 prefix that a router announced.
        Prefix: prefix::Prefix = "prefix";
        /// Options of a router advertisement that concern programs.
        Nduseropt: nduseropt::Nduseropt = "nduseropt";
        /// A request of the kernel to the multicast routing daemon.
        Cachereport: cachereport::Cachereport = "cachereport";
        /// Counters of a device.
        Stats: stats::Stats = "stats";
        /// A step of an update of the firmware of a device of devlink. With `--family devlink` or `--kind`.
        DevlinkFlash: devlink::DevlinkFlash = "devlink_flash";
        /// An event of a connection of Multipath TCP, or of a subflow. With `--family mptcp_pm` or `--kind`.
        MptcpEvent: mptcp::MptcpEvent = "mptcp_event";
        /// An event of a wireless device: scan, connection, radar … With `--family nl80211` or `--kind`.
        WifiEvent: wifi::WifiEvent = "wifi_event";
        /// An event of a tunnel or session of L2TP, in any network namespace. With `--family l2tp` or `--kind`.
        L2tpEvent: l2tp::L2tpEvent = "l2tp_event";
        /// An event of a thermal zone: a crossed trip, a temperature … With `--family thermal` or `--kind`.
        ThermalEvent: thermal::ThermalEvent = "thermal_event";
        /// A transaction of nftables: its number, and the process that requested it. With `--family nftables`.
        NftGeneration: nft_generation::NftGeneration = "nft_generation";
        /// A step of a packet through the rules of nftables. With `--family nft_trace`.
        NftTrace: nft_trace::NftTrace = "nft_trace";
        /// An event of xfrm that is no state: acquire, soft expiry, flush … With `--family xfrm` or
        /// `--kind`.
        XfrmEvent: xfrm::XfrmEvent = "xfrm_event";
        /// A change of a table of netfilter, of legacy iptables too, as audit records it. With `--family audit`.
        NetfilterCfg: audit::NetfilterCfg = "netfilter_cfg";
        /// A message of a netlink family without a kind of its own.
        Generic: generic::Generic = "generic";
        /// A message without a decoder.
        Unknown: unknown::Unknown = "unknown";
    }
    /// nlstream's own record.
    Meta: meta::Meta = "meta";
}
