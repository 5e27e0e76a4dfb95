//! Filters (linux/pkt_cls.h). Of a key and its mask the mask is told where not every bit counts.

use super::{ETHER_TYPES, Spec, ematch, tunnel};
use crate::kind::route::tc::table::options;

pub const ALL: &[Spec] = &[
    ("basic", BASIC),
    ("bpf", BPF),
    ("cgroup", CGROUP),
    ("flow", FLOW),
    ("flower", FLOWER),
    ("fw", FW),
    ("matchall", MATCHALL),
    ("route", ROUTE),
    ("u32", U32_FILTER),
];

/// `TCA_CLS_FLAGS_*`
const CLS_FLAGS: &[(u64, &str)] = &[
    (1, "skip_hw"),
    (2, "skip_sw"),
    (4, "in_hw"),
    (8, "not_in_hw"),
    (16, "verbose"),
];
const FLOW_KEYS: &[(u64, &str)] = &[
    (1, "src"),
    (1 << 1, "dst"),
    (1 << 2, "proto"),
    (1 << 3, "proto-src"),
    (1 << 4, "proto-dst"),
    (1 << 5, "iif"),
    (1 << 6, "priority"),
    (1 << 7, "mark"),
    (1 << 8, "nfct"),
    (1 << 9, "nfct-src"),
    (1 << 10, "nfct-dst"),
    (1 << 11, "nfct-proto-src"),
    (1 << 12, "nfct-proto-dst"),
    (1 << 13, "rt-classid"),
    (1 << 14, "sk-uid"),
    (1 << 15, "sk-gid"),
    (1 << 16, "vlan-tag"),
    (1 << 17, "rxhash"),
];
/// How `tc` calls them in the keys of flower only.
const ETH_TYPES: &[(u32, &str)] = &[
    (0x0800, "ipv4"),
    (0x0806, "arp"),
    (0x8100, "802.1Q"),
    (0x86dd, "ipv6"),
    (0x8847, "mpls_uc"),
    (0x8848, "mpls_mc"),
    (0x88a8, "802.1ad"),
];
const FLOW_MODES: &[(u32, &str)] = &[(0, "map"), (1, "hash")];
const IP_PROTOCOLS: &[(u32, &str)] = &[
    (1, "icmp"),
    (6, "tcp"),
    (17, "udp"),
    (33, "dccp"),
    (50, "esp"),
    (51, "ah"),
    (58, "icmpv6"),
    (115, "l2tp"),
    (132, "sctp"),
];
const U32_FLAGS: &[(u64, &str)] = &[(1, "terminal"), (2, "offset"), (4, "varoffset"), (8, "eat")];

options! {
    MATCHALL {
        1 classid: ClassId, "The class that the packet gets.";
        2 act: Actions, "";
        3 cls_flags: Flags(CLS_FLAGS), "`skip_hw`, `skip_sw`, `in_hw`, `not_in_hw`.";
        4 pcnt: Details(&Struct(PCNT1)), "";
        5 pad: Skip, "";
    }
    PCNT1 {
        0 rule_hit: U64, "With `details`: packets that fitted.";
    }
    PCNT2 {
        0 rule_hit: U64, "With `details`: packets that fitted.";
        8 rule_success: U64, "With `details`: packets for which it was done.";
    }
    U32_PCNT {
        0 rule_hit: U64, "With `details`: packets that fitted.";
        8 rule_success: U64, "With `details`: packets for which it was done.";
        16 match_success: Words64, "With `details`: packets that each of `matches` fitted.";
    }
    BASIC {
        4 police: Police, "";
        1 classid: ClassId, "The class that the packet gets.";
        2 ematches: Nest(ematch::TREE), "What has to fit.";
        3 act: Actions, "";
        5 pcnt: Details(&Struct(PCNT2)), "";
        6 pad: Skip, "";
    }
    CGROUP {
        2 police: Police, "";
        1 act: Actions, "";
        3 ematches: Nest(ematch::TREE), "What has to fit.";
    }
    BPF {
        2 police: Police, "";
        1 act: Actions, "";
        3 classid: ClassId, "The class that the packet gets.";
        4 bytecode_len: U16, "Instructions of the program.";
        5 bytecode: Hex, "The program.";
        6 fd: U32, "File descriptor of the program.";
        7 bpf_name: Text, "Name of the program.";
        8 direct_action: Yes, "It also says what is done.";
        9 cls_flags: Flags(CLS_FLAGS), "`skip_hw`, `skip_sw`, `in_hw`, `not_in_hw`.";
        10 tag: Hex, "Fingerprint of the program.";
        11 id: U32, "Id of the program.";
    }
    FW {
        2 police: Police, "";
        1 classid: ClassId, "The class that the packet gets.";
        3 indev: Text, "Name of the incoming device.";
        4 act: Actions, "";
        5 mask: HexNumber, "Mask, hexadecimal.";
    }
    ROUTE {
        5 police: Police, "";
        1 classid: ClassId, "The class that the packet gets.";
        2 to: U32, "Realm of the destination.";
        3 from: U32, "Realm of the source.";
        4 fromif: Device("fromif_index"), "The incoming device.";
        6 act: Actions, "";
    }
    FLOW {
        10 police: Police, "";
        1 keys_used: Flags(FLOW_KEYS), "What the class depends on: `src`, `dst`, `mark` …";
        2 flow_mode: Name(FLOW_MODES), "`map`, `hash`.";
        3 baseclass: ClassId, "The first class.";
        4 rshift: U32, "Bits that are shifted out.";
        5 addend: HexNumber, "What is added, hexadecimal.";
        6 mask: HexNumber, "Mask, hexadecimal.";
        7 xor: HexNumber, "What is flipped, hexadecimal.";
        8 divisor: U32, "Size of the hash.";
        9 act: Actions, "";
        11 ematches: Nest(ematch::TREE), "What has to fit.";
        12 perturb: I32, "Seconds after which the hash is changed.";
    }
    U32_FILTER {
        6 police: Police, "";
        1 classid: ClassId, "The class that the packet gets.";
        2 key_ht: U32Handle, "The hash table that it stands in.";
        3 link: U32Handle, "The hash table to go on with.";
        4 divisor: U32, "Size of the hash.";
        5 sel: Struct(U32_SEL), "";
        7 act: Actions, "";
        8 indev: Text, "Name of the incoming device.";
        9 pcnt: Details(&Struct(U32_PCNT)), "";
        10 mark: Struct(U32_MARK), "";
        11 cls_flags: Flags(CLS_FLAGS), "`skip_hw`, `skip_sw`, `in_hw`, `not_in_hw`.";
        12 pad: Skip, "";
    }
    U32_SEL {
        0 sel_flags: NotZero(&Flags(U32_FLAGS)), "`terminal`, `offset`, `varoffset`, `eat`.";
        1 offshift: NotZero(&U8), "Bits by which the offset is shifted.";
        4 off_mask: NotZero(&BeHexNumber), "Mask of the offset, hexadecimal.";
        6 off: NotZero(&U16), "Offset of what follows.";
        8 offoff: NotZero(&U16), "Where the offset is.";
        2 nkeys: Pad(1), "";
        10 hoff: NotZero(&U16), "Where the hash's word is.";
        12 hmask: NotZero(&BeHexNumber), "Mask of the hash's word, hexadecimal.";
        16 matches: Structs(16, U32_KEY), "Words that have to fit.";
    }
    pub U32_KEY {
        0 mask: Hex, "Which bits of it have to fit.";
        4 value: Hex, "The word, in network order.";
        8 off: I32, "Where it is, in bytes.";
        12 offmask: HexNumber, "Mask of the offset that is added, hexadecimal.";
    }
    U32_MARK {
        0 fwmark_value: HexNumber, "Firewall mark, hexadecimal.";
        4 fwmark_mask: HexNumber, "Mask of the firewall mark, hexadecimal.";
        8 fwmark_success: Details(&U32), "With `details`: packets with that mark.";
    }
    FLOWER {
        1 classid: ClassId, "The class that the packet gets.";
        3 act: Actions, "";
        22 cls_flags: Flags(CLS_FLAGS), "`skip_hw`, `skip_sw`, `in_hw`, `not_in_hw`.";
        86 in_hw_count: U32, "Number of devices whose hardware does it.";
        65535 keys: Keys(FLOWER_KEYS), "What a packet has to have.";
    }
    FLOWER_KEYS {
        2 indev: Text, "Name of the incoming device.";
        4 dst_mac: Mac, "Destination.";
        5 dst_mac_mask: Mac, "Its mask.";
        6 src_mac: Mac, "Source.";
        7 src_mac_mask: Mac, "Its mask.";
        8 eth_type: BeName(ETH_TYPES), "Protocol.";
        9 ip_proto: Name(IP_PROTOCOLS), "Protocol over IP.";
        10 src_ip: Ip, "Source.";
        11 src_ip_mask: Ip, "Its mask.";
        12 dst_ip: Ip, "Destination.";
        13 dst_ip_mask: Ip, "Its mask.";
        14 src_ip: Ip, "Source.";
        15 src_ip_mask: Ip, "Its mask.";
        16 dst_ip: Ip, "Destination.";
        17 dst_ip_mask: Ip, "Its mask.";
        18 src_port: Be16, "Source port.";
        19 dst_port: Be16, "Destination port.";
        20 src_port: Be16, "Source port.";
        21 dst_port: Be16, "Destination port.";
        23 vlan_id: U16, "VLAN id.";
        24 vlan_prio: U8, "VLAN priority.";
        25 vlan_ethtype: BeName(ETHER_TYPES), "Protocol in the VLAN.";
        26 enc_key_id: Be32, "Tunnel id.";
        27 enc_src_ip: Ip, "Source of the tunnel.";
        28 enc_src_ip_mask: Ip, "Its mask.";
        29 enc_dst_ip: Ip, "Destination of the tunnel.";
        30 enc_dst_ip_mask: Ip, "Its mask.";
        31 enc_src_ip: Ip, "Source of the tunnel.";
        32 enc_src_ip_mask: Ip, "Its mask.";
        33 enc_dst_ip: Ip, "Destination of the tunnel.";
        34 enc_dst_ip_mask: Ip, "Its mask.";
        35 src_port_mask: BeHexNumber, "Mask of the source port, hexadecimal.";
        36 dst_port_mask: BeHexNumber, "Mask of the destination port, hexadecimal.";
        37 src_port_mask: BeHexNumber, "Mask of the source port, hexadecimal.";
        38 dst_port_mask: BeHexNumber, "Mask of the destination port, hexadecimal.";
        39 src_port_mask: BeHexNumber, "Mask of the source port, hexadecimal.";
        40 dst_port_mask: BeHexNumber, "Mask of the destination port, hexadecimal.";
        41 src_port: Be16, "Source port.";
        42 dst_port: Be16, "Destination port.";
        43 enc_src_port: Be16, "Source port of the tunnel.";
        44 enc_src_port_mask: BeHexNumber, "Its mask, hexadecimal.";
        45 enc_dst_port: Be16, "Destination port of the tunnel.";
        46 enc_dst_port_mask: BeHexNumber, "Its mask, hexadecimal.";
        47 ip_flags: BeHexNumber, "1: a fragment, 2: the first one; hexadecimal.";
        48 ip_flags_mask: BeHexNumber, "Its mask, hexadecimal.";
        49 icmp_code: U8, "ICMP code.";
        50 icmp_code_mask: HexNumber, "Its mask, hexadecimal.";
        51 icmp_type: U8, "ICMP type.";
        52 icmp_type_mask: HexNumber, "Its mask, hexadecimal.";
        53 icmp_code: U8, "ICMP code.";
        54 icmp_code_mask: HexNumber, "Its mask, hexadecimal.";
        55 icmp_type: U8, "ICMP type.";
        56 icmp_type_mask: HexNumber, "Its mask, hexadecimal.";
        57 arp_sip: Ip, "Sender of an ARP packet.";
        58 arp_sip_mask: Ip, "Its mask.";
        59 arp_tip: Ip, "Target of an ARP packet.";
        60 arp_tip_mask: Ip, "Its mask.";
        61 arp_op: U8, "1: request, 2: reply.";
        62 arp_op_mask: HexNumber, "Its mask, hexadecimal.";
        63 arp_sha: Mac, "Hardware address of the sender.";
        64 arp_sha_mask: Mac, "Its mask.";
        65 arp_tha: Mac, "Hardware address of the target.";
        66 arp_tha_mask: Mac, "Its mask.";
        67 mpls_ttl: U8, "Time to live of the MPLS entry.";
        68 mpls_bos: U8, "Bottom of the MPLS stack.";
        69 mpls_tc: U8, "Traffic class of the MPLS entry.";
        70 mpls_label: U32, "MPLS label.";
        71 tcp_flags: BeHexNumber, "TCP flags, hexadecimal.";
        72 tcp_flags_mask: BeHexNumber, "Their mask, hexadecimal.";
        73 ip_tos: HexNumber, "Type of service, hexadecimal.";
        74 ip_tos_mask: HexNumber, "Its mask, hexadecimal.";
        75 ip_ttl: U8, "Time to live.";
        76 ip_ttl_mask: HexNumber, "Its mask, hexadecimal.";
        77 cvlan_id: U16, "Inner VLAN id.";
        78 cvlan_prio: U8, "Inner VLAN priority.";
        79 cvlan_ethtype: BeName(ETHER_TYPES), "Protocol in the inner VLAN.";
        80 enc_tos: HexNumber, "Type of service of the tunnel, hexadecimal.";
        81 enc_tos_mask: HexNumber, "Its mask, hexadecimal.";
        82 enc_ttl: U8, "Time to live of the tunnel.";
        83 enc_ttl_mask: HexNumber, "Its mask, hexadecimal.";
        84 enc_opts: Flat(tunnel::KEY), "";
        85 enc_opts_mask: Flat(tunnel::MASK), "";
        87 src_port_min: Be16, "First source port.";
        88 src_port_max: Be16, "Last source port.";
        89 dst_port_min: Be16, "First destination port.";
        90 dst_port_max: Be16, "Last destination port.";
        91 ct_state: HexNumber, "State of the connection, hexadecimal.";
        92 ct_state_mask: HexNumber, "Its mask, hexadecimal.";
        93 ct_zone: U16, "Zone of the connection.";
        94 ct_zone_mask: HexNumber, "Its mask, hexadecimal.";
        95 ct_mark: HexNumber, "Mark of the connection, hexadecimal.";
        96 ct_mark_mask: HexNumber, "Its mask, hexadecimal.";
        97 ct_label: Hex, "Label of the connection.";
        98 ct_label_mask: Hex, "Its mask.";
        99 mpls_lse: Nests(MPLS_LSE), "MPLS entries.";
        100 hash_value: HexNumber, "Hash of the packet, hexadecimal.";
        101 hash_value_mask: HexNumber, "Its mask, hexadecimal.";
        102 num_of_vlans: U8, "Number of VLANs.";
        103 pppoe_sid: Be16, "PPPoE session.";
        104 ppp_proto: BeName(ETHER_TYPES), "PPP protocol.";
        105 l2tpv3_sid: Be32, "L2TP session.";
        106 l2_miss: U8, "The bridge did not know the destination.";
        107 cfm: Hex, "Fault management, as it came.";
        108 spi: Be32, "Security parameter index.";
        109 spi_mask: BeHexNumber, "Its mask, hexadecimal.";
        110 enc_flags: BeHexNumber, "Flags of the tunnel, hexadecimal.";
        111 enc_flags_mask: BeHexNumber, "Their mask, hexadecimal.";
    }
    MPLS_LSE {
        1 depth: U8, "Its place in the stack.";
        2 ttl: U8, "Time to live.";
        3 bos: U8, "It is the last one.";
        4 tc: U8, "Number of classes, or the traffic class.";
        5 label: U32, "The label.";
    }
}
