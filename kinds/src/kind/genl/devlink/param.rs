//! `kind:"devlink_param"`: parameters of devices, and of ports.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::context::DecodeContext;
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::genl::devlink::{
    DEVLINK_CMD_PARAM_DEL, DEVLINK_CMD_PARAM_GET, DEVLINK_CMD_PARAM_NEW,
    DEVLINK_CMD_PORT_PARAM_DEL, DEVLINK_CMD_PORT_PARAM_GET, DEVLINK_CMD_PORT_PARAM_NEW,
};
use crate::value::{Symbol, Text};

/// `enum devlink_param_type` (net/devlink.h); older kernels send `NLA_*` of the same numbers.
const TYPES: &[(u32, &str)] = &[
    (1, "u8"),
    (2, "u16"),
    (3, "u32"),
    (4, "u64"),
    (5, "string"),
    (6, "bool"),
];

/// A parameter of a device of devlink, with a value for each configuration mode that it has.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    nest(DEVLINK_ATTR_PARAM = 80),
    custom(DEVLINK_ATTR_PARAM / DEVLINK_ATTR_PARAM_VALUES_LIST = 84 => Self::values),
    skip(DEVLINK_ATTR_INDEX = 184),
)]
#[state(key(bus_name, dev_name, port_index, name), no_property(r#type))]
pub struct DevlinkParam {
    /// Name of the bus.
    #[nla(DEVLINK_ATTR_BUS_NAME = 1)]
    pub bus_name: Text,
    /// Name of the device on that bus.
    #[nla(DEVLINK_ATTR_DEV_NAME = 2)]
    pub dev_name: Text,
    /// Index of the port, of a parameter of a port.
    #[nla(DEVLINK_ATTR_PORT_INDEX = 3)]
    pub port_index: Option<u32>,
    /// Name of the parameter.
    #[nla(DEVLINK_ATTR_PARAM / DEVLINK_ATTR_PARAM_NAME = 81)]
    pub name: Text,
    /// Its meaning is the same for every driver.
    #[nla(DEVLINK_ATTR_PARAM / DEVLINK_ATTR_PARAM_GENERIC = 82, present)]
    pub generic: Option<bool>,
    /// Type of the values, which are text in every case: `u8`, `u16`, `u32`, `u64`, `string`, `bool`.
    #[nla(DEVLINK_ATTR_PARAM / DEVLINK_ATTR_PARAM_TYPE = 83, names(u8, TYPES))]
    pub r#type: Option<Symbol>,
    /// Value in use: it applies at once when it is set.
    pub runtime: Option<String>,
    /// Value with which the driver begins after a reload.
    pub driverinit: Option<String>,
    /// Value that the device keeps, and begins with after a reset.
    pub permanent: Option<String>,
    /// Default of `runtime`.
    pub runtime_default: Option<String>,
    /// Default of `driverinit`.
    pub driverinit_default: Option<String>,
    /// Default of `permanent`.
    pub permanent_default: Option<String>,
}

impl DevlinkParam {
    /// Reads the values. Their type is the attribute before the list (`devlink_nl_param_fill`).
    fn values(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        const DEVLINK_ATTR_PARAM_VALUE: u16 = 85;
        context.nested(attr, |context, attr| match attr.kind {
            DEVLINK_ATTR_PARAM_VALUE => self.value(context, &attr),
            _ => Err(AttrError::Unknown),
        })
    }

    /// Reads the value of a configuration mode (`DEVLINK_PARAM_CMODE_*`).
    fn value(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        const DEVLINK_ATTR_PARAM_VALUE_DATA: u16 = 86;
        const DEVLINK_ATTR_PARAM_VALUE_CMODE: u16 = 87;
        const DEVLINK_ATTR_PARAM_VALUE_DEFAULT: u16 = 182;
        let of = self.r#type.clone().unwrap_or_default();
        let (mut mode, mut data, mut default) = (None, None, None);
        context.nested(attr, |_, attr| {
            match attr.kind {
                DEVLINK_ATTR_PARAM_VALUE_CMODE => mode = Some(attr.u8()?),
                DEVLINK_ATTR_PARAM_VALUE_DATA => data = Some(text(&of, &attr)?),
                DEVLINK_ATTR_PARAM_VALUE_DEFAULT => default = Some(text(&of, &attr)?),
                _ => return Err(AttrError::Unknown),
            }
            Ok(())
        })?;
        // A flag that is not set has no attribute.
        if data.is_none() && of.is("bool") {
            data = Some("false".to_owned());
        }
        let (value, default_value) = match mode {
            Some(0) => (&mut self.runtime, &mut self.runtime_default),
            Some(1) => (&mut self.driverinit, &mut self.driverinit_default),
            Some(2) => (&mut self.permanent, &mut self.permanent_default),
            _ => return Err(AttrError::Value),
        };
        *value = data;
        *default_value = default;
        Ok(())
    }
}

/// A value as text, as devlink(8) prints it.
fn text(of: &Symbol, attr: &Attr<'_>) -> Result<String, AttrError> {
    let Symbol::Known(of) = of else {
        return Err(AttrError::Unknown);
    };
    match (*of, attr.value) {
        // Of a value an attribute without content, of a default a number.
        ("bool", [] | [1]) => Ok("true".to_owned()),
        ("bool", [0]) => Ok("false".to_owned()),
        ("bool", _) => Err(AttrError::Length),
        ("string", _) => attr.str().map(str::to_owned),
        _ => {
            let number = match attr.value.len() {
                1 => attr.u8().map(u64::from),
                2 => attr.u16().map(u64::from),
                4 => attr.u32().map(u64::from),
                _ => attr.u64(),
            };
            number.map(|it| it.to_string())
        }
    }
}

kind!(
    DevlinkParam of DEVLINK,
    listed by DEVLINK_CMD_PARAM_GET,
    [
        DEVLINK_CMD_PARAM_GET,
        DEVLINK_CMD_PARAM_NEW,
        DEVLINK_CMD_PARAM_DEL,
        DEVLINK_CMD_PORT_PARAM_GET,
        DEVLINK_CMD_PORT_PARAM_NEW,
        DEVLINK_CMD_PORT_PARAM_DEL
    ],
    deleted by [DEVLINK_CMD_PARAM_DEL, DEVLINK_CMD_PORT_PARAM_DEL]
);
