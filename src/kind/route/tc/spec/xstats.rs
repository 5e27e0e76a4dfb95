//! What a queueing discipline or class counts beside what all do (`TCA_STATS_APP`, the structures
//! `tc_*_xstats` of linux/pkt_sched.h), in the words of `tc -s -j`.

use super::{Spec, whole};
use crate::kind::route::tc::table::{Field, options};

pub const ALL: &[Spec] = &[
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

whole! {
    CHOKE = CHOKE_X;
    CODEL = CODEL_X;
    DRR = DRR_X;
    FQ = FQ_X;
    FQ_CODEL = FQ_CODEL_X;
    /// Of a flow of fq_codel, which is listed as a class.
    pub FQ_CODEL_FLOW = FQ_CODEL_FLOW_X;
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
        16 matched: U32, "With `details`: packets dropped because their flow was in the queue.";
    }
    CODEL_X {
        0 maxpacket: U32, "With `details`: longest packet so far.";
        4 count: U32, "With `details`: packets dropped since dropping began.";
        8 lastcount: U32, "With `details`: the same the last time.";
        12 ldelay: U32, "With `details`: microseconds that the last packet waited.";
        16 drop_next: I32, "With `details`: microseconds until the next drop.";
        20 drop_overlimit: U32, "With `details`: packets dropped because the limit was reached.";
        24 ecn_mark: U32, "With `details`: packets marked rather than dropped.";
        28 dropping: Yes, "With `details`: it is dropping.";
        32 ce_mark: U32, "With `details`: packets marked above ce_threshold.";
    }
    FQ_CODEL_X {
        0 r#type: Pad(4), "";
        4 maxpacket: U32, "With `details`: longest packet so far.";
        8 drop_overlimit: U32, "With `details`: packets dropped because the limit was reached.";
        12 ecn_mark: U32, "With `details`: packets marked rather than dropped.";
        16 new_flow_count: U32, "With `details`: flows that were new.";
        20 new_flows_len: U32, "With `details`: flows that are new.";
        24 old_flows_len: U32, "With `details`: flows that are old.";
        28 ce_mark: U32, "With `details`: packets marked above ce_threshold.";
        32 memory_used: U32, "With `details`: bytes of memory.";
        36 drop_overmemory: U32, "With `details`: packets dropped for want of memory.";
    }
    FQ_CODEL_FLOW_X {
        0 r#type: Pad(4), "";
        4 deficit: I32, "With `details`: bytes that it may still send in its turn.";
        8 ldelay: U32, "With `details`: microseconds that the last packet waited.";
        12 count: U32, "With `details`: packets dropped since dropping began.";
        16 lastcount: U32, "With `details`: the same the last time.";
        20 dropping: Yes, "With `details`: it is dropping.";
        24 drop_next: I32, "With `details`: microseconds until the next drop.";
    }
    PIE_X {
        0 drop_probability: Share64, "With `details`: probability of a drop, from 0 to 1; `prob` of `tc`.";
        8 current_delay: U32, "With `details`: microseconds that packets wait; `delay` of `tc`.";
        12 avg_dq_rate: U32, "With `details`: estimated bytes a second.";
        16 dq_rate_estimating: Yes, "With `details`: the rate is being estimated.";
        20 packets_in: U32, "With `details`: packets that came in.";
        24 dropped: U32, "With `details`: packets dropped.";
        28 overlimit: U32, "With `details`: packets dropped because the limit was reached.";
        32 maxq: U32, "With `details`: most packets that waited.";
        36 ecn_mark: U32, "With `details`: packets marked rather than dropped.";
    }
    FQ_PIE_X {
        0 packets_in: U32, "With `details`: packets that came in.";
        4 dropped: U32, "With `details`: packets dropped.";
        8 overlimit: U32, "With `details`: packets dropped because the limit was reached.";
        12 overmemory: U32, "With `details`: packets dropped for want of memory.";
        16 ecn_mark: U32, "With `details`: packets marked rather than dropped.";
        20 new_flow_count: U32, "With `details`: flows that were new.";
        24 new_flows_len: U32, "With `details`: flows that are new.";
        28 old_flows_len: U32, "With `details`: flows that are old.";
        32 memory_used: U32, "With `details`: bytes of memory.";
    }
    FQ_X {
        0 gc_flows: U64, "With `details`: flows forgotten.";
        8 highprio_packets: U64, "With `details`: packets of high priority.";
        16 tcp_retrans: U64, "With `details`: packets sent again.";
        24 throttled: U64, "With `details`: times that a flow had to wait.";
        32 flows_plimit: U64, "With `details`: packets dropped because their flow had too many.";
        40 pkts_too_long: U64, "With `details`: packets too long for their rate.";
        48 allocation_errors: U64, "With `details`: flows for which there was no memory.";
        56 time_next_delayed_flow: I64, "With `details`: nanoseconds until a flow goes on.";
        64 flow_count: U32, "With `details`: flows; `flows` of `tc`.";
        68 inactive_flows: U32, "With `details`: flows without packets.";
        72 throttled_flows: U32, "With `details`: flows that wait.";
        76 unthrottle_latency_ns: U32, "With `details`: nanoseconds by which flows went on late.";
        80 ce_mark: U64, "With `details`: packets marked above ce_threshold.";
        88 horizon_drops: U64, "With `details`: packets dropped beyond the horizon.";
        96 horizon_caps: U64, "With `details`: packets capped at the horizon.";
        104 fastpath_packets: U64, "With `details`: packets that did not have to wait.";
        112 band0_drops: U64, "With `details`: packets dropped in the first band.";
        120 band1_drops: U64, "With `details`: packets dropped in the second band.";
        128 band2_drops: U64, "With `details`: packets dropped in the third band.";
        136 band0_pkts: U32, "With `details`: packets that wait in the first band.";
        140 band1_pkts: U32, "With `details`: packets that wait in the second band.";
        144 band2_pkts: U32, "With `details`: packets that wait in the third band.";
        148 pad: Pad(4), "";
    }
    HHF_X {
        0 drop_overlimit: U32, "With `details`: packets dropped because the limit was reached.";
        4 hh_overlimit: U32, "With `details`: heavy flows too many.";
        8 hh_tot_count: U32, "With `details`: heavy flows so far.";
        12 hh_cur_count: U32, "With `details`: heavy flows.";
    }
    HTB_X {
        0 lended: U32, "With `details`: packets sent within the rate.";
        4 borrowed: U32, "With `details`: packets sent with what others left.";
        8 giants: U32, "With `details`: packets that were too long.";
        12 tokens: I32, "With `details`: ticks that it may still send.";
        16 ctokens: I32, "With `details`: the same at the ceiling.";
    }
    HFSC_X {
        0 work: U64, "With `details`: bytes sent.";
        8 rtwork: U64, "With `details`: bytes sent by the real-time curve.";
        16 period: U32, "With `details`: times that it became active.";
        20 level: U32, "Level of the class; 0 is a leaf.";
    }
    DRR_X {
        0 deficit: U32, "With `details`: bytes that it may still send in its turn.";
    }
    QFQ_X {
        0 weight: U32, "Weight of the class.";
        4 lmax: U32, "Longest packet.";
    }
    SFQ_X {
        0 allot: I32, "With `details`: bytes that the flow may still send in its turn.";
    }
    CAKE {
        TCA_CAKE_STATS_PAD = 1 pad: Skip, "";
        TCA_CAKE_STATS_CAPACITY_ESTIMATE64 = 2 capacity_estimate: U64, "With `details`: estimated bytes a second.";
        TCA_CAKE_STATS_MEMORY_LIMIT = 3 memory_limit: U32, "Most bytes of memory.";
        TCA_CAKE_STATS_MEMORY_USED = 4 memory_used: U32, "With `details`: most bytes of memory so far.";
        TCA_CAKE_STATS_AVG_NETOFF = 5 avg_hdr_offset: U32, "With `details`: bytes before the network header, on average.";
        TCA_CAKE_STATS_MIN_NETLEN = 6 min_network_size: U32, "With `details`: shortest packet.";
        TCA_CAKE_STATS_MAX_NETLEN = 7 max_network_size: U32, "With `details`: longest packet.";
        TCA_CAKE_STATS_MIN_ADJLEN = 8 min_adj_size: U32, "With `details`: shortest packet with what the wire adds.";
        TCA_CAKE_STATS_MAX_ADJLEN = 9 max_adj_size: U32, "With `details`: longest packet with what the wire adds.";
        TCA_CAKE_STATS_TIN_STATS = 10 tins: Nests(TIN), "With `details`: counters of its tins.";
        TCA_CAKE_STATS_DEFICIT = 11 deficit: I32, "With `details`: bytes that it may still send in its turn.";
        TCA_CAKE_STATS_COBALT_COUNT = 12 count: U32, "With `details`: packets dropped since dropping began.";
        TCA_CAKE_STATS_DROPPING = 13 dropping: Yes, "With `details`: it is dropping.";
        TCA_CAKE_STATS_DROP_NEXT_US = 14 drop_next: I32, "With `details`: microseconds until the next drop.";
        TCA_CAKE_STATS_P_DROP = 15 blue_prob: Portion, "With `details`: probability of a drop, from 0 to 1.";
        TCA_CAKE_STATS_BLUE_TIMER_US = 16 blue_timer: I32, "With `details`: microseconds until that changes.";
    }
    TIN {
        TCA_CAKE_TIN_STATS_PAD = 1 pad: Skip, "";
        TCA_CAKE_TIN_STATS_SENT_PACKETS = 2 sent_packets: U32, "Packets sent.";
        TCA_CAKE_TIN_STATS_SENT_BYTES64 = 3 sent_bytes: U64, "Bytes sent.";
        TCA_CAKE_TIN_STATS_DROPPED_PACKETS = 4 drops: U32, "Packets dropped.";
        TCA_CAKE_TIN_STATS_DROPPED_BYTES64 = 5 dropped_bytes: U64, "Bytes dropped.";
        TCA_CAKE_TIN_STATS_ACKS_DROPPED_PACKETS = 6 ack_drops: U32, "Acknowledgements left out.";
        TCA_CAKE_TIN_STATS_ACKS_DROPPED_BYTES64 = 7 ack_drops_bytes: U64, "Bytes of acknowledgements left out.";
        TCA_CAKE_TIN_STATS_ECN_MARKED_PACKETS = 8 ecn_mark: U32, "With `details`: packets marked rather than dropped.";
        TCA_CAKE_TIN_STATS_ECN_MARKED_BYTES64 = 9 ecn_mark_bytes: U64, "Bytes marked.";
        TCA_CAKE_TIN_STATS_BACKLOG_PACKETS = 10 backlog_packets: U32, "Packets that wait.";
        TCA_CAKE_TIN_STATS_BACKLOG_BYTES = 11 backlog_bytes: U32, "Bytes that wait.";
        TCA_CAKE_TIN_STATS_THRESHOLD_RATE64 = 12 threshold_rate: U64, "Bytes a second above which it has to wait for others.";
        TCA_CAKE_TIN_STATS_TARGET_US = 13 target_us: U32, "Microseconds of delay that are acceptable.";
        TCA_CAKE_TIN_STATS_INTERVAL_US = 14 interval_us: U32, "Microseconds over which the delay is watched.";
        TCA_CAKE_TIN_STATS_WAY_INDIRECT_HITS = 15 way_indirect_hits: U32, "Flows found at another place of the hash.";
        TCA_CAKE_TIN_STATS_WAY_MISSES = 16 way_misses: U32, "Flows that were new.";
        TCA_CAKE_TIN_STATS_WAY_COLLISIONS = 17 way_collisions: U32, "Flows that share a place.";
        TCA_CAKE_TIN_STATS_PEAK_DELAY_US = 18 peak_delay_us: U32, "Microseconds of the longest delay.";
        TCA_CAKE_TIN_STATS_AVG_DELAY_US = 19 avg_delay_us: U32, "Microseconds of delay on average.";
        TCA_CAKE_TIN_STATS_BASE_DELAY_US = 20 base_delay_us: U32, "Microseconds of the shortest delay.";
        TCA_CAKE_TIN_STATS_SPARSE_FLOWS = 21 sparse_flows: U32, "Flows with little.";
        TCA_CAKE_TIN_STATS_BULK_FLOWS = 22 bulk_flows: U32, "Flows with much.";
        TCA_CAKE_TIN_STATS_UNRESPONSIVE_FLOWS = 23 unresponsive_flows: U32, "Flows that do not slow down.";
        TCA_CAKE_TIN_STATS_MAX_SKBLEN = 24 max_pkt_len: U32, "Longest packet.";
        TCA_CAKE_TIN_STATS_FLOW_QUANTUM = 25 flow_quantum: U32, "Bytes that a flow may send in its turn.";
    }
}
