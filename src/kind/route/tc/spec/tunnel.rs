//! Options of tunnels: the same numbers in the keys of flower (linux/pkt_cls.h), in the action
//! tunnel_key (linux/tc_act/tc_tunnel_key.h) and in routes (linux/lwtunnel.h).

use crate::kind::route::tc::table::options;

options! {
    /// `TCA_TUNNEL_KEY_ENC_OPTS_*`, `LWTUNNEL_IP_OPTS_*`
    pub OPTS {
        1 geneve_opts: Rows(GENEVE), "Options of geneve.";
        2 vxlan_opts: Rows(VXLAN), "Options of vxlan.";
        3 erspan_opts: Rows(ERSPAN), "Options of erspan.";
    }
    /// `TCA_FLOWER_KEY_ENC_OPTS_*`
    pub KEY {
        1 geneve_opt_key: Rows(GENEVE), "Options of geneve.";
        2 vxlan_opt_key: Rows(VXLAN), "Options of vxlan.";
        3 erspan_opt_key: Rows(ERSPAN), "Options of erspan.";
        4 gtp_opt_key: Rows(GTP), "Options of GTP.";
        5 pfcp_opt_key: Rows(PFCP), "Options of PFCP.";
    }
    pub MASK {
        1 geneve_opt_mask: Rows(GENEVE), "Masks of the options of geneve.";
        2 vxlan_opt_mask: Rows(VXLAN), "Masks of the options of vxlan.";
        3 erspan_opt_mask: Rows(ERSPAN), "Masks of the options of erspan.";
        4 gtp_opt_mask: Rows(GTP), "Masks of the options of GTP.";
        5 pfcp_opt_mask: Rows(PFCP), "Masks of the options of PFCP.";
    }
    pub GENEVE {
        1 class: Be16, "Who defined the option.";
        2 r#type: U8, "Its type.";
        3 data: Hex, "What it holds.";
    }
    pub VXLAN {
        1 gbp: U32, "Group policy.";
    }
    pub ERSPAN {
        1 ver: U8, "Version.";
        2 index: Be32, "Number of the session's port (version 1).";
        3 dir: U8, "0: incoming, 1: outgoing (version 2).";
        4 hwid: U8, "Id of the hardware (version 2).";
    }
    GTP {
        1 pdu_type: U8, "Type of the PDU.";
        2 qfi: U8, "Id of the quality of service flow.";
    }
    PFCP {
        1 r#type: U8, "0: node, 1: session.";
        2 seid: BeHexNumber, "Id of the session's end point, hexadecimal.";
    }
}
