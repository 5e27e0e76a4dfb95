//! Queueing disciplines and their classes (linux/pkt_sched.h). The kernel never dumps the tables of
//! rates, sizes and distributions that a request may contain (`TCA_STAB_DATA`, `TCA_RED_STAB`,
//! `TCA_NETEM_DELAY_DIST` …).

use super::{Spec, structure};
use crate::kind::table::{Field, options};

pub(super) const ALL: &[Spec] = &[
    ("bfifo", FIFO),
    ("cake", CAKE),
    ("choke", RED),
    ("clsact", NONE),
    ("codel", CODEL),
    ("drr", DRR),
    ("ets", ETS),
    ("fq", FQ),
    ("fq_codel", FQ_CODEL),
    ("fq_pie", FQ_PIE),
    ("gred", GRED),
    ("hfsc", HFSC_QDISC),
    ("hhf", HHF),
    ("htb", HTB),
    ("ingress", NONE),
    ("mq", NONE),
    ("mqprio", MQPRIO),
    ("multiq", MULTIQ),
    ("netem", NETEM),
    ("noqueue", NONE),
    ("pfifo", FIFO),
    ("pfifo_fast", PRIO),
    ("pfifo_head_drop", FIFO),
    ("pie", PIE),
    ("plug", NONE),
    ("prio", PRIO),
    ("qfq", QFQ),
    ("red", RED),
    ("sfq", SFQ),
    ("taprio", TAPRIO),
    ("tbf", TBF),
    ("etf", ETF),
    ("cbs", CBS),
];

/// Classes whose options differ from those of their queueing discipline.
pub(super) const CLASSES: &[Spec] = &[("hfsc", HFSC)];

const NONE: &[Field] = &[];

structure! {
    FIFO = FIFO_OPT;
    PRIO = PRIO_OPT;
    MULTIQ = MULTIQ_OPT;
    SFQ = SFQ_OPT;
    HFSC_QDISC = HFSC_OPT;
}

/// `TC_LINKLAYER_*`
pub(super) const LINK_LAYERS: &[(u32, &str)] = &[(1, "ethernet"), (2, "atm")];
pub(super) const CLOCKS: &[(u32, &str)] = &[
    (0, "REALTIME"),
    (1, "MONOTONIC"),
    (7, "BOOTTIME"),
    (11, "TAI"),
];
const MQPRIO_MODES: &[(u32, &str)] = &[(0, "dcb"), (1, "channel")];
const MQPRIO_SHAPERS: &[(u32, &str)] = &[(0, "dcb"), (1, "bw_rlimit")];
const FRAMES: &[(u32, &str)] = &[(1, "express"), (2, "preemptible")];
const GATES: &[(u32, &str)] = &[(0, "S"), (1, "H"), (2, "R")];

const FLOW_MODES: &[(u32, &str)] = &[
    (0, "flowblind"),
    (1, "srchost"),
    (2, "dsthost"),
    (3, "hosts"),
    (4, "flows"),
    (5, "dual-srchost"),
    (6, "dual-dsthost"),
    (7, "triple-isolate"),
];
const DIFFSERV: &[(u32, &str)] = &[
    (0, "diffserv3"),
    (1, "diffserv4"),
    (2, "diffserv8"),
    (3, "besteffort"),
    (4, "precedence"),
];
const ATM: &[(u32, &str)] = &[(0, "noatm"), (1, "atm"), (2, "ptm")];
const ACK_FILTER: &[(u32, &str)] = &[(0, "disabled"), (1, "enabled"), (2, "aggressive")];
const RED_FLAGS: &[(u64, &str)] = &[(1, "ecn"), (2, "harddrop"), (4, "adaptive"), (8, "nodrop")];

options! {
    pub(super) STAB {
        TCA_STAB_BASE = 1 base: Struct(SIZE_SPEC), "";
    }
    SIZE_SPEC {
        0 cell_log: NotZero(&U8), "Logarithm of a cell's size.";
        1 size_log: NotZero(&U8), "Logarithm of the unit of sizes.";
        2 cell_align: NotZero(&I16), "Amount added to the size before rounding.";
        4 overhead: I32, "Per-packet overhead on the wire, bytes.";
        8 linklayer: Name(LINK_LAYERS), "Link layer whose framing packet sizes are adjusted to: `ethernet`, `atm`.";
        12 mpu: U32, "Minimum packet size, bytes.";
        16 mtu: U32, "Maximum packet size, bytes.";
        20 tsize: U32, "Size of the table.";
    }
    HFSC_OPT {
        0 default: HexNumber, "Default class, hexadecimal.";
    }
    GRED {
        TCA_GRED_PARMS = 1 vqs: Structs(52, GRED_VQ), "Virtual queues in use.";
        TCA_GRED_DPS = 3 dps: Struct(GRED_OPT), "";
        TCA_GRED_MAX_P = 4 vq_max_p: U32Array, "Highest probability of each virtual queue, in parts of 2^32.";
        TCA_GRED_LIMIT = 5 limit: U32, "Queue limit, packets (bfifo: bytes).";
        TCA_GRED_VQ_LIST = 6 vq_list: Nests(GRED_VQ_ENTRY), "Virtual queues in use; counters with `details`.";
    }
    GRED_OPT {
        0 vqs_count: U32, "Number of virtual queues.";
        4 vq_default: U32, "Default virtual queue.";
        8 grio: Yes, "Virtual queues have priorities.";
        9 red_flags: Flags(RED_FLAGS), "`ecn`, `harddrop`, `adaptive`, `nodrop`.";
        10 pad: Pad(2), "";
    }
    GRED_VQ_ENTRY {
        TCA_GRED_VQ_PAD = 1 pad: Skip, "";
        TCA_GRED_VQ_DP = 2 vq: U32, "Number.";
        TCA_GRED_VQ_STAT_BYTES = 3 bytes: U64, "With `details`: bytes received.";
        TCA_GRED_VQ_STAT_PACKETS = 4 packets: U32, "With `details`: packets received.";
        TCA_GRED_VQ_STAT_BACKLOG = 5 backlog: U32, "With `details`: queued bytes.";
        TCA_GRED_VQ_STAT_PROB_DROP = 6 prob_drop: U32, "With `details`: packets dropped early.";
        TCA_GRED_VQ_STAT_PROB_MARK = 7 prob_mark: U32, "With `details`: packets marked early.";
        TCA_GRED_VQ_STAT_FORCED_DROP = 8 forced_drop: U32, "With `details`: packets dropped above the maximum.";
        TCA_GRED_VQ_STAT_FORCED_MARK = 9 forced_mark: U32, "With `details`: packets marked above the maximum.";
        TCA_GRED_VQ_STAT_PDROP = 10 pdrop: U32, "With `details`: packets dropped because the queue was full.";
        TCA_GRED_VQ_STAT_OTHER = 11 other: U32, "With `details`: packets dropped for another reason.";
        TCA_GRED_VQ_FLAGS = 12 red_flags: Flags(RED_FLAGS), "`ecn`, `harddrop`, `adaptive`, `nodrop`.";
    }
    GRED_VQ {
        0 limit: U32, "Queue limit, bytes.";
        4 min: U32, "Minimum threshold of the average queue length, bytes.";
        8 max: U32, "Maximum threshold of the average queue length, bytes.";
        12 vq: U32, "Number.";
        40 ewma: U8, "Logarithm of the weight of the moving average.";
        41 plog: U8, "Logarithm of the slope of the drop probability.";
        42 scell_log: U8, "Logarithm of the cell size for idle time.";
        43 prio: U8, "Priority.";
        44 counters: Pad(8), "";
    }
    FIFO_OPT {
        0 limit: U32, "Queue limit, packets (bfifo: bytes).";
    }
    PRIO_OPT {
        0 bands: U32, "Number of bands.";
        4 priomap: Bytes(16), "The band of each priority.";
    }
    MULTIQ_OPT {
        0 bands: U16, "Number of bands.";
        2 max_bands: U16, "Maximum number of bands.";
    }
    SFQ_OPT {
        0 quantum: U32, "Quantum: bytes a flow may send per round.";
        4 perturb: I32, "Interval between hash perturbations, seconds.";
        8 limit: U32, "Queue limit, packets (bfifo: bytes).";
        12 divisor: U32, "Size of the hash table.";
        16 flows: U32, "Maximum number of flows.";
        20 depth: U32, "Maximum number of queued packets per flow.";
        24 headdrop: Yes, "Drop from the head of the queue.";
        28 red_limit: U32, "Maximum number of queued bytes per flow.";
        32 min: U32, "Minimum threshold of the average queue length, bytes.";
        36 max: U32, "Maximum threshold of the average queue length, bytes.";
        40 ewma: U8, "Logarithm of the weight of the moving average.";
        41 plog: U8, "Logarithm of the slope of the drop probability.";
        42 scell_log: U8, "Logarithm of the cell size for idle time.";
        43 red_flags: Flags(RED_FLAGS), "`ecn`, `harddrop`, `adaptive`, `nodrop`.";
        44 max_p: U32, "Highest probability, in parts of 2^32.";
        48 prob_drop: Details(&U32), "With `details`: packets dropped early.";
        52 forced_drop: Details(&U32), "With `details`: packets dropped above the maximum.";
        56 prob_mark: Details(&U32), "With `details`: packets marked early.";
        60 forced_mark: Details(&U32), "With `details`: packets marked above the maximum.";
        64 prob_mark_head: Details(&U32), "With `details`: packets marked early at the head.";
        68 forced_mark_head: Details(&U32), "With `details`: packets marked above the maximum at the head.";
    }
    CODEL {
        TCA_CODEL_TARGET = 1 target: U32, "Target delay, microseconds.";
        TCA_CODEL_LIMIT = 2 limit: U32, "Queue limit, packets (bfifo: bytes).";
        TCA_CODEL_INTERVAL = 3 interval: U32, "Interval over which the minimum delay is measured, microseconds.";
        TCA_CODEL_ECN = 4 ecn: Yes, "Mark packets (ECN) instead of dropping them.";
        TCA_CODEL_CE_THRESHOLD = 5 ce_threshold: U32, "Delay above which packets are marked, microseconds.";
    }
    FQ_CODEL {
        TCA_FQ_CODEL_TARGET = 1 target: U32, "Target delay, microseconds.";
        TCA_FQ_CODEL_LIMIT = 2 limit: U32, "Queue limit, packets (bfifo: bytes).";
        TCA_FQ_CODEL_INTERVAL = 3 interval: U32, "Interval over which the minimum delay is measured, microseconds.";
        TCA_FQ_CODEL_ECN = 4 ecn: Yes, "Mark packets (ECN) instead of dropping them.";
        TCA_FQ_CODEL_FLOWS = 5 flows: U32, "Maximum number of flows.";
        TCA_FQ_CODEL_QUANTUM = 6 quantum: U32, "Quantum: bytes a flow may send per round.";
        TCA_FQ_CODEL_CE_THRESHOLD = 7 ce_threshold: U32, "Delay above which packets are marked, microseconds.";
        TCA_FQ_CODEL_DROP_BATCH_SIZE = 8 drop_batch: U32, "Maximum number of packets dropped in one batch.";
        TCA_FQ_CODEL_MEMORY_LIMIT = 9 memory_limit: U32, "Memory limit, bytes.";
        TCA_FQ_CODEL_CE_THRESHOLD_SELECTOR = 10 ce_threshold_selector: U8, "Value of the masked traffic class to which ce_threshold applies.";
        TCA_FQ_CODEL_CE_THRESHOLD_MASK = 11 ce_threshold_mask: U8, "Mask of the traffic class.";
    }
    FQ {
        TCA_FQ_PLIMIT = 1 limit: U32, "Queue limit, packets (bfifo: bytes).";
        TCA_FQ_FLOW_PLIMIT = 2 flow_limit: U32, "Maximum number of queued packets per flow.";
        TCA_FQ_QUANTUM = 3 quantum: U32, "Quantum: bytes a flow may send per round.";
        TCA_FQ_INITIAL_QUANTUM = 4 initial_quantum: U32, "Initial quantum of a new flow, bytes.";
        TCA_FQ_RATE_ENABLE = 5 pacing: Yes, "Pacing is enabled.";
        TCA_FQ_FLOW_DEFAULT_RATE = 6 defrate: U32, "Default rate of a flow, bytes/s.";
        TCA_FQ_FLOW_MAX_RATE = 7 maxrate: U32, "Maximum rate of a flow, bytes/s.";
        TCA_FQ_BUCKETS_LOG = 8 buckets: Power, "Size of the hash table.";
        TCA_FQ_FLOW_REFILL_DELAY = 9 refill_delay: U32, "Idle time after which a flow gets a new credit, microseconds.";
        TCA_FQ_ORPHAN_MASK = 10 orphan_mask: U32, "Mask of the hash for packets without a socket.";
        TCA_FQ_LOW_RATE_THRESHOLD = 11 low_rate_threshold: U32, "Low rate threshold: flows below it are not paced, bytes/s.";
        TCA_FQ_CE_THRESHOLD = 12 ce_threshold: U32, "Delay above which packets are marked, microseconds.";
        TCA_FQ_TIMER_SLACK = 13 timer_slack: U32, "Timer slack, nanoseconds.";
        TCA_FQ_HORIZON = 14 horizon: U32, "Time horizon, microseconds.";
        TCA_FQ_HORIZON_DROP = 15 horizon_drop: Yes, "Packets beyond the horizon are dropped, not capped.";
        TCA_FQ_PRIOMAP = 16 bands_opt: Struct(PRIO_OPT), "";
        TCA_FQ_WEIGHTS = 17 weights: U32Array, "Weights of the bands.";
        TCA_FQ_OFFLOAD_HORIZON = 18 offload_horizon: U32, "Time horizon of the hardware offload, microseconds.";
    }
    FQ_PIE {
        TCA_FQ_PIE_LIMIT = 1 limit: U32, "Queue limit, packets (bfifo: bytes).";
        TCA_FQ_PIE_FLOWS = 2 flows: U32, "Maximum number of flows.";
        TCA_FQ_PIE_TARGET = 3 target: U32, "Target delay, microseconds.";
        TCA_FQ_PIE_TUPDATE = 4 tupdate: U32, "Interval between updates, microseconds.";
        TCA_FQ_PIE_ALPHA = 5 alpha: U32, "Weight of the delay.";
        TCA_FQ_PIE_BETA = 6 beta: U32, "Weight of the delay's change.";
        TCA_FQ_PIE_QUANTUM = 7 quantum: U32, "Quantum: bytes a flow may send per round.";
        TCA_FQ_PIE_MEMORY_LIMIT = 8 memory_limit: U32, "Memory limit, bytes.";
        TCA_FQ_PIE_ECN_PROB = 9 ecn_prob: U32, "Drop probability below which packets are marked, percent.";
        TCA_FQ_PIE_ECN = 10 ecn: Yes, "Mark packets (ECN) instead of dropping them.";
        TCA_FQ_PIE_BYTEMODE = 11 bytemode: Yes, "Scale the drop probability with the packet size.";
        TCA_FQ_PIE_DQ_RATE_ESTIMATOR = 12 dq_rate_estimator: Yes, "Rate estimation is enabled.";
    }
    PIE {
        TCA_PIE_TARGET = 1 target: U32, "Target delay, microseconds.";
        TCA_PIE_LIMIT = 2 limit: U32, "Queue limit, packets (bfifo: bytes).";
        TCA_PIE_TUPDATE = 3 tupdate: U32, "Interval between updates, microseconds.";
        TCA_PIE_ALPHA = 4 alpha: U32, "Weight of the delay.";
        TCA_PIE_BETA = 5 beta: U32, "Weight of the delay's change.";
        TCA_PIE_ECN = 6 ecn: Yes, "Mark packets (ECN) instead of dropping them.";
        TCA_PIE_BYTEMODE = 7 bytemode: Yes, "Scale the drop probability with the packet size.";
        TCA_PIE_DQ_RATE_ESTIMATOR = 8 dq_rate_estimator: Yes, "Rate estimation is enabled.";
    }
    HHF {
        TCA_HHF_BACKLOG_LIMIT = 1 limit: U32, "Queue limit, packets (bfifo: bytes).";
        TCA_HHF_QUANTUM = 2 quantum: U32, "Quantum: bytes a flow may send per round.";
        TCA_HHF_HH_FLOWS_LIMIT = 3 hh_limit: U32, "Maximum number of heavy flows.";
        TCA_HHF_RESET_TIMEOUT = 4 reset_timeout: U32, "Interval between counter resets, microseconds.";
        TCA_HHF_ADMIT_BYTES = 5 admit_bytes: U32, "Threshold for a heavy flow, bytes.";
        TCA_HHF_EVICT_TIMEOUT = 6 evict_timeout: U32, "Idle time after which a heavy flow is evicted, microseconds.";
        TCA_HHF_NON_HH_WEIGHT = 7 non_hh_weight: U32, "Weight of the other flows.";
    }
    QFQ {
        TCA_QFQ_WEIGHT = 1 weight: U32, "Weight of the class.";
        TCA_QFQ_LMAX = 2 lmax: U32, "Maximum packet size, bytes.";
    }
    DRR {
        TCA_DRR_QUANTUM = 1 quantum: U32, "Quantum: bytes a flow may send per round.";
    }
    ETS {
        TCA_ETS_NBANDS = 1 bands: U8, "Number of bands.";
        TCA_ETS_NSTRICT = 2 strict: U8, "Number of strict bands.";
        TCA_ETS_QUANTA = 3 quanta: List(&U32), "Quantum of each band, bytes.";
        TCA_ETS_QUANTA_BAND = 4 quantum: U32, "Quantum: bytes a flow may send per round.";
        TCA_ETS_PRIOMAP = 5 priomap: List(&U8), "The band of each priority.";
    }
    TBF {
        TCA_TBF_PARMS = 1 parms: Struct(TBF_OPT), "";
        TCA_TBF_RATE64 = 4 rate: U64, "Rate, bytes/s.";
        TCA_TBF_PRATE64 = 5 peakrate: U64, "Peak rate, bytes/s.";
        TCA_TBF_BURST = 6 burst: U32, "Burst size, bytes.";
        TCA_TBF_PBURST = 7 minburst: U32, "Burst size at the peak rate, bytes.";
        TCA_TBF_PAD = 8 pad: Skip, "";
    }
    RATE {
        1 linklayer: NotZero(&Name(LINK_LAYERS)), "Link layer whose framing packet sizes are adjusted to: `ethernet`, `atm`.";
        2 overhead: NotZero(&I16), "Per-packet overhead on the wire, bytes.";
        6 mpu: NotZero(&U16), "Minimum packet size, bytes.";
        8 rate: U32, "Rate, bytes/s.";
    }
    TBF_OPT {
        0 spec: Struct(RATE), "";
        20 peakrate: NotZero(&U32), "Peak rate, bytes/s.";
        24 limit: U32, "Queue limit, packets (bfifo: bytes).";
        28 burst: Burst("rate"), "Burst size, bytes.";
        32 minburst: Burst("peakrate"), "Burst size at the peak rate, bytes.";
    }
    HTB {
        TCA_HTB_PARMS = 1 parms: Struct(HTB_OPT), "";
        TCA_HTB_INIT = 2 init: Struct(HTB_GLOB), "";
        TCA_HTB_DIRECT_QLEN = 5 direct_qlen: U32, "Queue limit for unclassified packets.";
        TCA_HTB_RATE64 = 6 rate: U64, "Rate, bytes/s.";
        TCA_HTB_CEIL64 = 7 ceil: U64, "Ceiling: maximum rate including borrowed bandwidth, bytes/s.";
        TCA_HTB_PAD = 8 pad: Skip, "";
        TCA_HTB_OFFLOAD = 9 offload: Flag, "Offloaded to hardware.";
    }
    HTB_OPT {
        0 spec: Struct(RATE), "";
        20 ceil: U32, "Ceiling: maximum rate including borrowed bandwidth, bytes/s.";
        24 burst: Burst("rate"), "Burst size, bytes.";
        28 cburst: Burst("ceil"), "Burst size at the ceiling rate, bytes.";
        32 quantum: U32, "Quantum: bytes a flow may send per round.";
        36 level: U32, "Level of the class; 0 is a leaf.";
        40 prio: U32, "Priority of the class.";
    }
    HTB_GLOB {
        0 version: U32, "Version.";
        4 r2q: U32, "Rate-to-quantum divisor.";
        8 r#default: HexNumber, "Default class, hexadecimal.";
        12 debug: NotZero(&U32), "Debug level.";
        16 direct_packets_stat: Details(&U32), "With `details`: packets without a class.";
    }
    HFSC {
        TCA_HFSC_RSC = 1 rsc: SubStruct(CURVE), "Real-time curve.";
        TCA_HFSC_FSC = 2 fsc: SubStruct(CURVE), "Link-sharing curve.";
        TCA_HFSC_USC = 3 usc: SubStruct(CURVE), "Upper limit.";
    }
    CURVE {
        0 m1: U32, "First (short-term) rate, bytes/s.";
        4 d: U32, "Duration of the first rate, microseconds.";
        8 m2: U32, "Second (long-term) rate, bytes/s.";
    }
    RED {
        TCA_RED_PARMS = 1 parms: Struct(RED_OPT), "";
        TCA_RED_MAX_P = 3 max_p: U32, "Highest probability, in parts of 2^32.";
        TCA_RED_FLAGS = 4 red_flags: Bitfield(RED_FLAGS), "`ecn`, `harddrop`, `adaptive`, `nodrop`.";
        TCA_RED_EARLY_DROP_BLOCK = 5 early_drop_block: U32, "Shared block that early dropped packets go through.";
        TCA_RED_MARK_BLOCK = 6 mark_block: U32, "Shared block that marked packets go through.";
    }
    RED_OPT {
        0 limit: U32, "Queue limit, packets (bfifo: bytes).";
        4 min: U32, "Minimum threshold of the average queue length, bytes.";
        8 max: U32, "Maximum threshold of the average queue length, bytes.";
        12 ewma: U8, "Logarithm of the weight of the moving average.";
        13 plog: U8, "Logarithm of the slope of the drop probability.";
        14 scell_log: U8, "Logarithm of the cell size for idle time.";
        15 red_flags: Flags(RED_FLAGS), "`ecn`, `harddrop`, `adaptive`, `nodrop`.";
        16 end: Pad(0), "";
    }
    CAKE {
        TCA_CAKE_PAD = 1 pad: Skip, "";
        TCA_CAKE_BASE_RATE64 = 2 bandwidth: U64, "Rate, bytes/s; 0 for no limit.";
        TCA_CAKE_DIFFSERV_MODE = 3 diffserv: Name(DIFFSERV), "`diffserv3`, `diffserv4`, `diffserv8`, `besteffort`, `precedence`.";
        TCA_CAKE_ATM = 4 atm: Name(ATM), "`noatm`, `atm`, `ptm`.";
        TCA_CAKE_FLOW_MODE = 5 flowmode: Name(FLOW_MODES), "Fairness mode: `flows`, `hosts`, `triple-isolate` and others.";
        TCA_CAKE_OVERHEAD = 6 overhead: I32, "Per-packet overhead on the wire, bytes.";
        TCA_CAKE_RTT = 7 rtt: U32, "Typical round trip time, microseconds.";
        TCA_CAKE_TARGET = 8 target: U32, "Target delay, microseconds.";
        TCA_CAKE_AUTORATE = 9 autorate: Yes, "Bandwidth is estimated automatically.";
        TCA_CAKE_MEMORY = 10 memory_limit: U32, "Memory limit, bytes.";
        TCA_CAKE_NAT = 11 nat: Yes, "The addresses are those before translation.";
        TCA_CAKE_RAW = 12 raw: Marker(4), "No overhead compensation.";
        TCA_CAKE_WASH = 13 wash: Yes, "The DSCP is cleared.";
        TCA_CAKE_MPU = 14 mpu: U32, "Minimum packet size, bytes.";
        TCA_CAKE_INGRESS = 15 ingress: Yes, "Ingress mode.";
        TCA_CAKE_ACK_FILTER = 16 ack_filter: Name(ACK_FILTER), "`disabled`, `enabled`, `aggressive`.";
        TCA_CAKE_SPLIT_GSO = 17 split_gso: Yes, "Large packets are split.";
        TCA_CAKE_FWMARK = 18 fwmark: HexNumber, "Mask of the firewall mark that selects the tin, hexadecimal.";
    }
    NETEM_LOSS {
        NETEM_LOSS_GI = 1 loss_state: SubStruct(GI), "Loss by a four-state Markov model.";
        NETEM_LOSS_GE = 2 loss_gemodel: SubStruct(GE), "Loss by the two-state Gilbert-Elliott model.";
    }
    GI {
        0 p13: Portion, "Probability, from 0 to 1.";
        4 p31: Portion, "Probability, from 0 to 1.";
        8 p32: Portion, "Probability, from 0 to 1.";
        12 p14: Portion, "Probability, from 0 to 1.";
        16 p23: Portion, "Probability, from 0 to 1.";
    }
    GE {
        0 p: Portion, "Probability, from 0 to 1.";
        4 r: Portion, "Probability, from 0 to 1.";
        8 h: Portion, "Probability of delivery in the bad state (`tc` prints 1-h).";
        12 k1: Portion, "Loss probability in the good state (`1-k` in `tc`).";
    }
    NETEM {
        65535 head: Head(24, NETEM_OPT), "";
        TCA_NETEM_CORR = 1 correlation: Struct(NETEM_CORR), "";
        TCA_NETEM_REORDER = 3 reorder: NotZero(&SubStruct(NETEM_REORDER)), "Packets that are sent immediately (reordering).";
        TCA_NETEM_CORRUPT = 4 corrupt: NotZero(&SubStruct(NETEM_CORRUPT)), "Packets that are corrupted.";
        TCA_NETEM_LOSS = 5 loss_model: Flat(NETEM_LOSS), "";
        TCA_NETEM_RATE = 6 rate_limit: NotZero(&SubStruct(NETEM_RATE)), "Virtual queue; named `rate` in `tc`.";
        TCA_NETEM_ECN = 7 ecn: Yes, "Mark packets (ECN) instead of dropping them.";
        TCA_NETEM_RATE64 = 8 rate: In("rate_limit", &U64), "Rate, bytes/s.";
        TCA_NETEM_PAD = 9 pad: Skip, "";
        TCA_NETEM_LATENCY64 = 10 delay: NotZero(&In("delay", &Nanoseconds)), "Delay, seconds.";
        TCA_NETEM_JITTER64 = 11 jitter: NotZero(&In("delay", &Nanoseconds)), "Jitter, seconds.";
        TCA_NETEM_SLOT = 12 slot: SubStruct(NETEM_SLOT), "Packet timing.";
        TCA_NETEM_PRNG_SEED = 14 seed: HexNumber, "Seed of the random numbers, hexadecimal.";
    }
    NETEM_OPT {
        0 delay: NotZero(&In("delay", &Ticks)), "Delay, seconds.";
        4 limit: U32, "Queue limit, packets (bfifo: bytes).";
        8 loss: NotZero(&In("loss_random", &Portion)), "Loss probability, from 0 to 1.";
        12 gap: NotZero(&U32), "Reordering gap: every `gap`-th packet is sent immediately.";
        16 duplicate: NotZero(&In("duplicate", &Portion)), "Duplication probability, from 0 to 1.";
        20 jitter: NotZero(&In("delay", &Ticks)), "Jitter, seconds.";
    }
    NETEM_CORR {
        0 correlation: NotZero(&In("delay", &Portion)), "Correlation with the previous packet, from 0 to 1.";
        4 correlation: NotZero(&In("loss_random", &Portion)), "Correlation with the previous packet, from 0 to 1.";
        8 correlation: NotZero(&In("duplicate", &Portion)), "Correlation with the previous packet, from 0 to 1.";
    }
    NETEM_REORDER {
        0 reorder: Portion, "Fraction of packets, from 0 to 1.";
        4 correlation: Portion, "Correlation with the previous packet, from 0 to 1.";
    }
    NETEM_CORRUPT {
        0 corrupt: Portion, "Fraction of packets, from 0 to 1.";
        4 correlation: Portion, "Correlation with the previous packet, from 0 to 1.";
    }
    NETEM_RATE {
        0 rate: U32, "Rate, bytes/s.";
        4 packetoverhead: I32, "Per-packet overhead, bytes.";
        8 cellsize: U32, "Cell size, bytes.";
        12 celloverhead: I32, "Per-cell overhead, bytes.";
    }
    NETEM_SLOT {
        0 min_delay: Nanoseconds, "Minimum time between slots, seconds.";
        8 max_delay: Nanoseconds, "Maximum time between slots, seconds.";
        16 packets: I32, "Maximum packets per slot.";
        20 bytes: I32, "Maximum bytes per slot.";
        24 distribution_delay: NotZero(&Nanoseconds), "Delay by a distribution, seconds.";
        32 distribution_jitter: NotZero(&Nanoseconds), "Jitter of the distribution, seconds.";
    }
    MQPRIO {
        65535 head: Head(84, MQPRIO_HEAD), "";
        TCA_MQPRIO_MODE = 1 mode: Name(MQPRIO_MODES), "`dcb`, `channel`.";
        TCA_MQPRIO_SHAPER = 2 shaper: Name(MQPRIO_SHAPERS), "`dcb`, `bw_rlimit`.";
        TCA_MQPRIO_MIN_RATE64 = 3 min_rate: List(&U64), "Minimum rate of each class, bytes/s.";
        TCA_MQPRIO_MAX_RATE64 = 4 max_rate: List(&U64), "Maximum rate of each class, bytes/s.";
        TCA_MQPRIO_TC_ENTRY = 5 tc_entries: Collect(MQPRIO_ENTRY), "Settings of individual classes.";
    }
    MQPRIO_HEAD {
        0 opt: Struct(MQPRIO_OPT), "";
        82 pad: Pad(2), "";
    }
    MQPRIO_OPT {
        0 tc: U8, "Number of classes.";
        1 map: Bytes(16), "Traffic class of each priority.";
        17 hw: U8, "Hardware offload mode.";
        18 queues: Queues, "The queues of each class.";
    }
    TAPRIO {
        TCA_TAPRIO_ATTR_PRIOMAP = 1 priomap: Struct(MQPRIO_OPT), "";
        TCA_TAPRIO_ATTR_SCHED_ENTRY_LIST = 2 schedule: Nests(GATE), "The schedule.";
        TCA_TAPRIO_ATTR_SCHED_BASE_TIME = 3 base_time: I64, "Start time of the schedule, nanoseconds.";
        TCA_TAPRIO_ATTR_SCHED_CLOCKID = 5 clockid: Name(CLOCKS), "Clock: `TAI`, `REALTIME`, `MONOTONIC`, `BOOTTIME`.";
        TCA_TAPRIO_PAD = 6 pad: Skip, "";
        TCA_TAPRIO_ATTR_ADMIN_SCHED = 7 admin: Nest(TAPRIO_SCHEDULE), "Pending (administrative) schedule.";
        TCA_TAPRIO_ATTR_SCHED_CYCLE_TIME = 8 cycle_time: I64, "Cycle time, nanoseconds.";
        TCA_TAPRIO_ATTR_SCHED_CYCLE_TIME_EXTENSION = 9 cycle_time_extension: I64, "Maximum extension of the last cycle, nanoseconds.";
        TCA_TAPRIO_ATTR_FLAGS = 10 taprio_flags: HexNumber, "1: the hardware sends by time, 2: it does everything.";
        TCA_TAPRIO_ATTR_TXTIME_DELAY = 11 txtime_delay: U32, "Delay between the queueing discipline and the hardware, nanoseconds.";
        TCA_TAPRIO_ATTR_TC_ENTRY = 12 tc_entries: Collect(TC_ENTRY), "Settings of individual classes.";
    }
    TAPRIO_SCHEDULE {
        TCA_TAPRIO_ATTR_SCHED_ENTRY_LIST = 2 schedule: Nests(GATE), "The schedule.";
        TCA_TAPRIO_ATTR_SCHED_BASE_TIME = 3 base_time: I64, "Start time of the schedule, nanoseconds.";
        TCA_TAPRIO_PAD = 6 pad: Skip, "";
        TCA_TAPRIO_ATTR_SCHED_CYCLE_TIME = 8 cycle_time: I64, "Cycle time, nanoseconds.";
        TCA_TAPRIO_ATTR_SCHED_CYCLE_TIME_EXTENSION = 9 cycle_time_extension: I64, "Maximum extension of the last cycle, nanoseconds.";
    }
    GATE {
        TCA_TAPRIO_SCHED_ENTRY_INDEX = 1 index: U32, "Index.";
        TCA_TAPRIO_SCHED_ENTRY_CMD = 2 cmd: Name(GATES), "`S` (set gates), `H` (set gates and hold preemption), `R` (set gates and release preemption).";
        TCA_TAPRIO_SCHED_ENTRY_GATE_MASK = 3 gatemask: HexNumber, "Bit mask of the traffic classes whose gates are open, hexadecimal.";
        TCA_TAPRIO_SCHED_ENTRY_INTERVAL = 4 interval: U32, "Duration, nanoseconds.";
    }
    MQPRIO_ENTRY {
        TCA_MQPRIO_TC_ENTRY_INDEX = 1 index: U32, "Number of the class.";
        TCA_MQPRIO_TC_ENTRY_FP = 2 fp: Name(FRAMES), "`express`, `preemptible`.";
    }
    TC_ENTRY {
        TCA_TAPRIO_TC_ENTRY_INDEX = 1 index: U32, "Number of the class.";
        TCA_TAPRIO_TC_ENTRY_MAX_SDU = 2 max_sdu: U32, "Maximum packet size, bytes; 0 for no limit.";
        TCA_TAPRIO_TC_ENTRY_FP = 3 fp: Name(FRAMES), "`express`, `preemptible`.";
    }
    ETF {
        TCA_ETF_PARMS = 1 parms: Struct(ETF_OPT), "";
    }
    ETF_OPT {
        0 delta: I32, "Time before transmission at which a packet is handed over, nanoseconds.";
        4 clockid: Name(CLOCKS), "Clock: `TAI`, `REALTIME`, `MONOTONIC`, `BOOTTIME`.";
        8 etf_flags: HexNumber, "1: deadlines, 2: offloaded, 4: without a check.";
    }
    CBS {
        TCA_CBS_PARMS = 1 parms: Struct(CBS_OPT), "";
    }
    CBS_OPT {
        0 offload: Yes, "Offloaded to hardware.";
        4 hicredit: I32, "Highest credit, bytes.";
        8 locredit: I32, "Lowest credit, bytes.";
        12 idleslope: I32, "Idle slope: rate at which credit increases, kbit/s.";
        16 sendslope: I32, "Send slope: rate at which credit decreases, kbit/s.";
    }
}
