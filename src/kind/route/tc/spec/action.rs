//! Actions (linux/tc_act). Most begin with `struct tc_gen`: index, capabilities, what is done with
//! the packet then, references, uses.

use super::qdisc::{CLOCKS, LINK_LAYERS};
use super::{ETHER_TYPES, Spec, tunnel};
use crate::kind::route::tc::table::options;

pub const ALL: &[Spec] = &[
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
        0 index: U32, "Its number among those of its type.";
        8 control_action: Control, "What is done with the packet then.";
        12 r#ref: Details(&I32), "With `details`: references to it.";
        16 bind: Details(&I32), "With `details`: filters that use it.";
    }
    TIMES {
        0 installed: Hundredths, "With `details`: seconds since it was made.";
        8 last_used: Hundredths, "With `details`: seconds since it was used.";
        16 expires: Hundredths, "With `details`: seconds until it goes.";
        24 first_used: Hundredths, "With `details`: seconds since its first use.";
    }
    GACT {
        1 tm: Details(&Struct(TIMES)), "";
        2 parms: Struct(GEN), "";
        3 prob: SubStruct(GACT_P), "What is done now and then instead.";
        4 pad: Skip, "";
    }
    RATE {
        1 linklayer: NotZero(&Name(LINK_LAYERS)), "`ethernet`, `atm`: what a packet's length is rounded up for.";
        2 overhead: NotZero(&I16), "Bytes that each packet has more on the wire.";
        6 mpu: NotZero(&U16), "Shortest packet.";
        8 rate: NotZero(&U32), "Bytes a second.";
    }
    GACT_P {
        0 random_type: Name(PROBABILITIES), "`none`, `netrand` (by chance), `determ` (every so many).";
        2 val: U16, "How often: one in so many.";
        4 control_action: Control, "What is done with the packet then.";
    }
    MIRRED {
        1 tm: Details(&Struct(TIMES)), "";
        2 parms: Struct(MIRRED_P), "";
        3 pad: Skip, "";
        4 blockid: U32, "Number of the shared block that it goes to.";
    }
    MIRRED_P {
        0 general: Struct(GEN), "";
        20 mirred_action: Name(MIRRED_ACTIONS), "`redirect`, `mirror`.";
        20 direction: Name(MIRRED_SIDES), "`egress`, `ingress`.";
        24 to_dev: Device("to_index"), "The device that it goes to.";
    }
    VLAN {
        1 tm: Details(&Struct(TIMES)), "";
        2 parms: Struct(VLAN_P), "";
        3 id: U16, "Id of the VLAN or the program.";
        4 vlan_protocol: BeName(ETHER_TYPES), "Protocol of the VLAN.";
        5 pad: Skip, "";
        6 priority: U8, "Priority.";
        7 dst_mac: Mac, "Destination.";
        8 src_mac: Mac, "Source.";
    }
    VLAN_P {
        0 general: Struct(GEN), "";
        20 vlan_action: Name(VLAN_ACTIONS), "`pop`, `push`, `modify`, `pop_eth`, `push_eth`.";
    }
    MPLS {
        1 tm: Details(&Struct(TIMES)), "";
        2 parms: Struct(MPLS_P), "";
        3 pad: Skip, "";
        4 protocol: BeName(ETHER_TYPES), "Protocol of what is left.";
        5 label: U32, "The label.";
        6 tc: U8, "Number of classes, or the traffic class.";
        7 ttl: U8, "Time to live.";
        8 bos: U8, "It is the last one.";
    }
    MPLS_P {
        0 general: Struct(GEN), "";
        20 mpls_action: Name(MPLS_ACTIONS), "`pop`, `push`, `modify`, `dec_ttl`, `mac_push`.";
    }
    TUNNEL_KEY {
        1 tm: Details(&Struct(TIMES)), "";
        2 parms: Struct(TUNNEL_P), "";
        3 src_ip: Ip, "Source.";
        4 dst_ip: Ip, "Destination.";
        5 src_ip: Ip, "Source.";
        6 dst_ip: Ip, "Destination.";
        7 key_id: Be32, "Tunnel id.";
        8 pad: Skip, "";
        9 dst_port: Be16, "Destination port.";
        10 no_csum: Yes, "No checksum.";
        11 enc_opts: Flat(tunnel::OPTS), "";
        12 tos: HexNumber, "Type of service, hexadecimal.";
        13 ttl: U8, "Time to live.";
        14 no_frag: Flag, "It must not be fragmented.";
    }
    TUNNEL_P {
        0 general: Struct(GEN), "";
        20 tunnel_action: Name(TUNNEL_ACTIONS), "`set`, `unset`.";
    }
    SKBEDIT {
        1 tm: Details(&Struct(TIMES)), "";
        2 parms: Struct(GEN), "";
        3 skb_priority: ClassId, "Priority that the packet gets.";
        4 queue_mapping: U16, "Queue that the packet gets.";
        5 mark: HexNumber, "Firewall mark, hexadecimal.";
        6 pad: Skip, "";
        7 ptype: Name(PTYPES), "Type that the packet gets: `host`, `broadcast`, `multicast`, `otherhost`.";
        8 mask: HexNumber, "Mask, hexadecimal.";
        9 skbedit_flags: HexNumber, "What is set, hexadecimal.";
        10 queue_mapping_max: U16, "Last queue.";
    }
    SKBMOD {
        1 tm: Details(&Struct(TIMES)), "";
        2 parms: Struct(SKBMOD_P), "";
        3 dst_mac: Mac, "Destination.";
        4 src_mac: Mac, "Source.";
        5 eth_type: Name(ETHER_TYPES), "Protocol.";
        6 pad: Skip, "";
    }
    SKBMOD_P {
        0 general: Struct(GEN), "";
        24 skbmod_flags: HexNumber, "1 dmac, 2 smac, 4 etype, 8 swapmac, 16 ecn; hexadecimal.";
    }
    CSUM {
        1 parms: Struct(CSUM_P), "";
        2 tm: Details(&Struct(TIMES)), "";
        3 pad: Skip, "";
    }
    CSUM_P {
        0 general: Struct(GEN), "";
        20 csum: Flags(CSUM_FLAGS), "`iph`, `icmp`, `igmp`, `tcp`, `udp`, `udplite`, `sctp`.";
    }
    NAT {
        1 parms: Struct(NAT_P), "";
        2 tm: Details(&Struct(TIMES)), "";
        3 pad: Skip, "";
    }
    NAT_P {
        0 general: Struct(GEN), "";
        20 old_addr: Ip, "Address that is replaced.";
        24 new_addr: Ip, "Address that it becomes.";
        28 addr_mask: Ip, "Mask of both.";
        32 nat_flags: HexNumber, "1: outgoing; hexadecimal.";
    }
    CONNMARK {
        1 parms: Struct(CONNMARK_P), "";
        2 tm: Details(&Struct(TIMES)), "";
        3 pad: Skip, "";
    }
    CONNMARK_P {
        0 general: Struct(GEN), "";
        20 zone: U16, "Zone of the connection.";
        22 pad: Pad(2), "";
    }
    CTINFO {
        1 pad: Skip, "";
        2 tm: Details(&Struct(TIMES)), "";
        3 parms: Struct(GEN), "";
        4 zone: U16, "Zone of the connection.";
        5 dscp_mask: HexNumber, "Bits of the mark that hold the code point, hexadecimal.";
        6 dscp_state: HexNumber, "Bits of the mark that say that it is set, hexadecimal.";
        7 cpmark: HexNumber, "Bits of the mark that are copied, hexadecimal.";
        8 dscp_set: Details(&U64), "With `details`: packets that were set.";
        9 dscp_error: Details(&U64), "With `details`: packets that could not be.";
        10 cpmark_set: Details(&U64), "With `details`: marks that were copied.";
    }
    CT {
        1 parms: Struct(GEN), "";
        2 tm: Details(&Struct(TIMES)), "";
        3 ct_action: Flags(CT_FLAGS), "`commit`, `force`, `clear`, `nat`, `src`, `dst`.";
        4 zone: U16, "Zone of the connection.";
        5 mark: HexNumber, "Firewall mark, hexadecimal.";
        6 mark_mask: HexNumber, "Its mask, hexadecimal.";
        7 ct_label: Hex, "Label of the connection.";
        8 ct_label_mask: Hex, "Its mask.";
        9 nat_min: Ip, "First address of the translation.";
        10 nat_max: Ip, "Last address of the translation.";
        11 nat_min: Ip, "First address of the translation.";
        12 nat_max: Ip, "Last address of the translation.";
        13 nat_port_min: Be16, "First port of the translation.";
        14 nat_port_max: Be16, "Last port of the translation.";
        15 pad: Skip, "";
        16 helper_name: Text, "Helper of the connection.";
        17 helper_family: U8, "Address family of the helper.";
        18 helper_proto: U8, "Protocol of the helper.";
    }
    SAMPLE {
        1 tm: Details(&Struct(TIMES)), "";
        2 parms: Struct(GEN), "";
        3 sample_rate: U32, "One packet in so many.";
        4 trunc_size: U32, "Bytes of it that are kept.";
        5 psample_group: U32, "Group of the sample.";
        6 pad: Skip, "";
    }
    SIMPLE {
        1 tm: Details(&Struct(TIMES)), "";
        2 parms: Struct(GEN), "";
        3 data: Text, "Text that is logged.";
        4 pad: Skip, "";
    }
    BPF {
        1 tm: Details(&Struct(TIMES)), "";
        2 parms: Struct(GEN), "";
        3 bytecode_len: U16, "Instructions of the program.";
        4 bytecode: Hex, "The program.";
        5 fd: U32, "File descriptor of the program.";
        6 bpf_name: Text, "Name of the program.";
        7 pad: Skip, "";
        8 tag: Hex, "Fingerprint of the program.";
        9 id: U32, "Id of the program.";
    }
    GATE {
        1 tm: Details(&Struct(TIMES)), "";
        2 parms: Struct(GEN), "";
        3 pad: Skip, "";
        4 gate_priority: I32, "Priority; -1 for any.";
        5 entries: Nests(GATE_ENTRY), "The schedule.";
        6 base_time: I64, "Nanoseconds at which the schedule began.";
        7 cycle_time: I64, "Nanoseconds of a cycle.";
        8 cycle_time_extension: I64, "Nanoseconds by which the last cycle may be longer.";
        9 gate_flags: HexNumber, "Flags, hexadecimal.";
        10 clockid: Name(CLOCKS), "Its clock: `TAI`, `REALTIME`, `MONOTONIC`, `BOOTTIME`.";
    }
    GATE_ENTRY {
        1 entry_index: U32, "Its place.";
        2 open: Flag, "Packets pass.";
        3 interval: U32, "Nanoseconds for which it holds.";
        4 ipv: I32, "Internal priority; -1 for none.";
        5 max_octets: I32, "Most bytes; -1 for any.";
    }
    PEDIT {
        1 tm: Details(&Struct(TIMES)), "";
        2 parms: Struct(PEDIT_P), "";
        3 pad: Skip, "";
        4 parms_ex: Struct(PEDIT_P), "";
        5 edits: Nests(PEDIT_EX), "The edited words.";
    }
    PEDIT_P {
        0 general: Struct(GEN), "";
        20 nkeys: U8, "Number of edited words.";
        24 edits: Structs(24, PEDIT_KEY), "The edited words.";
    }
    PEDIT_KEY {
        0 mask: Hex, "Which bits of it stay.";
        4 val: Hex, "The word, in network order.";
        8 off: I32, "Where it is, in bytes.";
        12 at: NotZero(&U32), "Where an offset is that is added.";
        16 off_mask: NotZero(&HexNumber), "Mask of that offset, hexadecimal.";
        20 shift: NotZero(&U32), "Bits by which that offset is shifted.";
    }
    PEDIT_EX {
        1 htype: Name(PEDIT_HEADERS), "The header: `network`, `eth`, `ip4`, `ip6`, `tcp`, `udp`.";
        2 cmd: Name(PEDIT_COMMANDS), "`set`, `add`.";
    }
    POLICE {
        1 tbf: Struct(POLICE_P), "";
        4 avrate: U32, "Bytes a second on average.";
        5 conform_action: Control, "What is done with what conforms.";
        6 tm: Details(&Struct(TIMES)), "";
        7 pad: Skip, "";
        8 rate: U64, "Bytes a second.";
        9 peakrate: U64, "Bytes a second at the peak.";
        10 pkt_rate: U64, "Packets a second.";
        11 pkt_burst: Burst("pkt_rate"), "Packets that may come at once.";
    }
    POLICE_P {
        0 index: U32, "Its number among those of its type.";
        4 control_action: Control, "What is done with the packet then.";
        12 burst: Burst("rate"), "Bytes that may be sent at once.";
        16 mtu: U32, "Longest packet.";
        20 rate: Struct(RATE), "";
        40 peakrate: NotZero(&U32), "Bytes a second at the peak.";
        44 r#ref: Details(&I32), "With `details`: references to it.";
        48 bind: Details(&I32), "With `details`: filters that use it.";
        52 capab: Pad(4), "";
    }
}
