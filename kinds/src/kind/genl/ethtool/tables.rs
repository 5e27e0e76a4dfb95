//! The attributes of each setting (linux/ethtool_netlink.h).

use super::bits;
use crate::kind::table::options;

type Names = &'static [(u32, &'static str)];
type Flagged = &'static [(u64, &'static str)];

/// `PORT_*` (linux/ethtool.h)
const PORTS: Names = &[
    (0, "tp"),
    (1, "aui"),
    (2, "mii"),
    (3, "fibre"),
    (4, "bnc"),
    (5, "da"),
    (0xef, "none"),
    (0xff, "other"),
];
/// `ETH_TP_MDI_*` (linux/ethtool.h)
const MDIX: Names = &[(0, "unknown"), (1, "mdi"), (2, "mdi-x"), (3, "auto")];
/// `XCVR_*` (linux/ethtool.h)
const TRANSCEIVERS: Names = &[(0, "internal"), (1, "external")];
/// `DUPLEX_*` (linux/ethtool.h)
const DUPLEX: Names = &[(0, "half"), (1, "full"), (0xff, "unknown")];
/// `MASTER_SLAVE_CFG_*` and `MASTER_SLAVE_STATE_*` (linux/ethtool.h)
const ROLES: Names = &[
    (0, "unsupported"),
    (1, "unknown"),
    (2, "preferred-master"),
    (3, "preferred-slave"),
    (4, "forced-master"),
    (5, "forced-slave"),
];
const ROLE_STATES: Names = &[
    (0, "unsupported"),
    (1, "unknown"),
    (2, "master"),
    (3, "slave"),
    (4, "error"),
];
/// `RATE_MATCH_*` (linux/ethtool.h)
const RATE_MATCHING: Names = &[(0, "none"), (1, "pause"), (2, "crs"), (3, "open-loop")];
/// `ETHTOOL_LINK_EXT_STATE_*` (linux/ethtool.h)
const EXT_STATES: Names = &[
    (0, "autoneg"),
    (1, "link-training-failure"),
    (2, "link-logical-mismatch"),
    (3, "bad-signal-integrity"),
    (4, "no-cable"),
    (5, "cable-issue"),
    (6, "eeprom-issue"),
    (7, "calibration-failure"),
    (8, "power-budget-exceeded"),
    (9, "overheat"),
    (10, "module"),
];
/// `ETHTOOL_TCP_DATA_SPLIT_*` (linux/ethtool.h)
const DATA_SPLIT: Names = &[(0, "unknown"), (1, "disabled"), (2, "enabled")];
/// `ETHTOOL_MODULE_POWER_MODE_POLICY_*` and `ETHTOOL_MODULE_POWER_MODE_*` (linux/ethtool.h)
const POWER_POLICIES: Names = &[(1, "high"), (2, "auto")];
const POWER_MODES: Names = &[(1, "low"), (2, "high")];
/// `HWTSTAMP_PROVIDER_QUALIFIER_*` (linux/net_tstamp.h)
const QUALIFIERS: Names = &[(0, "precise"), (1, "approx")];
/// `ETH_RSS_HASH_*` (linux/ethtool.h)
const HASH_FUNCTIONS: Flagged = &[(1, "toeplitz"), (2, "xor"), (4, "crc32")];
/// `RXH_XFRM_*` (linux/ethtool.h)
const INPUT_TRANSFORMS: Flagged = &[(1, "symmetric-xor"), (2, "symmetric-or-xor")];
/// `ETHTOOL_MM_VERIFY_STATUS_*` (linux/ethtool.h)
const VERIFY_STATES: Names = &[
    (0, "unknown"),
    (1, "initial"),
    (2, "verifying"),
    (3, "succeeded"),
    (4, "failed"),
    (5, "disabled"),
];
/// `ETHTOOL_PODL_PSE_ADMIN_STATE_*` and `ETHTOOL_C33_PSE_ADMIN_STATE_*` (linux/ethtool.h)
const PSE_STATES: Names = &[(1, "unknown"), (2, "disabled"), (3, "enabled")];
/// `ETHTOOL_PODL_PSE_PW_D_STATUS_*` (linux/ethtool.h)
const PODL_STATUS: Names = &[
    (1, "unknown"),
    (2, "disabled"),
    (3, "searching"),
    (4, "delivering"),
    (5, "sleep"),
    (6, "idle"),
    (7, "error"),
];
/// `ETHTOOL_C33_PSE_PW_D_STATUS_*` (linux/ethtool.h)
const C33_STATUS: Names = &[
    (1, "unknown"),
    (2, "disabled"),
    (3, "searching"),
    (4, "delivering"),
    (5, "test"),
    (6, "fault"),
    (7, "otherfault"),
];
/// `enum phy_upstream` (linux/ethtool.h)
const UPSTREAMS: Names = &[(0, "mac"), (1, "phy")];
/// `UDP_TUNNEL_NIC_ENTRY_*`: bits of the kernel's `enum udp_tunnel_type`
const TUNNELS: Flagged = &[(1, "vxlan"), (2, "geneve"), (4, "vxlan-gpe")];
/// `ETHTOOL_A_CABLE_TEST_NTF_STATUS_*`
const TEST_STATES: Names = &[(0, "unspec"), (1, "started"), (2, "completed")];
/// `ETHTOOL_A_CABLE_PAIR_*`
const PAIRS: Names = &[(0, "a"), (1, "b"), (2, "c"), (3, "d")];
/// `ETHTOOL_A_CABLE_RESULT_CODE_*`
const RESULTS: Names = &[
    (0, "unspec"),
    (1, "ok"),
    (2, "open"),
    (3, "same-short"),
    (4, "cross-short"),
    (5, "impedance-mismatch"),
    (6, "noise"),
    (7, "resolution-not-possible"),
];
/// `ETHTOOL_MODULE_FW_FLASH_STATUS_*` (linux/ethtool.h)
const FLASH_STATES: Names = &[
    (1, "started"),
    (2, "in-progress"),
    (3, "completed"),
    (4, "error"),
];

options! {
    /// The device of a message.
    HEADER {
        ETHTOOL_A_HEADER_DEV_INDEX = 1 ifindex: U32, "";
        ETHTOOL_A_HEADER_DEV_NAME = 2 dev: Text, "";
        ETHTOOL_A_HEADER_FLAGS = 3 flags: Skip, "";
        ETHTOOL_A_HEADER_PHY_INDEX = 4 phy_index: Skip, "";
    }
    pub(super) LINK_INFO {
        ETHTOOL_A_LINKINFO_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_LINKINFO_PORT = 2 port: Name(PORTS), "Physical port: `tp`, `aui`, `mii`, `fibre`, `bnc`, `da`, `none`, `other`.";
        ETHTOOL_A_LINKINFO_PHYADDR = 3 phyaddr: U8, "MDIO address of the PHY.";
        ETHTOOL_A_LINKINFO_TP_MDIX = 4 mdix: Name(MDIX), "Crossing of the pairs: `mdi`, `mdi-x`, `unknown`.";
        ETHTOOL_A_LINKINFO_TP_MDIX_CTRL = 5 mdix_ctrl: Name(MDIX), "Requested crossing: `mdi`, `mdi-x`, `auto`, `unknown`.";
        ETHTOOL_A_LINKINFO_TRANSCEIVER = 6 transceiver: Name(TRANSCEIVERS), "`internal`, `external`.";
    }
    pub(super) LINK_MODES {
        ETHTOOL_A_LINKMODES_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_LINKMODES_AUTONEG = 2 autoneg: Yes, "Autonegotiation is on.";
        ETHTOOL_A_LINKMODES_OURS = 3 advertised: Hook(&bits::MASKED_LINK_MODES), "Link modes that are advertised: `1000baseT/Full`.";
        ETHTOOL_A_LINKMODES_PEER = 4 peer: Hook(&bits::LINK_MODES), "Link modes that the peer advertises.";
        ETHTOOL_A_LINKMODES_SPEED = 5 speed: Hook(&bits::SPEED), "Speed in Mb/s; absent if unknown.";
        ETHTOOL_A_LINKMODES_DUPLEX = 6 duplex: Name(DUPLEX), "`half`, `full`, `unknown`.";
        ETHTOOL_A_LINKMODES_MASTER_SLAVE_CFG = 7 master_slave_cfg: Name(ROLES), "Requested role: `preferred-master`, `preferred-slave`, `forced-master`, `forced-slave`, `unsupported`, `unknown`.";
        ETHTOOL_A_LINKMODES_MASTER_SLAVE_STATE = 8 master_slave_state: Name(ROLE_STATES), "Role: `master`, `slave`, `error`, `unsupported`, `unknown`.";
        ETHTOOL_A_LINKMODES_LANES = 9 lanes: U32, "Number of lanes.";
        ETHTOOL_A_LINKMODES_RATE_MATCHING = 10 rate_matching: Name(RATE_MATCHING), "Rate matching of the PHY: `none`, `pause`, `crs`, `open-loop`.";
        32771 supported: Hook(&bits::LINK_MODES), "Link modes that are supported.";
    }
    pub(super) LINK_STATE {
        ETHTOOL_A_LINKSTATE_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_LINKSTATE_LINK = 2 link: Yes, "The device has a link.";
        ETHTOOL_A_LINKSTATE_SQI = 3 sqi: Skip, "";
        ETHTOOL_A_LINKSTATE_SQI_MAX = 4 sqi_max: U32, "Largest value of the signal quality index. The index itself varies all the time and is left out.";
        ETHTOOL_A_LINKSTATE_EXT_STATE = 5 ext_state: Name(EXT_STATES), "Why there is no link: `no-cable`, `autoneg`, `module` …";
        ETHTOOL_A_LINKSTATE_EXT_SUBSTATE = 6 ext_substate: U8, "Number of the detail, whose meaning depends on `ext_state`.";
        ETHTOOL_A_LINKSTATE_EXT_DOWN_CNT = 7 ext_down_cnt: U32, "How often the link went down.";
    }
    pub(super) DEBUG {
        ETHTOOL_A_DEBUG_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_DEBUG_MSGMASK = 2 enabled: Hook(&bits::MSG_CLASSES), "Classes of messages that the driver logs.";
    }
    pub(super) WOL {
        ETHTOOL_A_WOL_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_WOL_MODES = 2 enabled: Hook(&bits::MASKED_WOL_MODES), "Events that wake the machine: `phy`, `magic` …";
        ETHTOOL_A_WOL_SOPASS = 3 sopass: Skip, "";
        32770 supported: Hook(&bits::WOL_MODES), "Events that can wake the machine.";
    }
    pub(super) FEATURES {
        ETHTOOL_A_FEATURES_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_FEATURES_HW = 2 hw: Hook(&bits::FEATURES), "Features that can be changed.";
        ETHTOOL_A_FEATURES_WANTED = 3 wanted: Hook(&bits::FEATURES), "Features that were requested.";
        ETHTOOL_A_FEATURES_ACTIVE = 4 active: Hook(&bits::FEATURES), "Features that are on.";
        ETHTOOL_A_FEATURES_NOCHANGE = 5 nochange: Hook(&bits::FEATURES), "Features that never change.";
    }
    pub(super) PRIVATE_FLAGS {
        ETHTOOL_A_PRIVFLAGS_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_PRIVFLAGS_FLAGS = 2 enabled: Hook(&bits::MASKED_PRIVATE_FLAGS), "Flags of the driver that are on.";
        32770 supported: Hook(&bits::PRIVATE_FLAGS), "Flags that the driver has.";
    }
    pub(super) RINGS {
        ETHTOOL_A_RINGS_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_RINGS_RX_MAX = 2 rx_max: U32, "Maximum size of the ring of received packets.";
        ETHTOOL_A_RINGS_RX_MINI_MAX = 3 rx_mini_max: U32, "Maximum size of the ring of small received packets.";
        ETHTOOL_A_RINGS_RX_JUMBO_MAX = 4 rx_jumbo_max: U32, "Maximum size of the ring of large received packets.";
        ETHTOOL_A_RINGS_TX_MAX = 5 tx_max: U32, "Maximum size of the ring of sent packets.";
        ETHTOOL_A_RINGS_RX = 6 rx: U32, "Size of the ring of received packets.";
        ETHTOOL_A_RINGS_RX_MINI = 7 rx_mini: U32, "Size of the ring of small received packets.";
        ETHTOOL_A_RINGS_RX_JUMBO = 8 rx_jumbo: U32, "Size of the ring of large received packets.";
        ETHTOOL_A_RINGS_TX = 9 tx: U32, "Size of the ring of sent packets.";
        ETHTOOL_A_RINGS_RX_BUF_LEN = 10 rx_buf_len: U32, "Length of a receive buffer, bytes.";
        ETHTOOL_A_RINGS_TCP_DATA_SPLIT = 11 tcp_data_split: Name(DATA_SPLIT), "Headers and data of TCP are in buffers of their own: `enabled`, `disabled`, `unknown`.";
        ETHTOOL_A_RINGS_CQE_SIZE = 12 cqe_size: U32, "Size of a completion queue entry, bytes.";
        ETHTOOL_A_RINGS_TX_PUSH = 13 tx_push: Yes, "Descriptors are pushed to the device on transmit.";
        ETHTOOL_A_RINGS_RX_PUSH = 14 rx_push: Yes, "Descriptors are pushed to the device on receive.";
        ETHTOOL_A_RINGS_TX_PUSH_BUF_LEN = 15 tx_push_buf_len: U32, "Size of the push buffer, bytes.";
        ETHTOOL_A_RINGS_TX_PUSH_BUF_LEN_MAX = 16 tx_push_buf_len_max: U32, "Maximum size of the push buffer, bytes.";
        ETHTOOL_A_RINGS_HDS_THRESH = 17 hds_thresh: U32, "Threshold of the header split, bytes.";
        ETHTOOL_A_RINGS_HDS_THRESH_MAX = 18 hds_thresh_max: U32, "Maximum threshold of the header split, bytes.";
    }
    pub(super) CHANNELS {
        ETHTOOL_A_CHANNELS_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_CHANNELS_RX_MAX = 2 rx_max: U32, "Maximum number of receive channels.";
        ETHTOOL_A_CHANNELS_TX_MAX = 3 tx_max: U32, "Maximum number of transmit channels.";
        ETHTOOL_A_CHANNELS_OTHER_MAX = 4 other_max: U32, "Maximum number of other channels.";
        ETHTOOL_A_CHANNELS_COMBINED_MAX = 5 combined_max: U32, "Maximum number of channels for both directions.";
        ETHTOOL_A_CHANNELS_RX_COUNT = 6 rx: U32, "Number of receive channels.";
        ETHTOOL_A_CHANNELS_TX_COUNT = 7 tx: U32, "Number of transmit channels.";
        ETHTOOL_A_CHANNELS_OTHER_COUNT = 8 other: U32, "Number of other channels.";
        ETHTOOL_A_CHANNELS_COMBINED_COUNT = 9 combined: U32, "Number of channels for both directions.";
    }
    pub(super) COALESCE {
        ETHTOOL_A_COALESCE_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_COALESCE_RX_USECS = 2 rx_usecs: U32, "`rx-usecs` of ethtool(8).";
        ETHTOOL_A_COALESCE_RX_MAX_FRAMES = 3 rx_max_frames: U32, "`rx-frames` of ethtool(8).";
        ETHTOOL_A_COALESCE_RX_USECS_IRQ = 4 rx_usecs_irq: U32, "`rx-usecs-irq` of ethtool(8).";
        ETHTOOL_A_COALESCE_RX_MAX_FRAMES_IRQ = 5 rx_max_frames_irq: U32, "`rx-frames-irq` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_USECS = 6 tx_usecs: U32, "`tx-usecs` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_MAX_FRAMES = 7 tx_max_frames: U32, "`tx-frames` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_USECS_IRQ = 8 tx_usecs_irq: U32, "`tx-usecs-irq` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_MAX_FRAMES_IRQ = 9 tx_max_frames_irq: U32, "`tx-frames-irq` of ethtool(8).";
        ETHTOOL_A_COALESCE_STATS_BLOCK_USECS = 10 stats_block_usecs: U32, "`stats-block-usecs` of ethtool(8).";
        ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX = 11 use_adaptive_rx: Yes, "`adaptive-rx` of ethtool(8).";
        ETHTOOL_A_COALESCE_USE_ADAPTIVE_TX = 12 use_adaptive_tx: Yes, "`adaptive-tx` of ethtool(8).";
        ETHTOOL_A_COALESCE_PKT_RATE_LOW = 13 pkt_rate_low: U32, "`pkt-rate-low` of ethtool(8).";
        ETHTOOL_A_COALESCE_RX_USECS_LOW = 14 rx_usecs_low: U32, "`rx-usecs-low` of ethtool(8).";
        ETHTOOL_A_COALESCE_RX_MAX_FRAMES_LOW = 15 rx_max_frames_low: U32, "`rx-frames-low` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_USECS_LOW = 16 tx_usecs_low: U32, "`tx-usecs-low` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_MAX_FRAMES_LOW = 17 tx_max_frames_low: U32, "`tx-frames-low` of ethtool(8).";
        ETHTOOL_A_COALESCE_PKT_RATE_HIGH = 18 pkt_rate_high: U32, "`pkt-rate-high` of ethtool(8).";
        ETHTOOL_A_COALESCE_RX_USECS_HIGH = 19 rx_usecs_high: U32, "`rx-usecs-high` of ethtool(8).";
        ETHTOOL_A_COALESCE_RX_MAX_FRAMES_HIGH = 20 rx_max_frames_high: U32, "`rx-frames-high` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_USECS_HIGH = 21 tx_usecs_high: U32, "`tx-usecs-high` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_MAX_FRAMES_HIGH = 22 tx_max_frames_high: U32, "`tx-frames-high` of ethtool(8).";
        ETHTOOL_A_COALESCE_RATE_SAMPLE_INTERVAL = 23 rate_sample_interval: U32, "`sample-interval` of ethtool(8).";
        ETHTOOL_A_COALESCE_USE_CQE_MODE_TX = 24 use_cqe_mode_tx: Yes, "`cqe-mode-tx` of ethtool(8).";
        ETHTOOL_A_COALESCE_USE_CQE_MODE_RX = 25 use_cqe_mode_rx: Yes, "`cqe-mode-rx` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_AGGR_MAX_BYTES = 26 tx_aggr_max_bytes: U32, "`tx-aggr-max-bytes` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_AGGR_MAX_FRAMES = 27 tx_aggr_max_frames: U32, "`tx-aggr-max-frames` of ethtool(8).";
        ETHTOOL_A_COALESCE_TX_AGGR_TIME_USECS = 28 tx_aggr_time_usecs: U32, "`tx-aggr-time-usecs` of ethtool(8).";
        ETHTOOL_A_COALESCE_RX_PROFILE = 29 rx_profile: Nests(MODERATION), "Steps of the dynamic moderation of received packets.";
        ETHTOOL_A_COALESCE_TX_PROFILE = 30 tx_profile: Nests(MODERATION), "Steps of the dynamic moderation of sent packets.";
        ETHTOOL_A_COALESCE_RX_CQE_FRAMES = 31 rx_cqe_frames: U32, "`rx-cqe-frames` of ethtool(8).";
        ETHTOOL_A_COALESCE_RX_CQE_NSECS = 32 rx_cqe_nsecs: U32, "`rx-cqe-nsecs` of ethtool(8).";
    }
    MODERATION {
        ETHTOOL_A_IRQ_MODERATION_USEC = 1 usec: U32, "Time, microseconds.";
        ETHTOOL_A_IRQ_MODERATION_PKTS = 2 pkts: U32, "Number of packets.";
        ETHTOOL_A_IRQ_MODERATION_COMPS = 3 comps: U32, "Number of completions.";
    }
    pub(super) PAUSE {
        ETHTOOL_A_PAUSE_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_PAUSE_AUTONEG = 2 autoneg: Yes, "Pause frames are negotiated.";
        ETHTOOL_A_PAUSE_RX = 3 rx: Yes, "Received pause frames are obeyed.";
        ETHTOOL_A_PAUSE_TX = 4 tx: Yes, "Pause frames are sent.";
        ETHTOOL_A_PAUSE_STATS = 5 stats: Skip, "";
        ETHTOOL_A_PAUSE_STATS_SRC = 6 stats_src: Skip, "";
    }
    pub(super) EEE {
        ETHTOOL_A_EEE_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_EEE_MODES_OURS = 2 advertised: Hook(&bits::MASKED_LINK_MODES), "Link modes with EEE that are advertised.";
        ETHTOOL_A_EEE_MODES_PEER = 3 peer: Hook(&bits::LINK_MODES), "Link modes with EEE that the peer advertises.";
        ETHTOOL_A_EEE_ACTIVE = 4 active: Yes, "EEE is in use.";
        ETHTOOL_A_EEE_ENABLED = 5 enabled: Yes, "EEE is enabled.";
        ETHTOOL_A_EEE_TX_LPI_ENABLED = 6 tx_lpi_enabled: Yes, "Low power idle on transmit is enabled.";
        ETHTOOL_A_EEE_TX_LPI_TIMER = 7 tx_lpi_timer: U32, "Time before low power idle, microseconds.";
        32770 supported: Hook(&bits::LINK_MODES), "Link modes with EEE that are supported.";
    }
    pub(super) TIME_STAMPING {
        ETHTOOL_A_TSINFO_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_TSINFO_TIMESTAMPING = 2 timestamping: Hook(&bits::TIMESTAMPING), "Kinds of time stamps: `hardware-transmit` …";
        ETHTOOL_A_TSINFO_TX_TYPES = 3 tx_types: Hook(&bits::TX_TYPES), "Modes of time stamps of sent packets.";
        ETHTOOL_A_TSINFO_RX_FILTERS = 4 rx_filters: Hook(&bits::RX_FILTERS), "Received packets that can have time stamps.";
        ETHTOOL_A_TSINFO_PHC_INDEX = 5 phc_index: U32, "Index of the clock (PHC).";
        ETHTOOL_A_TSINFO_STATS = 6 stats: Skip, "";
        ETHTOOL_A_TSINFO_HWTSTAMP_PROVIDER = 7 provider: Flat(KEY_PROVIDER), "";
        ETHTOOL_A_TSINFO_HWTSTAMP_SOURCE = 8 source: U32, "Who makes the time stamps: 1 the device, 2 the PHY.";
        ETHTOOL_A_TSINFO_HWTSTAMP_PHYINDEX = 9 phyindex: U32, "Index of that PHY.";
    }
    KEY_PROVIDER {
        ETHTOOL_A_TS_HWTSTAMP_PROVIDER_INDEX = 1 index: U32, "Is `index` beside `setting`.";
        ETHTOOL_A_TS_HWTSTAMP_PROVIDER_QUALIFIER = 2 qualifier: Name(QUALIFIERS), "Is `qualifier` beside `setting`.";
    }
    PROVIDER {
        ETHTOOL_A_TS_HWTSTAMP_PROVIDER_INDEX = 1 index: U32, "Index of the clock (PHC).";
        ETHTOOL_A_TS_HWTSTAMP_PROVIDER_QUALIFIER = 2 qualifier: Name(QUALIFIERS), "`precise`, `approx`.";
    }
    pub(super) TIME_STAMPING_CONFIG {
        ETHTOOL_A_TSCONFIG_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_TSCONFIG_HWTSTAMP_PROVIDER = 2 provider: Nest(PROVIDER), "The clock in use.";
        ETHTOOL_A_TSCONFIG_TX_TYPES = 3 tx_types: Hook(&bits::TX_TYPES), "Mode of time stamps of sent packets.";
        ETHTOOL_A_TSCONFIG_RX_FILTERS = 4 rx_filters: Hook(&bits::RX_FILTERS), "Received packets that have time stamps.";
        ETHTOOL_A_TSCONFIG_HWTSTAMP_FLAGS = 5 flags: Hook(&bits::TIMESTAMPING_FLAGS), "Flags, by number.";
    }
    pub(super) CLOCKS {
        ETHTOOL_A_PHC_VCLOCKS_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_PHC_VCLOCKS_NUM = 2 num: U32, "Number of virtual clocks.";
        ETHTOOL_A_PHC_VCLOCKS_INDEX = 3 index: U32Array, "Indices of the virtual clocks.";
    }
    pub(super) TUNNELS_OFFLOADED {
        ETHTOOL_A_TUNNEL_INFO_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_TUNNEL_INFO_UDP_PORTS = 2 udp_ports: Nests(TUNNEL_TABLE), "Tables of UDP ports.";
    }
    TUNNEL_TABLE {
        ETHTOOL_A_TUNNEL_UDP_TABLE_SIZE = 1 size: U32, "Number of entries that the table can have.";
        ETHTOOL_A_TUNNEL_UDP_TABLE_TYPES = 2 types: Hook(&bits::TUNNEL_TYPES), "Types of tunnels: `vxlan`, `geneve`, `vxlan-gpe`.";
        ETHTOOL_A_TUNNEL_UDP_TABLE_ENTRY = 3 entries: Collect(TUNNEL_ENTRY), "The entries.";
    }
    TUNNEL_ENTRY {
        ETHTOOL_A_TUNNEL_UDP_ENTRY_PORT = 1 port: Be16, "UDP port.";
        ETHTOOL_A_TUNNEL_UDP_ENTRY_TYPE = 2 r#type: Flags(TUNNELS), "Type of the tunnel.";
    }
    pub(super) FEC {
        ETHTOOL_A_FEC_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_FEC_MODES = 2 modes: Hook(&bits::LINK_MODES), "Requested modes: `RS`, `BASER` …";
        ETHTOOL_A_FEC_AUTO = 3 auto: Yes, "The mode is chosen automatically.";
        ETHTOOL_A_FEC_ACTIVE = 4 active: Hook(&bits::LINK_MODE), "Mode in use.";
        ETHTOOL_A_FEC_STATS = 5 stats: Skip, "";
    }
    pub(super) MODULE {
        ETHTOOL_A_MODULE_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_MODULE_POWER_MODE_POLICY = 2 power_mode_policy: Name(POWER_POLICIES), "`high`, `auto`.";
        ETHTOOL_A_MODULE_POWER_MODE = 3 power_mode: Name(POWER_MODES), "`low`, `high`.";
    }
    pub(super) RSS {
        ETHTOOL_A_RSS_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_RSS_CONTEXT = 2 index: U32, "Is `index` beside `setting`.";
        ETHTOOL_A_RSS_HFUNC = 3 hfunc: Flags(HASH_FUNCTIONS), "Hash function: `toeplitz`, `xor`, `crc32`.";
        ETHTOOL_A_RSS_INDIR = 4 indir: U32Array, "Indirection table: the queue of each hash.";
        ETHTOOL_A_RSS_HKEY = 5 hkey: Hex, "Hash key, hexadecimal.";
        ETHTOOL_A_RSS_INPUT_XFRM = 6 input_xfrm: Flags(INPUT_TRANSFORMS), "Changes of the hash's input: `symmetric-xor`, `symmetric-or-xor`.";
        ETHTOOL_A_RSS_START_CONTEXT = 7 start_context: Skip, "";
        ETHTOOL_A_RSS_FLOW_HASH = 8 flow_hash: Hex, "Fields that are hashed, for each type of packet: attributes, hexadecimal.";
    }
    pub(super) PLCA {
        ETHTOOL_A_PLCA_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_PLCA_VERSION = 2 version: U16, "Version of the register map.";
        ETHTOOL_A_PLCA_ENABLED = 3 enabled: Yes, "PLCA is enabled.";
        ETHTOOL_A_PLCA_STATUS = 4 status: Yes, "PLCA works: the beacon is received or sent.";
        ETHTOOL_A_PLCA_NODE_CNT = 5 node_cnt: U32, "Number of nodes, of the coordinator.";
        ETHTOOL_A_PLCA_NODE_ID = 6 node_id: U32, "Id of this node; 0: coordinator.";
        ETHTOOL_A_PLCA_TO_TMR = 7 to_tmr: U32, "Timer of transmit opportunities, bit times.";
        ETHTOOL_A_PLCA_BURST_CNT = 8 burst_cnt: U32, "Number of additional packets in one opportunity.";
        ETHTOOL_A_PLCA_BURST_TMR = 9 burst_tmr: U32, "Time to wait for them, bit times.";
    }
    pub(super) MM {
        ETHTOOL_A_MM_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_MM_PMAC_ENABLED = 2 pmac_enabled: Yes, "Preemptible frames can be received.";
        ETHTOOL_A_MM_TX_ENABLED = 3 tx_enabled: Yes, "Preemption on transmit is enabled.";
        ETHTOOL_A_MM_TX_ACTIVE = 4 tx_active: Yes, "Preemption on transmit is in use.";
        ETHTOOL_A_MM_TX_MIN_FRAG_SIZE = 5 tx_min_frag_size: U32, "Minimum size of sent fragments, bytes.";
        ETHTOOL_A_MM_RX_MIN_FRAG_SIZE = 6 rx_min_frag_size: U32, "Minimum size of received fragments, bytes.";
        ETHTOOL_A_MM_VERIFY_ENABLED = 7 verify_enabled: Yes, "The peer is verified.";
        ETHTOOL_A_MM_VERIFY_STATUS = 8 verify_status: Name(VERIFY_STATES), "`initial`, `verifying`, `succeeded`, `failed`, `disabled`, `unknown`.";
        ETHTOOL_A_MM_VERIFY_TIME = 9 verify_time: U32, "Interval of attempts, milliseconds.";
        ETHTOOL_A_MM_MAX_VERIFY_TIME = 10 max_verify_time: U32, "Maximum interval, milliseconds.";
        ETHTOOL_A_MM_STATS = 11 stats: Skip, "";
    }
    pub(super) PSE {
        ETHTOOL_A_PSE_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_PODL_PSE_ADMIN_STATE = 2 podl_admin_state: Name(PSE_STATES), "PoDL: `enabled`, `disabled`, `unknown`.";
        ETHTOOL_A_PODL_PSE_ADMIN_CONTROL = 3 podl_admin_control: Name(PSE_STATES), "PoDL: requested state.";
        ETHTOOL_A_PODL_PSE_PW_D_STATUS = 4 podl_pw_d_status: Name(PODL_STATUS), "PoDL: `delivering`, `searching`, `sleep`, `idle`, `error` …";
        ETHTOOL_A_C33_PSE_ADMIN_STATE = 5 c33_admin_state: Name(PSE_STATES), "PoE: `enabled`, `disabled`, `unknown`.";
        ETHTOOL_A_C33_PSE_ADMIN_CONTROL = 6 c33_admin_control: Name(PSE_STATES), "PoE: requested state.";
        ETHTOOL_A_C33_PSE_PW_D_STATUS = 7 c33_pw_d_status: Name(C33_STATUS), "PoE: `delivering`, `searching`, `test`, `fault` …";
        ETHTOOL_A_C33_PSE_PW_CLASS = 8 c33_pw_class: U32, "PoE: class of the powered device.";
        ETHTOOL_A_C33_PSE_ACTUAL_PW = 9 c33_actual_pw: Skip, "";
        ETHTOOL_A_C33_PSE_EXT_STATE = 10 c33_ext_state: U32, "PoE: number of the state that explains a fault.";
        ETHTOOL_A_C33_PSE_EXT_SUBSTATE = 11 c33_ext_substate: U32, "PoE: number of its detail.";
        ETHTOOL_A_C33_PSE_AVAIL_PW_LIMIT = 12 c33_avail_pw_limit: U32, "PoE: limit of the power, milliwatts.";
        ETHTOOL_A_C33_PSE_PW_LIMIT_RANGES = 13 c33_pw_limit_ranges: Collect(POWER_RANGE), "PoE: limits that can be set.";
        ETHTOOL_A_PSE_PW_D_ID = 14 pw_d_id: U32, "Number of the power domain.";
        ETHTOOL_A_PSE_PRIO_MAX = 15 prio_max: U32, "Lowest priority.";
        ETHTOOL_A_PSE_PRIO = 16 prio: U32, "Priority; 0 is the highest.";
    }
    POWER_RANGE {
        ETHTOOL_A_C33_PSE_PW_LIMIT_MIN = 1 min: U32, "Milliwatts.";
        ETHTOOL_A_C33_PSE_PW_LIMIT_MAX = 2 max: U32, "Milliwatts.";
    }
    pub(super) PSE_EVENT {
        ETHTOOL_A_PSE_NTF_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_PSE_NTF_EVENTS = 2 events: Uint, "The events, a bit each.";
    }
    pub(super) PHY {
        ETHTOOL_A_PHY_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_PHY_INDEX = 2 index: U32, "Is `index` beside `setting`.";
        ETHTOOL_A_PHY_DRVNAME = 3 drvname: Text, "Name of the driver.";
        ETHTOOL_A_PHY_NAME = 4 name: Text, "Name of the PHY.";
        ETHTOOL_A_PHY_UPSTREAM_TYPE = 5 upstream_type: Name(UPSTREAMS), "What it is connected to: `mac`, `phy`.";
        ETHTOOL_A_PHY_UPSTREAM_INDEX = 6 upstream_index: U32, "Index of that PHY.";
        ETHTOOL_A_PHY_UPSTREAM_SFP_NAME = 7 upstream_sfp_name: Text, "Name of the SFP cage in between.";
        ETHTOOL_A_PHY_DOWNSTREAM_SFP_NAME = 8 downstream_sfp_name: Text, "Name of the SFP cage that it drives.";
    }
    pub(super) CABLE_TEST {
        ETHTOOL_A_CABLE_TEST_NTF_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_CABLE_TEST_NTF_STATUS = 2 status: Name(TEST_STATES), "`started`, `completed`.";
        ETHTOOL_A_CABLE_TEST_NTF_NEST = 3 nest: Flat(CABLE_RESULTS), "";
    }
    CABLE_RESULTS {
        ETHTOOL_A_CABLE_NEST_RESULT = 1 results: Collect(CABLE_RESULT), "What was found on each pair.";
        ETHTOOL_A_CABLE_NEST_FAULT_LENGTH = 2 fault_lengths: Collect(CABLE_FAULT), "Where faults are.";
    }
    CABLE_RESULT {
        ETHTOOL_A_CABLE_RESULT_PAIR = 1 pair: Name(PAIRS), "Pair: `a`, `b`, `c`, `d`.";
        ETHTOOL_A_CABLE_RESULT_CODE = 2 code: Name(RESULTS), "`ok`, `open`, `same-short`, `cross-short` …";
        ETHTOOL_A_CABLE_RESULT_SRC = 3 source: U32, "How it was found: 1 TDR, 2 ALCD.";
    }
    CABLE_FAULT {
        ETHTOOL_A_CABLE_FAULT_LENGTH_PAIR = 1 pair: Name(PAIRS), "Pair: `a`, `b`, `c`, `d`.";
        ETHTOOL_A_CABLE_FAULT_LENGTH_CM = 2 cm: U32, "Distance, centimetres.";
        ETHTOOL_A_CABLE_FAULT_LENGTH_SRC = 3 source: U32, "How it was found: 1 TDR, 2 ALCD.";
    }
    pub(super) CABLE_TEST_TDR {
        ETHTOOL_A_CABLE_TEST_TDR_NTF_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_CABLE_TEST_TDR_NTF_STATUS = 2 status: Name(TEST_STATES), "`started`, `completed`.";
        ETHTOOL_A_CABLE_TEST_TDR_NTF_NEST = 3 data: Hex, "The measurements: attributes, hexadecimal.";
    }
    pub(super) MODULE_FLASH {
        ETHTOOL_A_MODULE_FW_FLASH_HEADER = 1 header: Hook(&super::HEADER), "";
        ETHTOOL_A_MODULE_FW_FLASH_FILE_NAME = 2 file_name: Text, "File of the firmware.";
        ETHTOOL_A_MODULE_FW_FLASH_PASSWORD = 3 password: Skip, "";
        ETHTOOL_A_MODULE_FW_FLASH_STATUS = 4 status: Name(FLASH_STATES), "`started`, `in-progress`, `completed`, `error`.";
        ETHTOOL_A_MODULE_FW_FLASH_STATUS_MSG = 5 status_msg: Text, "Message.";
        ETHTOOL_A_MODULE_FW_FLASH_DONE = 6 done: Uint, "Bytes that are written.";
        ETHTOOL_A_MODULE_FW_FLASH_TOTAL = 7 total: Uint, "Bytes to write.";
    }
}

/// The attributes of a message's header.
pub(super) const MESSAGE_HEADER: &[crate::kind::table::Field] = HEADER;
