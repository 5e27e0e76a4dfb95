//! How a device is related to others: which devices change with it.

use super::Link;
use super::device::InfoData;
use super::device::bond::Bond;

impl Link {
    /// Returns true for a device of that type (`IFLA_INFO_KIND`).
    pub fn is_of_type(&self, name: &str) -> bool {
        let kind = self
            .linkinfo
            .as_ref()
            .and_then(|info| info.info_kind.as_ref());
        kind.is_some_and(|kind| kind.is(name))
    }

    /// Returns true for a bridge.
    pub fn is_bridge(&self) -> bool {
        self.is_of_type("bridge")
    }

    /// Returns true for a bridge, a port of one, or a device with VLANs of its own (a network card
    /// with a switch): there are messages of family bridge about it.
    pub fn is_bridged(&self) -> bool {
        let info = self.linkinfo.as_ref();
        let port = info.and_then(|info| info.info_slave_kind.as_ref());
        self.vlans.is_some() || self.is_bridge() || port.is_some_and(|kind| kind.is("bridge"))
    }

    /// Returns true for a device that passes its own multicast addresses and settings on to all its
    /// ports.
    pub fn is_aggregate(&self) -> bool {
        self.is_of_type("bond") || self.is_of_type("team")
    }

    /// Index of the port that a bond sends by; `None` for a bond without such a port, and for all other
    /// devices.
    pub fn active_port(&self) -> Option<u32> {
        self.bond()?.active_slave_index
    }

    /// Returns true for a bond whose values depend on what the other end sends (LACP).
    pub fn negotiates(&self) -> bool {
        let mode = self.bond().and_then(|bond| bond.mode.as_ref());
        mode.is_some_and(|mode| mode.is("802.3ad"))
    }

    fn bond(&self) -> Option<&Bond> {
        match self.linkinfo.as_ref()?.info_data.as_ref()? {
            InfoData::Bond(bond) => Some(bond),
            _ => None,
        }
    }

    /// Returns true if it may name devices other than the one below it and its master.
    pub fn has_further_devices(&self) -> bool {
        let info = self.linkinfo.as_ref();
        info.is_some_and(|info| info.info_data.is_some() || info.info_slave_data.is_some())
            || self.mrp.is_some()
            || self.cfm.is_some()
    }

    /// Index of the device below it, or of its peer, in its own network namespace.
    pub fn lower(&self) -> Option<u32> {
        match self.link_netnsid {
            None => self
                .link_index
                .filter(|index| *index != 0 && *index != self.ifindex),
            Some(_) => None,
        }
    }
}
