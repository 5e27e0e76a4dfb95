//! `kind:"wifi_event"`: what happens on a wireless device: scans, the steps of a connection and its end, signals, radar
//! and changes of the channel.

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::{CHANNEL_TYPES, WIDTHS};
use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Trigger, Triggers};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::genl::nl80211::*;
use crate::value::{IfName, LlAddr, Symbol, Text};

/// `NL80211_REGDOM_SET_BY_*`
const INITIATORS: &[(u32, &str)] = &[(0, "core"), (1, "user"), (2, "driver"), (3, "country_ie")];
/// `NL80211_REGDOM_TYPE_*`
const REG_TYPES: &[(u32, &str)] = &[
    (0, "country"),
    (1, "world"),
    (2, "custom_world"),
    (3, "intersection"),
];
/// `NL80211_TIMEOUT_*`
const TIMEOUTS: &[(u32, &str)] = &[(0, "unspecified"), (1, "scan"), (2, "auth"), (3, "assoc")];
/// `NL80211_RADAR_*`, `NL80211_RADAR_CAC_*`
const RADAR_EVENTS: &[(u32, &str)] = &[
    (0, "detected"),
    (1, "cac_finished"),
    (2, "cac_aborted"),
    (3, "nop_finished"),
    (4, "pre_cac_expired"),
    (5, "cac_started"),
];
/// `NL80211_CQM_RSSI_*`
const RSSI_EVENTS: &[(u32, &str)] = &[(0, "low"), (1, "high"), (2, "beacon_loss")];

/// Length of the header of a management frame.
const MGMT_HEADER: usize = 24;
// The first byte of such a frame: version, type and subtype.
const ASSOC_RESPONSE: u8 = 0x10;
const REASSOC_RESPONSE: u8 = 0x30;
const DISASSOC: u8 = 0xa0;
const AUTH: u8 = 0xb0;
const DEAUTH: u8 = 0xc0;

/// An event of a wireless device.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[nla(
    nest(NL80211_ATTR_CQM = 94),
    custom(NL80211_ATTR_FRAME = 51 => Self::frame),
    skip(
        NL80211_ATTR_KEY_IDX = 8,
        NL80211_ATTR_KEY_SEQ = 10,
        NL80211_ATTR_IE = 42,
        NL80211_ATTR_GENERATION = 46,
        NL80211_ATTR_KEY_TYPE = 55,
        NL80211_ATTR_FREQ_BEFORE = 58,
        NL80211_ATTR_FREQ_AFTER = 59,
        NL80211_ATTR_REQ_IE = 77,
        NL80211_ATTR_RESP_IE = 78,
        NL80211_ATTR_PMKID = 85,
        NL80211_ATTR_COOKIE = 88,
        NL80211_ATTR_CQM / NL80211_ATTR_CQM_RSSI_THOLD = 1,
        NL80211_ATTR_CQM / NL80211_ATTR_CQM_RSSI_HYST = 2,
        NL80211_ATTR_SCHED_SCAN_INTERVAL = 119,
        NL80211_ATTR_STA_WME = 129,
        NL80211_ATTR_SCAN_FLAGS = 158,
        NL80211_ATTR_CH_SWITCH_BLOCK_TX = 184,
        NL80211_ATTR_PAD = 229,
        NL80211_ATTR_SCAN_START_TIME_TSF = 233,
        NL80211_ATTR_SCAN_START_TIME_TSF_BSSID = 234,
        NL80211_ATTR_MEASUREMENT_DURATION = 235,
        NL80211_ATTR_MEASUREMENT_DURATION_MANDATORY = 236,
        NL80211_ATTR_FILS_KEK = 242,
        NL80211_ATTR_FILS_ERP_NEXT_SEQ_NUM = 251,
        NL80211_ATTR_PMK = 254,
        NL80211_ATTR_WIPHY_FREQ_OFFSET = 290,
        NL80211_ATTR_CENTER_FREQ1_OFFSET = 291,
        NL80211_ATTR_SCAN_FREQ_KHZ = 292,
        NL80211_ATTR_MLO_LINKS = 312,
        NL80211_ATTR_MLO_LINK_ID = 313,
        NL80211_ATTR_PUNCT_BITMAP = 322,
        NL80211_ATTR_MLO_LINK_DISABLED = 326,
        NL80211_ATTR_WIPHY_RADIO_INDEX = 338,
        NL80211_ATTR_S1G_PRIMARY_2MHZ = 345,
        NL80211_ATTR_ASSOC_ENCRYPTED = 364,
        NL80211_ATTR_NPCA_PRIMARY_FREQ = 365,
        NL80211_ATTR_NPCA_PUNCT_BITMAP = 366,
    ),
)]
#[state(device(ifindex, dev))]
pub struct WifiEvent {
    /// `scan_started`, `scan_finished`, `scan_aborted`, `auth`, `assoc`, `connect`, `roam`, `port_authorized`,
    /// `deauth`, `disassoc`, `disconnect`, `cqm` (quality of the connection), `radar`, `channel_switched`, `reg_change`,
    /// `start_ap`, `stop_ap` …
    pub event: Symbol,
    /// Number of the wireless device.
    #[nla(NL80211_ATTR_WIPHY = 1)]
    pub wiphy: Option<u32>,
    /// Id of the interface (`wdev` of `wifi_interface`).
    #[nla(NL80211_ATTR_WDEV = 153)]
    pub wdev: Option<u64>,
    /// Index of the device.
    #[nla(NL80211_ATTR_IFINDEX = 3)]
    pub ifindex: Option<u32>,
    /// Name of the device.
    pub dev: Option<IfName>,
    /// Address of the other side: the access point, or the station.
    #[nla(NL80211_ATTR_MAC = 6)]
    pub mac: Option<LlAddr>,
    /// Name of the network.
    #[nla(NL80211_ATTR_SSID = 52)]
    pub ssid: Option<Text>,
    /// Names of the networks that a scan looks for; an empty one means any.
    #[nla(NL80211_ATTR_SCAN_SSIDS = 45)]
    pub scan_ssids: Option<Vec<Text>>,
    /// Frequencies of a scan, MHz.
    #[nla(NL80211_ATTR_SCAN_FREQUENCIES = 44)]
    pub scan_freqs: Option<Vec<u32>>,
    /// Status code of IEEE 802.11; 0: success.
    #[nla(NL80211_ATTR_STATUS_CODE = 72)]
    pub status: Option<u16>,
    /// Reason code of IEEE 802.11.
    #[nla(NL80211_ATTR_REASON_CODE = 54)]
    pub reason: Option<u16>,
    /// The other side ended the connection.
    #[nla(NL80211_ATTR_DISCONNECTED_BY_AP = 71, present)]
    pub by_ap: Option<bool>,
    /// There was no answer.
    #[nla(NL80211_ATTR_TIMED_OUT = 65, present)]
    pub timed_out: Option<bool>,
    /// In which step: `scan`, `auth`, `assoc`.
    #[nla(NL80211_ATTR_TIMEOUT_REASON = 248, names(u32, TIMEOUTS))]
    pub timeout_reason: Option<Symbol>,
    /// The other side asks for a new connection.
    #[nla(NL80211_ATTR_RECONNECT_REQUESTED = 299, present)]
    pub reconnect_requested: Option<bool>,
    /// The signal crossed a threshold: `low`, `high`.
    #[nla(NL80211_ATTR_CQM / NL80211_ATTR_CQM_RSSI_THRESHOLD_EVENT = 3, names(u32, RSSI_EVENTS))]
    pub rssi_event: Option<Symbol>,
    /// Signal, dBm.
    #[nla(NL80211_ATTR_CQM / NL80211_ATTR_CQM_RSSI_LEVEL = 9)]
    pub rssi_level: Option<i32>,
    /// Number of packets that were not acknowledged.
    #[nla(NL80211_ATTR_CQM / NL80211_ATTR_CQM_PKT_LOSS_EVENT = 4)]
    pub packet_loss: Option<u32>,
    /// Share of failed packets, percent.
    #[nla(NL80211_ATTR_CQM / NL80211_ATTR_CQM_TXE_RATE = 5)]
    pub txe_rate: Option<u32>,
    /// Number of packets of which that is the share.
    #[nla(NL80211_ATTR_CQM / NL80211_ATTR_CQM_TXE_PKTS = 6)]
    pub txe_pkts: Option<u32>,
    /// Time in which they were sent, seconds.
    #[nla(NL80211_ATTR_CQM / NL80211_ATTR_CQM_TXE_INTVL = 7)]
    pub txe_interval: Option<u32>,
    /// No beacons are heard.
    #[nla(NL80211_ATTR_CQM / NL80211_ATTR_CQM_BEACON_LOSS_EVENT = 8, present)]
    pub beacon_loss: Option<bool>,
    /// `detected`, `cac_started`, `cac_finished`, `cac_aborted`, `nop_finished`, `pre_cac_expired`.
    #[nla(NL80211_ATTR_RADAR_EVENT = 168, names(u32, RADAR_EVENTS))]
    pub radar_event: Option<Symbol>,
    /// Frequency of the primary channel, MHz.
    #[nla(NL80211_ATTR_WIPHY_FREQ = 38)]
    pub freq: Option<u32>,
    /// Type of the channel: `no-HT`, `HT20`, `HT40-`, `HT40+`.
    #[nla(NL80211_ATTR_WIPHY_CHANNEL_TYPE = 39, names(u32, CHANNEL_TYPES))]
    pub channel_type: Option<Symbol>,
    /// Width of the channel, MHz.
    #[nla(NL80211_ATTR_CHANNEL_WIDTH = 159, names(u32, WIDTHS))]
    pub width: Option<Symbol>,
    /// Its centre, MHz.
    #[nla(NL80211_ATTR_CENTER_FREQ1 = 160)]
    pub center_freq1: Option<u32>,
    /// Centre of its second part, MHz.
    #[nla(NL80211_ATTR_CENTER_FREQ2 = 161)]
    pub center_freq2: Option<u32>,
    /// Beacons until the channel is switched.
    #[nla(NL80211_ATTR_CH_SWITCH_COUNT = 183)]
    pub ch_switch_count: Option<u32>,
    /// Time on the channel, milliseconds.
    #[nla(NL80211_ATTR_DURATION = 87)]
    pub duration: Option<u32>,
    /// Number of the reason for which an access point refused a station.
    #[nla(NL80211_ATTR_CONN_FAILED_REASON = 155)]
    pub refused: Option<u32>,
    /// Who changed the regulatory domain: `core`, `user`, `driver`, `country_ie`.
    #[nla(NL80211_ATTR_REG_INITIATOR = 48, names(u8, INITIATORS))]
    pub reg_initiator: Option<Symbol>,
    /// What it is: `country`, `world`, `custom_world`, `intersection`.
    #[nla(NL80211_ATTR_REG_TYPE = 49, names(u8, REG_TYPES))]
    pub reg_type: Option<Symbol>,
    /// Its country.
    #[nla(NL80211_ATTR_REG_ALPHA2 = 33)]
    pub country: Option<Text>,
}

impl WifiEvent {
    /// Reads the fixed fields of a management frame (IEEE 802.11), of which the kernel tells status and reason nowhere
    /// else. `netlink::secrets` leaves those bytes, and no others.
    #[expect(clippy::unnecessary_wraps, reason = "the signature of a decoder")]
    fn frame(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let Some((header, body)) = attr.value.split_first_chunk::<MGMT_HEADER>() else {
            return Ok(());
        };
        let number = |at: usize| {
            let bytes = body.get(at..at + 2)?;
            Some(u16::from_le_bytes([bytes[0], bytes[1]]))
        };
        let [source, bssid] = [&header[10..16], &header[16..22]];
        match header[0] {
            AUTH => self.status = number(4),
            ASSOC_RESPONSE | REASSOC_RESPONSE => self.status = number(2),
            DEAUTH | DISASSOC => {
                self.reason = number(0);
                self.by_ap = (source == bssid).then_some(true);
            }
            _ => return Ok(()),
        }
        self.mac = LlAddr::new(bssid);
        Ok(())
    }
}

events!(
    WifiEvent of NL80211,
    [
        NL80211_CMD_START_AP = "start_ap",
        NL80211_CMD_STOP_AP = "stop_ap",
        NL80211_CMD_TRIGGER_SCAN = "scan_started",
        NL80211_CMD_NEW_SCAN_RESULTS = "scan_finished",
        NL80211_CMD_SCAN_ABORTED = "scan_aborted",
        NL80211_CMD_REG_CHANGE = "reg_change",
        NL80211_CMD_AUTHENTICATE = "auth",
        NL80211_CMD_ASSOCIATE = "assoc",
        NL80211_CMD_DEAUTHENTICATE = "deauth",
        NL80211_CMD_DISASSOCIATE = "disassoc",
        NL80211_CMD_MICHAEL_MIC_FAILURE = "michael_mic_failure",
        NL80211_CMD_REG_BEACON_HINT = "reg_beacon_hint",
        NL80211_CMD_JOIN_IBSS = "join_ibss",
        NL80211_CMD_CONNECT = "connect",
        NL80211_CMD_ROAM = "roam",
        NL80211_CMD_DISCONNECT = "disconnect",
        NL80211_CMD_REMAIN_ON_CHANNEL = "remain_on_channel",
        NL80211_CMD_CANCEL_REMAIN_ON_CHANNEL = "remain_on_channel_ended",
        NL80211_CMD_NOTIFY_CQM = "cqm",
        NL80211_CMD_UNPROT_DEAUTHENTICATE = "unprotected_deauth",
        NL80211_CMD_UNPROT_DISASSOCIATE = "unprotected_disassoc",
        NL80211_CMD_START_SCHED_SCAN = "sched_scan_started",
        NL80211_CMD_SCHED_SCAN_RESULTS = "sched_scan_results",
        NL80211_CMD_SCHED_SCAN_STOPPED = "sched_scan_stopped",
        NL80211_CMD_CH_SWITCH_NOTIFY = "channel_switched",
        NL80211_CMD_CONN_FAILED = "connection_refused",
        NL80211_CMD_RADAR_DETECT = "radar",
        NL80211_CMD_CH_SWITCH_STARTED_NOTIFY = "channel_switch_started",
        NL80211_CMD_WIPHY_REG_CHANGE = "wiphy_reg_change",
        NL80211_CMD_PORT_AUTHORIZED = "port_authorized",
    ],
    {
        fn triggers(&self, _op: Op, _old: Option<&Self>) -> Triggers {
            const LINK: &[&str] = &[
                "start_ap",
                "stop_ap",
                "join_ibss",
                "connect",
                "roam",
                "disconnect",
                "deauth",
                "disassoc",
                "assoc",
                "channel_switched",
            ];
            match &self.event {
                Symbol::Known("reg_change" | "wiphy_reg_change") => {
                    Triggers::of(&[Trigger::WifiRegdom])
                }
                Symbol::Known("port_authorized") => Triggers::of(&[Trigger::WifiStation]),
                Symbol::Known(name) if LINK.contains(name) => {
                    Triggers::of(&[Trigger::WifiInterface, Trigger::WifiStation])
                }
                _ => Triggers::NONE,
            }
        }
    }
);
