//! `mptcp_pm`: events of connections (linux/mptcp_pm.h). Joining its group needs CAP_NET_ADMIN.

use super::{Message, messages};
use crate::kind::table::options;

messages! {
    /// The messages with attributes by name.
    pub(super) MESSAGES of mptcp {
        MPTCP_EVENT_CREATED, EVENT;
        MPTCP_EVENT_ESTABLISHED, EVENT;
        MPTCP_EVENT_CLOSED, EVENT;
        MPTCP_EVENT_ANNOUNCED, EVENT;
        MPTCP_EVENT_REMOVED, EVENT;
        MPTCP_EVENT_SUB_ESTABLISHED, EVENT;
        MPTCP_EVENT_SUB_CLOSED, EVENT;
        MPTCP_EVENT_SUB_PRIORITY, EVENT;
        MPTCP_EVENT_LISTENER_CREATED, EVENT;
        MPTCP_EVENT_LISTENER_CLOSED, EVENT;
    }
}

options! {
    /// An event of a connection.
    EVENT {
        MPTCP_ATTR_TOKEN = 1 token: U32, "Token of the connection.";
        MPTCP_ATTR_FAMILY = 2 address_family: U16, "Address family of the addresses.";
        MPTCP_ATTR_LOC_ID = 3 local_id: U8, "Id of the local address.";
        MPTCP_ATTR_REM_ID = 4 remote_id: U8, "Id of the remote address.";
        MPTCP_ATTR_SADDR4 = 5 saddr: Ip, "Local address.";
        MPTCP_ATTR_SADDR6 = 6 saddr: Ip, "Local address.";
        MPTCP_ATTR_DADDR4 = 7 daddr: Ip, "Remote address.";
        MPTCP_ATTR_DADDR6 = 8 daddr: Ip, "Remote address.";
        MPTCP_ATTR_SPORT = 9 sport: Be16, "Local port.";
        MPTCP_ATTR_DPORT = 10 dport: Be16, "Remote port.";
        MPTCP_ATTR_BACKUP = 11 backup: Yes, "The subflow is a backup.";
        MPTCP_ATTR_ERROR = 12 error: U8, "Error number.";
        MPTCP_ATTR_FLAGS = 13 event_flags: U16, "Flags of the event.";
        MPTCP_ATTR_TIMEOUT = 14 timeout: U32, "Timeout.";
        MPTCP_ATTR_IF_IDX = 15 if_index: I32, "Index of the device.";
        MPTCP_ATTR_RESET_REASON = 16 reset_reason: U32, "Reason of the reset.";
        MPTCP_ATTR_RESET_FLAGS = 17 reset_flags: U32, "Flags of the reset.";
        MPTCP_ATTR_SERVER_SIDE = 18 server_side: Yes, "The connection was accepted.";
    }
}
