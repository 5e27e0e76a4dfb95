//! `kind:"devlink_port"`: ports of devices.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::DevlinkNested;
use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Trigger, Triggers};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::genl::devlink::{
    DEVLINK_CMD_PORT_DEL, DEVLINK_CMD_PORT_GET, DEVLINK_CMD_PORT_NEW,
};
use crate::value::{FlagNames, Flags, IfName, LlAddr, Symbol, Text};

/// `DEVLINK_PORT_TYPE_*`
const TYPES: &[(u32, &str)] = &[(0, "notset"), (1, "auto"), (2, "eth"), (3, "ib")];
/// `DEVLINK_PORT_FLAVOUR_*`, named as in devlink(8).
const FLAVOURS: &[(u32, &str)] = &[
    (0, "physical"),
    (1, "cpu"),
    (2, "dsa"),
    (3, "pcipf"),
    (4, "pcivf"),
    (5, "virtual"),
    (6, "unused"),
    (7, "pcisf"),
];
/// `DEVLINK_PORT_FN_STATE_*`
const STATES: &[(u32, &str)] = &[(0, "inactive"), (1, "active")];
/// `DEVLINK_PORT_FN_OPSTATE_*`
const OPSTATES: &[(u32, &str)] = &[(0, "detached"), (1, "attached")];
/// `DEVLINK_PORT_FN_CAP_*`
const CAPS: &FlagNames = &[
    (1, "roce"),
    (2, "migratable"),
    (4, "ipsec_crypto"),
    (8, "ipsec_packet"),
];

/// A port of a device of devlink: a physical one, or one that stands for a function of the device.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(skip(DEVLINK_ATTR_INDEX = 184))]
#[state(
    key(bus_name, dev_name, port_index),
    names_device(netdev_ifindex, netdev),
    no_property(r#type)
)]
pub struct DevlinkPort {
    /// Name of the bus.
    #[nla(DEVLINK_ATTR_BUS_NAME = 1)]
    pub bus_name: Text,
    /// Name of the device on that bus.
    #[nla(DEVLINK_ATTR_DEV_NAME = 2)]
    pub dev_name: Text,
    /// Index of the port.
    #[nla(DEVLINK_ATTR_PORT_INDEX = 3)]
    pub port_index: u32,
    /// `eth`, `ib`, `auto`, `notset`.
    #[nla(DEVLINK_ATTR_PORT_TYPE = 4, names(u16, TYPES))]
    pub r#type: Option<Symbol>,
    /// The type that was requested.
    #[nla(DEVLINK_ATTR_PORT_DESIRED_TYPE = 5, names(u16, TYPES))]
    pub desired_type: Option<Symbol>,
    /// Index of the network device.
    #[nla(DEVLINK_ATTR_PORT_NETDEV_IFINDEX = 6)]
    pub netdev_ifindex: Option<u32>,
    /// Name of the network device.
    #[nla(DEVLINK_ATTR_PORT_NETDEV_NAME = 7)]
    pub netdev: Option<IfName>,
    /// Name of the InfiniBand device.
    #[nla(DEVLINK_ATTR_PORT_IBDEV_NAME = 8)]
    pub ibdev: Option<Text>,
    /// `physical`, `cpu`, `dsa`, `pcipf`, `pcivf`, `pcisf`, `virtual`, `unused`.
    #[nla(DEVLINK_ATTR_PORT_FLAVOUR = 77, names(u16, FLAVOURS))]
    pub flavour: Option<Symbol>,
    /// Number on the front panel.
    #[nla(DEVLINK_ATTR_PORT_NUMBER = 78)]
    pub port: Option<u32>,
    /// Number of lanes.
    #[nla(DEVLINK_ATTR_PORT_LANES = 147)]
    pub lanes: Option<u32>,
    /// It can be split.
    #[nla(DEVLINK_ATTR_PORT_SPLITTABLE = 148)]
    pub splittable: Option<bool>,
    /// Number of ports that it was split into, of older kernels.
    #[nla(DEVLINK_ATTR_PORT_SPLIT_COUNT = 9)]
    pub split_count: Option<u32>,
    /// The ports of one group were split from one port.
    #[nla(DEVLINK_ATTR_PORT_SPLIT_GROUP = 10)]
    pub split_group: Option<u32>,
    /// Number of the port within its group.
    #[nla(DEVLINK_ATTR_PORT_SPLIT_SUBPORT_NUMBER = 79)]
    pub split_subport: Option<u32>,
    /// Number of the controller of the function.
    #[nla(DEVLINK_ATTR_PORT_CONTROLLER_NUMBER = 150)]
    pub controller: Option<u32>,
    /// Number of the physical PCI function.
    #[nla(DEVLINK_ATTR_PORT_PCI_PF_NUMBER = 127)]
    pub pfnum: Option<u16>,
    /// Number of the virtual PCI function.
    #[nla(DEVLINK_ATTR_PORT_PCI_VF_NUMBER = 128)]
    pub vfnum: Option<u16>,
    /// Number of the subfunction.
    #[nla(DEVLINK_ATTR_PORT_PCI_SF_NUMBER = 164)]
    pub sfnum: Option<u32>,
    /// The function is of another host.
    #[nla(DEVLINK_ATTR_PORT_EXTERNAL = 149)]
    pub external: Option<bool>,
    /// Index of the line card.
    #[nla(DEVLINK_ATTR_LINECARD_INDEX = 171)]
    pub linecard: Option<u32>,
    /// The function that the port stands for.
    #[nla(DEVLINK_ATTR_PORT_FUNCTION = 145)]
    pub function: Option<DevlinkFunction>,
}

/// A function of a device (`DEVLINK_PORT_FUNCTION_ATTR_*`, `DEVLINK_PORT_FN_ATTR_*`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(custom(DEVLINK_PORT_FN_ATTR_CAPS = 4 => Self::caps))]
pub struct DevlinkFunction {
    /// Hardware address.
    #[nla(DEVLINK_PORT_FUNCTION_ATTR_HW_ADDR = 1)]
    pub hw_addr: Option<LlAddr>,
    /// `active`, `inactive`.
    #[nla(DEVLINK_PORT_FN_ATTR_STATE = 2, names(u8, STATES))]
    pub state: Option<Symbol>,
    /// A driver uses it: `attached`, `detached`.
    #[nla(DEVLINK_PORT_FN_ATTR_OPSTATE = 3, names(u8, OPSTATES))]
    pub opstate: Option<Symbol>,
    /// Capabilities that are enabled: `roce`, `migratable`, `ipsec_crypto`, `ipsec_packet`.
    pub caps: Option<Flags>,
    /// Capabilities that can be enabled.
    pub caps_known: Option<Flags>,
    /// The device of devlink that the function is.
    #[nla(DEVLINK_PORT_FN_ATTR_DEVLINK = 5)]
    pub nested_devlink: Option<DevlinkNested>,
    /// Maximum number of event queues for I/O.
    #[nla(DEVLINK_PORT_FN_ATTR_MAX_IO_EQS = 6)]
    pub max_io_eqs: Option<u32>,
}

impl DevlinkFunction {
    /// Reads `struct nla_bitfield32`: value and selector.
    fn caps(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let [value, selector] = context.u32_array(attr)?;
        self.caps = Some(Flags::new(value.into(), CAPS));
        self.caps_known = Some(Flags::new(selector.into(), CAPS));
        Ok(())
    }
}

kind!(
    DevlinkPort of DEVLINK,
    listed by DEVLINK_CMD_PORT_GET,
    [DEVLINK_CMD_PORT_NEW, DEVLINK_CMD_PORT_DEL],
    deleted by [DEVLINK_CMD_PORT_DEL],
    {
        fn triggers(&self, op: Op, _old: Option<&Self>) -> Triggers {
            match op {
                Op::Add | Op::Delete => Triggers::of(&[Trigger::DevlinkPort]),
                _ => Triggers::NONE,
            }
        }
    }
);
