//! `kind:"mptcp_event"`: events of connections of Multipath TCP and of their subflows (linux/mptcp_pm.h). The kernel
//! announces neither endpoints nor limits, and its answers about endpoints have the numbers of events.

use std::net::IpAddr;

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::context::DecodeContext;
use crate::kind::wire::FAMILIES;
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::genl::mptcp::*;
use crate::value::{FlagNames, Flags, IfName, Symbol};

/// `MPTCP_RST_E*` (linux/mptcp.h)
const RESET_REASONS: &[(u32, &str)] = &[
    (0, "unspecified"),
    (1, "mptcp"),
    (2, "resource"),
    (3, "prohibited"),
    (4, "wq2big"),
    (5, "badperf"),
    (6, "middlebox"),
];
/// `MPTCP_PM_EV_FLAG_*` (linux/mptcp.h)
const FLAGS: &FlagNames = &[(1, "deny_join_id0"), (2, "server_side")];

/// An event of a connection of Multipath TCP (`MPTCP_ATTR_*`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(custom(
    MPTCP_ATTR_SADDR4 = 5 => Self::source,
    MPTCP_ATTR_SADDR6 = 6 => Self::source,
    MPTCP_ATTR_DADDR4 = 7 => Self::destination,
    MPTCP_ATTR_DADDR6 = 8 => Self::destination,
))]
#[state(device(ifindex, dev), prefix(src), prefix(dst))]
pub struct MptcpEvent {
    /// `created`, `established`, `closed` (of a connection), `announced`, `removed` (of an address of the peer),
    /// `sub_established`, `sub_closed`, `sub_priority` (of a subflow), `listener_created`, `listener_closed`.
    pub event: Symbol,
    /// Token of the connection, eight hexadecimal digits.
    #[nla(MPTCP_ATTR_TOKEN = 1, map(u32, token))]
    pub token: Option<String>,
    /// Address family: `inet`, `inet6`.
    #[nla(MPTCP_ATTR_FAMILY = 2, names(u16, FAMILIES))]
    pub family: Option<Symbol>,
    /// Local address.
    pub src: Option<IpAddr>,
    /// Remote address.
    pub dst: Option<IpAddr>,
    /// Local port.
    #[nla(MPTCP_ATTR_SPORT = 9, wire = be16)]
    pub sport: Option<u16>,
    /// Remote port.
    #[nla(MPTCP_ATTR_DPORT = 10, wire = be16)]
    pub dport: Option<u16>,
    /// Index of the device of the subflow.
    #[nla(MPTCP_ATTR_IF_IDX = 15, nonzero)]
    pub ifindex: Option<u32>,
    /// Name of the device.
    pub dev: Option<IfName>,
    /// Id of the local address.
    #[nla(MPTCP_ATTR_LOC_ID = 3)]
    pub local_id: Option<u8>,
    /// Id of the remote address.
    #[nla(MPTCP_ATTR_REM_ID = 4)]
    pub remote_id: Option<u8>,
    /// The subflow is a backup.
    #[nla(MPTCP_ATTR_BACKUP = 11)]
    pub backup: Option<bool>,
    /// The connection was accepted.
    #[nla(MPTCP_ATTR_SERVER_SIDE = 18)]
    pub server_side: Option<bool>,
    /// `deny_join_id0`: no further subflow to the address of the first; `server_side`.
    #[nla(MPTCP_ATTR_FLAGS = 13, flags(u16, FLAGS))]
    pub flags: Option<Flags>,
    /// Number of the error that ended a subflow.
    #[nla(MPTCP_ATTR_ERROR = 12)]
    pub error: Option<u8>,
    /// Why a subflow was reset: `mptcp`, `resource`, `prohibited`, `wq2big`, `badperf`, `middlebox`, `unspecified`.
    #[nla(MPTCP_ATTR_RESET_REASON = 16, names(u32, RESET_REASONS))]
    pub reset_reason: Option<Symbol>,
    /// Flags of the reset.
    #[nla(MPTCP_ATTR_RESET_FLAGS = 17)]
    pub reset_flags: Option<u32>,
    /// Timeout.
    #[nla(MPTCP_ATTR_TIMEOUT = 14)]
    pub timeout: Option<u32>,
}

/// As `ip mptcp monitor` and `ss` print it.
fn token(token: u32) -> String {
    format!("{token:08x}")
}

impl MptcpEvent {
    fn source(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        self.src = Some(attr.ip()?);
        Ok(())
    }

    fn destination(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        self.dst = Some(attr.ip()?);
        Ok(())
    }
}

events!(
    MptcpEvent of MPTCP_PM,
    [
        MPTCP_EVENT_CREATED = "created",
        MPTCP_EVENT_ESTABLISHED = "established",
        MPTCP_EVENT_CLOSED = "closed",
        MPTCP_EVENT_ANNOUNCED = "announced",
        MPTCP_EVENT_REMOVED = "removed",
        MPTCP_EVENT_SUB_ESTABLISHED = "sub_established",
        MPTCP_EVENT_SUB_CLOSED = "sub_closed",
        MPTCP_EVENT_SUB_PRIORITY = "sub_priority",
        MPTCP_EVENT_LISTENER_CREATED = "listener_created",
        MPTCP_EVENT_LISTENER_CLOSED = "listener_closed",
    ]
);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kind::spec::{Decoded, Emit, KindSpec as _, MessageAction};
    use crate::names::Names;
    use crate::netlink::build::{attr, message};
    use crate::netlink::frame::Messages;

    #[test]
    fn a_subflow_has_both_ends_and_its_device() {
        let attrs = [
            attr(1, &0x2f1a_u32.to_ne_bytes()),
            attr(2, &2_u16.to_ne_bytes()),
            attr(3, &[1]),
            attr(4, &[0]),
            attr(5, &[192, 0, 2, 1]),
            attr(7, &[192, 0, 2, 2]),
            attr(9, &4711_u16.to_be_bytes()),
            attr(10, &80_u16.to_be_bytes()),
            attr(11, &[1]),
            attr(15, &3_u32.to_ne_bytes()),
            attr(16, &4_u32.to_ne_bytes()),
        ];
        let body = [
            &[MPTCP_EVENT_SUB_CLOSED as u8, 1, 0, 0][..],
            &attrs.concat(),
        ]
        .concat();
        let bytes = message(30, &body);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        let names = Names::builtin();
        let mut context = DecodeContext::new(&names, false);
        let mut found = None;
        let mut each = |decoded, unparsed: Vec<_>| {
            assert!(unparsed.is_empty(), "{unparsed:?}");
            found = Some(decoded);
        };
        let mut emit = Emit::new(MessageAction::New, &mut each);
        MptcpEvent::decode(&mut context, &message, &mut emit);
        let found: Decoded = found.unwrap();
        assert_eq!(found.action, MessageAction::Notify);
        assert_eq!(
            serde_json::to_value(found.payload).unwrap(),
            json!({
                "event": "sub_closed", "token": "00002f1a", "family": "inet", "src": "192.0.2.1",
                "dst": "192.0.2.2", "sport": 4711, "dport": 80, "ifindex": 3, "local_id": 1,
                "remote_id": 0, "backup": true, "reset_reason": "wq2big",
            })
        );
    }
}
