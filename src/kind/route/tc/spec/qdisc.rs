//! Queueing disciplines and their classes (linux/pkt_sched.h). The tables of rates, sizes and
//! distributions that a request may hold (`TCA_STAB_DATA`, `TCA_RED_STAB`, `TCA_NETEM_DELAY_DIST` …)
//! the kernel never tells.

use super::{Spec, whole};
use crate::kind::route::tc::table::{Field, options};

pub const ALL: &[Spec] = &[
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

/// Classes whose options are not those of their queueing discipline.
pub const CLASSES: &[Spec] = &[("hfsc", HFSC)];

const NONE: &[Field] = &[];

whole! {
    FIFO = FIFO_OPT;
    PRIO = PRIO_OPT;
    MULTIQ = MULTIQ_OPT;
    SFQ = SFQ_OPT;
    HFSC_QDISC = HFSC_OPT;
}

/// `TC_LINKLAYER_*`
pub const LINK_LAYERS: &[(u32, &str)] = &[(1, "ethernet"), (2, "atm")];
pub const CLOCKS: &[(u32, &str)] = &[
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
    pub STAB {
        TCA_STAB_BASE = 1 base: Struct(SIZE_SPEC), "";
    }
    SIZE_SPEC {
        0 cell_log: NotZero(&U8), "Logarithm of a cell's size.";
        1 size_log: NotZero(&U8), "Logarithm of the unit of sizes.";
        2 cell_align: NotZero(&I16), "What is added before rounding.";
        4 overhead: I32, "Bytes that each packet has more on the wire.";
        8 linklayer: Name(LINK_LAYERS), "`ethernet`, `atm`: what a packet's length is rounded up for.";
        12 mpu: U32, "Shortest packet.";
        16 mtu: U32, "Longest packet.";
        20 tsize: U32, "Size of the table.";
    }
    HFSC_OPT {
        0 default: HexNumber, "The class of what has none, hexadecimal.";
    }
    GRED {
        TCA_GRED_PARMS = 1 vqs: Structs(52, GRED_VQ), "Its virtual queues, those that are in use.";
        TCA_GRED_DPS = 3 dps: Struct(GRED_OPT), "";
        TCA_GRED_MAX_P = 4 vq_max_p: Words32, "Highest probability of each virtual queue, in parts of 2^32.";
        TCA_GRED_LIMIT = 5 limit: U32, "Most that may wait: packets, of bfifo bytes.";
        TCA_GRED_VQ_LIST = 6 vq_list: Nests(GRED_VQ_ENTRY), "Of the virtual queues in use: what they count with `details`.";
    }
    GRED_OPT {
        0 vqs_count: U32, "Number of virtual queues.";
        4 vq_default: U32, "The virtual queue of what names none.";
        8 grio: Yes, "Virtual queues have priorities.";
        9 red_flags: Flags(RED_FLAGS), "`ecn`, `harddrop`, `adaptive`, `nodrop`.";
        10 pad: Pad(2), "";
    }
    GRED_VQ_ENTRY {
        TCA_GRED_VQ_PAD = 1 pad: Skip, "";
        TCA_GRED_VQ_DP = 2 vq: U32, "Its number.";
        TCA_GRED_VQ_STAT_BYTES = 3 bytes: U64, "With `details`: bytes that came.";
        TCA_GRED_VQ_STAT_PACKETS = 4 packets: U32, "With `details`: packets that came.";
        TCA_GRED_VQ_STAT_BACKLOG = 5 backlog: U32, "With `details`: bytes that wait.";
        TCA_GRED_VQ_STAT_PROB_DROP = 6 prob_drop: U32, "With `details`: packets dropped early.";
        TCA_GRED_VQ_STAT_PROB_MARK = 7 prob_mark: U32, "With `details`: packets marked early.";
        TCA_GRED_VQ_STAT_FORCED_DROP = 8 forced_drop: U32, "With `details`: packets dropped above the maximum.";
        TCA_GRED_VQ_STAT_FORCED_MARK = 9 forced_mark: U32, "With `details`: packets marked above the maximum.";
        TCA_GRED_VQ_STAT_PDROP = 10 pdrop: U32, "With `details`: packets dropped because the queue was full.";
        TCA_GRED_VQ_STAT_OTHER = 11 other: U32, "With `details`: packets dropped for another reason.";
        TCA_GRED_VQ_FLAGS = 12 red_flags: Flags(RED_FLAGS), "`ecn`, `harddrop`, `adaptive`, `nodrop`.";
    }
    GRED_VQ {
        0 limit: U32, "Most bytes that may wait.";
        4 min: U32, "Average bytes below which nothing is dropped.";
        8 max: U32, "Average bytes above which everything is dropped.";
        12 vq: U32, "Its number.";
        40 ewma: U8, "Logarithm of the weight of the average.";
        41 plog: U8, "Logarithm of the probability's slope.";
        42 scell_log: U8, "Logarithm of the idle time's cells.";
        43 prio: U8, "Its priority.";
        44 counters: Pad(8), "";
    }
    FIFO_OPT {
        0 limit: U32, "Most that may wait: packets, of bfifo bytes.";
    }
    PRIO_OPT {
        0 bands: U32, "Number of bands.";
        4 priomap: Bytes(16), "The band of each priority.";
    }
    MULTIQ_OPT {
        0 bands: U16, "Number of bands.";
        2 max_bands: U16, "Most bands.";
    }
    SFQ_OPT {
        0 quantum: U32, "Bytes that a flow may send in its turn.";
        4 perturb: I32, "Seconds after which the hash is changed.";
        8 limit: U32, "Most that may wait: packets, of bfifo bytes.";
        12 divisor: U32, "Size of the hash.";
        16 flows: U32, "Most flows.";
        20 depth: U32, "Most packets of a flow.";
        24 headdrop: Yes, "The oldest packet is dropped.";
        28 red_limit: U32, "Most bytes of a flow.";
        32 min: U32, "Average bytes below which nothing is dropped.";
        36 max: U32, "Average bytes above which everything is dropped.";
        40 ewma: U8, "Logarithm of the weight of the average.";
        41 plog: U8, "Logarithm of the probability's slope.";
        42 scell_log: U8, "Logarithm of the idle time's cells.";
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
        TCA_CODEL_TARGET = 1 target: U32, "Microseconds of delay that are acceptable.";
        TCA_CODEL_LIMIT = 2 limit: U32, "Most that may wait: packets, of bfifo bytes.";
        TCA_CODEL_INTERVAL = 3 interval: U32, "Microseconds over which the delay is watched.";
        TCA_CODEL_ECN = 4 ecn: Yes, "Packets are marked rather than dropped.";
        TCA_CODEL_CE_THRESHOLD = 5 ce_threshold: U32, "Microseconds of delay above which packets are marked.";
    }
    FQ_CODEL {
        TCA_FQ_CODEL_TARGET = 1 target: U32, "Microseconds of delay that are acceptable.";
        TCA_FQ_CODEL_LIMIT = 2 limit: U32, "Most that may wait: packets, of bfifo bytes.";
        TCA_FQ_CODEL_INTERVAL = 3 interval: U32, "Microseconds over which the delay is watched.";
        TCA_FQ_CODEL_ECN = 4 ecn: Yes, "Packets are marked rather than dropped.";
        TCA_FQ_CODEL_FLOWS = 5 flows: U32, "Most flows.";
        TCA_FQ_CODEL_QUANTUM = 6 quantum: U32, "Bytes that a flow may send in its turn.";
        TCA_FQ_CODEL_CE_THRESHOLD = 7 ce_threshold: U32, "Microseconds of delay above which packets are marked.";
        TCA_FQ_CODEL_DROP_BATCH_SIZE = 8 drop_batch: U32, "Packets that are dropped at once.";
        TCA_FQ_CODEL_MEMORY_LIMIT = 9 memory_limit: U32, "Most bytes of memory.";
        TCA_FQ_CODEL_CE_THRESHOLD_SELECTOR = 10 ce_threshold_selector: U8, "Value of the masked traffic class that ce_threshold is for.";
        TCA_FQ_CODEL_CE_THRESHOLD_MASK = 11 ce_threshold_mask: U8, "That mask.";
    }
    FQ {
        TCA_FQ_PLIMIT = 1 limit: U32, "Most that may wait: packets, of bfifo bytes.";
        TCA_FQ_FLOW_PLIMIT = 2 flow_limit: U32, "Most packets of a flow.";
        TCA_FQ_QUANTUM = 3 quantum: U32, "Bytes that a flow may send in its turn.";
        TCA_FQ_INITIAL_QUANTUM = 4 initial_quantum: U32, "Bytes that a new flow may send.";
        TCA_FQ_RATE_ENABLE = 5 pacing: Yes, "Flows are paced.";
        TCA_FQ_FLOW_DEFAULT_RATE = 6 defrate: U32, "Bytes a second of a flow that says nothing.";
        TCA_FQ_FLOW_MAX_RATE = 7 maxrate: U32, "Most bytes a second of a flow.";
        TCA_FQ_BUCKETS_LOG = 8 buckets: Power, "Size of the hash.";
        TCA_FQ_FLOW_REFILL_DELAY = 9 refill_delay: U32, "Microseconds after which a flow is new again.";
        TCA_FQ_ORPHAN_MASK = 10 orphan_mask: U32, "Mask of the hash for packets without a socket.";
        TCA_FQ_LOW_RATE_THRESHOLD = 11 low_rate_threshold: U32, "Bytes a second below which a flow is slow.";
        TCA_FQ_CE_THRESHOLD = 12 ce_threshold: U32, "Microseconds of delay above which packets are marked.";
        TCA_FQ_TIMER_SLACK = 13 timer_slack: U32, "Nanoseconds by which the timer may be late.";
        TCA_FQ_HORIZON = 14 horizon: U32, "Microseconds ahead of which packets may be timed.";
        TCA_FQ_HORIZON_DROP = 15 horizon_drop: Yes, "Packets beyond the horizon are dropped, not capped.";
        TCA_FQ_PRIOMAP = 16 bands_opt: Struct(PRIO_OPT), "";
        TCA_FQ_WEIGHTS = 17 weights: Words32, "Weights of the bands.";
        TCA_FQ_OFFLOAD_HORIZON = 18 offload_horizon: U32, "Microseconds ahead of which the hardware times.";
    }
    FQ_PIE {
        TCA_FQ_PIE_LIMIT = 1 limit: U32, "Most that may wait: packets, of bfifo bytes.";
        TCA_FQ_PIE_FLOWS = 2 flows: U32, "Most flows.";
        TCA_FQ_PIE_TARGET = 3 target: U32, "Microseconds of delay that are acceptable.";
        TCA_FQ_PIE_TUPDATE = 4 tupdate: U32, "Microseconds between two updates.";
        TCA_FQ_PIE_ALPHA = 5 alpha: U32, "Weight of the delay.";
        TCA_FQ_PIE_BETA = 6 beta: U32, "Weight of the delay's change.";
        TCA_FQ_PIE_QUANTUM = 7 quantum: U32, "Bytes that a flow may send in its turn.";
        TCA_FQ_PIE_MEMORY_LIMIT = 8 memory_limit: U32, "Most bytes of memory.";
        TCA_FQ_PIE_ECN_PROB = 9 ecn_prob: U32, "Percentage up to which packets are marked.";
        TCA_FQ_PIE_ECN = 10 ecn: Yes, "Packets are marked rather than dropped.";
        TCA_FQ_PIE_BYTEMODE = 11 bytemode: Yes, "Longer packets are more likely to be dropped.";
        TCA_FQ_PIE_DQ_RATE_ESTIMATOR = 12 dq_rate_estimator: Yes, "The rate is estimated.";
    }
    PIE {
        TCA_PIE_TARGET = 1 target: U32, "Microseconds of delay that are acceptable.";
        TCA_PIE_LIMIT = 2 limit: U32, "Most that may wait: packets, of bfifo bytes.";
        TCA_PIE_TUPDATE = 3 tupdate: U32, "Microseconds between two updates.";
        TCA_PIE_ALPHA = 4 alpha: U32, "Weight of the delay.";
        TCA_PIE_BETA = 5 beta: U32, "Weight of the delay's change.";
        TCA_PIE_ECN = 6 ecn: Yes, "Packets are marked rather than dropped.";
        TCA_PIE_BYTEMODE = 7 bytemode: Yes, "Longer packets are more likely to be dropped.";
        TCA_PIE_DQ_RATE_ESTIMATOR = 8 dq_rate_estimator: Yes, "The rate is estimated.";
    }
    HHF {
        TCA_HHF_BACKLOG_LIMIT = 1 limit: U32, "Most that may wait: packets, of bfifo bytes.";
        TCA_HHF_QUANTUM = 2 quantum: U32, "Bytes that a flow may send in its turn.";
        TCA_HHF_HH_FLOWS_LIMIT = 3 hh_limit: U32, "Most heavy flows.";
        TCA_HHF_RESET_TIMEOUT = 4 reset_timeout: U32, "Microseconds after which the counters are reset.";
        TCA_HHF_ADMIT_BYTES = 5 admit_bytes: U32, "Bytes that make a flow heavy.";
        TCA_HHF_EVICT_TIMEOUT = 6 evict_timeout: U32, "Microseconds after which a heavy flow is forgotten.";
        TCA_HHF_NON_HH_WEIGHT = 7 non_hh_weight: U32, "Weight of the others.";
    }
    QFQ {
        TCA_QFQ_WEIGHT = 1 weight: U32, "Weight of the class.";
        TCA_QFQ_LMAX = 2 lmax: U32, "Longest packet.";
    }
    DRR {
        TCA_DRR_QUANTUM = 1 quantum: U32, "Bytes that a flow may send in its turn.";
    }
    ETS {
        TCA_ETS_NBANDS = 1 bands: U8, "Number of bands.";
        TCA_ETS_NSTRICT = 2 strict: U8, "Number of strict bands.";
        TCA_ETS_QUANTA = 3 quanta: List(&U32), "Bytes of each band.";
        TCA_ETS_QUANTA_BAND = 4 quantum: U32, "Bytes that a flow may send in its turn.";
        TCA_ETS_PRIOMAP = 5 priomap: List(&U8), "The band of each priority.";
    }
    TBF {
        TCA_TBF_PARMS = 1 parms: Struct(TBF_OPT), "";
        TCA_TBF_RATE64 = 4 rate: U64, "Bytes a second.";
        TCA_TBF_PRATE64 = 5 peakrate: U64, "Bytes a second at the peak.";
        TCA_TBF_BURST = 6 burst: U32, "Bytes that may be sent at once.";
        TCA_TBF_PBURST = 7 minburst: U32, "Bytes that may be sent at once at the peak.";
        TCA_TBF_PAD = 8 pad: Skip, "";
    }
    RATE {
        1 linklayer: NotZero(&Name(LINK_LAYERS)), "`ethernet`, `atm`: what a packet's length is rounded up for.";
        2 overhead: NotZero(&I16), "Bytes that each packet has more on the wire.";
        6 mpu: NotZero(&U16), "Shortest packet.";
        8 rate: U32, "Bytes a second.";
    }
    TBF_OPT {
        0 spec: Struct(RATE), "";
        20 peakrate: NotZero(&U32), "Bytes a second at the peak.";
        24 limit: U32, "Most that may wait: packets, of bfifo bytes.";
        28 burst: Burst("rate"), "Bytes that may be sent at once.";
        32 minburst: Burst("peakrate"), "Bytes that may be sent at once at the peak.";
    }
    HTB {
        TCA_HTB_PARMS = 1 parms: Struct(HTB_OPT), "";
        TCA_HTB_INIT = 2 init: Struct(HTB_GLOB), "";
        TCA_HTB_DIRECT_QLEN = 5 direct_qlen: U32, "Packets without a class that may wait.";
        TCA_HTB_RATE64 = 6 rate: U64, "Bytes a second.";
        TCA_HTB_CEIL64 = 7 ceil: U64, "Most bytes a second, with what others leave.";
        TCA_HTB_PAD = 8 pad: Skip, "";
        TCA_HTB_OFFLOAD = 9 offload: Flag, "The hardware does it.";
    }
    HTB_OPT {
        0 spec: Struct(RATE), "";
        20 ceil: U32, "Most bytes a second, with what others leave.";
        24 burst: Burst("rate"), "Bytes that may be sent at once.";
        28 cburst: Burst("ceil"), "The same at the ceiling.";
        32 quantum: U32, "Bytes that a flow may send in its turn.";
        36 level: U32, "Level of the class; 0 is a leaf.";
        40 prio: U32, "Priority of the class.";
    }
    HTB_GLOB {
        0 version: U32, "Version.";
        4 r2q: U32, "What the rate is divided by for the quantum.";
        8 r#default: HexNumber, "The class of what has none, hexadecimal.";
        12 debug: NotZero(&U32), "Debugging.";
        16 direct_packets_stat: Details(&U32), "With `details`: packets without a class.";
    }
    HFSC {
        TCA_HFSC_RSC = 1 rsc: SubStruct(CURVE), "Real-time curve.";
        TCA_HFSC_FSC = 2 fsc: SubStruct(CURVE), "Link-sharing curve.";
        TCA_HFSC_USC = 3 usc: SubStruct(CURVE), "Upper limit.";
    }
    CURVE {
        0 m1: U32, "Bytes a second at first.";
        4 d: U32, "Microseconds for which that holds.";
        8 m2: U32, "Bytes a second from then on.";
    }
    RED {
        TCA_RED_PARMS = 1 parms: Struct(RED_OPT), "";
        TCA_RED_MAX_P = 3 max_p: U32, "Highest probability, in parts of 2^32.";
        TCA_RED_FLAGS = 4 red_flags: Bitfield(RED_FLAGS), "`ecn`, `harddrop`, `adaptive`, `nodrop`.";
        TCA_RED_EARLY_DROP_BLOCK = 5 early_drop_block: U32, "Shared block that early dropped packets go through.";
        TCA_RED_MARK_BLOCK = 6 mark_block: U32, "Shared block that marked packets go through.";
    }
    RED_OPT {
        0 limit: U32, "Most that may wait: packets, of bfifo bytes.";
        4 min: U32, "Average bytes below which nothing is dropped.";
        8 max: U32, "Average bytes above which everything is dropped.";
        12 ewma: U8, "Logarithm of the weight of the average.";
        13 plog: U8, "Logarithm of the probability's slope.";
        14 scell_log: U8, "Logarithm of the idle time's cells.";
        15 red_flags: Flags(RED_FLAGS), "`ecn`, `harddrop`, `adaptive`, `nodrop`.";
        16 end: Pad(0), "";
    }
    CAKE {
        TCA_CAKE_PAD = 1 pad: Skip, "";
        TCA_CAKE_BASE_RATE64 = 2 bandwidth: U64, "Bytes a second; 0 for no limit.";
        TCA_CAKE_DIFFSERV_MODE = 3 diffserv: Name(DIFFSERV), "`diffserv3`, `diffserv4`, `diffserv8`, `besteffort`, `precedence`.";
        TCA_CAKE_ATM = 4 atm: Name(ATM), "`noatm`, `atm`, `ptm`.";
        TCA_CAKE_FLOW_MODE = 5 flowmode: Name(FLOW_MODES), "Whom it is fair to: `flows`, `hosts`, `triple-isolate` and others.";
        TCA_CAKE_OVERHEAD = 6 overhead: I32, "Bytes that each packet has more on the wire.";
        TCA_CAKE_RTT = 7 rtt: U32, "Microseconds of a usual round trip.";
        TCA_CAKE_TARGET = 8 target: U32, "Microseconds of delay that are acceptable.";
        TCA_CAKE_AUTORATE = 9 autorate: Yes, "The bandwidth is estimated.";
        TCA_CAKE_MEMORY = 10 memory_limit: U32, "Most bytes of memory.";
        TCA_CAKE_NAT = 11 nat: Yes, "Addresses are those before translation.";
        TCA_CAKE_RAW = 12 raw: Marker(4), "Nothing is added to a packet's length.";
        TCA_CAKE_WASH = 13 wash: Yes, "The traffic class is cleared.";
        TCA_CAKE_MPU = 14 mpu: U32, "Shortest packet.";
        TCA_CAKE_INGRESS = 15 ingress: Yes, "It shapes what comes in.";
        TCA_CAKE_ACK_FILTER = 16 ack_filter: Name(ACK_FILTER), "`disabled`, `enabled`, `aggressive`.";
        TCA_CAKE_SPLIT_GSO = 17 split_gso: Yes, "Large packets are split.";
        TCA_CAKE_FWMARK = 18 fwmark: HexNumber, "Mask of the firewall mark that names the tin, hexadecimal.";
    }
    NETEM_LOSS {
        NETEM_LOSS_GI = 1 loss_state: SubStruct(GI), "Losses by four states.";
        NETEM_LOSS_GE = 2 loss_gemodel: SubStruct(GE), "Losses by two states (Gilbert and Elliot).";
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
        8 h: Portion, "Part that gets through in the bad state; `tc` shows 1-h.";
        12 k1: Portion, "Part that is lost in the good state, `1-k` of `tc`.";
    }
    NETEM {
        65535 head: Head(24, NETEM_OPT), "";
        TCA_NETEM_CORR = 1 correlation: Struct(NETEM_CORR), "";
        TCA_NETEM_REORDER = 3 reorder: NotZero(&SubStruct(NETEM_REORDER)), "Packets that are sent at once.";
        TCA_NETEM_CORRUPT = 4 corrupt: NotZero(&SubStruct(NETEM_CORRUPT)), "Packets that are damaged.";
        TCA_NETEM_LOSS = 5 loss_model: Flat(NETEM_LOSS), "";
        TCA_NETEM_RATE = 6 rate_limit: NotZero(&SubStruct(NETEM_RATE)), "The imagined link; `tc` calls it `rate`.";
        TCA_NETEM_ECN = 7 ecn: Yes, "Packets are marked rather than dropped.";
        TCA_NETEM_RATE64 = 8 rate: In("rate_limit", &U64), "Bytes a second.";
        TCA_NETEM_PAD = 9 pad: Skip, "";
        TCA_NETEM_LATENCY64 = 10 delay: NotZero(&In("delay", &Nanoseconds)), "Seconds of delay.";
        TCA_NETEM_JITTER64 = 11 jitter: NotZero(&In("delay", &Nanoseconds)), "Seconds by which it varies.";
        TCA_NETEM_SLOT = 12 slot: SubStruct(NETEM_SLOT), "When packets may be sent.";
        TCA_NETEM_PRNG_SEED = 14 seed: HexNumber, "Seed of the random numbers, hexadecimal.";
    }
    NETEM_OPT {
        0 delay: NotZero(&In("delay", &Ticks)), "Seconds of delay.";
        4 limit: U32, "Most that may wait: packets, of bfifo bytes.";
        8 loss: NotZero(&In("loss_random", &Portion)), "Part of the packets that is lost, from 0 to 1.";
        12 gap: NotZero(&U32), "Every so many packets one is sent at once.";
        16 duplicate: NotZero(&In("duplicate", &Portion)), "Part of the packets that is doubled, from 0 to 1.";
        20 jitter: NotZero(&In("delay", &Ticks)), "Seconds by which it varies.";
    }
    NETEM_CORR {
        0 correlation: NotZero(&In("delay", &Portion)), "How much depends on the packet before, from 0 to 1.";
        4 correlation: NotZero(&In("loss_random", &Portion)), "How much depends on the packet before, from 0 to 1.";
        8 correlation: NotZero(&In("duplicate", &Portion)), "How much depends on the packet before, from 0 to 1.";
    }
    NETEM_REORDER {
        0 reorder: Portion, "Part of the packets, from 0 to 1.";
        4 correlation: Portion, "How much depends on the packet before, from 0 to 1.";
    }
    NETEM_CORRUPT {
        0 corrupt: Portion, "Part of the packets, from 0 to 1.";
        4 correlation: Portion, "How much depends on the packet before, from 0 to 1.";
    }
    NETEM_RATE {
        0 rate: U32, "Bytes a second.";
        4 packetoverhead: I32, "Bytes more for each packet.";
        8 cellsize: U32, "Bytes of a cell.";
        12 celloverhead: I32, "Bytes more for each cell.";
    }
    NETEM_SLOT {
        0 min_delay: Nanoseconds, "Fewest seconds between slots.";
        8 max_delay: Nanoseconds, "Most seconds between slots.";
        16 packets: I32, "Most packets of a slot.";
        20 bytes: I32, "Most bytes of a slot.";
        24 distribution_delay: NotZero(&Nanoseconds), "Seconds by a distribution.";
        32 distribution_jitter: NotZero(&Nanoseconds), "Seconds by which they vary.";
    }
    MQPRIO {
        65535 head: Head(84, MQPRIO_HEAD), "";
        TCA_MQPRIO_MODE = 1 mode: Name(MQPRIO_MODES), "`dcb`, `channel`.";
        TCA_MQPRIO_SHAPER = 2 shaper: Name(MQPRIO_SHAPERS), "`dcb`, `bw_rlimit`.";
        TCA_MQPRIO_MIN_RATE64 = 3 min_rate: List(&U64), "Fewest bytes a second of each class.";
        TCA_MQPRIO_MAX_RATE64 = 4 max_rate: List(&U64), "Most bytes a second of each class.";
        TCA_MQPRIO_TC_ENTRY = 5 tc_entries: Collect(MQPRIO_ENTRY), "Settings of single classes.";
    }
    MQPRIO_HEAD {
        0 opt: Struct(MQPRIO_OPT), "";
        82 pad: Pad(2), "";
    }
    MQPRIO_OPT {
        0 tc: U8, "Number of classes.";
        1 map: Bytes(16), "The class of each priority.";
        17 hw: U8, "What the hardware does.";
        18 queues: Queues, "The queues of each class.";
    }
    TAPRIO {
        TCA_TAPRIO_ATTR_PRIOMAP = 1 priomap: Struct(MQPRIO_OPT), "";
        TCA_TAPRIO_ATTR_SCHED_ENTRY_LIST = 2 schedule: Nests(GATE), "The schedule.";
        TCA_TAPRIO_ATTR_SCHED_BASE_TIME = 3 base_time: I64, "Nanoseconds at which the schedule began.";
        TCA_TAPRIO_ATTR_SCHED_CLOCKID = 5 clockid: Name(CLOCKS), "Its clock: `TAI`, `REALTIME`, `MONOTONIC`, `BOOTTIME`.";
        TCA_TAPRIO_PAD = 6 pad: Skip, "";
        TCA_TAPRIO_ATTR_ADMIN_SCHED = 7 admin: Nest(TAPRIO_SCHEDULE), "The schedule that is to come.";
        TCA_TAPRIO_ATTR_SCHED_CYCLE_TIME = 8 cycle_time: I64, "Nanoseconds of a cycle.";
        TCA_TAPRIO_ATTR_SCHED_CYCLE_TIME_EXTENSION = 9 cycle_time_extension: I64, "Nanoseconds by which the last cycle may be longer.";
        TCA_TAPRIO_ATTR_FLAGS = 10 taprio_flags: HexNumber, "1: the hardware sends by time, 2: it does everything.";
        TCA_TAPRIO_ATTR_TXTIME_DELAY = 11 txtime_delay: U32, "Nanoseconds that a packet takes to the hardware.";
        TCA_TAPRIO_ATTR_TC_ENTRY = 12 tc_entries: Collect(TC_ENTRY), "Settings of single classes.";
    }
    TAPRIO_SCHEDULE {
        TCA_TAPRIO_ATTR_SCHED_ENTRY_LIST = 2 schedule: Nests(GATE), "The schedule.";
        TCA_TAPRIO_ATTR_SCHED_BASE_TIME = 3 base_time: I64, "Nanoseconds at which the schedule began.";
        TCA_TAPRIO_PAD = 6 pad: Skip, "";
        TCA_TAPRIO_ATTR_SCHED_CYCLE_TIME = 8 cycle_time: I64, "Nanoseconds of a cycle.";
        TCA_TAPRIO_ATTR_SCHED_CYCLE_TIME_EXTENSION = 9 cycle_time_extension: I64, "Nanoseconds by which the last cycle may be longer.";
    }
    GATE {
        TCA_TAPRIO_SCHED_ENTRY_INDEX = 1 index: U32, "Its place.";
        TCA_TAPRIO_SCHED_ENTRY_CMD = 2 cmd: Name(GATES), "`S`: the gates are set; `H`, `R`: and preemption is held, or released.";
        TCA_TAPRIO_SCHED_ENTRY_GATE_MASK = 3 gatemask: HexNumber, "The classes whose gates are open, hexadecimal.";
        TCA_TAPRIO_SCHED_ENTRY_INTERVAL = 4 interval: U32, "Nanoseconds for which it holds.";
    }
    MQPRIO_ENTRY {
        TCA_MQPRIO_TC_ENTRY_INDEX = 1 index: U32, "Number of the class.";
        TCA_MQPRIO_TC_ENTRY_FP = 2 fp: Name(FRAMES), "`express`, `preemptible`.";
    }
    TC_ENTRY {
        TCA_TAPRIO_TC_ENTRY_INDEX = 1 index: U32, "Number of the class.";
        TCA_TAPRIO_TC_ENTRY_MAX_SDU = 2 max_sdu: U32, "Longest packet; 0 for no limit.";
        TCA_TAPRIO_TC_ENTRY_FP = 3 fp: Name(FRAMES), "`express`, `preemptible`.";
    }
    ETF {
        TCA_ETF_PARMS = 1 parms: Struct(ETF_OPT), "";
    }
    ETF_OPT {
        0 delta: I32, "Nanoseconds that a packet is handed over ahead.";
        4 clockid: Name(CLOCKS), "Its clock: `TAI`, `REALTIME`, `MONOTONIC`, `BOOTTIME`.";
        8 etf_flags: HexNumber, "1: deadlines, 2: offloaded, 4: without a check.";
    }
    CBS {
        TCA_CBS_PARMS = 1 parms: Struct(CBS_OPT), "";
    }
    CBS_OPT {
        0 offload: Yes, "The hardware does it.";
        4 hicredit: I32, "Highest credit, bytes.";
        8 locredit: I32, "Lowest credit, bytes.";
        12 idleslope: I32, "Kilobits a second by which credit grows.";
        16 sendslope: I32, "Kilobits a second by which credit shrinks.";
    }
}
