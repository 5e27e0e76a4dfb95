//! `nl`: the header of the netlink message that carried the event. Kept small because every event
//! has one.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::netlink::protocols::protocol;
use crate::value::{FlagNames, Flags, Symbol, Word, string_schema};

/// Header of the netlink message that carried the event. Fields that are zero are omitted.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Nl {
    /// Message type: its constant in linux/rtnetlink.h (`RTM_NEWLINK`), or its number; of generic
    /// netlink, the command.
    pub r#type: NlType,
    /// Netlink protocol, if it is not rtnetlink: `generic`, `xfrm`, or its number.
    #[schemars(with = "Option<String>")]
    pub proto: Option<NlProto>,
    /// Family of a generic netlink message: `nlctrl`, `ethtool`. Address family of a link message that covers a
    /// single family: `inet6` (IPv6 settings) or `bridge` (bridge port).
    pub family: Option<Box<Symbol>>,
    /// Netlink port id of the process that requested the change; absent if the kernel made the
    /// change itself or does not report the requester.
    pub portid: Option<u32>,
    /// Sequence number of the request.
    pub seq: Option<u32>,
    /// Flags of the request that caused the event: `REPLACE`, `EXCL`, `CREATE`, `APPEND`.
    #[schemars(with = "Option<Flags>")]
    pub flags: Option<NlFlags>,
}

/// A message type of a netlink family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NlType {
    family: FamilyId,
    number: u16,
}

impl NlType {
    pub const fn new(family: FamilyId, number: u16) -> Self {
        NlType { family, number }
    }

    /// A message type of rtnetlink.
    pub const fn route(number: u16) -> Self {
        Self::new(FamilyId::ROUTE, number)
    }

    /// The name that the kernel's header gives to the type, if it is known.
    fn name(self) -> Option<&'static str> {
        protocol(self.family).type_name(self.number)
    }
}

impl fmt::Display for NlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.number),
        }
    }
}

impl Serialize for NlType {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self.name() {
            Some(name) => Word(name).serialize(s),
            None => s.collect_str(self),
        }
    }
}

string_schema!(NlType, "NlType",);

/// A netlink protocol other than rtnetlink, by one of its families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NlProto(pub FamilyId);

impl Serialize for NlProto {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match protocol(self.0).label() {
            Some((proto, _)) => Word(proto).serialize(s),
            None => s.collect_str(&self.0.protocol()),
        }
    }
}

/// Flags of a netlink request that creates an object (`NLM_F_*`, linux/netlink.h).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NlFlags(pub u16);

impl Serialize for NlFlags {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        const NAMES: &FlagNames = &[
            (0x100, "REPLACE"),
            (0x200, "EXCL"),
            (0x400, "CREATE"),
            (0x800, "APPEND"),
        ];
        Flags::new(self.0.into(), NAMES).serialize(s)
    }
}
