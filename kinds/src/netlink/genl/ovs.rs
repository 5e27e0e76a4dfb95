//! The messages of the generic netlink families `ovs_datapath` and `ovs_vport` (linux/openvswitch.h).

/// Length of `struct ovs_header`, which follows `struct genlmsghdr`.
pub const OVS_HEADER: usize = 4;

crate::netlink::numbers! { DATAPATH_COMMANDS:
    OVS_DP_CMD_NEW = 1;
    OVS_DP_CMD_DEL = 2;
    OVS_DP_CMD_GET = 3;
    OVS_DP_CMD_SET = 4;
}

crate::netlink::numbers! { VPORT_COMMANDS:
    OVS_VPORT_CMD_NEW = 1;
    OVS_VPORT_CMD_DEL = 2;
    OVS_VPORT_CMD_GET = 3;
    OVS_VPORT_CMD_SET = 4;
}
