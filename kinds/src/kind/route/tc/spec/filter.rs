//! Filters (linux/pkt_cls.h). The mask of a key is emitted only if not all bits are set.

use super::hooks::{ACTIONS, POLICE};
use super::{ETHER_TYPES, Spec, ematch, tunnel};
use crate::kind::table::options;

pub(super) const ALL: &[Spec] = &[
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
/// Names that `tc` uses in flower keys only.
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
        TCA_MATCHALL_CLASSID = 1 classid: ClassId, "Class assigned to the packet.";
        TCA_MATCHALL_ACT = 2 act: ACTIONS, "";
        TCA_MATCHALL_FLAGS = 3 cls_flags: Flags(CLS_FLAGS), "`skip_hw`, `skip_sw`, `in_hw`, `not_in_hw`.";
        TCA_MATCHALL_PCNT = 4 pcnt: Details(&Struct(PCNT1)), "";
        TCA_MATCHALL_PAD = 5 pad: Skip, "";
    }
    PCNT1 {
        0 rule_hit: U64, "With `details`: packets that matched.";
    }
    PCNT2 {
        0 rule_hit: U64, "With `details`: packets that matched.";
        8 rule_success: U64, "With `details`: packets on which it was performed.";
    }
    U32_PCNT {
        0 rule_hit: U64, "With `details`: packets that matched.";
        8 rule_success: U64, "With `details`: packets on which it was performed.";
        16 match_success: U64Array, "With `details`: number of packets that matched, for each entry of `matches`.";
    }
    BASIC {
        TCA_BASIC_POLICE = 4 police: POLICE, "";
        TCA_BASIC_CLASSID = 1 classid: ClassId, "Class assigned to the packet.";
        TCA_BASIC_EMATCHES = 2 ematches: Nest(ematch::TREE), "Match expression.";
        TCA_BASIC_ACT = 3 act: ACTIONS, "";
        TCA_BASIC_PCNT = 5 pcnt: Details(&Struct(PCNT2)), "";
        TCA_BASIC_PAD = 6 pad: Skip, "";
    }
    CGROUP {
        TCA_CGROUP_POLICE = 2 police: POLICE, "";
        TCA_CGROUP_ACT = 1 act: ACTIONS, "";
        TCA_CGROUP_EMATCHES = 3 ematches: Nest(ematch::TREE), "Match expression.";
    }
    BPF {
        TCA_BPF_POLICE = 2 police: POLICE, "";
        TCA_BPF_ACT = 1 act: ACTIONS, "";
        TCA_BPF_CLASSID = 3 classid: ClassId, "Class assigned to the packet.";
        TCA_BPF_OPS_LEN = 4 bytecode_len: U16, "Instructions of the program.";
        TCA_BPF_OPS = 5 bytecode: Hex, "The program.";
        TCA_BPF_FD = 6 fd: U32, "File descriptor of the program.";
        TCA_BPF_NAME = 7 bpf_name: Text, "Name of the program.";
        TCA_BPF_FLAGS = 8 direct_action: Yes, "Direct action mode: the program returns the action.";
        TCA_BPF_FLAGS_GEN = 9 cls_flags: Flags(CLS_FLAGS), "`skip_hw`, `skip_sw`, `in_hw`, `not_in_hw`.";
        TCA_BPF_TAG = 10 tag: Hex, "Tag (hash) of the program.";
        TCA_BPF_ID = 11 id: U32, "Id of the program.";
    }
    FW {
        TCA_FW_POLICE = 2 police: POLICE, "";
        TCA_FW_CLASSID = 1 classid: ClassId, "Class assigned to the packet.";
        TCA_FW_INDEV = 3 indev: Text, "Name of the input device.";
        TCA_FW_ACT = 4 act: ACTIONS, "";
        TCA_FW_MASK = 5 mask: HexNumber, "Mask, hexadecimal.";
    }
    ROUTE {
        TCA_ROUTE4_POLICE = 5 police: POLICE, "";
        TCA_ROUTE4_CLASSID = 1 classid: ClassId, "Class assigned to the packet.";
        TCA_ROUTE4_TO = 2 to: U32, "Realm of the destination.";
        TCA_ROUTE4_FROM = 3 from: U32, "Realm of the source.";
        TCA_ROUTE4_IIF = 4 fromif: Device("fromif_index"), "Input device.";
        TCA_ROUTE4_ACT = 6 act: ACTIONS, "";
    }
    FLOW {
        TCA_FLOW_POLICE = 10 police: POLICE, "";
        TCA_FLOW_KEYS = 1 keys_used: Flags(FLOW_KEYS), "Keys that determine the class: `src`, `dst`, `mark` …";
        TCA_FLOW_MODE = 2 flow_mode: Name(FLOW_MODES), "`map`, `hash`.";
        TCA_FLOW_BASECLASS = 3 baseclass: ClassId, "The first class.";
        TCA_FLOW_RSHIFT = 4 rshift: U32, "Right shift, bits.";
        TCA_FLOW_ADDEND = 5 addend: HexNumber, "Addend, hexadecimal.";
        TCA_FLOW_MASK = 6 mask: HexNumber, "Mask, hexadecimal.";
        TCA_FLOW_XOR = 7 xor: HexNumber, "XOR value, hexadecimal.";
        TCA_FLOW_DIVISOR = 8 divisor: U32, "Size of the hash table.";
        TCA_FLOW_ACT = 9 act: ACTIONS, "";
        TCA_FLOW_EMATCHES = 11 ematches: Nest(ematch::TREE), "Match expression.";
        TCA_FLOW_PERTURB = 12 perturb: I32, "Interval between hash perturbations, seconds.";
    }
    U32_FILTER {
        TCA_U32_POLICE = 6 police: POLICE, "";
        TCA_U32_CLASSID = 1 classid: ClassId, "Class assigned to the packet.";
        TCA_U32_HASH = 2 key_ht: U32Handle, "Hash table that contains the node.";
        TCA_U32_LINK = 3 link: U32Handle, "Hash table to continue with.";
        TCA_U32_DIVISOR = 4 divisor: U32, "Size of the hash table.";
        TCA_U32_SEL = 5 sel: Struct(U32_SEL), "";
        TCA_U32_ACT = 7 act: ACTIONS, "";
        TCA_U32_INDEV = 8 indev: Text, "Name of the input device.";
        TCA_U32_PCNT = 9 pcnt: Details(&Struct(U32_PCNT)), "";
        TCA_U32_MARK = 10 mark: Struct(U32_MARK), "";
        TCA_U32_FLAGS = 11 cls_flags: Flags(CLS_FLAGS), "`skip_hw`, `skip_sw`, `in_hw`, `not_in_hw`.";
        TCA_U32_PAD = 12 pad: Skip, "";
    }
    U32_SEL {
        0 sel_flags: NotZero(&Flags(U32_FLAGS)), "`terminal`, `offset`, `varoffset`, `eat`.";
        1 offshift: NotZero(&U8), "Right shift of the variable offset, bits.";
        4 off_mask: NotZero(&BeHexNumber), "Mask of the offset, hexadecimal.";
        6 off: NotZero(&U16), "Fixed offset of the next header.";
        8 offoff: NotZero(&U16), "Position of the variable offset.";
        2 nkeys: Pad(1), "";
        10 hoff: NotZero(&U16), "Position of the word that is hashed.";
        12 hmask: NotZero(&BeHexNumber), "Mask of the word that is hashed, hexadecimal.";
        16 matches: Structs(16, U32_KEY), "32-bit words to match.";
    }
    pub(super) U32_KEY {
        0 mask: Hex, "Mask of the bits that are compared.";
        4 value: Hex, "Value of the 32-bit word, network byte order.";
        8 off: I32, "Offset, bytes.";
        12 offmask: HexNumber, "Mask of the variable offset, hexadecimal.";
    }
    U32_MARK {
        0 fwmark_value: HexNumber, "Firewall mark, hexadecimal.";
        4 fwmark_mask: HexNumber, "Mask of the firewall mark, hexadecimal.";
        8 fwmark_success: Details(&U32), "With `details`: packets with a matching mark.";
    }
    FLOWER {
        TCA_FLOWER_CLASSID = 1 classid: ClassId, "Class assigned to the packet.";
        TCA_FLOWER_ACT = 3 act: ACTIONS, "";
        TCA_FLOWER_FLAGS = 22 cls_flags: Flags(CLS_FLAGS), "`skip_hw`, `skip_sw`, `in_hw`, `not_in_hw`.";
        TCA_FLOWER_IN_HW_COUNT = 86 in_hw_count: U32, "Number of devices that offload it to hardware.";
        65535 keys: Keys(FLOWER_KEYS), "Fields that a packet must match.";
    }
    FLOWER_KEYS {
        TCA_FLOWER_INDEV = 2 indev: Text, "Name of the input device.";
        TCA_FLOWER_KEY_ETH_DST = 4 dst_mac: Mac, "Destination.";
        TCA_FLOWER_KEY_ETH_DST_MASK = 5 dst_mac_mask: Mac, "Its mask.";
        TCA_FLOWER_KEY_ETH_SRC = 6 src_mac: Mac, "Source.";
        TCA_FLOWER_KEY_ETH_SRC_MASK = 7 src_mac_mask: Mac, "Its mask.";
        TCA_FLOWER_KEY_ETH_TYPE = 8 eth_type: BeName(ETH_TYPES), "Protocol.";
        TCA_FLOWER_KEY_IP_PROTO = 9 ip_proto: Name(IP_PROTOCOLS), "Protocol over IP.";
        TCA_FLOWER_KEY_IPV4_SRC = 10 src_ip: Ip, "Source.";
        TCA_FLOWER_KEY_IPV4_SRC_MASK = 11 src_ip_mask: Ip, "Its mask.";
        TCA_FLOWER_KEY_IPV4_DST = 12 dst_ip: Ip, "Destination.";
        TCA_FLOWER_KEY_IPV4_DST_MASK = 13 dst_ip_mask: Ip, "Its mask.";
        TCA_FLOWER_KEY_IPV6_SRC = 14 src_ip: Ip, "Source.";
        TCA_FLOWER_KEY_IPV6_SRC_MASK = 15 src_ip_mask: Ip, "Its mask.";
        TCA_FLOWER_KEY_IPV6_DST = 16 dst_ip: Ip, "Destination.";
        TCA_FLOWER_KEY_IPV6_DST_MASK = 17 dst_ip_mask: Ip, "Its mask.";
        TCA_FLOWER_KEY_TCP_SRC = 18 src_port: Be16, "Source port.";
        TCA_FLOWER_KEY_TCP_DST = 19 dst_port: Be16, "Destination port.";
        TCA_FLOWER_KEY_UDP_SRC = 20 src_port: Be16, "Source port.";
        TCA_FLOWER_KEY_UDP_DST = 21 dst_port: Be16, "Destination port.";
        TCA_FLOWER_KEY_VLAN_ID = 23 vlan_id: U16, "VLAN id.";
        TCA_FLOWER_KEY_VLAN_PRIO = 24 vlan_prio: U8, "VLAN priority.";
        TCA_FLOWER_KEY_VLAN_ETH_TYPE = 25 vlan_ethtype: BeName(ETHER_TYPES), "Protocol in the VLAN.";
        TCA_FLOWER_KEY_ENC_KEY_ID = 26 enc_key_id: Be32, "Tunnel id.";
        TCA_FLOWER_KEY_ENC_IPV4_SRC = 27 enc_src_ip: Ip, "Source of the tunnel.";
        TCA_FLOWER_KEY_ENC_IPV4_SRC_MASK = 28 enc_src_ip_mask: Ip, "Its mask.";
        TCA_FLOWER_KEY_ENC_IPV4_DST = 29 enc_dst_ip: Ip, "Destination of the tunnel.";
        TCA_FLOWER_KEY_ENC_IPV4_DST_MASK = 30 enc_dst_ip_mask: Ip, "Its mask.";
        TCA_FLOWER_KEY_ENC_IPV6_SRC = 31 enc_src_ip: Ip, "Source of the tunnel.";
        TCA_FLOWER_KEY_ENC_IPV6_SRC_MASK = 32 enc_src_ip_mask: Ip, "Its mask.";
        TCA_FLOWER_KEY_ENC_IPV6_DST = 33 enc_dst_ip: Ip, "Destination of the tunnel.";
        TCA_FLOWER_KEY_ENC_IPV6_DST_MASK = 34 enc_dst_ip_mask: Ip, "Its mask.";
        TCA_FLOWER_KEY_TCP_SRC_MASK = 35 src_port_mask: BeHexNumber, "Mask of the source port, hexadecimal.";
        TCA_FLOWER_KEY_TCP_DST_MASK = 36 dst_port_mask: BeHexNumber, "Mask of the destination port, hexadecimal.";
        TCA_FLOWER_KEY_UDP_SRC_MASK = 37 src_port_mask: BeHexNumber, "Mask of the source port, hexadecimal.";
        TCA_FLOWER_KEY_UDP_DST_MASK = 38 dst_port_mask: BeHexNumber, "Mask of the destination port, hexadecimal.";
        TCA_FLOWER_KEY_SCTP_SRC_MASK = 39 src_port_mask: BeHexNumber, "Mask of the source port, hexadecimal.";
        TCA_FLOWER_KEY_SCTP_DST_MASK = 40 dst_port_mask: BeHexNumber, "Mask of the destination port, hexadecimal.";
        TCA_FLOWER_KEY_SCTP_SRC = 41 src_port: Be16, "Source port.";
        TCA_FLOWER_KEY_SCTP_DST = 42 dst_port: Be16, "Destination port.";
        TCA_FLOWER_KEY_ENC_UDP_SRC_PORT = 43 enc_src_port: Be16, "Source port of the tunnel.";
        TCA_FLOWER_KEY_ENC_UDP_SRC_PORT_MASK = 44 enc_src_port_mask: BeHexNumber, "Its mask, hexadecimal.";
        TCA_FLOWER_KEY_ENC_UDP_DST_PORT = 45 enc_dst_port: Be16, "Destination port of the tunnel.";
        TCA_FLOWER_KEY_ENC_UDP_DST_PORT_MASK = 46 enc_dst_port_mask: BeHexNumber, "Its mask, hexadecimal.";
        TCA_FLOWER_KEY_FLAGS = 47 ip_flags: BeHexNumber, "1: a fragment, 2: the first one; hexadecimal.";
        TCA_FLOWER_KEY_FLAGS_MASK = 48 ip_flags_mask: BeHexNumber, "Its mask, hexadecimal.";
        TCA_FLOWER_KEY_ICMPV4_CODE = 49 icmp_code: U8, "ICMP code.";
        TCA_FLOWER_KEY_ICMPV4_CODE_MASK = 50 icmp_code_mask: HexNumber, "Its mask, hexadecimal.";
        TCA_FLOWER_KEY_ICMPV4_TYPE = 51 icmp_type: U8, "ICMP type.";
        TCA_FLOWER_KEY_ICMPV4_TYPE_MASK = 52 icmp_type_mask: HexNumber, "Its mask, hexadecimal.";
        TCA_FLOWER_KEY_ICMPV6_CODE = 53 icmp_code: U8, "ICMP code.";
        TCA_FLOWER_KEY_ICMPV6_CODE_MASK = 54 icmp_code_mask: HexNumber, "Its mask, hexadecimal.";
        TCA_FLOWER_KEY_ICMPV6_TYPE = 55 icmp_type: U8, "ICMP type.";
        TCA_FLOWER_KEY_ICMPV6_TYPE_MASK = 56 icmp_type_mask: HexNumber, "Its mask, hexadecimal.";
        TCA_FLOWER_KEY_ARP_SIP = 57 arp_sip: Ip, "Sender of an ARP packet.";
        TCA_FLOWER_KEY_ARP_SIP_MASK = 58 arp_sip_mask: Ip, "Its mask.";
        TCA_FLOWER_KEY_ARP_TIP = 59 arp_tip: Ip, "Target of an ARP packet.";
        TCA_FLOWER_KEY_ARP_TIP_MASK = 60 arp_tip_mask: Ip, "Its mask.";
        TCA_FLOWER_KEY_ARP_OP = 61 arp_op: U8, "1: request, 2: reply.";
        TCA_FLOWER_KEY_ARP_OP_MASK = 62 arp_op_mask: HexNumber, "Its mask, hexadecimal.";
        TCA_FLOWER_KEY_ARP_SHA = 63 arp_sha: Mac, "Hardware address of the sender.";
        TCA_FLOWER_KEY_ARP_SHA_MASK = 64 arp_sha_mask: Mac, "Its mask.";
        TCA_FLOWER_KEY_ARP_THA = 65 arp_tha: Mac, "Hardware address of the target.";
        TCA_FLOWER_KEY_ARP_THA_MASK = 66 arp_tha_mask: Mac, "Its mask.";
        TCA_FLOWER_KEY_MPLS_TTL = 67 mpls_ttl: U8, "Time to live of the MPLS entry.";
        TCA_FLOWER_KEY_MPLS_BOS = 68 mpls_bos: U8, "Bottom of the MPLS stack.";
        TCA_FLOWER_KEY_MPLS_TC = 69 mpls_tc: U8, "Traffic class of the MPLS entry.";
        TCA_FLOWER_KEY_MPLS_LABEL = 70 mpls_label: U32, "MPLS label.";
        TCA_FLOWER_KEY_TCP_FLAGS = 71 tcp_flags: BeHexNumber, "TCP flags, hexadecimal.";
        TCA_FLOWER_KEY_TCP_FLAGS_MASK = 72 tcp_flags_mask: BeHexNumber, "Mask of the flags, hexadecimal.";
        TCA_FLOWER_KEY_IP_TOS = 73 ip_tos: HexNumber, "Type of service, hexadecimal.";
        TCA_FLOWER_KEY_IP_TOS_MASK = 74 ip_tos_mask: HexNumber, "Its mask, hexadecimal.";
        TCA_FLOWER_KEY_IP_TTL = 75 ip_ttl: U8, "Time to live.";
        TCA_FLOWER_KEY_IP_TTL_MASK = 76 ip_ttl_mask: HexNumber, "Its mask, hexadecimal.";
        TCA_FLOWER_KEY_CVLAN_ID = 77 cvlan_id: U16, "Inner VLAN id.";
        TCA_FLOWER_KEY_CVLAN_PRIO = 78 cvlan_prio: U8, "Inner VLAN priority.";
        TCA_FLOWER_KEY_CVLAN_ETH_TYPE = 79 cvlan_ethtype: BeName(ETHER_TYPES), "Protocol in the inner VLAN.";
        TCA_FLOWER_KEY_ENC_IP_TOS = 80 enc_tos: HexNumber, "Type of service of the tunnel, hexadecimal.";
        TCA_FLOWER_KEY_ENC_IP_TOS_MASK = 81 enc_tos_mask: HexNumber, "Its mask, hexadecimal.";
        TCA_FLOWER_KEY_ENC_IP_TTL = 82 enc_ttl: U8, "Time to live of the tunnel.";
        TCA_FLOWER_KEY_ENC_IP_TTL_MASK = 83 enc_ttl_mask: HexNumber, "Its mask, hexadecimal.";
        TCA_FLOWER_KEY_ENC_OPTS = 84 enc_opts: Flat(tunnel::KEY), "";
        TCA_FLOWER_KEY_ENC_OPTS_MASK = 85 enc_opts_mask: Flat(tunnel::MASK), "";
        TCA_FLOWER_KEY_PORT_SRC_MIN = 87 src_port_min: Be16, "First source port.";
        TCA_FLOWER_KEY_PORT_SRC_MAX = 88 src_port_max: Be16, "Last source port.";
        TCA_FLOWER_KEY_PORT_DST_MIN = 89 dst_port_min: Be16, "First destination port.";
        TCA_FLOWER_KEY_PORT_DST_MAX = 90 dst_port_max: Be16, "Last destination port.";
        TCA_FLOWER_KEY_CT_STATE = 91 ct_state: HexNumber, "State of the connection, hexadecimal.";
        TCA_FLOWER_KEY_CT_STATE_MASK = 92 ct_state_mask: HexNumber, "Its mask, hexadecimal.";
        TCA_FLOWER_KEY_CT_ZONE = 93 ct_zone: U16, "Zone of the connection.";
        TCA_FLOWER_KEY_CT_ZONE_MASK = 94 ct_zone_mask: HexNumber, "Its mask, hexadecimal.";
        TCA_FLOWER_KEY_CT_MARK = 95 ct_mark: HexNumber, "Mark of the connection, hexadecimal.";
        TCA_FLOWER_KEY_CT_MARK_MASK = 96 ct_mark_mask: HexNumber, "Its mask, hexadecimal.";
        TCA_FLOWER_KEY_CT_LABELS = 97 ct_label: Hex, "Label of the connection.";
        TCA_FLOWER_KEY_CT_LABELS_MASK = 98 ct_label_mask: Hex, "Its mask.";
        TCA_FLOWER_KEY_MPLS_OPTS = 99 mpls_lse: Nests(MPLS_LSE), "MPLS entries.";
        TCA_FLOWER_KEY_HASH = 100 hash_value: HexNumber, "Hash of the packet, hexadecimal.";
        TCA_FLOWER_KEY_HASH_MASK = 101 hash_value_mask: HexNumber, "Its mask, hexadecimal.";
        TCA_FLOWER_KEY_NUM_OF_VLANS = 102 num_of_vlans: U8, "Number of VLANs.";
        TCA_FLOWER_KEY_PPPOE_SID = 103 pppoe_sid: Be16, "PPPoE session.";
        TCA_FLOWER_KEY_PPP_PROTO = 104 ppp_proto: BeName(ETHER_TYPES), "PPP protocol.";
        TCA_FLOWER_KEY_L2TPV3_SID = 105 l2tpv3_sid: Be32, "L2TP session.";
        TCA_FLOWER_L2_MISS = 106 l2_miss: U8, "The packet missed the bridge's forwarding table.";
        TCA_FLOWER_KEY_CFM = 107 cfm: Hex, "Undecoded connectivity fault management fields.";
        TCA_FLOWER_KEY_SPI = 108 spi: Be32, "Security parameter index.";
        TCA_FLOWER_KEY_SPI_MASK = 109 spi_mask: BeHexNumber, "Its mask, hexadecimal.";
        TCA_FLOWER_KEY_ENC_FLAGS = 110 enc_flags: BeHexNumber, "Flags of the tunnel, hexadecimal.";
        TCA_FLOWER_KEY_ENC_FLAGS_MASK = 111 enc_flags_mask: BeHexNumber, "Mask of the flags, hexadecimal.";
    }
    MPLS_LSE {
        TCA_FLOWER_KEY_MPLS_OPT_LSE_DEPTH = 1 depth: U8, "Index in the stack.";
        TCA_FLOWER_KEY_MPLS_OPT_LSE_TTL = 2 ttl: U8, "Time to live.";
        TCA_FLOWER_KEY_MPLS_OPT_LSE_BOS = 3 bos: U8, "True for the bottom of the MPLS stack.";
        TCA_FLOWER_KEY_MPLS_OPT_LSE_TC = 4 tc: U8, "Number of classes, or the traffic class.";
        TCA_FLOWER_KEY_MPLS_OPT_LSE_LABEL = 5 label: U32, "The label.";
    }
}
