//! Extended matches of basic, cgroup and flow filters (`TCF_EM_*`, linux/pkt_cls.h and
//! linux/tc_ematch), with the names that `tc` accepts and prints.

use super::filter::U32_KEY;
use super::hooks::MATCHES;
use crate::kind::table::{Field, options};

/// The value of each kind, by its number.
pub const KINDS: &[(u16, &[Field])] = &[
    (0, GROUP),
    (1, CMP),
    (NBYTE, NBYTES),
    (3, U32_KEY),
    (META, META_OBJECTS),
    (TEXT, TEXTS),
    (7, CANID),
    (8, SET),
    (IPT, IPT_MATCH),
];

// Kinds that are not a plain structure.
pub const NBYTE: u16 = 2;
pub const META: u16 = 4;
pub const TEXT: u16 = 5;
pub const IPT: u16 = 9;

const NAMES: &[(u32, &str)] = &[
    (0, "container"),
    (1, "cmp"),
    (2, "nbyte"),
    (3, "u32"),
    (4, "meta"),
    (5, "text"),
    (6, "vlan"),
    (7, "canid"),
    (8, "ipset"),
    (9, "ipt"),
];
/// `TCF_EM_REL_*`
const RELATIONS: &[(u32, &str)] = &[(0, "end"), (1, "and"), (2, "or")];
/// `TCF_EM_INVERT`, `TCF_EM_SIMPLE`, above the two bits of the relation.
const FLAGS: &[(u64, &str)] = &[(1, "invert"), (2, "simple")];
/// `TCF_LAYER_*`
const LAYERS: &[(u32, &str)] = &[(0, "link"), (1, "network"), (2, "transport")];
/// `TCF_EM_OPND_*`
const OPERATORS: &[(u32, &str)] = &[(0, "eq"), (1, "gt"), (2, "lt")];
/// `TCF_EM_ALIGN_*`
const ALIGNS: &[(u32, &str)] = &[(1, "u8"), (2, "u16"), (4, "u32")];
const CMP_FLAGS: &[(u64, &str)] = &[(1, "trans")];
const META_TYPES: &[(u32, &str)] = &[(0, "var"), (1, "int")];
/// `TCF_META_ID_*` (linux/tc_ematch/tc_em_meta.h)
const META_IDS: &[(u32, &str)] = &[
    (0, "value"),
    (1, "random"),
    (2, "loadavg_1"),
    (3, "loadavg_5"),
    (4, "loadavg_15"),
    (5, "dev"),
    (6, "priority"),
    (7, "protocol"),
    (8, "pkt_type"),
    (9, "pkt_len"),
    (10, "data_len"),
    (11, "mac_len"),
    (12, "nf_mark"),
    (13, "tc_index"),
    (14, "rt_classid"),
    (15, "rt_iif"),
    (16, "sk_family"),
    (17, "sk_state"),
    (18, "sk_reuse"),
    (19, "sk_bind_if"),
    (20, "sk_refcnt"),
    (21, "sk_shutdown"),
    (22, "sk_proto"),
    (23, "sk_type"),
    (24, "sk_rcvbuf"),
    (25, "sk_rmem"),
    (26, "sk_wmem"),
    (27, "sk_omem"),
    (28, "sk_wmem_queue"),
    (29, "sk_rcv_queue"),
    (30, "sk_snd_queue"),
    (31, "sk_err_queue"),
    (32, "sk_fwd_alloc"),
    (33, "sk_sndbuf"),
    (34, "sk_allocs"),
    (35, "sk_route_caps"),
    (36, "sk_hash"),
    (37, "sk_lingertime"),
    (38, "sk_ack_backlog"),
    (39, "sk_max_ack_backlog"),
    (40, "sk_prio"),
    (41, "sk_rcvlowat"),
    (42, "sk_rcvtimeo"),
    (43, "sk_sndtimeo"),
    (44, "sk_sendmsg_off"),
    (45, "sk_write_pending"),
    (46, "vlan"),
    (47, "rxhash"),
];
/// `IPSET_INV_MATCH`, and the direction of each dimension.
const SET_FLAGS: &[(u64, &str)] = &[
    (1, "invert"),
    (1 << 1, "src1"),
    (1 << 2, "src2"),
    (1 << 3, "src3"),
    (1 << 4, "src4"),
    (1 << 5, "src5"),
    (1 << 6, "src6"),
];
/// `NF_INET_*` (linux/netfilter.h)
const HOOKS: &[(u32, &str)] = &[
    (0, "prerouting"),
    (1, "input"),
    (2, "forward"),
    (3, "output"),
    (4, "postrouting"),
];
/// `NFPROTO_*`
const FAMILIES: &[(u32, &str)] = &[(2, "ipv4"), (10, "ipv6")];

options! {
    /// `TCA_EMATCH_TREE_*`
    pub TREE {
        TCA_EMATCH_TREE_HDR = 1 hdr: Struct(TREE_HDR), "";
        TCA_EMATCH_TREE_LIST = 2 matches: MATCHES, "List of matches; evaluation starts with the first group.";
    }
    TREE_HDR {
        0 nmatches: U16, "Number of matches.";
        2 progid: NotZero(&U16), "Id of the program that created the matches; absent for `tc`.";
    }
    /// `struct tcf_ematch_hdr`
    pub HEADER {
        0 matchid: NotZero(&U16), "User-assigned number.";
        2 kind: Name(NAMES), "`cmp`, `nbyte`, `u32`, `meta`, `text`, `canid`, `ipset`, `ipt`; `container`: a group of matches.";
        4 relation: Bits(2, 0, 2, &NotZero(&Name(RELATIONS))), "Relation to the next match, `and` or `or`; absent for the last match of a group.";
        4 flags: Bits(2, 2, 14, &NotZero(&Flags(FLAGS))), "`invert`: the match is negated.";
        6 pad: Pad(2), "";
    }
    /// The payload after the header.
    pub VALUE {
        0 options: OneOf(KINDS), "Match parameters; the fields depend on `kind`.";
        0 hex: Hex, "Undecoded match parameters of a `kind` without a decoder.";
    }
    GROUP {
        0 first: U32, "Index of the first match of the group, from 0.";
    }
    /// `struct tcf_em_cmp`
    CMP {
        0 val: U32, "Value to compare with.";
        4 mask: NotZero(&HexNumber), "Mask of the value, hexadecimal; absent if all bits are compared.";
        8 off: U16, "Offset, bytes.";
        10 align: Bits(1, 0, 4, &Name(ALIGNS)), "Width: `u8`, `u16`, `u32`.";
        10 flags: Bits(1, 4, 4, &NotZero(&Flags(CMP_FLAGS))), "`trans`: the value is converted to host byte order.";
        11 layer: Bits(1, 0, 4, &Name(LAYERS)), "Layer `off` is relative to: `link`, `network`, `transport`.";
        11 op: Bits(1, 4, 4, &Name(OPERATORS)), "`eq`, `gt`, `lt`.";
    }
    /// `struct tcf_em_nbyte`, followed by the bytes.
    NBYTES {
        0 off: U16, "Offset, bytes.";
        2 len: Bits(2, 0, 12, &U32), "Number of bytes.";
        2 layer: Bits(2, 12, 4, &Name(LAYERS)), "Layer `off` is relative to: `link`, `network`, `transport`.";
        4 needle: Hex, "The bytes.";
    }
    /// `TCA_EM_META_*`
    META_OBJECTS {
        TCA_EM_META_HDR = 1 hdr: Struct(META_HDR), "";
        TCA_EM_META_LVALUE = 2 left: Nest(META_VALUE), "Left operand.";
        TCA_EM_META_RVALUE = 3 right: Nest(META_VALUE), "Right operand.";
    }
    /// `struct tcf_meta_hdr`
    META_HDR {
        0 left: SubStruct(META_OBJECT), "Left operand.";
        3 op: Name(OPERATORS), "`eq`, `gt`, `lt`.";
        4 right: SubStruct(META_OBJECT), "Right operand.";
        7 pad: Pad(1), "";
    }
    /// `struct tcf_meta_val`
    META_OBJECT {
        0 id: Bits(2, 0, 12, &Name(META_IDS)), "Metadata object, named as in `tc`: `nf_mark`, `dev`, `pkt_len` …; `value` for a constant.";
        0 r#type: Bits(2, 12, 4, &Name(META_TYPES)), "`int` (integer), `var` (bytes).";
        2 shift: NotZero(&U8), "Right shift, bits.";
    }
    /// The meaning of a value depends on the object.
    META_VALUE {
        0 value: HexNumber, "Integer constant of a `value`, hexadecimal; absent if 0.";
        1 mask: HexNumber, "Mask, hexadecimal; `0x0` for all bits.";
        2 data: Hex, "Byte constant of a `value`.";
    }
    /// `struct tcf_em_text`, followed by the pattern.
    TEXTS {
        0 algo: Text, "Search algorithm: `kmp`, `bm`, `fsm`.";
        16 from_offset: U16, "Start offset of the search, bytes.";
        18 to_offset: U16, "End offset of the search, bytes.";
        20 len: U16, "Number of bytes.";
        22 from_layer: Bits(1, 0, 4, &Name(LAYERS)), "Layer `from_offset` is relative to.";
        22 to_layer: Bits(1, 4, 4, &Name(LAYERS)), "Layer `to_offset` is relative to.";
        23 pad: Pad(1), "";
        24 needle: Hex, "The bytes.";
    }
    CANID {
        0 rules: Structs(8, CAN_FILTER), "List of CAN filters; one must match.";
    }
    /// `struct can_filter` (linux/can.h)
    CAN_FILTER {
        0 can_id: HexNumber, "CAN id, hexadecimal; the highest bit is set for an extended id.";
        4 can_mask: HexNumber, "Mask of the value, hexadecimal.";
    }
    /// `struct xt_set_info` (linux/netfilter/xt_set.h)
    SET {
        0 index: U16, "Number of the set.";
        2 dim: U8, "Number of `src` and `dst`.";
        3 flags: Bits(1, 0, 8, &Flags(SET_FLAGS)), "Direction of each dimension of an entry: `src1` means dimension 1 is compared with the source; unlisted dimensions are compared with the destination.";
    }
    IPT_MATCH {
        TCA_EM_IPT_HOOK = 1 hook: Name(HOOKS), "`prerouting`, `postrouting`.";
        TCA_EM_IPT_MATCH_NAME = 2 match_name: Text, "Name of the iptables match.";
        TCA_EM_IPT_MATCH_REVISION = 3 revision: U8, "Revision.";
        TCA_EM_IPT_NFPROTO = 4 nfproto: Name(FAMILIES), "`ipv4`, `ipv6`.";
        TCA_EM_IPT_MATCH_DATA = 5 match_data: Hex, "Undecoded options.";
    }
}
