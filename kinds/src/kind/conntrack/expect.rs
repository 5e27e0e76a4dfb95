//! `kind:"expect"`: flows that a helper expects, as the data connection of FTP (`CTA_EXPECT_*`).

use std::net::IpAddr;

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::parts::Tuple;
use super::read;
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::KindSpec;
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::nfnetlink::{IPCTNL_MSG_EXP_DELETE, IPCTNL_MSG_EXP_NEW};
use crate::netlink::request::Request;
use crate::value::{FlagNames, Flags, Symbol, Text};

/// A flow that the kernel expects.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    nest(CTA_EXPECT_NAT = 10),
    custom(
        CTA_EXPECT_MASTER = 1 => Self::master,
        CTA_EXPECT_TUPLE = 2 => Self::tuple,
        CTA_EXPECT_MASK = 3 => Self::mask,
        CTA_EXPECT_NAT / CTA_EXPECT_NAT_TUPLE = 2 => Self::nat,
    ),
)]
#[state(
    key(family, proto, zone, src, dst, sport, dport, id),
    prefix(src),
    prefix(dst)
)]
pub struct Expect {
    /// Address family: `inet`, `inet6`.
    pub family: Symbol,
    /// IP protocol: a name, else its number.
    pub proto: Symbol,
    /// Zone.
    #[nla(CTA_EXPECT_ZONE = 7, wire = be16)]
    pub zone: Option<u16>,
    /// Source address of the first packet, as far as `mask` says.
    pub src: Option<IpAddr>,
    /// Destination address of the first packet.
    pub dst: Option<IpAddr>,
    /// Source port of the first packet, as far as `mask` says.
    pub sport: Option<u16>,
    /// Destination port of the first packet.
    pub dport: Option<u16>,
    /// Which bits of the first packet have to be equal.
    pub mask: Option<Tuple>,
    /// The flow that makes the kernel expect it.
    pub master: Option<Tuple>,
    /// Seconds until the kernel forgets it.
    #[nla(CTA_EXPECT_TIMEOUT = 4, wire = be32)]
    #[state(volatile)]
    pub timeout: Option<u32>,
    /// Number of the expectation.
    #[nla(CTA_EXPECT_ID = 5, wire = be32)]
    pub id: Option<u32>,
    /// Module that follows the protocol: `ftp`, `sip` …
    #[nla(CTA_EXPECT_HELP_NAME = 6)]
    pub helper: Option<Text>,
    /// Class of the helper's expectations.
    #[nla(CTA_EXPECT_CLASS = 9, wire = be32)]
    pub class: Option<u32>,
    /// `permanent`, `inactive`, `userspace`.
    #[nla(CTA_EXPECT_FLAGS = 8, flags(be32, FLAGS))]
    pub flags: Flags,
    /// Function of the module that is called with the flow.
    #[nla(CTA_EXPECT_FN = 11)]
    pub function: Option<Text>,
    /// Direction that is translated: `original`, `reply`.
    #[nla(CTA_EXPECT_NAT / CTA_EXPECT_NAT_DIR = 1, names(be32, DIRECTIONS))]
    pub nat_dir: Option<Symbol>,
    /// Address and port to which it is translated.
    pub nat: Option<Tuple>,
}

/// `NF_CT_EXPECT_*`
const FLAGS: &FlagNames = &[(1, "permanent"), (2, "inactive"), (4, "userspace")];

/// `IP_CT_DIR_*`
const DIRECTIONS: &[(u32, &str)] = &[(0, "original"), (1, "reply")];

impl KindSpec for Expect {
    const NETLINK_FAMILY: FamilyId = FamilyId::EXPECT;
    const MESSAGES: &'static [u16] = &[IPCTNL_MSG_EXP_NEW, IPCTNL_MSG_EXP_DELETE];
    const ON_REQUEST: bool = true;
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::expectations()]
    }

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        read(context, body, |family| Expect {
            family,
            flags: Flags::new(0, FLAGS),
            ..Expect::default()
        })
    }
}

impl Expect {
    fn tuple(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let (tuple, proto) = Tuple::read(context, attr)?;
        (self.src, self.dst, self.sport, self.dport) =
            (tuple.src, tuple.dst, tuple.sport, tuple.dport);
        self.proto = proto.unwrap_or_default();
        Ok(())
    }

    fn mask(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        self.mask = Some(Tuple::read(context, attr)?.0);
        Ok(())
    }

    fn master(
        &mut self,
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
    ) -> Result<(), AttrError> {
        self.master = Some(Tuple::read(context, attr)?.0);
        Ok(())
    }

    fn nat(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        self.nat = Some(Tuple::read(context, attr)?.0);
        Ok(())
    }
}
