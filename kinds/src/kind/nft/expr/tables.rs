//! The tables of expressions and objects (linux/netfilter/nf_tables.h, linux/netfilter/nf_tables_compat.h), with
//! the names of `nft -j` where it has an object of the same content, and else those of the kernel.

use super::super::FAMILIES;
use super::super::nft_object::TYPES as OBJECT_TYPES;
use super::{DATA, Expression, INNER, INNER_LIST};
use crate::kind::table::{Field, options};

/// `NF_*` (linux/netfilter.h) and `NFT_*`, verdicts of rules.
pub(super) const VERDICTS: &[(u32, &str)] = &[
    (0, "drop"),
    (1, "accept"),
    (2, "stolen"),
    (3, "queue"),
    (4, "repeat"),
    (-1_i32 as u32, "continue"),
    (-2_i32 as u32, "break"),
    (-3_i32 as u32, "jump"),
    (-4_i32 as u32, "goto"),
    (-5_i32 as u32, "return"),
];

/// Every expression of Linux 7.2.
pub(super) const EXPRESSIONS: &[Expression] = &[
    of("bitwise", "bitwise", BITWISE),
    of("byteorder", "byteorder", BYTEORDER),
    of("cmp", "cmp", CMP),
    of("connlimit", "ct count", CONNLIMIT),
    of("counter", "counter", COUNTER),
    of("ct", "ct", CT),
    of("dup", "dup", DUP),
    of("dynset", "dynset", DYNSET),
    of("exthdr", "exthdr", EXTHDR),
    of("fib", "fib", FIB),
    of("flow_offload", "flow_offload", FLOW),
    of("fwd", "fwd", FWD),
    of("hash", "hash", HASH),
    of("immediate", "immediate", IMMEDIATE),
    of("inner", "inner", INNER_HEADER),
    of("last", "last", LAST),
    of("limit", "limit", LIMIT),
    of("log", "log", LOG),
    of("lookup", "lookup", LOOKUP),
    of("masq", "masquerade", MASQ),
    of("match", "xt", XT),
    of("meta", "meta", META),
    of("nat", "nat", NAT),
    of("notrack", "notrack", &[]),
    of("numgen", "numgen", NG),
    of("objref", "objref", OBJREF),
    of("osf", "osf", OSF),
    of("payload", "payload", PAYLOAD),
    of("queue", "queue", QUEUE),
    of("quota", "quota", QUOTA),
    of("range", "range", RANGE),
    of("redir", "redirect", REDIR),
    of("reject", "reject", REJECT),
    of("rt", "rt", RT),
    of("secmark", "secmark", SECMARK),
    of("socket", "socket", SOCKET),
    of("synproxy", "synproxy", SYNPROXY),
    of("target", "xt", XT),
    of("tproxy", "tproxy", TPROXY),
    of("tunnel", "tunnel", TUNNEL),
    of("xfrm", "ipsec", XFRM),
];

const fn of(name: &'static str, json: &'static str, fields: &'static [Field]) -> Expression {
    Expression { name, json, fields }
}

/// The types of named objects, by the names of `nft -j`.
pub(super) const OBJECTS: &[(&str, &[Field])] = &[
    ("counter", COUNTER),
    ("quota", QUOTA),
    ("ct helper", CT_HELPER),
    ("limit", LIMIT),
    ("ct count", CONNLIMIT),
    ("tunnel", TUNNEL_KEY),
    ("ct timeout", CT_TIMEOUT),
    ("secmark", SECMARK),
    ("ct expectation", CT_EXPECT),
    ("synproxy", SYNPROXY),
];

type Names = &'static [(u32, &'static str)];
type FlagNames = &'static [(u64, &'static str)];

const BITWISE_OPS: Names = &[
    (0, "mask_xor"),
    (1, "lshift"),
    (2, "rshift"),
    (3, "and"),
    (4, "or"),
    (5, "xor"),
];
const BYTEORDERS: Names = &[(0, "ntoh"), (1, "hton")];
const COMPARISONS: Names = &[
    (0, "=="),
    (1, "!="),
    (2, "<"),
    (3, "<="),
    (4, ">"),
    (5, ">="),
];
const INVERTED: FlagNames = &[(1, "inv")];
const DYNSET_OPS: Names = &[(0, "add"), (1, "update"), (2, "delete")];
const DYNSET_FLAGS: FlagNames = &[(1, "inv"), (2, "expr")];
const BASES: Names = &[(0, "ll"), (1, "nh"), (2, "th"), (3, "ih"), (4, "tun")];
const CHECKSUMS: Names = &[(0, "none"), (1, "inet"), (2, "sctp")];
const CHECKSUM_FLAGS: FlagNames = &[(1, "pseudohdr")];
const INNER_TYPES: Names = &[(1, "vxlan"), (2, "geneve")];
const INNER_FLAGS: FlagNames = &[(1, "hdrsize"), (2, "ll"), (4, "nh"), (8, "th")];
const EXTHDR_OPS: Names = &[
    (0, "ipv6"),
    (1, "tcp option"),
    (2, "ipv4"),
    (3, "sctp"),
    (4, "dccp"),
];
const EXTHDR_FLAGS: FlagNames = &[(1, "present")];
const META_KEYS: Names = &[
    (0, "length"),
    (1, "protocol"),
    (2, "priority"),
    (3, "mark"),
    (4, "iif"),
    (5, "oif"),
    (6, "iifname"),
    (7, "oifname"),
    (8, "iiftype"),
    (9, "oiftype"),
    (10, "skuid"),
    (11, "skgid"),
    (12, "nftrace"),
    (13, "rtclassid"),
    (14, "secmark"),
    (15, "nfproto"),
    (16, "l4proto"),
    (17, "ibrname"),
    (18, "obrname"),
    (19, "pkttype"),
    (20, "cpu"),
    (21, "iifgroup"),
    (22, "oifgroup"),
    (23, "cgroup"),
    (24, "random"),
    (25, "ipsec"),
    (26, "iifkind"),
    (27, "oifkind"),
    (28, "ibrpvid"),
    (29, "ibrvproto"),
    (30, "time"),
    (31, "day"),
    (32, "hour"),
    (33, "sdif"),
    (34, "sdifname"),
    (35, "broute"),
    (37, "ibrhwaddr"),
];
const RT_KEYS: Names = &[
    (0, "classid"),
    (1, "nexthop4"),
    (2, "nexthop6"),
    (3, "mtu"),
    (4, "ipsec"),
];
const HASHES: Names = &[(0, "jhash"), (1, "symhash")];
const GENERATORS: Names = &[(0, "inc"), (1, "random")];
const SOCKET_KEYS: Names = &[
    (0, "transparent"),
    (1, "mark"),
    (2, "wildcard"),
    (3, "cgroupv2"),
];
const CT_KEYS: Names = &[
    (0, "state"),
    (1, "direction"),
    (2, "status"),
    (3, "mark"),
    (4, "secmark"),
    (5, "expiration"),
    (6, "helper"),
    (7, "l3proto"),
    (8, "saddr"),
    (9, "daddr"),
    (10, "protocol"),
    (11, "proto-src"),
    (12, "proto-dst"),
    (13, "label"),
    (14, "packets"),
    (15, "bytes"),
    (16, "avgpkt"),
    (17, "zone"),
    (18, "event"),
    (19, "ip saddr"),
    (20, "ip daddr"),
    (21, "ip6 saddr"),
    (22, "ip6 daddr"),
    (23, "id"),
];
/// `IP_CT_DIR_*` (linux/netfilter/nf_conntrack_tuple_common.h)
pub(in super::super) const DIRECTIONS: Names = &[(0, "original"), (1, "reply")];
/// Seconds.
const UNITS: Names = &[
    (1, "second"),
    (60, "minute"),
    (3600, "hour"),
    (86400, "day"),
    (604_800, "week"),
];
const LIMIT_TYPES: Names = &[(0, "packets"), (1, "bytes")];
const LOG_LEVELS: Names = &[
    (0, "emerg"),
    (1, "alert"),
    (2, "crit"),
    (3, "err"),
    (4, "warn"),
    (5, "notice"),
    (6, "info"),
    (7, "debug"),
    (8, "audit"),
];
/// `NF_LOG_*` (linux/netfilter/nf_log.h)
const LOG_FLAGS: FlagNames = &[
    (0x01, "tcp sequence"),
    (0x02, "tcp options"),
    (0x04, "ip options"),
    (0x08, "skuid"),
    (0x20, "ether"),
];
const QUEUE_FLAGS: FlagNames = &[(1, "bypass"), (2, "fanout")];
const QUOTA_FLAGS: FlagNames = &[(1, "inv"), (2, "depleted")];
const REJECTS: Names = &[(0, "icmp"), (1, "tcp reset"), (2, "icmpx")];
const NAT_TYPES: Names = &[(0, "snat"), (1, "dnat")];
/// `NF_NAT_RANGE_*` (linux/netfilter/nf_nat.h)
const NAT_FLAGS: FlagNames = &[
    (0x01, "map_ips"),
    (0x02, "proto_specified"),
    (0x04, "random"),
    (0x08, "persistent"),
    (0x10, "fully-random"),
    (0x20, "proto_offset"),
    (0x40, "netmap"),
];
const FIB_RESULTS: Names = &[(1, "oif"), (2, "oifname"), (3, "type")];
const FIB_FLAGS: FlagNames = &[
    (0x01, "saddr"),
    (0x02, "daddr"),
    (0x04, "mark"),
    (0x08, "iif"),
    (0x10, "oif"),
    (0x20, "present"),
];
const OSF_FLAGS: FlagNames = &[(1, "version")];
/// `NF_SYNPROXY_OPT_*` (linux/netfilter/nf_synproxy.h)
const SYNPROXY_FLAGS: FlagNames = &[
    (0x01, "mss"),
    (0x02, "wscale"),
    (0x04, "sack-perm"),
    (0x08, "timestamp"),
    (0x10, "ecn"),
];
const TUNNEL_KEYS: Names = &[(0, "path"), (1, "id")];
const TUNNEL_MODES: Names = &[(0, "none"), (1, "rx"), (2, "tx")];
const TUNNEL_FLAGS: FlagNames = &[(1, "zero_csum_tx"), (2, "dont_fragment"), (4, "seq_number")];
const XFRM_KEYS: Names = &[
    (1, "ip daddr"),
    (2, "ip6 daddr"),
    (3, "ip saddr"),
    (4, "ip6 saddr"),
    (5, "reqid"),
    (6, "spi"),
];
const XFRM_DIRECTIONS: Names = &[(0, "in"), (1, "out")];
/// `IPPROTO_*` (linux/in.h), as far as connection tracking has settings of a protocol.
const L4_PROTOCOLS: Names = &[
    (1, "icmp"),
    (6, "tcp"),
    (17, "udp"),
    (33, "dccp"),
    (47, "gre"),
    (58, "icmpv6"),
    (132, "sctp"),
    (136, "udplite"),
    (255, "generic"),
];

options! {
    BITWISE {
        NFTA_BITWISE_SREG = 1 sreg: Be32, "Source register.";
        NFTA_BITWISE_DREG = 2 dreg: Be32, "Destination register.";
        NFTA_BITWISE_LEN = 3 len: Be32, "Length of the value, bytes.";
        NFTA_BITWISE_MASK = 4 mask: Hook(&DATA), "Bits that are kept, hexadecimal.";
        NFTA_BITWISE_XOR = 5 xor: Hook(&DATA), "Bits that are inverted, hexadecimal.";
        NFTA_BITWISE_OP = 6 op: BeName(BITWISE_OPS), "`mask_xor`, `lshift`, `rshift`, `and`, `or`, `xor`.";
        NFTA_BITWISE_DATA = 7 data: Hook(&DATA), "Second operand, or number of bits, hexadecimal.";
        0xfffe mask_text: Text, "The mask as text, if the expression that loads the register tells what it means.";
        NFTA_BITWISE_SREG2 = 8 sreg2: Be32, "Register of the second operand.";
    }
    BYTEORDER {
        NFTA_BYTEORDER_SREG = 1 sreg: Be32, "Source register.";
        NFTA_BYTEORDER_DREG = 2 dreg: Be32, "Destination register.";
        NFTA_BYTEORDER_OP = 3 op: BeName(BYTEORDERS), "`ntoh`, `hton`.";
        NFTA_BYTEORDER_LEN = 4 len: Be32, "Length of the value, bytes.";
        NFTA_BYTEORDER_SIZE = 5 size: Be32, "Length of each number in it, bytes.";
    }
    CMP {
        NFTA_CMP_SREG = 1 sreg: Be32, "Register that is compared.";
        NFTA_CMP_OP = 2 op: BeName(COMPARISONS), "`==`, `!=`, `<`, `<=`, `>`, `>=`.";
        NFTA_CMP_DATA = 3 data: Hook(&DATA), "Value that it is compared with, hexadecimal.";
        0xfffe text: Text, "The value as text, if the expression that loads the register tells what it means.";
    }
    CONNLIMIT {
        NFTA_CONNLIMIT_COUNT = 1 val: Be32, "Number of connections.";
        NFTA_CONNLIMIT_FLAGS = 2 flags: BeFlags(INVERTED), "`inv` (more than that number).";
    }
    COUNTER {
        NFTA_COUNTER_BYTES = 1 bytes: Be64, "Bytes.";
        NFTA_COUNTER_PACKETS = 2 packets: Be64, "Packets.";
        NFTA_COUNTER_PAD = 3 pad: Skip, "";
    }
    CT {
        NFTA_CT_DREG = 1 dreg: Be32, "Destination register.";
        NFTA_CT_KEY = 2 key: BeName(CT_KEYS), "What is read or set: `state`, `mark`, `zone` …";
        NFTA_CT_DIRECTION = 3 dir: Name(DIRECTIONS), "`original`, `reply`.";
        NFTA_CT_SREG = 4 sreg: Be32, "Register with the value that is set.";
    }
    DUP {
        NFTA_DUP_SREG_ADDR = 1 sreg_addr: Be32, "Register of the address.";
        NFTA_DUP_SREG_DEV = 2 sreg_dev: Be32, "Register of the device.";
    }
    DYNSET {
        NFTA_DYNSET_SET_NAME = 1 set: Text, "Name of the set.";
        NFTA_DYNSET_SET_ID = 2 set_id: Be32, "Number of the set in its transaction.";
        NFTA_DYNSET_OP = 3 op: BeName(DYNSET_OPS), "`add`, `update`, `delete`.";
        NFTA_DYNSET_SREG_KEY = 4 sreg_key: Be32, "Register of the key.";
        NFTA_DYNSET_SREG_DATA = 5 sreg_data: Be32, "Register of the value.";
        NFTA_DYNSET_TIMEOUT = 6 timeout_ms: Be64, "Time after which the element is removed, milliseconds.";
        NFTA_DYNSET_EXPR = 7 expr: Hook(&INNER), "Expressions that the element gets.";
        NFTA_DYNSET_PAD = 8 pad: Skip, "";
        NFTA_DYNSET_FLAGS = 9 flags: BeFlags(DYNSET_FLAGS), "`inv`, `expr`.";
        NFTA_DYNSET_EXPRESSIONS = 10 expr: Hook(&INNER_LIST), "Expressions that the element gets.";
    }
    EXTHDR {
        NFTA_EXTHDR_DREG = 1 dreg: Be32, "Destination register.";
        NFTA_EXTHDR_TYPE = 2 r#type: U8, "Number of the extension header or option.";
        NFTA_EXTHDR_OFFSET = 3 offset: Be32, "Offset in it, bytes.";
        NFTA_EXTHDR_LEN = 4 len: Be32, "Length, bytes.";
        NFTA_EXTHDR_FLAGS = 5 flags: BeFlags(EXTHDR_FLAGS), "`present` (whether it exists).";
        NFTA_EXTHDR_OP = 6 op: BeName(EXTHDR_OPS), "`ipv6`, `tcp option`, `ipv4`, `sctp`, `dccp`.";
        NFTA_EXTHDR_SREG = 7 sreg: Be32, "Register with the value that is set.";
    }
    FIB {
        NFTA_FIB_DREG = 1 dreg: Be32, "Destination register.";
        NFTA_FIB_RESULT = 2 result: BeName(FIB_RESULTS), "`oif`, `oifname`, `type`.";
        NFTA_FIB_FLAGS = 3 flags: BeFlags(FIB_FLAGS), "What is looked up: `saddr`, `daddr`, `mark`, `iif`, `oif`, `present`.";
    }
    FLOW {
        NFTA_FLOW_TABLE_NAME = 1 flowtable: Text, "Name of the flowtable.";
    }
    FWD {
        NFTA_FWD_SREG_DEV = 1 sreg_dev: Be32, "Register of the device.";
        NFTA_FWD_SREG_ADDR = 2 sreg_addr: Be32, "Register of the address.";
        NFTA_FWD_NFPROTO = 3 family: BeName(FAMILIES), "Family of the address.";
    }
    HASH {
        NFTA_HASH_SREG = 1 sreg: Be32, "Source register.";
        NFTA_HASH_DREG = 2 dreg: Be32, "Destination register.";
        NFTA_HASH_LEN = 3 len: Be32, "Length of the value, bytes.";
        NFTA_HASH_MODULUS = 4 r#mod: Be32, "Number of results.";
        NFTA_HASH_SEED = 5 seed: Be32, "Seed.";
        NFTA_HASH_OFFSET = 6 offset: Be32, "Lowest result.";
        NFTA_HASH_TYPE = 7 r#type: BeName(HASHES), "`jhash`, `symhash`.";
        NFTA_HASH_SET_NAME = 8 set: Text, "Name of a map.";
        NFTA_HASH_SET_ID = 9 set_id: Be32, "Number of the map in its transaction.";
    }
    IMMEDIATE {
        NFTA_IMMEDIATE_DREG = 1 dreg: Be32, "Destination register.";
        NFTA_IMMEDIATE_DATA = 2 data: Hook(&DATA), "Value, hexadecimal.";
        0xfffe text: Text, "The value as text, if the expression that uses the register tells what it means.";
    }
    INNER_HEADER {
        NFTA_INNER_NUM = 1 num: Be32, "Number of inner headers.";
        NFTA_INNER_TYPE = 2 r#type: BeName(INNER_TYPES), "`vxlan`, `geneve`, or a number.";
        NFTA_INNER_FLAGS = 3 flags: BeFlags(INNER_FLAGS), "`hdrsize`, `ll`, `nh`, `th`.";
        NFTA_INNER_HDRSIZE = 4 hdrsize: Be32, "Length of the header of the tunnel, bytes.";
        NFTA_INNER_EXPR = 5 expr: Hook(&INNER), "The expression on the inner packet.";
    }
    LAST {
        NFTA_LAST_SET = 1 set: Be32, "1: the expression has seen a packet.";
        NFTA_LAST_MSECS = 2 msecs: Be64, "Time since the last packet, milliseconds.";
        NFTA_LAST_PAD = 3 pad: Skip, "";
    }
    LIMIT {
        NFTA_LIMIT_RATE = 1 rate: Be64, "Packets or bytes in each unit of time.";
        NFTA_LIMIT_UNIT = 2 per: BeName(UNITS), "Unit of time: `second`, `minute`, `hour`, `day`, `week`, else seconds.";
        NFTA_LIMIT_BURST = 3 burst: Be32, "Packets or bytes that may exceed the rate.";
        NFTA_LIMIT_TYPE = 4 rate_unit: BeName(LIMIT_TYPES), "`packets`, `bytes`.";
        NFTA_LIMIT_FLAGS = 5 flags: BeFlags(INVERTED), "`inv` (what exceeds the rate matches).";
        NFTA_LIMIT_PAD = 6 pad: Skip, "";
    }
    LOG {
        NFTA_LOG_GROUP = 1 group: Be16, "Number of the group that gets the packet.";
        NFTA_LOG_PREFIX = 2 prefix: Text, "Text before the message.";
        NFTA_LOG_SNAPLEN = 3 snaplen: Be32, "Number of bytes of the packet.";
        NFTA_LOG_QTHRESHOLD = 4 queue_threshold: Be16, "Packets that are sent together.";
        NFTA_LOG_LEVEL = 5 level: BeName(LOG_LEVELS), "Level: `emerg`, `alert`, `crit`, `err`, `warn`, `notice`, `info`, `debug`, `audit`.";
        NFTA_LOG_FLAGS = 6 flags: BeFlags(LOG_FLAGS), "`tcp sequence`, `tcp options`, `ip options`, `skuid`, `ether`.";
    }
    LOOKUP {
        NFTA_LOOKUP_SET = 1 set: Text, "Name of the set.";
        NFTA_LOOKUP_SREG = 2 sreg: Be32, "Register of the key.";
        NFTA_LOOKUP_DREG = 3 dreg: Be32, "Register that gets the value of a map.";
        NFTA_LOOKUP_SET_ID = 4 set_id: Be32, "Number of the set in its transaction.";
        NFTA_LOOKUP_FLAGS = 5 flags: BeFlags(INVERTED), "`inv` (keys that the set does not have).";
    }
    MASQ {
        NFTA_MASQ_FLAGS = 1 flags: BeFlags(NAT_FLAGS), "`random`, `persistent`, `fully-random` …";
        NFTA_MASQ_REG_PROTO_MIN = 2 reg_proto_min: Be32, "Register of the first port.";
        NFTA_MASQ_REG_PROTO_MAX = 3 reg_proto_max: Be32, "Register of the last port.";
    }
    // NFTA_TARGET_* are the same.
    XT {
        NFTA_MATCH_NAME = 1 name: Text, "Name of the match or target of xtables.";
        NFTA_MATCH_REV = 2 rev: Be32, "Its revision.";
        NFTA_MATCH_INFO = 3 info: Hex, "Its settings, hexadecimal.";
        0xfffe r#type: Text, "`match`, `target`.";
    }
    META {
        NFTA_META_DREG = 1 dreg: Be32, "Destination register.";
        NFTA_META_KEY = 2 key: BeName(META_KEYS), "What is read or set: `iifname`, `mark`, `l4proto` …";
        NFTA_META_SREG = 3 sreg: Be32, "Register with the value that is set.";
    }
    NAT {
        NFTA_NAT_TYPE = 1 r#type: BeName(NAT_TYPES), "`snat`, `dnat`.";
        NFTA_NAT_FAMILY = 2 family: BeName(FAMILIES), "Family of the address.";
        NFTA_NAT_REG_ADDR_MIN = 3 reg_addr_min: Be32, "Register of the first address.";
        NFTA_NAT_REG_ADDR_MAX = 4 reg_addr_max: Be32, "Register of the last address.";
        NFTA_NAT_REG_PROTO_MIN = 5 reg_proto_min: Be32, "Register of the first port.";
        NFTA_NAT_REG_PROTO_MAX = 6 reg_proto_max: Be32, "Register of the last port.";
        NFTA_NAT_FLAGS = 7 flags: BeFlags(NAT_FLAGS), "`random`, `persistent`, `fully-random`, `netmap` …";
    }
    NG {
        NFTA_NG_DREG = 1 dreg: Be32, "Destination register.";
        NFTA_NG_MODULUS = 2 r#mod: Be32, "Number of results.";
        NFTA_NG_TYPE = 3 mode: BeName(GENERATORS), "`inc`, `random`.";
        NFTA_NG_OFFSET = 4 offset: Be32, "Lowest result.";
        NFTA_NG_SET_NAME = 5 set: Text, "Name of a map.";
        NFTA_NG_SET_ID = 6 set_id: Be32, "Number of the map in its transaction.";
    }
    OBJREF {
        NFTA_OBJREF_IMM_TYPE = 1 r#type: BeName(OBJECT_TYPES), "Type of the object: `counter`, `quota` …";
        NFTA_OBJREF_IMM_NAME = 2 name: Text, "Name of the object.";
        NFTA_OBJREF_SET_SREG = 3 sreg: Be32, "Register of the key in a map of objects.";
        NFTA_OBJREF_SET_NAME = 4 set: Text, "Name of the map.";
        NFTA_OBJREF_SET_ID = 5 set_id: Be32, "Number of the map in its transaction.";
    }
    OSF {
        NFTA_OSF_DREG = 1 dreg: Be32, "Destination register.";
        NFTA_OSF_TTL = 2 ttl: U8, "How the time to live is compared.";
        NFTA_OSF_FLAGS = 3 flags: BeFlags(OSF_FLAGS), "`version`.";
    }
    PAYLOAD {
        NFTA_PAYLOAD_DREG = 1 dreg: Be32, "Destination register.";
        NFTA_PAYLOAD_BASE = 2 base: BeName(BASES), "Header: `ll` (link layer), `nh` (network), `th` (transport), `ih` (inner), `tun` (tunnel).";
        NFTA_PAYLOAD_OFFSET = 3 offset: Be32, "Offset in it, bytes.";
        NFTA_PAYLOAD_LEN = 4 len: Be32, "Length, bytes.";
        NFTA_PAYLOAD_SREG = 5 sreg: Be32, "Register with the value that is set.";
        NFTA_PAYLOAD_CSUM_TYPE = 6 csum_type: BeName(CHECKSUMS), "Checksum that is corrected: `none`, `inet`, `sctp`.";
        NFTA_PAYLOAD_CSUM_OFFSET = 7 csum_offset: Be32, "Its offset, bytes.";
        NFTA_PAYLOAD_CSUM_FLAGS = 8 csum_flags: BeFlags(CHECKSUM_FLAGS), "`pseudohdr`.";
    }
    QUEUE {
        NFTA_QUEUE_NUM = 1 num: Be16, "Number of the first queue.";
        NFTA_QUEUE_TOTAL = 2 total: Be16, "Number of queues.";
        NFTA_QUEUE_FLAGS = 3 flags: BeFlags(QUEUE_FLAGS), "`bypass`, `fanout`.";
        NFTA_QUEUE_SREG_QNUM = 4 sreg_qnum: Be32, "Register of the number of the queue.";
    }
    QUOTA {
        NFTA_QUOTA_BYTES = 1 bytes: Be64, "Limit, bytes.";
        NFTA_QUOTA_FLAGS = 2 flags: BeFlags(QUOTA_FLAGS), "`inv` (what exceeds the limit matches), `depleted`.";
        NFTA_QUOTA_PAD = 3 pad: Skip, "";
        NFTA_QUOTA_CONSUMED = 4 used: Be64, "Bytes so far.";
    }
    RANGE {
        NFTA_RANGE_SREG = 1 sreg: Be32, "Register that is compared.";
        NFTA_RANGE_OP = 2 op: BeName(COMPARISONS), "`==` (inside), `!=` (outside).";
        NFTA_RANGE_FROM_DATA = 3 from: Hook(&DATA), "First value, hexadecimal.";
        NFTA_RANGE_TO_DATA = 4 to: Hook(&DATA), "Last value, hexadecimal.";
        0xfffe from_text: Text, "First value as text, if its meaning is known.";
        0xfffd to_text: Text, "Last value as text.";
    }
    REDIR {
        NFTA_REDIR_REG_PROTO_MIN = 1 reg_proto_min: Be32, "Register of the first port.";
        NFTA_REDIR_REG_PROTO_MAX = 2 reg_proto_max: Be32, "Register of the last port.";
        NFTA_REDIR_FLAGS = 3 flags: BeFlags(NAT_FLAGS), "`random`, `persistent`, `fully-random` …";
    }
    REJECT {
        NFTA_REJECT_TYPE = 1 r#type: BeName(REJECTS), "`icmp`, `tcp reset`, `icmpx`.";
        NFTA_REJECT_ICMP_CODE = 2 code: U8, "Code of the ICMP message; of `icmpx` 0 no route, 1 port, 2 host, 3 prohibited.";
    }
    RT {
        NFTA_RT_DREG = 1 dreg: Be32, "Destination register.";
        NFTA_RT_KEY = 2 key: BeName(RT_KEYS), "`classid`, `nexthop4`, `nexthop6`, `mtu`, `ipsec`.";
    }
    SECMARK {
        NFTA_SECMARK_CTX = 1 context: Text, "Security context.";
    }
    SOCKET {
        NFTA_SOCKET_KEY = 1 key: BeName(SOCKET_KEYS), "`transparent`, `mark`, `wildcard`, `cgroupv2`.";
        NFTA_SOCKET_DREG = 2 dreg: Be32, "Destination register.";
        NFTA_SOCKET_LEVEL = 3 level: Be32, "Level of the cgroup.";
    }
    SYNPROXY {
        NFTA_SYNPROXY_MSS = 1 mss: Be16, "Maximum segment size, bytes.";
        NFTA_SYNPROXY_WSCALE = 2 wscale: U8, "Window scale.";
        NFTA_SYNPROXY_FLAGS = 3 flags: BeFlags(SYNPROXY_FLAGS), "`mss`, `wscale`, `sack-perm`, `timestamp`, `ecn`.";
    }
    TPROXY {
        NFTA_TPROXY_FAMILY = 1 family: BeName(FAMILIES), "Family of the address.";
        NFTA_TPROXY_REG_ADDR = 2 reg_addr: Be32, "Register of the address.";
        NFTA_TPROXY_REG_PORT = 3 reg_port: Be32, "Register of the port.";
    }
    TUNNEL {
        NFTA_TUNNEL_KEY = 1 key: BeName(TUNNEL_KEYS), "`path`, `id`.";
        NFTA_TUNNEL_DREG = 2 dreg: Be32, "Destination register.";
        NFTA_TUNNEL_MODE = 3 mode: BeName(TUNNEL_MODES), "`none`, `rx`, `tx`.";
    }
    XFRM {
        NFTA_XFRM_DREG = 1 dreg: Be32, "Destination register.";
        NFTA_XFRM_KEY = 2 key: BeName(XFRM_KEYS), "`ip daddr`, `ip6 daddr`, `ip saddr`, `ip6 saddr`, `reqid`, `spi`.";
        NFTA_XFRM_DIR = 3 dir: Name(XFRM_DIRECTIONS), "`in`, `out`.";
        NFTA_XFRM_SPNUM = 4 spnum: Be32, "Number of the state in the chain of states.";
    }
    CT_HELPER {
        NFTA_CT_HELPER_NAME = 1 helper: Text, "Name of the helper: `ftp`.";
        NFTA_CT_HELPER_L3PROTO = 2 l3proto: BeName(FAMILIES), "Family of packets.";
        NFTA_CT_HELPER_L4PROTO = 3 l4proto: Name(L4_PROTOCOLS), "Protocol: `tcp`, `udp`.";
    }
    CT_TIMEOUT {
        NFTA_CT_TIMEOUT_L3PROTO = 1 l3proto: BeName(FAMILIES), "Family of packets.";
        NFTA_CT_TIMEOUT_L4PROTO = 2 l4proto: Name(L4_PROTOCOLS), "Protocol: `tcp`, `udp`.";
        NFTA_CT_TIMEOUT_DATA = 3 policy: Select("l4proto", TIMEOUTS), "Timeouts by state, seconds.";
    }
    CTA_TIMEOUT_TCP {
        CTA_TIMEOUT_TCP_SYN_SENT = 1 syn_sent: Be32, "State SYN_SENT.";
        CTA_TIMEOUT_TCP_SYN_RECV = 2 syn_recv: Be32, "State SYN_RECV.";
        CTA_TIMEOUT_TCP_ESTABLISHED = 3 established: Be32, "State ESTABLISHED.";
        CTA_TIMEOUT_TCP_FIN_WAIT = 4 fin_wait: Be32, "State FIN_WAIT.";
        CTA_TIMEOUT_TCP_CLOSE_WAIT = 5 close_wait: Be32, "State CLOSE_WAIT.";
        CTA_TIMEOUT_TCP_LAST_ACK = 6 last_ack: Be32, "State LAST_ACK.";
        CTA_TIMEOUT_TCP_TIME_WAIT = 7 time_wait: Be32, "State TIME_WAIT.";
        CTA_TIMEOUT_TCP_CLOSE = 8 close: Be32, "State CLOSE.";
        CTA_TIMEOUT_TCP_SYN_SENT2 = 9 syn_sent2: Be32, "State SYN_SENT2.";
        CTA_TIMEOUT_TCP_RETRANS = 10 retrans: Be32, "After many retransmissions.";
        CTA_TIMEOUT_TCP_UNACK = 11 unack: Be32, "With data that was not acknowledged.";
    }
    CTA_TIMEOUT_UDP {
        CTA_TIMEOUT_UDP_UNREPLIED = 1 unreplied: Be32, "Without a reply.";
        CTA_TIMEOUT_UDP_REPLIED = 2 replied: Be32, "With a reply.";
    }
    CT_EXPECT {
        NFTA_CT_EXPECT_L3PROTO = 1 l3proto: BeName(FAMILIES), "Family of packets.";
        NFTA_CT_EXPECT_L4PROTO = 2 l4proto: Name(L4_PROTOCOLS), "Protocol: `tcp`, `udp`.";
        NFTA_CT_EXPECT_DPORT = 3 dport: Be16, "Destination port of the expected connection.";
        NFTA_CT_EXPECT_TIMEOUT = 4 timeout_ms: U32, "Time for which it is expected, milliseconds.";
        NFTA_CT_EXPECT_SIZE = 5 size: U8, "Number of expected connections.";
    }
    TUNNEL_KEY {
        NFTA_TUNNEL_KEY_ID = 1 id: Be32, "Id of the tunnel.";
        NFTA_TUNNEL_KEY_IP = 2 ip: Nest(TUNNEL_IP), "IPv4 addresses.";
        NFTA_TUNNEL_KEY_IP6 = 3 ip6: Nest(TUNNEL_IP6), "IPv6 addresses.";
        NFTA_TUNNEL_KEY_FLAGS = 4 flags: BeFlags(TUNNEL_FLAGS), "`zero_csum_tx`, `dont_fragment`, `seq_number`.";
        NFTA_TUNNEL_KEY_TOS = 5 tos: U8, "Type of service.";
        NFTA_TUNNEL_KEY_TTL = 6 ttl: U8, "Time to live.";
        NFTA_TUNNEL_KEY_SPORT = 7 sport: Be16, "Source port.";
        NFTA_TUNNEL_KEY_DPORT = 8 dport: Be16, "Destination port.";
        NFTA_TUNNEL_KEY_OPTS = 9 opts: Nest(TUNNEL_OPTS), "Options of the encapsulation.";
    }
    TUNNEL_IP {
        NFTA_TUNNEL_KEY_IP_SRC = 1 src: Ip, "Source.";
        NFTA_TUNNEL_KEY_IP_DST = 2 dst: Ip, "Destination.";
    }
    TUNNEL_IP6 {
        NFTA_TUNNEL_KEY_IP6_SRC = 1 src: Ip, "Source.";
        NFTA_TUNNEL_KEY_IP6_DST = 2 dst: Ip, "Destination.";
        NFTA_TUNNEL_KEY_IP6_FLOWLABEL = 3 flowlabel: Be32, "Flow label.";
    }
    TUNNEL_OPTS {
        NFTA_TUNNEL_KEY_OPTS_VXLAN = 1 vxlan: Nest(TUNNEL_VXLAN), "Of VXLAN.";
        NFTA_TUNNEL_KEY_OPTS_ERSPAN = 2 erspan: Nest(TUNNEL_ERSPAN), "Of ERSPAN.";
        NFTA_TUNNEL_KEY_OPTS_GENEVE = 3 geneve: Collect(TUNNEL_GENEVE), "Of Geneve.";
    }
    TUNNEL_VXLAN {
        NFTA_TUNNEL_KEY_VXLAN_GBP = 1 gbp: Be32, "Group policy.";
    }
    TUNNEL_ERSPAN {
        NFTA_TUNNEL_KEY_ERSPAN_VERSION = 1 version: Be32, "Version.";
        NFTA_TUNNEL_KEY_ERSPAN_V1_INDEX = 2 index: Be32, "Index of version 1.";
        NFTA_TUNNEL_KEY_ERSPAN_V2_HWID = 3 hwid: U8, "Hardware id of version 2.";
        NFTA_TUNNEL_KEY_ERSPAN_V2_DIR = 4 dir: U8, "Direction of version 2.";
    }
    TUNNEL_GENEVE {
        NFTA_TUNNEL_KEY_GENEVE_CLASS = 1 class: Be16, "Class.";
        NFTA_TUNNEL_KEY_GENEVE_TYPE = 2 r#type: U8, "Type.";
        NFTA_TUNNEL_KEY_GENEVE_DATA = 3 data: Hex, "Data, hexadecimal.";
    }
}

/// The timeouts of protocols with states (linux/netfilter/nfnetlink_cttimeout.h).
const TIMEOUTS: &[(&str, &crate::kind::table::Type)] = &[
    ("tcp", &crate::kind::table::Type::Nest(CTA_TIMEOUT_TCP)),
    ("udp", &crate::kind::table::Type::Nest(CTA_TIMEOUT_UDP)),
    ("udplite", &crate::kind::table::Type::Nest(CTA_TIMEOUT_UDP)),
];
