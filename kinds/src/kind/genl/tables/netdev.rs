//! `netdev`: XDP features of devices, and page pools (linux/netdev.h).

use super::{Message, messages};
use crate::kind::table::options;

/// `NETDEV_XDP_ACT_*`
const XDP: &[(u64, &str)] = &[
    (1, "basic"),
    (2, "redirect"),
    (4, "ndo-xmit"),
    (8, "xsk-zerocopy"),
    (16, "hw-offload"),
    (32, "rx-sg"),
    (64, "ndo-xmit-sg"),
];
/// `NETDEV_XDP_RX_METADATA_*`
const XDP_RX: &[(u64, &str)] = &[(1, "timestamp"), (2, "hash"), (4, "vlan-tag")];
/// `NETDEV_XSK_FLAGS_*`
const XSK: &[(u64, &str)] = &[
    (1, "tx-timestamp"),
    (2, "tx-checksum"),
    (4, "tx-launch-time-fifo"),
];

messages! {
    /// The messages with attributes by name.
    pub(super) MESSAGES of netdev {
        NETDEV_CMD_DEV_GET, DEV;
        NETDEV_CMD_DEV_ADD_NTF, DEV;
        NETDEV_CMD_DEV_DEL_NTF, DEV;
        NETDEV_CMD_DEV_CHANGE_NTF, DEV;
        NETDEV_CMD_PAGE_POOL_GET, PAGE_POOL;
        NETDEV_CMD_PAGE_POOL_ADD_NTF, PAGE_POOL;
        NETDEV_CMD_PAGE_POOL_DEL_NTF, PAGE_POOL;
        NETDEV_CMD_PAGE_POOL_CHANGE_NTF, PAGE_POOL;
    }
}

options! {
    /// A device.
    DEV {
        NETDEV_A_DEV_IFINDEX = 1 ifindex: U32, "Index of the device.";
        NETDEV_A_DEV_PAD = 2 pad: Skip, "";
        NETDEV_A_DEV_XDP_FEATURES = 3 xdp_features: Flags(XDP), "Features of XDP: `basic`, `redirect`, `ndo-xmit`, `xsk-zerocopy`, `hw-offload`, `rx-sg`, `ndo-xmit-sg`.";
        NETDEV_A_DEV_XDP_ZC_MAX_SEGS = 4 xdp_zc_max_segs: U32, "Maximum number of fragments of a zero-copy packet.";
        NETDEV_A_DEV_XDP_RX_METADATA_FEATURES = 5 xdp_rx_metadata_features: Flags(XDP_RX), "Metadata that programs can read: `timestamp`, `hash`, `vlan-tag`.";
        NETDEV_A_DEV_XSK_FEATURES = 6 xsk_features: Flags(XSK), "Features of AF_XDP: `tx-timestamp`, `tx-checksum`, `tx-launch-time-fifo`.";
    }
    /// A page pool.
    PAGE_POOL {
        NETDEV_A_PAGE_POOL_ID = 1 id: Uint, "Id of the page pool.";
        NETDEV_A_PAGE_POOL_IFINDEX = 2 ifindex: U32, "Index of the device.";
        NETDEV_A_PAGE_POOL_NAPI_ID = 3 napi_id: Uint, "Id of the NAPI instance.";
        NETDEV_A_PAGE_POOL_INFLIGHT = 4 inflight: Uint, "Pages in use.";
        NETDEV_A_PAGE_POOL_INFLIGHT_MEM = 5 inflight_mem: Uint, "Memory in use, bytes.";
        NETDEV_A_PAGE_POOL_DETACH_TIME = 6 detach_time: Uint, "Time since the boot at which the driver released the pool, seconds.";
        NETDEV_A_PAGE_POOL_DMABUF = 7 dmabuf: U32, "Id of the dmabuf.";
        NETDEV_A_PAGE_POOL_IO_URING = 8 io_uring: Hex, "Attributes of io_uring, hexadecimal.";
    }
}
