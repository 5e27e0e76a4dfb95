//! The messages of the generic netlink family `mptcp_pm` that the kernel sends (`MPTCP_EVENT_*`, linux/mptcp_pm.h).

crate::netlink::numbers! { COMMANDS:
    MPTCP_EVENT_CREATED = 1;
    MPTCP_EVENT_ESTABLISHED = 2;
    MPTCP_EVENT_CLOSED = 3;
    MPTCP_EVENT_ANNOUNCED = 6;
    MPTCP_EVENT_REMOVED = 7;
    MPTCP_EVENT_SUB_ESTABLISHED = 10;
    MPTCP_EVENT_SUB_CLOSED = 11;
    MPTCP_EVENT_SUB_PRIORITY = 13;
    MPTCP_EVENT_LISTENER_CREATED = 15;
    MPTCP_EVENT_LISTENER_CLOSED = 16;
}
