//! Actions (linux/tc_act). Most begin with `struct tc_gen`: index, capabilities, control action,
//! references, bindings.

use super::qdisc::{CLOCKS, LINK_LAYERS};
use super::{ETHER_TYPES, Spec, tunnel};
use crate::kind::table::options;

pub(super) const ALL: &[Spec] = &[
    ("bpf", BPF),
    ("connmark", CONNMARK),
    ("csum", CSUM),
    ("ct", CT),
    ("ctinfo", CTINFO),
    ("gact", GACT),
    ("gate", GATE),
    ("mirred", MIRRED),
    ("mpls", MPLS),
    ("nat", NAT),
    ("pedit", PEDIT),
    ("police", POLICE),
    ("sample", SAMPLE),
    ("simple", SIMPLE),
    ("skbedit", SKBEDIT),
    ("skbmod", SKBMOD),
    ("tunnel_key", TUNNEL_KEY),
    ("vlan", VLAN),
];

const MIRRED_ACTIONS: &[(u32, &str)] = &[
    (1, "redirect"),
    (2, "mirror"),
    (3, "redirect"),
    (4, "mirror"),
];
const MIRRED_SIDES: &[(u32, &str)] =
    &[(1, "egress"), (2, "egress"), (3, "ingress"), (4, "ingress")];
const PTYPES: &[(u32, &str)] = &[
    (0, "host"),
    (1, "broadcast"),
    (2, "multicast"),
    (3, "otherhost"),
];

const VLAN_ACTIONS: &[(u32, &str)] = &[
    (1, "pop"),
    (2, "push"),
    (3, "modify"),
    (4, "pop_eth"),
    (5, "push_eth"),
];
const MPLS_ACTIONS: &[(u32, &str)] = &[
    (1, "pop"),
    (2, "push"),
    (3, "modify"),
    (4, "dec_ttl"),
    (5, "mac_push"),
];
const TUNNEL_ACTIONS: &[(u32, &str)] = &[(1, "set"), (2, "unset")];
const CSUM_FLAGS: &[(u64, &str)] = &[
    (1, "iph"),
    (2, "icmp"),
    (4, "igmp"),
    (8, "tcp"),
    (16, "udp"),
    (32, "udplite"),
    (64, "sctp"),
];
const CT_FLAGS: &[(u64, &str)] = &[
    (1, "commit"),
    (2, "force"),
    (4, "clear"),
    (8, "nat"),
    (16, "src"),
    (32, "dst"),
];
const PEDIT_HEADERS: &[(u32, &str)] = &[
    (0, "network"),
    (1, "eth"),
    (2, "ip4"),
    (3, "ip6"),
    (4, "tcp"),
    (5, "udp"),
];
const PEDIT_COMMANDS: &[(u32, &str)] = &[(0, "set"), (1, "add")];
const PROBABILITIES: &[(u32, &str)] = &[(0, "none"), (1, "netrand"), (2, "determ")];

options! {
    GEN {
        0 index: U32, "Index among the objects of its type.";
        8 control_action: Control, "Control action applied to the packet.";
        12 r#ref: Details(&I32), "With `details`: number of references.";
        16 bind: Details(&I32), "With `details`: number of filters bound to it.";
    }
    TIMES {
        0 installed: Hundredths, "With `details`: seconds since creation.";
        8 last_used: Hundredths, "With `details`: seconds since last use.";
        16 expires: Hundredths, "With `details`: seconds until it expires.";
        24 first_used: Hundredths, "With `details`: seconds since first use.";
    }
    GACT {
        TCA_GACT_TM = 1 tm: Details(&Struct(TIMES)), "";
        TCA_GACT_PARMS = 2 parms: Struct(GEN), "";
        TCA_GACT_PROB = 3 prob: SubStruct(GACT_P), "Alternative control action, applied to a fraction of packets.";
        TCA_GACT_PAD = 4 pad: Skip, "";
    }
    RATE {
        1 linklayer: NotZero(&Name(LINK_LAYERS)), "Link layer whose framing packet sizes are adjusted to: `ethernet`, `atm`.";
        2 overhead: NotZero(&I16), "Per-packet overhead on the wire, bytes.";
        6 mpu: NotZero(&U16), "Minimum packet size, bytes.";
        8 rate: NotZero(&U32), "Rate, bytes/s.";
    }
    GACT_P {
        0 random_type: Name(PROBABILITIES), "`none`, `netrand` (random), `determ` (every `val` packets).";
        2 val: U16, "Applied to one of every `val` packets.";
        4 control_action: Control, "Control action applied to the packet.";
    }
    MIRRED {
        TCA_MIRRED_TM = 1 tm: Details(&Struct(TIMES)), "";
        TCA_MIRRED_PARMS = 2 parms: Struct(MIRRED_P), "";
        TCA_MIRRED_PAD = 3 pad: Skip, "";
        TCA_MIRRED_BLOCKID = 4 blockid: U32, "Number of the target shared block.";
    }
    MIRRED_P {
        0 general: Struct(GEN), "";
        20 mirred_action: Name(MIRRED_ACTIONS), "`redirect`, `mirror`.";
        20 direction: Name(MIRRED_SIDES), "`egress`, `ingress`.";
        24 to_dev: Device("to_index"), "Target device.";
    }
    VLAN {
        TCA_VLAN_TM = 1 tm: Details(&Struct(TIMES)), "";
        TCA_VLAN_PARMS = 2 parms: Struct(VLAN_P), "";
        TCA_VLAN_PUSH_VLAN_ID = 3 id: U16, "Id of the VLAN or the program.";
        TCA_VLAN_PUSH_VLAN_PROTOCOL = 4 vlan_protocol: BeName(ETHER_TYPES), "Protocol of the VLAN.";
        TCA_VLAN_PAD = 5 pad: Skip, "";
        TCA_VLAN_PUSH_VLAN_PRIORITY = 6 priority: U8, "Priority.";
        TCA_VLAN_PUSH_ETH_DST = 7 dst_mac: Mac, "Destination.";
        TCA_VLAN_PUSH_ETH_SRC = 8 src_mac: Mac, "Source.";
    }
    VLAN_P {
        0 general: Struct(GEN), "";
        20 vlan_action: Name(VLAN_ACTIONS), "`pop`, `push`, `modify`, `pop_eth`, `push_eth`.";
    }
    MPLS {
        TCA_MPLS_TM = 1 tm: Details(&Struct(TIMES)), "";
        TCA_MPLS_PARMS = 2 parms: Struct(MPLS_P), "";
        TCA_MPLS_PAD = 3 pad: Skip, "";
        TCA_MPLS_PROTO = 4 protocol: BeName(ETHER_TYPES), "Protocol of the remaining packet.";
        TCA_MPLS_LABEL = 5 label: U32, "The label.";
        TCA_MPLS_TC = 6 tc: U8, "Number of classes, or the traffic class.";
        TCA_MPLS_TTL = 7 ttl: U8, "Time to live.";
        TCA_MPLS_BOS = 8 bos: U8, "True for the bottom of the MPLS stack.";
    }
    MPLS_P {
        0 general: Struct(GEN), "";
        20 mpls_action: Name(MPLS_ACTIONS), "`pop`, `push`, `modify`, `dec_ttl`, `mac_push`.";
    }
    TUNNEL_KEY {
        TCA_TUNNEL_KEY_TM = 1 tm: Details(&Struct(TIMES)), "";
        TCA_TUNNEL_KEY_PARMS = 2 parms: Struct(TUNNEL_P), "";
        TCA_TUNNEL_KEY_ENC_IPV4_SRC = 3 src_ip: Ip, "Source.";
        TCA_TUNNEL_KEY_ENC_IPV4_DST = 4 dst_ip: Ip, "Destination.";
        TCA_TUNNEL_KEY_ENC_IPV6_SRC = 5 src_ip: Ip, "Source.";
        TCA_TUNNEL_KEY_ENC_IPV6_DST = 6 dst_ip: Ip, "Destination.";
        TCA_TUNNEL_KEY_ENC_KEY_ID = 7 key_id: Be32, "Tunnel id.";
        TCA_TUNNEL_KEY_PAD = 8 pad: Skip, "";
        TCA_TUNNEL_KEY_ENC_DST_PORT = 9 dst_port: Be16, "Destination port.";
        TCA_TUNNEL_KEY_NO_CSUM = 10 no_csum: Yes, "No checksum.";
        TCA_TUNNEL_KEY_ENC_OPTS = 11 enc_opts: Flat(tunnel::OPTS), "";
        TCA_TUNNEL_KEY_ENC_TOS = 12 tos: HexNumber, "Type of service, hexadecimal.";
        TCA_TUNNEL_KEY_ENC_TTL = 13 ttl: U8, "Time to live.";
        TCA_TUNNEL_KEY_NO_FRAG = 14 no_frag: Flag, "Set the don't-fragment bit.";
    }
    TUNNEL_P {
        0 general: Struct(GEN), "";
        20 tunnel_action: Name(TUNNEL_ACTIONS), "`set`, `unset`.";
    }
    SKBEDIT {
        TCA_SKBEDIT_TM = 1 tm: Details(&Struct(TIMES)), "";
        TCA_SKBEDIT_PARMS = 2 parms: Struct(GEN), "";
        TCA_SKBEDIT_PRIORITY = 3 skb_priority: ClassId, "Priority assigned to the packet.";
        TCA_SKBEDIT_QUEUE_MAPPING = 4 queue_mapping: U16, "Queue assigned to the packet.";
        TCA_SKBEDIT_MARK = 5 mark: HexNumber, "Firewall mark, hexadecimal.";
        TCA_SKBEDIT_PAD = 6 pad: Skip, "";
        TCA_SKBEDIT_PTYPE = 7 ptype: Name(PTYPES), "Packet type to set: `host`, `broadcast`, `multicast`, `otherhost`.";
        TCA_SKBEDIT_MASK = 8 mask: HexNumber, "Mask, hexadecimal.";
        TCA_SKBEDIT_FLAGS = 9 skbedit_flags: HexNumber, "Flags that are set, hexadecimal.";
        TCA_SKBEDIT_QUEUE_MAPPING_MAX = 10 queue_mapping_max: U16, "Last queue.";
    }
    SKBMOD {
        TCA_SKBMOD_TM = 1 tm: Details(&Struct(TIMES)), "";
        TCA_SKBMOD_PARMS = 2 parms: Struct(SKBMOD_P), "";
        TCA_SKBMOD_DMAC = 3 dst_mac: Mac, "Destination.";
        TCA_SKBMOD_SMAC = 4 src_mac: Mac, "Source.";
        TCA_SKBMOD_ETYPE = 5 eth_type: Name(ETHER_TYPES), "Protocol.";
        TCA_SKBMOD_PAD = 6 pad: Skip, "";
    }
    SKBMOD_P {
        0 general: Struct(GEN), "";
        24 skbmod_flags: HexNumber, "1 dmac, 2 smac, 4 etype, 8 swapmac, 16 ecn; hexadecimal.";
    }
    CSUM {
        TCA_CSUM_PARMS = 1 parms: Struct(CSUM_P), "";
        TCA_CSUM_TM = 2 tm: Details(&Struct(TIMES)), "";
        TCA_CSUM_PAD = 3 pad: Skip, "";
    }
    CSUM_P {
        0 general: Struct(GEN), "";
        20 csum: Flags(CSUM_FLAGS), "`iph`, `icmp`, `igmp`, `tcp`, `udp`, `udplite`, `sctp`.";
    }
    NAT {
        TCA_NAT_PARMS = 1 parms: Struct(NAT_P), "";
        TCA_NAT_TM = 2 tm: Details(&Struct(TIMES)), "";
        TCA_NAT_PAD = 3 pad: Skip, "";
    }
    NAT_P {
        0 general: Struct(GEN), "";
        20 old_addr: Ip, "Old address.";
        24 new_addr: Ip, "New address.";
        28 addr_mask: Ip, "Mask of source and destination address.";
        32 nat_flags: HexNumber, "1: outgoing; hexadecimal.";
    }
    CONNMARK {
        TCA_CONNMARK_PARMS = 1 parms: Struct(CONNMARK_P), "";
        TCA_CONNMARK_TM = 2 tm: Details(&Struct(TIMES)), "";
        TCA_CONNMARK_PAD = 3 pad: Skip, "";
    }
    CONNMARK_P {
        0 general: Struct(GEN), "";
        20 zone: U16, "Zone of the connection.";
        22 pad: Pad(2), "";
    }
    CTINFO {
        TCA_CTINFO_PAD = 1 pad: Skip, "";
        TCA_CTINFO_TM = 2 tm: Details(&Struct(TIMES)), "";
        TCA_CTINFO_ACT = 3 parms: Struct(GEN), "";
        TCA_CTINFO_ZONE = 4 zone: U16, "Zone of the connection.";
        TCA_CTINFO_PARMS_DSCP_MASK = 5 dscp_mask: HexNumber, "Mask of the mark bits that hold the DSCP, hexadecimal.";
        TCA_CTINFO_PARMS_DSCP_STATEMASK = 6 dscp_state: HexNumber, "Mask of the mark bits that indicate a stored DSCP, hexadecimal.";
        TCA_CTINFO_PARMS_CPMARK_MASK = 7 cpmark: HexNumber, "Mask of the mark bits that are copied, hexadecimal.";
        TCA_CTINFO_STATS_DSCP_SET = 8 dscp_set: Details(&U64), "With `details`: packets whose DSCP was set.";
        TCA_CTINFO_STATS_DSCP_ERROR = 9 dscp_error: Details(&U64), "With `details`: packets whose DSCP could not be set.";
        TCA_CTINFO_STATS_CPMARK_SET = 10 cpmark_set: Details(&U64), "With `details`: number of marks copied.";
    }
    CT {
        TCA_CT_PARMS = 1 parms: Struct(GEN), "";
        TCA_CT_TM = 2 tm: Details(&Struct(TIMES)), "";
        TCA_CT_ACTION = 3 ct_action: Flags(CT_FLAGS), "`commit`, `force`, `clear`, `nat`, `src`, `dst`.";
        TCA_CT_ZONE = 4 zone: U16, "Zone of the connection.";
        TCA_CT_MARK = 5 mark: HexNumber, "Firewall mark, hexadecimal.";
        TCA_CT_MARK_MASK = 6 mark_mask: HexNumber, "Its mask, hexadecimal.";
        TCA_CT_LABELS = 7 ct_label: Hex, "Label of the connection.";
        TCA_CT_LABELS_MASK = 8 ct_label_mask: Hex, "Its mask.";
        TCA_CT_NAT_IPV4_MIN = 9 nat_min: Ip, "First address of the translation.";
        TCA_CT_NAT_IPV4_MAX = 10 nat_max: Ip, "Last address of the translation.";
        TCA_CT_NAT_IPV6_MIN = 11 nat_min: Ip, "First address of the translation.";
        TCA_CT_NAT_IPV6_MAX = 12 nat_max: Ip, "Last address of the translation.";
        TCA_CT_NAT_PORT_MIN = 13 nat_port_min: Be16, "First port of the translation.";
        TCA_CT_NAT_PORT_MAX = 14 nat_port_max: Be16, "Last port of the translation.";
        TCA_CT_PAD = 15 pad: Skip, "";
        TCA_CT_HELPER_NAME = 16 helper_name: Text, "Helper of the connection.";
        TCA_CT_HELPER_FAMILY = 17 helper_family: U8, "Address family of the helper.";
        TCA_CT_HELPER_PROTO = 18 helper_proto: U8, "Protocol of the helper.";
    }
    SAMPLE {
        TCA_SAMPLE_TM = 1 tm: Details(&Struct(TIMES)), "";
        TCA_SAMPLE_PARMS = 2 parms: Struct(GEN), "";
        TCA_SAMPLE_RATE = 3 sample_rate: U32, "Sampling rate: one of every `sample_rate` packets.";
        TCA_SAMPLE_TRUNC_SIZE = 4 trunc_size: U32, "Truncation size, bytes.";
        TCA_SAMPLE_PSAMPLE_GROUP = 5 psample_group: U32, "Group of the sample.";
        TCA_SAMPLE_PAD = 6 pad: Skip, "";
    }
    SIMPLE {
        TCA_DEF_TM = 1 tm: Details(&Struct(TIMES)), "";
        TCA_DEF_PARMS = 2 parms: Struct(GEN), "";
        TCA_DEF_DATA = 3 data: Text, "Text to log.";
        TCA_DEF_PAD = 4 pad: Skip, "";
    }
    BPF {
        TCA_ACT_BPF_TM = 1 tm: Details(&Struct(TIMES)), "";
        TCA_ACT_BPF_PARMS = 2 parms: Struct(GEN), "";
        TCA_ACT_BPF_OPS_LEN = 3 bytecode_len: U16, "Instructions of the program.";
        TCA_ACT_BPF_OPS = 4 bytecode: Hex, "The program.";
        TCA_ACT_BPF_FD = 5 fd: U32, "File descriptor of the program.";
        TCA_ACT_BPF_NAME = 6 bpf_name: Text, "Name of the program.";
        TCA_ACT_BPF_PAD = 7 pad: Skip, "";
        TCA_ACT_BPF_TAG = 8 tag: Hex, "Tag (hash) of the program.";
        TCA_ACT_BPF_ID = 9 id: U32, "Id of the program.";
    }
    GATE {
        TCA_GATE_TM = 1 tm: Details(&Struct(TIMES)), "";
        TCA_GATE_PARMS = 2 parms: Struct(GEN), "";
        TCA_GATE_PAD = 3 pad: Skip, "";
        TCA_GATE_PRIORITY = 4 gate_priority: I32, "Priority; -1 for any.";
        TCA_GATE_ENTRY_LIST = 5 entries: Nests(GATE_ENTRY), "The schedule.";
        TCA_GATE_BASE_TIME = 6 base_time: I64, "Start time of the schedule, nanoseconds.";
        TCA_GATE_CYCLE_TIME = 7 cycle_time: I64, "Cycle time, nanoseconds.";
        TCA_GATE_CYCLE_TIME_EXT = 8 cycle_time_extension: I64, "Maximum extension of the last cycle, nanoseconds.";
        TCA_GATE_FLAGS = 9 gate_flags: HexNumber, "Flags, hexadecimal.";
        TCA_GATE_CLOCKID = 10 clockid: Name(CLOCKS), "Clock: `TAI`, `REALTIME`, `MONOTONIC`, `BOOTTIME`.";
    }
    GATE_ENTRY {
        TCA_GATE_ENTRY_INDEX = 1 entry_index: U32, "Index.";
        TCA_GATE_ENTRY_GATE = 2 open: Flag, "Packets pass.";
        TCA_GATE_ENTRY_INTERVAL = 3 interval: U32, "Duration, nanoseconds.";
        TCA_GATE_ENTRY_IPV = 4 ipv: I32, "Internal priority; -1 for none.";
        TCA_GATE_ENTRY_MAX_OCTETS = 5 max_octets: I32, "Maximum size in bytes; -1 for any.";
    }
    PEDIT {
        TCA_PEDIT_TM = 1 tm: Details(&Struct(TIMES)), "";
        TCA_PEDIT_PARMS = 2 parms: Struct(PEDIT_P), "";
        TCA_PEDIT_PAD = 3 pad: Skip, "";
        TCA_PEDIT_PARMS_EX = 4 parms_ex: Struct(PEDIT_P), "";
        TCA_PEDIT_KEYS_EX = 5 edits: Nests(PEDIT_EX), "Edited 32-bit words.";
    }
    PEDIT_P {
        0 general: Struct(GEN), "";
        20 nkeys: U8, "Number of edited words.";
        24 edits: Structs(24, PEDIT_KEY), "Edited 32-bit words.";
    }
    PEDIT_KEY {
        0 mask: Hex, "Mask of the bits that are preserved.";
        4 val: Hex, "Value of the 32-bit word, network byte order.";
        8 off: I32, "Offset, bytes.";
        12 at: NotZero(&U32), "Position of a variable offset that is added.";
        16 off_mask: NotZero(&HexNumber), "Mask of the variable offset, hexadecimal.";
        20 shift: NotZero(&U32), "Right shift of the variable offset, bits.";
    }
    PEDIT_EX {
        TCA_PEDIT_KEY_EX_HDR_TYPE_ETH = 1 htype: Name(PEDIT_HEADERS), "Header the offset is relative to: `network`, `eth`, `ip4`, `ip6`, `tcp`, `udp`.";
        TCA_PEDIT_KEY_EX_HDR_TYPE_IP4 = 2 cmd: Name(PEDIT_COMMANDS), "`set`, `add`.";
    }
    POLICE {
        TCA_POLICE_TBF = 1 tbf: Struct(POLICE_P), "";
        TCA_POLICE_AVRATE = 4 avrate: U32, "Average rate, bytes/s.";
        TCA_POLICE_RESULT = 5 conform_action: Control, "Control action for conforming packets.";
        TCA_POLICE_TM = 6 tm: Details(&Struct(TIMES)), "";
        TCA_POLICE_PAD = 7 pad: Skip, "";
        TCA_POLICE_RATE64 = 8 rate: U64, "Rate, bytes/s.";
        TCA_POLICE_PEAKRATE64 = 9 peakrate: U64, "Peak rate, bytes/s.";
        TCA_POLICE_PKTRATE64 = 10 pkt_rate: U64, "Rate, packets/s.";
        TCA_POLICE_PKTBURST64 = 11 pkt_burst: Burst("pkt_rate"), "Burst size, packets.";
    }
    POLICE_P {
        0 index: U32, "Index among the objects of its type.";
        4 control_action: Control, "Control action applied to the packet.";
        12 burst: Burst("rate"), "Burst size, bytes.";
        16 mtu: U32, "Maximum packet size, bytes.";
        20 rate: Struct(RATE), "";
        40 peakrate: NotZero(&U32), "Peak rate, bytes/s.";
        44 r#ref: Details(&I32), "With `details`: number of references.";
        48 bind: Details(&I32), "With `details`: number of filters bound to it.";
        52 capab: Pad(4), "";
    }
}
