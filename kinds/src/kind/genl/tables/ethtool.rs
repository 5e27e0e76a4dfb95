//! `ethtool`: settings of devices, announced on the group `monitor` (linux/ethtool_netlink.h), in recordings
//! of a version without kinds for them.

use super::{Message, messages};
use crate::kind::table::options;

/// `PORT_*` (linux/ethtool.h)
const PORTS: &[(u32, &str)] = &[
    (0, "tp"),
    (1, "aui"),
    (2, "mii"),
    (3, "fibre"),
    (4, "bnc"),
    (5, "da"),
    (0xef, "none"),
    (0xff, "other"),
];
/// `DUPLEX_*` (linux/ethtool.h)
const DUPLEX: &[(u32, &str)] = &[(0, "half"), (1, "full"), (0xff, "unknown")];

messages! {
    /// The messages with attributes by name.
    pub(super) MESSAGES of ethtool {
        ETHTOOL_MSG_LINKINFO_GET_REPLY, LINKINFO;
        ETHTOOL_MSG_LINKINFO_NTF, LINKINFO;
        ETHTOOL_MSG_LINKMODES_GET_REPLY, LINKMODES;
        ETHTOOL_MSG_LINKMODES_NTF, LINKMODES;
        ETHTOOL_MSG_DEBUG_GET_REPLY, DEBUG;
        ETHTOOL_MSG_DEBUG_NTF, DEBUG;
        ETHTOOL_MSG_WOL_GET_REPLY, WOL;
        ETHTOOL_MSG_WOL_NTF, WOL;
        ETHTOOL_MSG_FEATURES_GET_REPLY, FEATURES;
        ETHTOOL_MSG_FEATURES_NTF, FEATURES;
        ETHTOOL_MSG_PRIVFLAGS_GET_REPLY, PRIVFLAGS;
        ETHTOOL_MSG_PRIVFLAGS_NTF, PRIVFLAGS;
        ETHTOOL_MSG_RINGS_GET_REPLY, RINGS;
        ETHTOOL_MSG_RINGS_NTF, RINGS;
        ETHTOOL_MSG_CHANNELS_GET_REPLY, CHANNELS;
        ETHTOOL_MSG_CHANNELS_NTF, CHANNELS;
        ETHTOOL_MSG_COALESCE_GET_REPLY, COALESCE;
        ETHTOOL_MSG_COALESCE_NTF, COALESCE;
        ETHTOOL_MSG_PAUSE_GET_REPLY, PAUSE;
        ETHTOOL_MSG_PAUSE_NTF, PAUSE;
        ETHTOOL_MSG_EEE_GET_REPLY, EEE;
        ETHTOOL_MSG_EEE_NTF, EEE;
        ETHTOOL_MSG_FEC_GET_REPLY, FEC;
        ETHTOOL_MSG_FEC_NTF, FEC;
        ETHTOOL_MSG_MODULE_GET_REPLY, MODULE;
        ETHTOOL_MSG_MODULE_NTF, MODULE;
    }
}

options! {
    /// The device of a message.
    HEADER {
        ETHTOOL_A_HEADER_DEV_INDEX = 1 ifindex: U32, "Index of the device.";
        ETHTOOL_A_HEADER_DEV_NAME = 2 dev: Text, "Name of the device.";
        ETHTOOL_A_HEADER_FLAGS = 3 header_flags: HexNumber, "Flags of the request, hexadecimal.";
        ETHTOOL_A_HEADER_PHY_INDEX = 4 phy_index: U32, "Index of the PHY.";
    }
    /// A set of bits, with names or without.
    BITSET {
        ETHTOOL_A_BITSET_NOMASK = 1 nomask: Flag, "True: a list of set bits, without a mask.";
        ETHTOOL_A_BITSET_SIZE = 2 size: U32, "Number of bits.";
        ETHTOOL_A_BITSET_BITS = 3 bits: Nests(BIT), "The bits by name.";
        ETHTOOL_A_BITSET_VALUE = 4 value: U32Array, "The set bits, 32 in each number, lowest first.";
        ETHTOOL_A_BITSET_MASK = 5 mask: U32Array, "The bits that the message is about, likewise.";
    }
    /// A bit.
    BIT {
        ETHTOOL_A_BITSET_BIT_INDEX = 1 index: U32, "Number of the bit.";
        ETHTOOL_A_BITSET_BIT_NAME = 2 name: Text, "Name of the bit.";
        ETHTOOL_A_BITSET_BIT_VALUE = 3 set: Flag, "True if it is set.";
    }
    /// `ETHTOOL_MSG_LINKINFO_NTF`
    LINKINFO {
        ETHTOOL_A_LINKINFO_HEADER = 1 header: Flat(HEADER), "";
        ETHTOOL_A_LINKINFO_PORT = 2 port: Name(PORTS), "Physical port: `tp`, `fibre`, `da` …";
        ETHTOOL_A_LINKINFO_PHYADDR = 3 phyaddr: U8, "MDIO address of the PHY.";
        ETHTOOL_A_LINKINFO_TP_MDIX = 4 tp_mdix: U8, "State of MDI-X: 0 unknown, 1 MDI, 2 MDI-X.";
        ETHTOOL_A_LINKINFO_TP_MDIX_CTRL = 5 tp_mdix_ctrl: U8, "Setting of MDI-X, likewise; 3 automatic.";
        ETHTOOL_A_LINKINFO_TRANSCEIVER = 6 transceiver: U8, "0: internal, 1: external.";
    }
    /// `ETHTOOL_MSG_LINKMODES_NTF`
    LINKMODES {
        ETHTOOL_A_LINKMODES_HEADER = 1 header: Flat(HEADER), "";
        ETHTOOL_A_LINKMODES_AUTONEG = 2 autoneg: Yes, "Autonegotiation is on.";
        ETHTOOL_A_LINKMODES_OURS = 3 ours: Nest(BITSET), "Link modes that are supported (mask) and advertised (value).";
        ETHTOOL_A_LINKMODES_PEER = 4 peer: Nest(BITSET), "Link modes that the peer advertises.";
        ETHTOOL_A_LINKMODES_SPEED = 5 speed: I32, "Speed in Mb/s; -1 if unknown.";
        ETHTOOL_A_LINKMODES_DUPLEX = 6 duplex: Name(DUPLEX), "`half`, `full`, `unknown`.";
        ETHTOOL_A_LINKMODES_MASTER_SLAVE_CFG = 7 master_slave_cfg: U8, "Role of the port, as set.";
        ETHTOOL_A_LINKMODES_MASTER_SLAVE_STATE = 8 master_slave_state: U8, "Role of the port.";
        ETHTOOL_A_LINKMODES_LANES = 9 lanes: U32, "Number of lanes.";
        ETHTOOL_A_LINKMODES_RATE_MATCHING = 10 rate_matching: U8, "Rate matching of the PHY.";
    }
    /// `ETHTOOL_MSG_DEBUG_NTF`
    DEBUG {
        ETHTOOL_A_DEBUG_HEADER = 1 header: Flat(HEADER), "";
        ETHTOOL_A_DEBUG_MSGMASK = 2 msgmask: Nest(BITSET), "Enabled classes of driver messages.";
    }
    /// `ETHTOOL_MSG_WOL_NTF`
    WOL {
        ETHTOOL_A_WOL_HEADER = 1 header: Flat(HEADER), "";
        ETHTOOL_A_WOL_MODES = 2 wol_modes: Nest(BITSET), "Modes of wake-on-LAN: supported (mask) and enabled (value).";
        ETHTOOL_A_WOL_SOPASS = 3 sopass: Skip, "";
    }
    /// `ETHTOOL_MSG_FEATURES_NTF`
    FEATURES {
        ETHTOOL_A_FEATURES_HEADER = 1 header: Flat(HEADER), "";
        ETHTOOL_A_FEATURES_HW = 2 hw: Nest(BITSET), "Features that can be changed.";
        ETHTOOL_A_FEATURES_WANTED = 3 wanted: Nest(BITSET), "Features that were requested.";
        ETHTOOL_A_FEATURES_ACTIVE = 4 active: Nest(BITSET), "Features that are on.";
        ETHTOOL_A_FEATURES_NOCHANGE = 5 nochange: Nest(BITSET), "Features that never change.";
    }
    /// `ETHTOOL_MSG_PRIVFLAGS_NTF`
    PRIVFLAGS {
        ETHTOOL_A_PRIVFLAGS_HEADER = 1 header: Flat(HEADER), "";
        ETHTOOL_A_PRIVFLAGS_FLAGS = 2 private_flags: Nest(BITSET), "Flags of the driver.";
    }
    /// `ETHTOOL_MSG_RINGS_NTF`
    RINGS {
        ETHTOOL_A_RINGS_HEADER = 1 header: Flat(HEADER), "";
        ETHTOOL_A_RINGS_RX_MAX = 2 rx_ring_max: U32, "Maximum size of the ring of received packets.";
        ETHTOOL_A_RINGS_RX_MINI_MAX = 3 rx_mini_ring_max: U32, "Maximum size of the ring of small received packets.";
        ETHTOOL_A_RINGS_RX_JUMBO_MAX = 4 rx_jumbo_ring_max: U32, "Maximum size of the ring of large received packets.";
        ETHTOOL_A_RINGS_TX_MAX = 5 tx_ring_max: U32, "Maximum size of the ring of sent packets.";
        ETHTOOL_A_RINGS_RX = 6 rx_ring: U32, "Size of the ring of received packets.";
        ETHTOOL_A_RINGS_RX_MINI = 7 rx_mini_ring: U32, "Size of the ring of small received packets.";
        ETHTOOL_A_RINGS_RX_JUMBO = 8 rx_jumbo_ring: U32, "Size of the ring of large received packets.";
        ETHTOOL_A_RINGS_TX = 9 tx_ring: U32, "Size of the ring of sent packets.";
        ETHTOOL_A_RINGS_RX_BUF_LEN = 10 rx_buf_len: U32, "Length of a receive buffer, bytes.";
        ETHTOOL_A_RINGS_TCP_DATA_SPLIT = 11 tcp_data_split: U8, "Split of headers and data: 0 unknown, 1 off, 2 on.";
        ETHTOOL_A_RINGS_CQE_SIZE = 12 cqe_size: U32, "Size of a completion queue entry, bytes.";
        ETHTOOL_A_RINGS_TX_PUSH = 13 tx_push: Yes, "Descriptors are pushed to the device on transmit.";
        ETHTOOL_A_RINGS_RX_PUSH = 14 rx_push: Yes, "Descriptors are pushed to the device on receive.";
        ETHTOOL_A_RINGS_TX_PUSH_BUF_LEN = 15 tx_push_buf_len: U32, "Size of the push buffer, bytes.";
        ETHTOOL_A_RINGS_TX_PUSH_BUF_LEN_MAX = 16 tx_push_buf_len_max: U32, "Maximum size of the push buffer, bytes.";
        ETHTOOL_A_RINGS_HDS_THRESH = 17 hds_thresh: U32, "Threshold of the header split, bytes.";
        ETHTOOL_A_RINGS_HDS_THRESH_MAX = 18 hds_thresh_max: U32, "Maximum threshold of the header split, bytes.";
    }
    /// `ETHTOOL_MSG_CHANNELS_NTF`
    CHANNELS {
        ETHTOOL_A_CHANNELS_HEADER = 1 header: Flat(HEADER), "";
        ETHTOOL_A_CHANNELS_RX_MAX = 2 rx_max: U32, "Maximum number of channels: rx.";
        ETHTOOL_A_CHANNELS_TX_MAX = 3 tx_max: U32, "Maximum number of channels: tx.";
        ETHTOOL_A_CHANNELS_OTHER_MAX = 4 other_max: U32, "Maximum number of channels: other.";
        ETHTOOL_A_CHANNELS_COMBINED_MAX = 5 combined_max: U32, "Maximum number of channels: combined.";
        ETHTOOL_A_CHANNELS_RX_COUNT = 6 rx_count: U32, "Number of channels: rx.";
        ETHTOOL_A_CHANNELS_TX_COUNT = 7 tx_count: U32, "Number of channels: tx.";
        ETHTOOL_A_CHANNELS_OTHER_COUNT = 8 other_count: U32, "Number of channels: other.";
        ETHTOOL_A_CHANNELS_COMBINED_COUNT = 9 combined_count: U32, "Number of channels: combined.";
    }
    /// `ETHTOOL_MSG_COALESCE_NTF`
    COALESCE {
        ETHTOOL_A_COALESCE_HEADER = 1 header: Flat(HEADER), "";
        ETHTOOL_A_COALESCE_RX_USECS = 2 rx_usecs: U32, "Coalescing: `rx-usecs` of ethtool(8).";
        ETHTOOL_A_COALESCE_RX_MAX_FRAMES = 3 rx_max_frames: U32, "Coalescing: `rx-max-frames` of ethtool(8).";
        ETHTOOL_A_COALESCE_RX_USECS_IRQ = 4 rx_usecs_irq: U32, "Coalescing: `rx-usecs-irq` of ethtool(8).";
        ETHTOOL_A_COALESCE_RX_MAX_FRAMES_IRQ = 5 rx_max_frames_irq: U32, "Coalescing: `rx-max-frames-irq` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_USECS = 6 tx_usecs: U32, "Coalescing: `tx-usecs` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_MAX_FRAMES = 7 tx_max_frames: U32, "Coalescing: `tx-max-frames` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_USECS_IRQ = 8 tx_usecs_irq: U32, "Coalescing: `tx-usecs-irq` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_MAX_FRAMES_IRQ = 9 tx_max_frames_irq: U32, "Coalescing: `tx-max-frames-irq` of ethtool(8).";
        ETHTOOL_A_COALESCE_STATS_BLOCK_USECS = 10 stats_block_usecs: U32, "Coalescing: `stats-block-usecs` of ethtool(8).";
        ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX = 11 use_adaptive_rx: Yes, "Coalescing: `use-adaptive-rx` of ethtool(8).";
        ETHTOOL_A_COALESCE_USE_ADAPTIVE_TX = 12 use_adaptive_tx: Yes, "Coalescing: `use-adaptive-tx` of ethtool(8).";
        ETHTOOL_A_COALESCE_PKT_RATE_LOW = 13 pkt_rate_low: U32, "Coalescing: `pkt-rate-low` of ethtool(8).";
        ETHTOOL_A_COALESCE_RX_USECS_LOW = 14 rx_usecs_low: U32, "Coalescing: `rx-usecs-low` of ethtool(8).";
        ETHTOOL_A_COALESCE_RX_MAX_FRAMES_LOW = 15 rx_max_frames_low: U32, "Coalescing: `rx-max-frames-low` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_USECS_LOW = 16 tx_usecs_low: U32, "Coalescing: `tx-usecs-low` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_MAX_FRAMES_LOW = 17 tx_max_frames_low: U32, "Coalescing: `tx-max-frames-low` of ethtool(8).";
        ETHTOOL_A_COALESCE_PKT_RATE_HIGH = 18 pkt_rate_high: U32, "Coalescing: `pkt-rate-high` of ethtool(8).";
        ETHTOOL_A_COALESCE_RX_USECS_HIGH = 19 rx_usecs_high: U32, "Coalescing: `rx-usecs-high` of ethtool(8).";
        ETHTOOL_A_COALESCE_RX_MAX_FRAMES_HIGH = 20 rx_max_frames_high: U32, "Coalescing: `rx-max-frames-high` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_USECS_HIGH = 21 tx_usecs_high: U32, "Coalescing: `tx-usecs-high` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_MAX_FRAMES_HIGH = 22 tx_max_frames_high: U32, "Coalescing: `tx-max-frames-high` of ethtool(8).";
        ETHTOOL_A_COALESCE_RATE_SAMPLE_INTERVAL = 23 rate_sample_interval: U32, "Coalescing: `rate-sample-interval` of ethtool(8).";
        ETHTOOL_A_COALESCE_USE_CQE_MODE_TX = 24 use_cqe_mode_tx: Yes, "Coalescing: `use-cqe-mode-tx` of ethtool(8).";
        ETHTOOL_A_COALESCE_USE_CQE_MODE_RX = 25 use_cqe_mode_rx: Yes, "Coalescing: `use-cqe-mode-rx` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_AGGR_MAX_BYTES = 26 tx_aggr_max_bytes: U32, "Coalescing: `tx-aggr-max-bytes` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_AGGR_MAX_FRAMES = 27 tx_aggr_max_frames: U32, "Coalescing: `tx-aggr-max-frames` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_AGGR_TIME_USECS = 28 tx_aggr_time_usecs: U32, "Coalescing: `tx-aggr-time-usecs` of ethtool(8).";
        ETHTOOL_A_COALESCE_RX_PROFILE = 29 rx_profile: Hex, "Coalescing: rx_profile, hexadecimal.";
        ETHTOOL_A_COALESCE_TX_PROFILE = 30 tx_profile: Hex, "Coalescing: tx_profile, hexadecimal.";
        ETHTOOL_A_COALESCE_RX_CQE_FRAMES = 31 rx_cqe_frames: U32, "Coalescing: `rx-cqe-frames` of ethtool(8).";
        ETHTOOL_A_COALESCE_RX_CQE_NSECS = 32 rx_cqe_nsecs: U32, "Coalescing: `rx-cqe-nsecs` of ethtool(8).";
    }
    /// `ETHTOOL_MSG_PAUSE_NTF`
    PAUSE {
        ETHTOOL_A_PAUSE_HEADER = 1 header: Flat(HEADER), "";
        ETHTOOL_A_PAUSE_AUTONEG = 2 pause_autoneg: Yes, "Pause frames are negotiated.";
        ETHTOOL_A_PAUSE_RX = 3 rx_pause: Yes, "Received pause frames are obeyed.";
        ETHTOOL_A_PAUSE_TX = 4 tx_pause: Yes, "Pause frames are sent.";
        ETHTOOL_A_PAUSE_STATS = 5 stats: Hex, "Counters, hexadecimal.";
        ETHTOOL_A_PAUSE_STATS_SRC = 6 stats_src: U32, "Source of the counters: 0 aggregate, 1 eMAC, 2 pMAC.";
    }
    /// `ETHTOOL_MSG_EEE_NTF`
    EEE {
        ETHTOOL_A_EEE_HEADER = 1 header: Flat(HEADER), "";
        ETHTOOL_A_EEE_MODES_OURS = 2 ours: Nest(BITSET), "Link modes that are supported (mask) and advertised (value).";
        ETHTOOL_A_EEE_MODES_PEER = 3 peer: Nest(BITSET), "Link modes that the peer advertises.";
        ETHTOOL_A_EEE_ACTIVE = 4 eee_active: Yes, "EEE is in use.";
        ETHTOOL_A_EEE_ENABLED = 5 eee_enabled: Yes, "EEE is enabled.";
        ETHTOOL_A_EEE_TX_LPI_ENABLED = 6 tx_lpi_enabled: Yes, "Low power idle on transmit is enabled.";
        ETHTOOL_A_EEE_TX_LPI_TIMER = 7 tx_lpi_timer: U32, "Time before low power idle, microseconds.";
    }
    /// `ETHTOOL_MSG_FEC_NTF`
    FEC {
        ETHTOOL_A_FEC_HEADER = 1 header: Flat(HEADER), "";
        ETHTOOL_A_FEC_MODES = 2 fec_modes: Nest(BITSET), "Modes of forward error correction.";
        ETHTOOL_A_FEC_AUTO = 3 fec_auto: Yes, "The mode is chosen automatically.";
        ETHTOOL_A_FEC_ACTIVE = 4 fec_active: U32, "Bit number of the active mode.";
        ETHTOOL_A_FEC_STATS = 5 stats: Hex, "Counters, hexadecimal.";
    }
    /// `ETHTOOL_MSG_MODULE_NTF`
    MODULE {
        ETHTOOL_A_MODULE_HEADER = 1 header: Flat(HEADER), "";
        ETHTOOL_A_MODULE_POWER_MODE_POLICY = 2 power_mode_policy: U8, "1: high, 2: auto.";
        ETHTOOL_A_MODULE_POWER_MODE = 3 power_mode: U8, "1: low, 2: high.";
    }
}
