//! `kind:"devlink"` and `"devlink_info"`: the devices, and what they are.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::{DevlinkNested, DevlinkPort, has_port};
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::attributes::{AttrDecl, Attributes, FromAttr as _};
use crate::kind::context::DecodeContext;
use crate::kind::genl;
use crate::kind::spec::{Emit, KindSpec, Trigger, Triggers};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::genl::devlink::{
    DEVLINK_CMD_DEL, DEVLINK_CMD_GET, DEVLINK_CMD_INFO_GET, DEVLINK_CMD_NEW,
};
use crate::netlink::request::Request;
use crate::value::{Symbol, Text};

/// `DEVLINK_RELOAD_ACTION_*`
const ACTIONS: &[(u32, &str)] = &[(1, "driver_reinit"), (2, "fw_activate")];
/// `DEVLINK_RELOAD_LIMIT_*`
const LIMITS: &[(u32, &str)] = &[(0, "unspecified"), (1, "no_reset")];

/// A device of devlink.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    nest(DEVLINK_ATTR_DEV_STATS = 156),
    custom(DEVLINK_ATTR_NESTED_DEVLINK = 175 => Self::nested),
)]
#[state(key(bus_name, dev_name))]
pub struct Devlink {
    /// Name of the bus: `pci`, `auxiliary`, `netdevsim`.
    #[nla(DEVLINK_ATTR_BUS_NAME = 1)]
    pub bus_name: Text,
    /// Name of the device on that bus: `0000:03:00.0`.
    #[nla(DEVLINK_ATTR_DEV_NAME = 2)]
    pub dev_name: Text,
    /// Number of the device, of newer kernels.
    #[nla(DEVLINK_ATTR_INDEX = 184, wire = uint)]
    pub index: Option<u64>,
    /// The last reload failed.
    #[nla(DEVLINK_ATTR_RELOAD_FAILED = 136)]
    pub reload_failed: Option<bool>,
    /// How often it was reloaded, by action.
    #[nla(DEVLINK_ATTR_DEV_STATS / DEVLINK_ATTR_RELOAD_STATS = 157, entry(DEVLINK_ATTR_RELOAD_ACTION_INFO = 162))]
    pub reload_stats: Option<Vec<DevlinkReloads>>,
    /// How often it was reloaded because of another host or function.
    #[nla(DEVLINK_ATTR_DEV_STATS / DEVLINK_ATTR_REMOTE_RELOAD_STATS = 161, entry(DEVLINK_ATTR_RELOAD_ACTION_INFO = 162))]
    pub remote_reload_stats: Option<Vec<DevlinkReloads>>,
    /// The devices that it contains.
    pub nested_devlinks: Option<Vec<DevlinkNested>>,
}

/// The reloads with an action (`DEVLINK_ATTR_RELOAD_ACTION_INFO`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct DevlinkReloads {
    /// `driver_reinit`, `fw_activate`.
    #[nla(DEVLINK_ATTR_RELOAD_ACTION = 153, names(u8, ACTIONS))]
    pub action: Symbol,
    /// Their number, by limit.
    #[nla(
        DEVLINK_ATTR_RELOAD_ACTION_STATS = 163,
        entry(DEVLINK_ATTR_RELOAD_STATS_ENTRY = 158)
    )]
    pub stats: Vec<DevlinkReloadCount>,
}

/// The reloads with a limit (`DEVLINK_ATTR_RELOAD_STATS_ENTRY`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct DevlinkReloadCount {
    /// `no_reset`: without an interruption; `unspecified`: any.
    #[nla(DEVLINK_ATTR_RELOAD_STATS_LIMIT = 159, names(u8, LIMITS))]
    pub limit: Symbol,
    /// Number of reloads.
    #[nla(DEVLINK_ATTR_RELOAD_STATS_VALUE = 160)]
    pub count: u32,
}

impl Devlink {
    fn nested(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        let nested = DevlinkNested::from_attr(context, attr)?;
        self.nested_devlinks.get_or_insert_default().push(nested);
        Ok(())
    }
}

impl KindSpec for Devlink {
    const NETLINK_FAMILY: FamilyId = FamilyId::DEVLINK;
    const MESSAGES: &'static [u16] = &[DEVLINK_CMD_NEW, DEVLINK_CMD_DEL];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::generic(DEVLINK_CMD_GET, &[])]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        // The kernel lists ports with the command of devices (`devlink_nl_port_get_dump_one`).
        match has_port(message) {
            true => genl::decode::<DevlinkPort>(context, message, emit, &[]),
            false => genl::decode::<Self>(context, message, emit, &[DEVLINK_CMD_DEL]),
        }
    }

    fn triggers(&self, op: Op, _old: Option<&Self>) -> Triggers {
        match op {
            Op::Add | Op::Change | Op::Delete => Triggers::of(&[Trigger::Devlink]),
            _ => Triggers::NONE,
        }
    }
}

/// What a device of devlink is, and the versions of its firmware. The kernel announces no change: read after a
/// reload, and after an update of the firmware.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    custom(
        DEVLINK_ATTR_INFO_VERSION_FIXED = 100 => Self::fixed,
        DEVLINK_ATTR_INFO_VERSION_RUNNING = 101 => Self::running,
        DEVLINK_ATTR_INFO_VERSION_STORED = 102 => Self::stored,
    ),
    skip(DEVLINK_ATTR_INDEX = 184),
)]
#[state(key(bus_name, dev_name))]
pub struct DevlinkInfo {
    /// Name of the bus.
    #[nla(DEVLINK_ATTR_BUS_NAME = 1)]
    pub bus_name: Text,
    /// Name of the device on that bus.
    #[nla(DEVLINK_ATTR_DEV_NAME = 2)]
    pub dev_name: Text,
    /// Name of the driver.
    #[nla(DEVLINK_ATTR_INFO_DRIVER_NAME = 98)]
    pub driver: Option<Text>,
    /// Serial number of the device.
    #[nla(DEVLINK_ATTR_INFO_SERIAL_NUMBER = 99)]
    pub serial_number: Option<Text>,
    /// Serial number of the board.
    #[nla(DEVLINK_ATTR_INFO_BOARD_SERIAL_NUMBER = 146)]
    pub board_serial_number: Option<Text>,
    /// Versions that never change: of the board, of chips.
    pub fixed: Option<Vec<DevlinkVersion>>,
    /// Versions that are in use.
    pub running: Option<Vec<DevlinkVersion>>,
    /// Versions that will be in use after a reload.
    pub stored: Option<Vec<DevlinkVersion>>,
}

/// The version of a component (`DEVLINK_ATTR_INFO_VERSION_*`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct DevlinkVersion {
    /// The component: `fw`, `fw.mgmt`, `board.id`.
    #[nla(DEVLINK_ATTR_INFO_VERSION_NAME = 103)]
    pub name: Text,
    /// Its version.
    #[nla(DEVLINK_ATTR_INFO_VERSION_VALUE = 104)]
    pub version: Text,
}

/// Adds the version in `attr` to a list.
fn add(
    list: &mut Option<Vec<DevlinkVersion>>,
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<(), AttrError> {
    let version = DevlinkVersion::from_attr(context, attr)?;
    list.get_or_insert_default().push(version);
    Ok(())
}

impl DevlinkInfo {
    fn fixed(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        add(&mut self.fixed, context, attr)
    }

    fn running(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        add(&mut self.running, context, attr)
    }

    fn stored(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        add(&mut self.stored, context, attr)
    }
}

kind!(
    DevlinkInfo of DEVLINK,
    listed by DEVLINK_CMD_INFO_GET,
    [DEVLINK_CMD_INFO_GET],
    deleted by [],
    { const STALE_AFTER: &'static [Trigger] = &[Trigger::Devlink]; }
);
