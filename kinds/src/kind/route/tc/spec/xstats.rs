//! Kind-specific counters of queueing disciplines and classes (`TCA_STATS_APP`, the structures
//! `tc_*_xstats` of linux/pkt_sched.h), named as in `tc -s -j`.

use super::{Spec, structure};
use crate::kind::table::{Field, options};

pub(super) const ALL: &[Spec] = &[
    ("cake", CAKE),
    ("choke", CHOKE),
    ("codel", CODEL),
    ("drr", DRR),
    ("fq", FQ),
    ("fq_codel", FQ_CODEL),
    ("fq_pie", FQ_PIE),
    ("hfsc", HFSC),
    ("hhf", HHF),
    ("htb", HTB),
    ("pie", PIE),
    ("qfq", QFQ),
    ("red", RED),
    ("sfq", SFQ),
];

structure! {
    CHOKE = CHOKE_X;
    CODEL = CODEL_X;
    DRR = DRR_X;
    FQ = FQ_X;
    FQ_CODEL = FQ_CODEL_X;
    /// A flow of fq_codel, which is dumped as a class.
    pub(super) FQ_CODEL_FLOW = FQ_CODEL_FLOW_X;
    FQ_PIE = FQ_PIE_X;
    HFSC = HFSC_X;
    HHF = HHF_X;
    HTB = HTB_X;
    PIE = PIE_X;
    QFQ = QFQ_X;
    RED = RED_X;
    SFQ = SFQ_X;
}

options! {
    RED_X {
        0 early: U32, "With `details`: packets dropped early.";
        4 pdrop: U32, "With `details`: packets dropped because the queue was full.";
        8 other: U32, "With `details`: packets dropped for another reason.";
        12 marked: U32, "With `details`: packets marked.";
    }
    CHOKE_X {
        0 early: U32, "With `details`: packets dropped early.";
        4 pdrop: U32, "With `details`: packets dropped because the queue was full.";
        8 other: U32, "With `details`: packets dropped for another reason.";
        12 marked: U32, "With `details`: packets marked.";
        16 matched: U32, "With `details`: packets dropped because a packet of the same flow was queued.";
    }
    CODEL_X {
        0 maxpacket: U32, "With `details`: largest packet seen, bytes.";
        4 count: U32, "With `details`: packets dropped since dropping began.";
        8 lastcount: U32, "With `details`: `count` at the end of the previous dropping state.";
        12 ldelay: U32, "With `details`: queueing delay of the last packet, microseconds.";
        16 drop_next: I32, "With `details`: microseconds until the next drop.";
        20 drop_overlimit: U32, "With `details`: packets dropped because the limit was reached.";
        24 ecn_mark: U32, "With `details`: packets marked (ECN) instead of dropped.";
        28 dropping: Yes, "With `details`: true while in the dropping state.";
        32 ce_mark: U32, "With `details`: packets marked above ce_threshold.";
    }
    FQ_CODEL_X {
        0 r#type: Pad(4), "";
        4 maxpacket: U32, "With `details`: largest packet seen, bytes.";
        8 drop_overlimit: U32, "With `details`: packets dropped because the limit was reached.";
        12 ecn_mark: U32, "With `details`: packets marked (ECN) instead of dropped.";
        16 new_flow_count: U32, "With `details`: number of times a new flow was created.";
        20 new_flows_len: U32, "With `details`: number of new flows.";
        24 old_flows_len: U32, "With `details`: number of old flows.";
        28 ce_mark: U32, "With `details`: packets marked above ce_threshold.";
        32 memory_used: U32, "With `details`: memory used, bytes.";
        36 drop_overmemory: U32, "With `details`: packets dropped because of the memory limit.";
    }
    FQ_CODEL_FLOW_X {
        0 r#type: Pad(4), "";
        4 deficit: I32, "With `details`: remaining deficit, bytes.";
        8 ldelay: U32, "With `details`: queueing delay of the last packet, microseconds.";
        12 count: U32, "With `details`: packets dropped since dropping began.";
        16 lastcount: U32, "With `details`: `count` at the end of the previous dropping state.";
        20 dropping: Yes, "With `details`: true while in the dropping state.";
        24 drop_next: I32, "With `details`: microseconds until the next drop.";
    }
    PIE_X {
        0 drop_probability: Share64, "With `details`: drop probability, from 0 to 1 (`prob` in `tc`).";
        8 current_delay: U32, "With `details`: current queueing delay, microseconds (`delay` in `tc`).";
        12 avg_dq_rate: U32, "With `details`: estimated rate, bytes/s.";
        16 dq_rate_estimating: Yes, "With `details`: the rate is being estimated.";
        20 packets_in: U32, "With `details`: packets enqueued.";
        24 dropped: U32, "With `details`: packets dropped.";
        28 overlimit: U32, "With `details`: packets dropped because the limit was reached.";
        32 maxq: U32, "With `details`: maximum number of queued packets.";
        36 ecn_mark: U32, "With `details`: packets marked (ECN) instead of dropped.";
    }
    FQ_PIE_X {
        0 packets_in: U32, "With `details`: packets enqueued.";
        4 dropped: U32, "With `details`: packets dropped.";
        8 overlimit: U32, "With `details`: packets dropped because the limit was reached.";
        12 overmemory: U32, "With `details`: packets dropped because of the memory limit.";
        16 ecn_mark: U32, "With `details`: packets marked (ECN) instead of dropped.";
        20 new_flow_count: U32, "With `details`: number of times a new flow was created.";
        24 new_flows_len: U32, "With `details`: number of new flows.";
        28 old_flows_len: U32, "With `details`: number of old flows.";
        32 memory_used: U32, "With `details`: memory used, bytes.";
    }
    FQ_X {
        0 gc_flows: U64, "With `details`: number of flows garbage-collected.";
        8 highprio_packets: U64, "With `details`: packets of high priority.";
        16 tcp_retrans: U64, "With `details`: packets requeued.";
        24 throttled: U64, "With `details`: number of times a flow was throttled.";
        32 flows_plimit: U64, "With `details`: packets dropped because their flow exceeded its packet limit.";
        40 pkts_too_long: U64, "With `details`: packets too large for the rate of their flow.";
        48 allocation_errors: U64, "With `details`: number of failed flow allocations.";
        56 time_next_delayed_flow: I64, "With `details`: nanoseconds until the next throttled flow resumes.";
        64 flow_count: U32, "With `details`: number of flows (`flows` in `tc`).";
        68 inactive_flows: U32, "With `details`: number of idle flows.";
        72 throttled_flows: U32, "With `details`: number of throttled flows.";
        76 unthrottle_latency_ns: U32, "With `details`: latency of resuming throttled flows, nanoseconds.";
        80 ce_mark: U64, "With `details`: packets marked above ce_threshold.";
        88 horizon_drops: U64, "With `details`: packets dropped beyond the horizon.";
        96 horizon_caps: U64, "With `details`: packets capped at the horizon.";
        104 fastpath_packets: U64, "With `details`: packets that were not delayed.";
        112 band0_drops: U64, "With `details`: packets dropped in the first band.";
        120 band1_drops: U64, "With `details`: packets dropped in the second band.";
        128 band2_drops: U64, "With `details`: packets dropped in the third band.";
        136 band0_pkts: U32, "With `details`: packets queued in the first band.";
        140 band1_pkts: U32, "With `details`: packets queued in the second band.";
        144 band2_pkts: U32, "With `details`: packets queued in the third band.";
        148 pad: Pad(4), "";
    }
    HHF_X {
        0 drop_overlimit: U32, "With `details`: packets dropped because the limit was reached.";
        4 hh_overlimit: U32, "With `details`: number of heavy flows above the limit.";
        8 hh_tot_count: U32, "With `details`: total number of heavy flows.";
        12 hh_cur_count: U32, "With `details`: current number of heavy flows.";
    }
    HTB_X {
        0 lended: U32, "With `details`: packets sent within the rate.";
        4 borrowed: U32, "With `details`: packets sent with borrowed bandwidth.";
        8 giants: U32, "With `details`: packets that exceeded the size limit.";
        12 tokens: I32, "With `details`: remaining tokens, scheduler ticks.";
        16 ctokens: I32, "With `details`: remaining tokens at the ceiling rate, scheduler ticks.";
    }
    HFSC_X {
        0 work: U64, "With `details`: bytes sent.";
        8 rtwork: U64, "With `details`: bytes sent under the real-time curve.";
        16 period: U32, "With `details`: number of times the class became active.";
        20 level: U32, "Level of the class; 0 is a leaf.";
    }
    DRR_X {
        0 deficit: U32, "With `details`: remaining deficit, bytes.";
    }
    QFQ_X {
        0 weight: U32, "Weight of the class.";
        4 lmax: U32, "Maximum packet size, bytes.";
    }
    SFQ_X {
        0 allot: I32, "With `details`: remaining deficit of the flow, bytes.";
    }
    CAKE {
        TCA_CAKE_STATS_PAD = 1 pad: Skip, "";
        TCA_CAKE_STATS_CAPACITY_ESTIMATE64 = 2 capacity_estimate: U64, "With `details`: estimated rate, bytes/s.";
        TCA_CAKE_STATS_MEMORY_LIMIT = 3 memory_limit: U32, "Memory limit, bytes.";
        TCA_CAKE_STATS_MEMORY_USED = 4 memory_used: U32, "With `details`: maximum memory used, bytes.";
        TCA_CAKE_STATS_AVG_NETOFF = 5 avg_hdr_offset: U32, "With `details`: average offset of the network header, bytes.";
        TCA_CAKE_STATS_MIN_NETLEN = 6 min_network_size: U32, "With `details`: smallest packet, bytes.";
        TCA_CAKE_STATS_MAX_NETLEN = 7 max_network_size: U32, "With `details`: largest packet, bytes.";
        TCA_CAKE_STATS_MIN_ADJLEN = 8 min_adj_size: U32, "With `details`: smallest packet including overhead, bytes.";
        TCA_CAKE_STATS_MAX_ADJLEN = 9 max_adj_size: U32, "With `details`: largest packet including overhead, bytes.";
        TCA_CAKE_STATS_TIN_STATS = 10 tins: Nests(TIN), "With `details`: counters per tin.";
        TCA_CAKE_STATS_DEFICIT = 11 deficit: I32, "With `details`: remaining deficit, bytes.";
        TCA_CAKE_STATS_COBALT_COUNT = 12 count: U32, "With `details`: packets dropped since dropping began.";
        TCA_CAKE_STATS_DROPPING = 13 dropping: Yes, "With `details`: true while in the dropping state.";
        TCA_CAKE_STATS_DROP_NEXT_US = 14 drop_next: I32, "With `details`: microseconds until the next drop.";
        TCA_CAKE_STATS_P_DROP = 15 blue_prob: Portion, "With `details`: drop probability, from 0 to 1.";
        TCA_CAKE_STATS_BLUE_TIMER_US = 16 blue_timer: I32, "With `details`: microseconds until the virtual clock reaches the next state change.";
        TCA_CAKE_STATS_ACTIVE_QUEUES = 17 active_queues: U32, "With `details`: queues that share the rate limit (cake_mq).";
    }
    TIN {
        TCA_CAKE_TIN_STATS_PAD = 1 pad: Skip, "";
        TCA_CAKE_TIN_STATS_SENT_PACKETS = 2 sent_packets: U32, "Packets sent.";
        TCA_CAKE_TIN_STATS_SENT_BYTES64 = 3 sent_bytes: U64, "Bytes sent.";
        TCA_CAKE_TIN_STATS_DROPPED_PACKETS = 4 drops: U32, "Packets dropped.";
        TCA_CAKE_TIN_STATS_DROPPED_BYTES64 = 5 dropped_bytes: U64, "Bytes dropped.";
        TCA_CAKE_TIN_STATS_ACKS_DROPPED_PACKETS = 6 ack_drops: U32, "ACK packets dropped.";
        TCA_CAKE_TIN_STATS_ACKS_DROPPED_BYTES64 = 7 ack_drops_bytes: U64, "Bytes of ACK packets dropped.";
        TCA_CAKE_TIN_STATS_ECN_MARKED_PACKETS = 8 ecn_mark: U32, "With `details`: packets marked (ECN) instead of dropped.";
        TCA_CAKE_TIN_STATS_ECN_MARKED_BYTES64 = 9 ecn_mark_bytes: U64, "Bytes marked.";
        TCA_CAKE_TIN_STATS_BACKLOG_PACKETS = 10 backlog_packets: U32, "Queued packets.";
        TCA_CAKE_TIN_STATS_BACKLOG_BYTES = 11 backlog_bytes: U32, "Queued bytes.";
        TCA_CAKE_TIN_STATS_THRESHOLD_RATE64 = 12 threshold_rate: U64, "Threshold rate of the tin, bytes/s.";
        TCA_CAKE_TIN_STATS_TARGET_US = 13 target_us: U32, "Target delay, microseconds.";
        TCA_CAKE_TIN_STATS_INTERVAL_US = 14 interval_us: U32, "Interval over which the minimum delay is measured, microseconds.";
        TCA_CAKE_TIN_STATS_WAY_INDIRECT_HITS = 15 way_indirect_hits: U32, "Number of hash hits at another way of the set.";
        TCA_CAKE_TIN_STATS_WAY_MISSES = 16 way_misses: U32, "Number of hash misses (new flows).";
        TCA_CAKE_TIN_STATS_WAY_COLLISIONS = 17 way_collisions: U32, "Number of hash collisions.";
        TCA_CAKE_TIN_STATS_PEAK_DELAY_US = 18 peak_delay_us: U32, "Peak delay, microseconds.";
        TCA_CAKE_TIN_STATS_AVG_DELAY_US = 19 avg_delay_us: U32, "Average delay, microseconds.";
        TCA_CAKE_TIN_STATS_BASE_DELAY_US = 20 base_delay_us: U32, "Base (minimum) delay, microseconds.";
        TCA_CAKE_TIN_STATS_SPARSE_FLOWS = 21 sparse_flows: U32, "Number of sparse flows.";
        TCA_CAKE_TIN_STATS_BULK_FLOWS = 22 bulk_flows: U32, "Number of bulk flows.";
        TCA_CAKE_TIN_STATS_UNRESPONSIVE_FLOWS = 23 unresponsive_flows: U32, "Number of unresponsive flows.";
        TCA_CAKE_TIN_STATS_MAX_SKBLEN = 24 max_pkt_len: U32, "Maximum packet size, bytes.";
        TCA_CAKE_TIN_STATS_FLOW_QUANTUM = 25 flow_quantum: U32, "Quantum: bytes a flow may send per round.";
    }
}
