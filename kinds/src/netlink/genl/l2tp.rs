//! The messages of the generic netlink family `l2tp` (linux/l2tp.h). Requests, answers and events share their
//! numbers.

crate::netlink::numbers! { COMMANDS:
    L2TP_CMD_TUNNEL_CREATE = 1;
    L2TP_CMD_TUNNEL_DELETE = 2;
    L2TP_CMD_TUNNEL_MODIFY = 3;
    L2TP_CMD_TUNNEL_GET = 4;
    L2TP_CMD_SESSION_CREATE = 5;
    L2TP_CMD_SESSION_DELETE = 6;
    L2TP_CMD_SESSION_MODIFY = 7;
    L2TP_CMD_SESSION_GET = 8;
}
