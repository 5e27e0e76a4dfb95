//! The constants that headers may lack, and the attributes that the sources lack, with the reason.

/// Names with these prefixes are constants of the kernel: they must be in a header.
pub const PREFIXES: &[&str] = &[
    "IFLA_",
    "IFA_",
    "RTA_",
    "RTM_",
    "RTNH_",
    "NDA_",
    "NDTA_",
    "NDTPA_",
    "NHA_",
    "FRA_",
    "TCA_",
    "MDBA_",
    "MDBE_",
    "BRIDGE_",
    "LWTUNNEL_",
    "MPLS_",
    "SEG6_",
    "ILA_",
    "RPL_",
    "IOAM6_",
    "NETNSA_",
    "NETCONFA_",
    "VXLAN_",
    "PREFIX_",
    "NDUSEROPT_",
    "IPMRA_",
    "CTRL_",
    "NLMSG_",
    "NLM_",
    "XFRMA_",
    "NFEA_",
    "IFAL_",
    "DEVLINK_",
    "DPLL_",
];

/// Constants by the kernel since which every header has them. Headers before it may lack them:
/// those of Debian 12 are of Linux 6.1.
pub const NEWER: &[((u32, u32), &[&str])] = &[
    (
        (6, 2),
        &[
            "IFLA_BRPORT_MAB",
            "IFLA_DEVLINK_PORT",
            "TCA_CT_HELPER_NAME",
            "TCA_CT_HELPER_FAMILY",
            "TCA_CT_HELPER_PROTO",
        ],
    ),
    (
        (6, 3),
        &[
            "IFLA_BRPORT_MCAST_MAX_GROUPS",
            "IFLA_BRPORT_MCAST_N_GROUPS",
            "IFLA_GSO_IPV4_MAX_SIZE",
            "IFLA_GRO_IPV4_MAX_SIZE",
        ],
    ),
    (
        (6, 4),
        &[
            "IFLA_BRPORT_NEIGH_VLAN_SUPPRESS",
            "IFLA_MACVLAN_BC_CUTOFF",
            "TCA_TUNNEL_KEY_NO_FRAG",
            "TCA_MQPRIO_TC_ENTRY",
            "TCA_MQPRIO_TC_ENTRY_INDEX",
            "TCA_MQPRIO_TC_ENTRY_FP",
            "TCA_TAPRIO_TC_ENTRY_FP",
        ],
    ),
    (
        (6, 5),
        &[
            "IFLA_VXLAN_LOCALBYPASS",
            "TCA_FLOWER_L2_MISS",
            "TCA_FLOWER_KEY_CFM",
        ],
    ),
    (
        (6, 6),
        &[
            "IFLA_BRPORT_BACKUP_NHID",
            "TCA_FLOWER_KEY_SPI",
            "TCA_FLOWER_KEY_SPI_MASK",
            "TCA_NETEM_PRNG_SEED",
        ],
    ),
    (
        (6, 7),
        &[
            "IFLA_BR_FDB_MAX_LEARNED",
            "IFLA_BR_FDB_N_LEARNED",
            "DPLL_A_PIN_ID",
            "IFLA_DPLL_PIN",
            "IFLA_DSA_CONDUIT",
            "IFLA_NETKIT_PRIMARY",
            "IFLA_NETKIT_POLICY",
            "IFLA_NETKIT_PEER_POLICY",
            "IFLA_NETKIT_MODE",
            "IFLA_VXLAN_LABEL_POLICY",
            "TCA_FQ_PRIOMAP",
            "TCA_FQ_WEIGHTS",
        ],
    ),
    ((6, 8), &["TCA_MIRRED_BLOCKID"]),
    (
        (6, 9),
        &[
            "NHA_OP_FLAGS",
            "NHA_HW_STATS_ENABLE",
            "NHA_HW_STATS_USED",
            "NHA_GROUP_STATS",
            "NHA_GROUP_STATS_ENTRY",
            "NHA_GROUP_STATS_ENTRY_ID",
            "NHA_GROUP_STATS_ENTRY_PACKETS",
            "NHA_GROUP_STATS_ENTRY_PACKETS_HW",
        ],
    ),
    (
        (6, 10),
        &[
            "IFLA_HSR_INTERLINK",
            "TCA_FLOWER_KEY_ENC_OPTS_PFCP",
            "TCA_FLOWER_KEY_ENC_OPT_PFCP_TYPE",
            "TCA_FLOWER_KEY_ENC_OPT_PFCP_SEID",
        ],
    ),
    (
        (6, 11),
        &[
            "IFLA_GTP_LOCAL",
            "IFLA_GTP_LOCAL6",
            "TCA_FLOWER_KEY_ENC_FLAGS",
            "TCA_FLOWER_KEY_ENC_FLAGS_MASK",
        ],
    ),
    ((6, 12), &["FRA_DSCP"]),
    (
        (6, 13),
        &[
            "IFLA_MAX_PACING_OFFLOAD_HORIZON",
            "IFLA_MCTP_PHYS_BINDING",
            "IFLA_NETKIT_SCRUB",
            "IFLA_NETKIT_PEER_SCRUB",
            "TCA_FQ_OFFLOAD_HORIZON",
        ],
    ),
    (
        (6, 14),
        &[
            "FRA_FLOWLABEL",
            "FRA_FLOWLABEL_MASK",
            "IFLA_NETKIT_HEADROOM",
            "IFLA_NETKIT_TAILROOM",
            "IFLA_VXLAN_RESERVED_BITS",
            "RTM_NEWMULTICAST",
            "RTM_DELMULTICAST",
            "RTM_NEWANYCAST",
            "RTM_DELANYCAST",
        ],
    ),
    (
        (6, 15),
        &[
            "FRA_SPORT_MASK",
            "FRA_DPORT_MASK",
            "FRA_DSCP_MASK",
            "IFLA_GENEVE_PORT_RANGE",
            "IFLA_NETNS_IMMUTABLE",
        ],
    ),
    ((6, 16), &["IFLA_OVPN_MODE"]),
    (
        (6, 17),
        &["IFLA_BOND_BROADCAST_NEIGH", "IFLA_VXLAN_MC_ROUTE"],
    ),
    (
        (7, 2),
        &[
            "IFLA_BOND_LACP_STRICT",
            "IFLA_BRPORT_NEIGH_FORWARD_GRAT",
            "IFLA_BR_STP_MODE",
            "IFLA_CAN_XL_DATA_BITRATE_CONST",
            "IFLA_CAN_XL_DATA_BITTIMING",
            "IFLA_CAN_XL_DATA_BITTIMING_CONST",
            "IFLA_CAN_XL_PWM",
            "IFLA_CAN_XL_TDC",
            "IFLA_GENEVE_GRO_HINT",
            "IFLA_GENEVE_LOCAL",
            "IFLA_GENEVE_LOCAL6",
            "IFLA_HEADROOM",
            "IFLA_NETKIT_PAIRING",
            "IFLA_TAILROOM",
        ],
    ),
];

/// Attributes without a declaration, by name or by prefix (`…*`), with the reason.
pub const UNDECLARED: &[(&[&str], &str)] = &[
    (
        &["DEVLINK_ATTR_*"],
        "attributes of the generic netlink family devlink: a link names only its port",
    ),
    (
        &["DPLL_A_PIN_*"],
        "attributes of the generic netlink family dpll: a link names only its pin",
    ),
    (
        &["SK_MEMINFO_*"],
        "of a socket, not of a message: the drops alone are read",
    ),
    (
        &["FRA_UNUSED*"],
        "never sent: no kernel has used these numbers",
    ),
    (
        &["IFLA_BRIDGE_FLAGS"],
        "sent by ndo_dflt_bridge_getlink: no field yet",
    ),
    (
        &["IFLA_BRIDGE_MRP_*"],
        "request only: br_mrp_fill_info sends IFLA_BRIDGE_MRP_INFO alone",
    ),
    (
        &[
            "IFLA_BRIDGE_CFM_MEP_CREATE",
            "IFLA_BRIDGE_CFM_MEP_DELETE",
            "IFLA_BRIDGE_CFM_MEP_CONFIG",
            "IFLA_BRIDGE_CFM_CC_CONFIG",
            "IFLA_BRIDGE_CFM_CC_PEER_MEP_ADD",
            "IFLA_BRIDGE_CFM_CC_PEER_MEP_REMOVE",
            "IFLA_BRIDGE_CFM_CC_RDI",
            "IFLA_BRIDGE_CFM_CC_CCM_TX",
        ],
        "request only: br_cfm_config_fill_info sends the attributes with the suffix _INFO",
    ),
    (
        &[
            "IFLA_BRIDGE_CFM_MEP_CREATE_INSTANCE",
            "IFLA_BRIDGE_CFM_MEP_CONFIG_INSTANCE",
            "IFLA_BRIDGE_CFM_CC_CONFIG_INSTANCE",
            "IFLA_BRIDGE_CFM_CC_PEER_MEP_INSTANCE",
            "IFLA_BRIDGE_CFM_CC_RDI_INSTANCE",
            "IFLA_BRIDGE_CFM_CC_CCM_TX_INSTANCE",
            "IFLA_BRIDGE_CFM_MEP_STATUS_INSTANCE",
        ],
        "number 1 of each set, which link/decode/bridge_af.rs reads for all sets alike",
    ),
    (
        &["IFLA_COST", "IFLA_PRIORITY", "IFLA_WEIGHT"],
        "never sent: rtnl_fill_ifinfo",
    ),
    (&["IFLA_NET_NS_PID", "IFLA_NET_NS_FD"], "request only"),
    (
        &["IFLA_IF_NETNSID"],
        "the former name of IFLA_TARGET_NETNSID",
    ),
    (&["IFLA_DSA_MASTER"], "the former name of IFLA_DSA_CONDUIT"),
    (&["IFLA_PROTO_DOWN_REASON_MASK"], "request only"),
    (&["IFLA_INET6_MCAST"], "never sent: inet6_fill_ifla6_attrs"),
    (
        &[
            "IFLA_BR_FDB_FLUSH",
            "IFLA_BRPORT_FLUSH",
            "IFLA_MACVLAN_MACADDR_MODE",
            "IFLA_MACSEC_PORT",
            "IFLA_NETKIT_PEER_INFO",
            "IFLA_GTP_FD0",
            "IFLA_GTP_FD1",
            "IFLA_GTP_CREATE_SOCKETS",
            "IFLA_HSR_MULTICAST_SPEC",
            "IFLA_CAN_RESTART",
            "IFLA_XDP_FD",
            "IFLA_XDP_FLAGS",
            "IFLA_XDP_EXPECTED_FD",
        ],
        "request only",
    ),
    (
        &["IFLA_PORT_VSI_TYPE"],
        "never sent: the kernel removed it from its policy",
    ),
    (
        &[
            "IFLA_STATS_LINK_XSTATS",
            "IFLA_STATS_LINK_XSTATS_SLAVE",
            "IFLA_STATS_AF_SPEC",
        ],
        "sent only on request: rtnl_statsnl_fill; the notifications have none",
    ),
    (
        &[
            "NDA_NDM_STATE_MASK",
            "NDA_NDM_FLAGS_MASK",
            "NFEA_DONT_REFRESH",
        ],
        "request only",
    ),
    (&["NETNSA_NONE"], "the number 0: no attribute"),
    (&["NETNSA_TARGET_NSID"], "request only"),
    (
        &["NETCONFA_FORCE_FORWARDING"],
        "sent by inet6_netconf_fill_devconf: no field yet",
    ),
    (
        &["NHA_GROUPS", "NHA_MASTER"],
        "request only: filters of a dump",
    ),
    (
        &[
            "TCA_POLICE_RATE",
            "TCA_POLICE_PEAKRATE",
            "TCA_STAB_DATA",
            "TCA_TBF_RTAB",
            "TCA_TBF_PTAB",
            "TCA_RED_STAB",
            "TCA_GRED_STAB",
            "TCA_HTB_CTAB",
            "TCA_HTB_RTAB",
            "TCA_NETEM_DELAY_DIST",
            "TCA_NETEM_SLOT_DIST",
        ],
        "request only: tables that user space computed",
    ),
    (
        &["TCA_CAKE_STATS_ACTIVE_QUEUES"],
        "sent by cake_dump_stats: no field yet",
    ),
    (&["TCA_TAPRIO_ATTR_SCHED_SINGLE_ENTRY"], "request only"),
    (
        &["TCA_TAPRIO_ATTR_PAD"],
        "the number of TCA_TAPRIO_PAD: padding for alignment",
    ),
    (
        &["TCA_ETS_PRIOMAP_BAND", "TCA_PEDIT_KEY_EX"],
        "an item of a list, which is read by position",
    ),
    (
        &["TCA_PEDIT_KEY_EX_HDR_TYPE_*"],
        "values: their names are in PEDIT_HEADERS of tc/spec/action.rs",
    ),
    (&["RTM_BASE"], "the lowest message type"),
    (
        &["RTA_PROTOINFO", "RTA_SESSION", "RTA_MP_ALGO"],
        "never sent: no kernel since 2.6 uses it",
    ),
    (
        &["RTA_IP_PROTO", "RTA_SPORT", "RTA_DPORT", "RTA_FLOWLABEL"],
        "request only: RTM_GETROUTE for the route of a packet",
    ),
    (
        &["TCA_RATE"],
        "request only: the estimator's result is TCA_STATS_RATE_EST",
    ),
    (
        &["TCA_FCNT"],
        "the number of TCA_ACT_COOKIE, in the answer to a flush: tc/decode/action.rs",
    ),
    (
        &["TCA_DUMP_FLAGS", "TCA_ROOT_FLAGS", "TCA_ROOT_TIME_DELTA"],
        "request only: filters of a dump",
    ),
    (&["TCA_ROOT_TAB"], "the number of TCA_ACT_TAB"),
];
