//! `kind:"addrlabel"`: which source address IPv6 prefers for which destination
//! (`RTM_NEWADDRLABEL`, `RTM_DELADDRLABEL`; RFC 6724). The kernel lists them and tells no change.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::kind::fields::{fields, key};
use crate::kind::object::{Object, some};
use crate::value::{IfName, Prefix, Symbol};

/// A label of a prefix (`struct ifaddrlblmsg`, linux/if_addrlabel.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Addrlabel {
    /// Address family: `inet6`.
    pub family: Symbol,
    /// The prefix.
    pub prefix: Option<Prefix>,
    /// Index of the device that it is for; absent for all.
    pub ifindex: Option<u32>,
    /// The device's name.
    pub dev: Option<IfName>,
    /// Addresses of the same label go together.
    pub label: Option<u32>,
}

key!(Addrlabel {
    family,
    prefix,
    ifindex,
});
fields!(Addrlabel {
    family,
    prefix,
    ifindex,
    dev,
    label,
});

impl Object for Addrlabel {
    fn device(&self) -> Option<(u32, Option<&IfName>)> {
        Some((self.ifindex?, self.dev.as_ref()))
    }

    fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
        some(name, self.ifindex, &mut self.dev);
    }
}
