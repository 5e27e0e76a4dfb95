//! Type and type-specific settings of a link (`IFLA_LINKINFO`).

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::device::can::CanStats;
use super::device::{InfoData, InfoSlaveData, kind_symbol};
use crate::json::JsonSchema;
use crate::kind::attributes::{Attributes as _, FromAttr as _};
use crate::kind::context::DecodeContext;
use crate::netlink::attr::{Attr, AttrError, Attrs};
use crate::value::Symbol;

/// Type and type-specific settings of a device (`IFLA_LINKINFO`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(by_caller(IFLA_INFO_DATA = 2, IFLA_INFO_XSTATS = 3, IFLA_INFO_SLAVE_DATA = 5))]
#[state(property(type = info_kind))]
pub struct LinkInfo {
    /// Device type: `bridge`, `veth`, `vxlan` …
    #[nla(IFLA_INFO_KIND = 1, map(str, kind_symbol))]
    pub info_kind: Option<Symbol>,
    /// Settings of the device; the fields depend on `info_kind`.
    #[state(names_devices)]
    pub info_data: Option<InfoData>,
    /// With `details`: counters of a CAN device.
    pub info_xstats: Option<CanStats>,
    /// Type of the master device: `bridge`, `bond` …
    #[nla(IFLA_INFO_SLAVE_KIND = 4, map(str, kind_symbol))]
    pub info_slave_kind: Option<Symbol>,
    /// Settings as a port; the fields depend on `info_slave_kind`.
    #[state(names_devices)]
    pub info_slave_data: Option<InfoSlaveData>,
}

impl LinkInfo {
    /// Decodes an `IFLA_LINKINFO`.
    ///
    /// # Errors
    /// [`AttrError::Depth`] if `attr` is nested too deep.
    #[inline(never)]
    pub fn decode(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        // The types determine the attributes of the settings. The kernel sends the types first
        // (rtnl_link_fill), but its interface does not promise that order.
        let (mut kind, mut slave_kind) = ("", "");
        for attr in Attrs::new(attr.value).flatten() {
            match attr.kind {
                libc::IFLA_INFO_KIND => kind = attr.str().unwrap_or_default(),
                libc::IFLA_INFO_SLAVE_KIND => slave_kind = attr.str().unwrap_or_default(),
                _ => {}
            }
        }
        let mut info = LinkInfo::default();
        context.nested(attr, |context, attr| {
            match attr.kind {
                Self::IFLA_INFO_DATA => info.info_data = InfoData::decode(context, &attr, kind)?,
                Self::IFLA_INFO_SLAVE_DATA => {
                    info.info_slave_data = InfoSlaveData::decode(context, &attr, slave_kind)?;
                }
                Self::IFLA_INFO_XSTATS if !context.details => {}
                Self::IFLA_INFO_XSTATS if kind == "can" => {
                    info.info_xstats = Some(CanStats::from_attr(context, &attr)?);
                }
                _ => return info.attribute(context, &attr),
            }
            Ok(())
        })?;
        Ok(info)
    }

    /// Decodes an `IFLA_PROTINFO` of a message of family bridge: the settings of a bridge port.
    ///
    /// # Errors
    /// [`AttrError::Depth`] if `attr` is nested too deep.
    pub fn bridge_port(
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<Self, AttrError> {
        Ok(LinkInfo {
            info_slave_kind: Some(Symbol::Known("bridge")),
            info_slave_data: InfoSlaveData::decode(context, attr, "bridge")?,
            ..LinkInfo::default()
        })
    }

    /// Copies fields absent from `self` from `old`: a message of family bridge contains the port
    /// settings but not the settings of the device itself.
    pub fn merge_missing(&mut self, old: &LinkInfo) {
        if self.info_kind.is_none() {
            self.info_kind.clone_from(&old.info_kind);
            self.info_data.clone_from(&old.info_data);
            self.info_xstats.clone_from(&old.info_xstats);
        }
        if self.info_slave_kind.is_none() {
            self.info_slave_kind.clone_from(&old.info_slave_kind);
            self.info_slave_data.clone_from(&old.info_slave_data);
        }
    }

    /// Copies from `old` the LACP settings that the kernel includes only in replies to, or changes
    /// by, a process with CAP_NET_ADMIN (bond_fill_info, drivers/net/bonding/bond_netlink.c).
    pub fn carry_over_omitted(&mut self, old: &LinkInfo) {
        if let (Some(InfoData::Bond(bond)), Some(InfoData::Bond(old))) =
            (&mut self.info_data, &old.info_data)
            && bond.mode == old.mode
        {
            bond.ad_actor_sys_prio = bond.ad_actor_sys_prio.or(old.ad_actor_sys_prio);
            bond.ad_user_port_key = bond.ad_user_port_key.or(old.ad_user_port_key);
            bond.ad_actor_system = bond.ad_actor_system.or(old.ad_actor_system);
        }
    }
}
