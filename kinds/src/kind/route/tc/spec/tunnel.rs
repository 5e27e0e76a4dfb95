//! Options of tunnels: the same numbers in the keys of flower (linux/pkt_cls.h), in the action
//! tunnel_key (linux/tc_act/tc_tunnel_key.h) and in routes (linux/lwtunnel.h).

use crate::kind::table::options;

options! {
    /// `TCA_TUNNEL_KEY_ENC_OPTS_*`, `LWTUNNEL_IP_OPTS_*`
    pub OPTS {
        LWTUNNEL_IP_OPTS_GENEVE = 1 geneve_opts: Entries(GENEVE), "Options of geneve.";
        LWTUNNEL_IP_OPTS_VXLAN = 2 vxlan_opts: Entries(VXLAN), "Options of vxlan.";
        LWTUNNEL_IP_OPTS_ERSPAN = 3 erspan_opts: Entries(ERSPAN), "Options of erspan.";
    }
    /// `TCA_FLOWER_KEY_ENC_OPTS_*`
    pub KEY {
        TCA_FLOWER_KEY_ENC_OPTS_GENEVE = 1 geneve_opt_key: Entries(GENEVE), "Options of geneve.";
        TCA_FLOWER_KEY_ENC_OPTS_VXLAN = 2 vxlan_opt_key: Entries(VXLAN), "Options of vxlan.";
        TCA_FLOWER_KEY_ENC_OPTS_ERSPAN = 3 erspan_opt_key: Entries(ERSPAN), "Options of erspan.";
        TCA_FLOWER_KEY_ENC_OPTS_GTP = 4 gtp_opt_key: Entries(GTP), "Options of GTP.";
        TCA_FLOWER_KEY_ENC_OPTS_PFCP = 5 pfcp_opt_key: Entries(PFCP), "Options of PFCP.";
    }
    pub MASK {
        TCA_FLOWER_KEY_ENC_OPTS_GENEVE = 1 geneve_opt_mask: Entries(GENEVE), "Masks of the options of geneve.";
        TCA_FLOWER_KEY_ENC_OPTS_VXLAN = 2 vxlan_opt_mask: Entries(VXLAN), "Masks of the options of vxlan.";
        TCA_FLOWER_KEY_ENC_OPTS_ERSPAN = 3 erspan_opt_mask: Entries(ERSPAN), "Masks of the options of erspan.";
        TCA_FLOWER_KEY_ENC_OPTS_GTP = 4 gtp_opt_mask: Entries(GTP), "Masks of the options of GTP.";
        TCA_FLOWER_KEY_ENC_OPTS_PFCP = 5 pfcp_opt_mask: Entries(PFCP), "Masks of the options of PFCP.";
    }
    pub GENEVE {
        LWTUNNEL_IP_OPT_GENEVE_CLASS = 1 class: Be16, "Option class (the vendor that defined the option).";
        LWTUNNEL_IP_OPT_GENEVE_TYPE = 2 r#type: U8, "Type.";
        LWTUNNEL_IP_OPT_GENEVE_DATA = 3 data: Hex, "Option data.";
    }
    pub VXLAN {
        LWTUNNEL_IP_OPT_VXLAN_GBP = 1 gbp: U32, "Group policy.";
    }
    pub ERSPAN {
        LWTUNNEL_IP_OPT_ERSPAN_VER = 1 ver: U8, "Version.";
        LWTUNNEL_IP_OPT_ERSPAN_INDEX = 2 index: Be32, "Number of the session's port (version 1).";
        LWTUNNEL_IP_OPT_ERSPAN_DIR = 3 dir: U8, "0: incoming, 1: outgoing (version 2).";
        LWTUNNEL_IP_OPT_ERSPAN_HWID = 4 hwid: U8, "Id of the hardware (version 2).";
    }
    GTP {
        TCA_FLOWER_KEY_ENC_OPT_GTP_PDU_TYPE = 1 pdu_type: U8, "Type of the PDU.";
        TCA_FLOWER_KEY_ENC_OPT_GTP_QFI = 2 qfi: U8, "Id of the quality of service flow.";
    }
    PFCP {
        TCA_FLOWER_KEY_ENC_OPT_PFCP_TYPE = 1 r#type: U8, "0: node, 1: session.";
        TCA_FLOWER_KEY_ENC_OPT_PFCP_SEID = 2 seid: BeHexNumber, "Id of the session's end point, hexadecimal.";
    }
}
