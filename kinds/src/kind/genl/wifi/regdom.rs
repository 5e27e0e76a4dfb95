//! `kind:"wifi_regdom"`: regulatory domains: which channels may be used, and how.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::dbm;
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, Trigger};
use crate::netlink::frame::Message;
use crate::netlink::genl::attributes;
use crate::netlink::genl::nl80211::NL80211_CMD_GET_REG;
use crate::netlink::request::Request;
use crate::value::{FlagNames, Flags, Symbol, Text};

/// `NL80211_DFS_*`
const DFS_REGIONS: &[(u32, &str)] = &[(0, "unset"), (1, "FCC"), (2, "ETSI"), (3, "JP")];
/// `NL80211_USER_REG_HINT_*`
const HINTS: &[(u32, &str)] = &[(0, "user"), (1, "cell_base"), (2, "indoor")];
/// `NL80211_RRF_*`
const FLAGS: &FlagNames = &[
    (1 << 0, "no-ofdm"),
    (1 << 1, "no-cck"),
    (1 << 2, "no-indoor"),
    (1 << 3, "no-outdoor"),
    (1 << 4, "dfs"),
    (1 << 5, "ptp-only"),
    (1 << 6, "ptmp-only"),
    (1 << 7, "no-ir"),
    (1 << 11, "auto-bw"),
    (1 << 12, "ir-concurrent"),
    (1 << 13, "no-ht40minus"),
    (1 << 14, "no-ht40plus"),
    (1 << 15, "no-80mhz"),
    (1 << 16, "no-160mhz"),
    (1 << 17, "no-he"),
    (1 << 18, "no-320mhz"),
    (1 << 19, "no-eht"),
    (1 << 20, "psd"),
    (1 << 21, "dfs-concurrent"),
    (1 << 22, "no-6ghz-vlp-client"),
    (1 << 23, "no-6ghz-afc-client"),
    (1 << 24, "allow-6ghz-vlp-ap"),
    (1 << 25, "allow-20mhz-activity"),
    (1 << 26, "no-uhr"),
];

/// A regulatory domain. The kernel announces that it changed (`wifi_event`): then it is read.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(skip(NL80211_ATTR_GENERATION = 46))]
#[state(key(scope, wiphy))]
pub struct WifiRegdom {
    /// `global`: the domain of all wireless devices that have none of their own; `wiphy`: that of one.
    pub scope: Symbol,
    /// Number of this one.
    #[nla(NL80211_ATTR_WIPHY = 1)]
    pub wiphy: Option<u32>,
    /// The country: `DE`; `00`: the world, `99`: built by the driver.
    #[nla(NL80211_ATTR_REG_ALPHA2 = 33)]
    pub country: Option<Text>,
    /// Rules for radar: `FCC`, `ETSI`, `JP`.
    #[nla(NL80211_ATTR_DFS_REGION = 146, names(u8, DFS_REGIONS))]
    pub dfs_region: Option<Symbol>,
    /// Who hinted at it: `user`, `cell_base`, `indoor`.
    #[nla(NL80211_ATTR_USER_REG_HINT_TYPE = 154, names(u32, HINTS))]
    pub hint: Option<Symbol>,
    /// The device manages it by itself.
    #[nla(NL80211_ATTR_WIPHY_SELF_MANAGED_REG = 216, present)]
    pub self_managed: Option<bool>,
    /// What is allowed.
    #[nla(NL80211_ATTR_REG_RULES = 34)]
    pub rules: Option<Vec<WifiRegRule>>,
}

/// What is allowed in a range of frequencies.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct WifiRegRule {
    /// Begin of the range, kHz.
    #[nla(NL80211_ATTR_FREQ_RANGE_START = 2)]
    pub start: u32,
    /// End of the range, kHz.
    #[nla(NL80211_ATTR_FREQ_RANGE_END = 3)]
    pub end: u32,
    /// Maximum width of a channel, kHz.
    #[nla(NL80211_ATTR_FREQ_RANGE_MAX_BW = 4)]
    pub max_bw: u32,
    /// Maximum gain of the antenna, hundredths of dBi.
    #[nla(NL80211_ATTR_POWER_RULE_MAX_ANT_GAIN = 5, nonzero)]
    pub max_antenna_gain: Option<u32>,
    /// Maximum power, hundredths of dBm.
    #[nla(NL80211_ATTR_POWER_RULE_MAX_EIRP = 6)]
    pub max_eirp: Option<u32>,
    /// Maximum power spectral density, dBm per MHz; with the flag `psd`.
    #[nla(NL80211_ATTR_POWER_RULE_PSD = 8, map(u8, dbm))]
    pub max_psd: Option<i32>,
    /// Time in which a channel is checked for radar, milliseconds.
    #[nla(NL80211_ATTR_DFS_CAC_TIME = 7, nonzero)]
    pub dfs_cac_time: Option<u32>,
    /// `dfs`, `no-ir`, `no-indoor`, `no-outdoor`, `auto-bw` …
    #[nla(NL80211_ATTR_REG_RULE_FLAGS = 1, flags(u32, FLAGS))]
    pub flags: Flags,
}

impl KindSpec for WifiRegdom {
    const NETLINK_FAMILY: FamilyId = FamilyId::NL80211;
    const MESSAGES: &'static [u16] = &[NL80211_CMD_GET_REG];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;
    const STALE_AFTER: &'static [Trigger] = &[Trigger::WifiRegdom];

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::generic(NL80211_CMD_GET_REG, &[])]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let mut domain = WifiRegdom::default();
        domain.attributes(context, attributes(message)?);
        domain.scope = Symbol::Known(match domain.wiphy {
            Some(_) => "wiphy",
            None => "global",
        });
        emit.object(context, domain)
    }
}
