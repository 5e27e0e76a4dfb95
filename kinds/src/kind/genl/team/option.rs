//! `kind:"team_option"`: options of team devices, and of their ports.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::context::DecodeContext;
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::genl::team::TEAM_CMD_OPTIONS_GET;
use crate::value::{Hex, IfName, Symbol, Text};

/// Types of options: `NLA_*` of the kernel (net/netlink.h).
const TYPES: &[(u32, &str)] = &[
    (3, "u32"),
    (5, "string"),
    (6, "bool"),
    (11, "binary"),
    (14, "s32"),
];

/// An option of a team device, of one of its ports, or of an element of an array.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    custom(
        TEAM_ATTR_OPTION_TYPE = 3 => Self::kind_of_value,
        TEAM_ATTR_OPTION_DATA = 4 => Self::data,
    ),
    skip(TEAM_ATTR_OPTION_CHANGED = 2),
    by_caller(TEAM_ATTR_OPTION_REMOVED = 5),
)]
#[state(
    key(ifindex, name, port_ifindex, array_index),
    device(ifindex, dev),
    names_device(port_ifindex, port),
    no_property(r#type),
    copy_volatile = Self::copy_counters
)]
pub struct TeamOption {
    /// Index of the team device.
    pub ifindex: u32,
    /// Name of the team device.
    pub dev: Option<IfName>,
    /// Name of the option.
    #[nla(TEAM_ATTR_OPTION_NAME = 1)]
    pub name: Text,
    /// Index of the port, of an option of a port.
    #[nla(TEAM_ATTR_OPTION_PORT_IFINDEX = 6)]
    pub port_ifindex: Option<u32>,
    /// Name of the port.
    pub port: Option<IfName>,
    /// Number of the element, of an array of options.
    #[nla(TEAM_ATTR_OPTION_ARRAY_INDEX = 7)]
    pub array_index: Option<u32>,
    /// Type of the value, which is text in every case: `u32`, `s32`, `bool`, `string`, `binary` (hexadecimal).
    pub r#type: Symbol,
    /// Value. Counters, whose names end with `_stats`, change without a line.
    pub value: Option<String>,
}

impl TeamOption {
    /// Reads the type, which precedes the value (`team_nl_fill_one_option_get`).
    fn kind_of_value(
        &mut self,
        _: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        self.r#type = Symbol::of(attr.u8()?.into(), TYPES);
        // A switch that is off has no value.
        self.value = self.r#type.is("bool").then(|| "false".to_owned());
        Ok(())
    }

    fn data(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let Symbol::Known(of) = &self.r#type else {
            return Err(AttrError::Unknown);
        };
        self.value = Some(match *of {
            "u32" => attr.u32()?.to_string(),
            "s32" => attr.i32()?.to_string(),
            "bool" => "true".to_owned(),
            "string" => attr.str()?.to_owned(),
            _ => Hex(attr.value.into()).to_string(),
        });
        Ok(())
    }

    /// The counters of the mode `loadbalance`.
    fn copy_counters(&mut self, old: &Self) {
        if self.name.0.ends_with(b"_stats") {
            self.value.clone_from(&old.value);
        }
    }
}

listed!(
    TeamOption in TEAM_ATTR_LIST_OPTION = 2 / TEAM_ATTR_ITEM_OPTION,
    requested by TEAM_CMD_OPTIONS_GET,
    removed by TEAM_ATTR_OPTION_REMOVED
);
