//! `kind:"wiphy"`: wireless devices.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::iftypes;
use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::spec::{Trigger, Triggers};
use crate::netlink::genl::nl80211::{
    NL80211_CMD_DEL_WIPHY, NL80211_CMD_GET_WIPHY, NL80211_CMD_NEW_WIPHY,
};
use crate::value::{Symbol, Text};

/// A wireless device, with its settings. What its hardware can do is left out.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(skip(
    NL80211_ATTR_WIPHY_BANDS = 22,
    NL80211_ATTR_MAX_NUM_SCAN_SSIDS = 43,
    NL80211_ATTR_GENERATION = 46,
    NL80211_ATTR_SUPPORTED_COMMANDS = 50,
    NL80211_ATTR_MAX_SCAN_IE_LEN = 56,
    NL80211_ATTR_CIPHER_SUITES = 57,
    NL80211_ATTR_MAX_NUM_PMKIDS = 86,
    NL80211_ATTR_TX_FRAME_TYPES = 99,
    NL80211_ATTR_RX_FRAME_TYPES = 100,
    NL80211_ATTR_CONTROL_PORT_ETHERTYPE = 102,
    NL80211_ATTR_SUPPORT_IBSS_RSN = 104,
    NL80211_ATTR_OFFCHANNEL_TX_OK = 108,
    NL80211_ATTR_MAX_REMAIN_ON_CHANNEL_DURATION = 111,
    NL80211_ATTR_SUPPORT_MESH_AUTH = 115,
    NL80211_ATTR_WOWLAN_TRIGGERS_SUPPORTED = 118,
    NL80211_ATTR_INTERFACE_COMBINATIONS = 120,
    NL80211_ATTR_SOFTWARE_IFTYPES = 121,
    NL80211_ATTR_MAX_NUM_SCHED_SCAN_SSIDS = 123,
    NL80211_ATTR_MAX_SCHED_SCAN_IE_LEN = 124,
    NL80211_ATTR_SUPPORT_AP_UAPSD = 130,
    NL80211_ATTR_ROAM_SUPPORT = 131,
    NL80211_ATTR_MAX_MATCH_SETS = 133,
    NL80211_ATTR_TDLS_SUPPORT = 139,
    NL80211_ATTR_TDLS_EXTERNAL_SETUP = 140,
    NL80211_ATTR_DEVICE_AP_SME = 141,
    NL80211_ATTR_FEATURE_FLAGS = 143,
    NL80211_ATTR_PROBE_RESP_OFFLOAD = 144,
    NL80211_ATTR_HT_CAPABILITY_MASK = 148,
))]
#[state(key(wiphy))]
pub struct Wiphy {
    /// Number of the device.
    #[nla(NL80211_ATTR_WIPHY = 1)]
    pub wiphy: u32,
    /// Its name: `phy0`.
    #[nla(NL80211_ATTR_WIPHY_NAME = 2)]
    pub name: Text,
    /// Types of interfaces that it can have: `managed`, `AP`, `monitor` …
    #[nla(NL80211_ATTR_SUPPORTED_IFTYPES = 32, with = iftypes)]
    pub supported_iftypes: Option<Vec<Symbol>>,
    /// How often a short frame is sent until it is acknowledged.
    #[nla(NL80211_ATTR_WIPHY_RETRY_SHORT = 61)]
    pub retry_short: Option<u8>,
    /// The same of a long frame.
    #[nla(NL80211_ATTR_WIPHY_RETRY_LONG = 62)]
    pub retry_long: Option<u8>,
    /// Longest frame that is not fragmented, bytes; absent if none is.
    #[nla(NL80211_ATTR_WIPHY_FRAG_THRESHOLD = 63, optional, map(u32, limited))]
    pub frag_threshold: Option<u32>,
    /// Longest frame that needs no RTS, bytes; absent if none does.
    #[nla(NL80211_ATTR_WIPHY_RTS_THRESHOLD = 64, optional, map(u32, limited))]
    pub rts_threshold: Option<u32>,
    /// Class of the distance to the farthest station, in steps of 3 µs.
    #[nla(NL80211_ATTR_WIPHY_COVERAGE_CLASS = 89)]
    pub coverage_class: Option<u8>,
    /// Antennas that may send, a bit each.
    #[nla(NL80211_ATTR_WIPHY_ANTENNA_TX = 105)]
    pub antenna_tx: Option<u32>,
    /// Antennas that may receive, a bit each.
    #[nla(NL80211_ATTR_WIPHY_ANTENNA_RX = 106)]
    pub antenna_rx: Option<u32>,
    /// Antennas that can send, a bit each.
    #[nla(NL80211_ATTR_WIPHY_ANTENNA_AVAIL_TX = 113)]
    pub antenna_avail_tx: Option<u32>,
    /// Antennas that can receive, a bit each.
    #[nla(NL80211_ATTR_WIPHY_ANTENNA_AVAIL_RX = 114)]
    pub antenna_avail_rx: Option<u32>,
}

/// A threshold, of which the largest number means none.
fn limited(threshold: u32) -> Option<u32> {
    (threshold != u32::MAX).then_some(threshold)
}

// Without `NL80211_ATTR_SPLIT_WIPHY_DUMP`: one message for each device, with the attributes that events have. What a
// split dump adds are capabilities.
kind!(
    Wiphy of NL80211,
    listed by NL80211_CMD_GET_WIPHY,
    [NL80211_CMD_NEW_WIPHY, NL80211_CMD_DEL_WIPHY],
    deleted by [NL80211_CMD_DEL_WIPHY],
    {
        const DELETED_BY_KEY: bool = true;

        fn triggers(&self, op: Op, _old: Option<&Self>) -> Triggers {
            match op {
                // A driver may bring a domain of its own.
                Op::Add | Op::Delete => Triggers::of(&[Trigger::WifiRegdom]),
                _ => Triggers::NONE,
            }
        }
    }
);
