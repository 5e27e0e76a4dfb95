//! `kind:"addrlabel"`: labels of IPv6 prefixes, by which the kernel selects source addresses
//! (`RTM_NEWADDRLABEL`, `RTM_DELADDRLABEL`; RFC 6724). The kernel lists them, but sends no
//! notification of a change.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::KindSpec;
use crate::kind::wire::{family, u32_at};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::request::Request;
use crate::netlink::rtm::{RTM_DELADDRLABEL, RTM_NEWADDRLABEL};
use crate::value::{IfName, Prefix, Symbol};

/// A label of a prefix (`struct ifaddrlblmsg`, linux/if_addrlabel.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(custom(IFAL_ADDRESS = 1 => Self::address))]
#[state(key(family, prefix, ifindex), device(ifindex, dev), prefix(prefix))]
pub struct Addrlabel {
    /// Address family: `inet6`.
    pub family: Symbol,
    /// The prefix.
    pub prefix: Option<Prefix>,
    /// Index of the device that the label applies to; absent if it applies to all.
    pub ifindex: Option<u32>,
    /// The device's name.
    pub dev: Option<IfName>,
    /// Label: a source address with the label of the destination is preferred.
    #[nla(IFAL_LABEL = 2)]
    pub label: Option<u32>,
}

impl KindSpec for Addrlabel {
    const MESSAGES: &'static [u16] = &[RTM_NEWADDRLABEL, RTM_DELADDRLABEL];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::addrlabels()]
    }

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (header, attributes) = body.split_first_chunk::<12>()?;
        let mut label = Addrlabel {
            family: family(header[0]),
            ifindex: Some(u32_at(header, 4)).filter(|index| *index != 0),
            ..Default::default()
        };
        let length = header[2];
        label.attributes(context, attributes);
        if let Some(prefix) = &mut label.prefix {
            prefix.length = length;
        }
        Some(label)
    }
}

impl Addrlabel {
    /// The prefix; its length is in the header.
    fn address(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let address = attr.ip()?;
        self.prefix = Some(Prefix { address, length: 0 });
        Ok(())
    }
}
