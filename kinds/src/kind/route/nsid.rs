//! `kind:"nsid"`: the numbers of other network namespaces in this one (`RTM_NEWNSID`,
//! `RTM_DELNSID`).

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::KindSpec;
use crate::netlink::request::Request;
use crate::netlink::rtm::{RTM_DELNSID, RTM_NEWNSID};

/// The number of another network namespace (`struct rtgenmsg`, linux/net_namespace.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[state(key(nsid))]
pub struct Nsid {
    /// The number, `link_netnsid` of devices; -1 for none.
    #[nla(NETNSA_NSID = 1)]
    pub nsid: i32,
    /// In a reply about another namespace: its number in this one.
    #[nla(NETNSA_CURRENT_NSID = 5)]
    pub current_nsid: Option<i32>,
    /// Process id in the request.
    #[nla(NETNSA_PID = 2)]
    pub pid: Option<u32>,
    /// File descriptor in the request.
    #[nla(NETNSA_FD = 3)]
    pub fd: Option<u32>,
}

impl KindSpec for Nsid {
    const MESSAGES: &'static [u16] = &[RTM_NEWNSID, RTM_DELNSID];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::nsids()]
    }

    fn from_body(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        let (_, attributes) = body.split_first_chunk::<4>()?;
        let mut nsid = Nsid::default();
        nsid.attributes(context, attributes);
        Some(nsid)
    }
}
