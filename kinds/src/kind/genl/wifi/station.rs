//! `kind:"wifi_station"`: stations that an interface talks to: the clients of an access point, or the access point of a
//! client. The kernel lists those of one interface at a time.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::dbm;
use crate::json::JsonSchema;
use crate::kind::context::DecodeContext;
use crate::kind::fields::Fields;
use crate::kind::spec::{Device, DumpsPerObject, Trigger, Triggers};
use crate::kind::{Kind, Op, Payload};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::genl::nl80211::{
    NL80211_CMD_DEL_STATION, NL80211_CMD_GET_INTERFACE, NL80211_CMD_NEW_STATION,
};
use crate::netlink::request::Request;
use crate::value::{FlagNames, Flags, IfName, LlAddr};

/// `NL80211_STA_FLAG_*`, a bit each.
const FLAGS: &FlagNames = &[
    (1 << 1, "authorized"),
    (1 << 2, "short-preamble"),
    (1 << 3, "wme"),
    (1 << 4, "mfp"),
    (1 << 5, "authenticated"),
    (1 << 6, "tdls-peer"),
    (1 << 7, "associated"),
    (1 << 8, "spp-amsdu"),
];

/// A station that an interface of a wireless device talks to.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    nest(NL80211_ATTR_STA_INFO = 21),
    custom(NL80211_ATTR_STA_INFO / NL80211_STA_INFO_STA_FLAGS = 17 => Self::flags),
    skip(
        NL80211_ATTR_IE = 42,
        NL80211_ATTR_GENERATION = 46,
        NL80211_ATTR_RESP_IE = 78,
        NL80211_ATTR_WDEV = 153,
        NL80211_ATTR_PAD = 229,
        NL80211_ATTR_MLO_LINKS = 312,
        NL80211_ATTR_MLO_LINK_ID = 313,
        NL80211_ATTR_MLD_ADDR = 314,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_RX_BYTES = 2,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_TX_BYTES = 3,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_LLID = 4,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_PLID = 5,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_PLINK_STATE = 6,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_BSS_PARAM = 15,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_T_OFFSET = 19,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_LOCAL_PM = 20,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_PEER_PM = 21,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_NONPEER_PM = 22,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_CHAIN_SIGNAL = 25,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_CHAIN_SIGNAL_AVG = 26,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_RX_DROP_MISC = 28,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_BEACON_RX = 29,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_BEACON_SIGNAL_AVG = 30,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_TID_STATS = 31,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_RX_DURATION = 32,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_PAD = 33,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_ACK_SIGNAL = 34,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_ACK_SIGNAL_AVG = 35,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_RX_MPDUS = 36,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_FCS_ERROR_COUNT = 37,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_CONNECTED_TO_GATE = 38,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_TX_DURATION = 39,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_AIRTIME_WEIGHT = 40,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_AIRTIME_LINK_METRIC = 41,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_ASSOC_AT_BOOTTIME = 42,
        NL80211_ATTR_STA_INFO / NL80211_STA_INFO_CONNECTED_TO_AS = 43,
    ),
)]
#[state(
    key(ifindex, mac),
    device(ifindex, dev),
    copy_volatile_if = Self::has_flags_of
)]
pub struct WifiStation {
    /// Index of the device.
    #[nla(NL80211_ATTR_IFINDEX = 3)]
    pub ifindex: u32,
    /// Name of the device.
    pub dev: Option<IfName>,
    /// Address of the station.
    #[nla(NL80211_ATTR_MAC = 6)]
    pub mac: Option<LlAddr>,
    /// `authorized`, `authenticated`, `associated`, `short-preamble`, `wme`, `mfp`, `tdls-peer`.
    pub flags: Option<Flags>,
    /// Signal, dBm.
    #[nla(NL80211_ATTR_STA_INFO / NL80211_STA_INFO_SIGNAL = 7, map(u8, dbm), volatile)]
    pub signal: Option<i32>,
    /// Average of the signal, dBm.
    #[nla(NL80211_ATTR_STA_INFO / NL80211_STA_INFO_SIGNAL_AVG = 13, map(u8, dbm), volatile)]
    pub signal_avg: Option<i32>,
    /// Rate of the last frame to the station.
    #[nla(NL80211_ATTR_STA_INFO / NL80211_STA_INFO_TX_BITRATE = 8, volatile)]
    pub tx_rate: Option<WifiRate>,
    /// Rate of the last frame from the station.
    #[nla(NL80211_ATTR_STA_INFO / NL80211_STA_INFO_RX_BITRATE = 14, volatile)]
    pub rx_rate: Option<WifiRate>,
    /// Expected throughput, kbit/s.
    #[nla(NL80211_ATTR_STA_INFO / NL80211_STA_INFO_EXPECTED_THROUGHPUT = 27, volatile)]
    pub expected_throughput: Option<u32>,
    /// Time since the station was connected, seconds.
    #[nla(NL80211_ATTR_STA_INFO / NL80211_STA_INFO_CONNECTED_TIME = 16, volatile)]
    pub connected_time: Option<u32>,
    /// Time since its last activity, milliseconds.
    #[nla(NL80211_ATTR_STA_INFO / NL80211_STA_INFO_INACTIVE_TIME = 1, volatile)]
    pub inactive_time: Option<u32>,
    /// Packets from the station.
    #[nla(NL80211_ATTR_STA_INFO / NL80211_STA_INFO_RX_PACKETS = 9, volatile)]
    pub rx_packets: Option<u32>,
    /// Their bytes.
    #[nla(NL80211_ATTR_STA_INFO / NL80211_STA_INFO_RX_BYTES64 = 23, volatile)]
    pub rx_bytes: Option<u64>,
    /// Packets to the station.
    #[nla(NL80211_ATTR_STA_INFO / NL80211_STA_INFO_TX_PACKETS = 10, volatile)]
    pub tx_packets: Option<u32>,
    /// Their bytes.
    #[nla(NL80211_ATTR_STA_INFO / NL80211_STA_INFO_TX_BYTES64 = 24, volatile)]
    pub tx_bytes: Option<u64>,
    /// Packets that were sent again.
    #[nla(NL80211_ATTR_STA_INFO / NL80211_STA_INFO_TX_RETRIES = 11, volatile)]
    pub tx_retries: Option<u32>,
    /// Packets that were not acknowledged.
    #[nla(NL80211_ATTR_STA_INFO / NL80211_STA_INFO_TX_FAILED = 12, volatile)]
    pub tx_failed: Option<u32>,
    /// Beacons that were missed.
    #[nla(NL80211_ATTR_STA_INFO / NL80211_STA_INFO_BEACON_LOSS = 18, volatile)]
    pub beacon_loss: Option<u32>,
}

/// The rate of a frame (`NL80211_RATE_INFO_*`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(
    custom(
        NL80211_RATE_INFO_BITRATE = 1 => Self::bitrate,
        NL80211_RATE_INFO_40_MHZ_WIDTH = 3 => Self::width,
        NL80211_RATE_INFO_80_MHZ_WIDTH = 8 => Self::width,
        NL80211_RATE_INFO_80P80_MHZ_WIDTH = 9 => Self::width,
        NL80211_RATE_INFO_160_MHZ_WIDTH = 10 => Self::width,
        NL80211_RATE_INFO_10_MHZ_WIDTH = 11 => Self::width,
        NL80211_RATE_INFO_5_MHZ_WIDTH = 12 => Self::width,
        NL80211_RATE_INFO_320_MHZ_WIDTH = 18 => Self::width,
        NL80211_RATE_INFO_1_MHZ_WIDTH = 25 => Self::width,
        NL80211_RATE_INFO_2_MHZ_WIDTH = 26 => Self::width,
        NL80211_RATE_INFO_4_MHZ_WIDTH = 27 => Self::width,
        NL80211_RATE_INFO_8_MHZ_WIDTH = 28 => Self::width,
        NL80211_RATE_INFO_16_MHZ_WIDTH = 29 => Self::width,
    ),
    skip(
        NL80211_RATE_INFO_SHORT_GI = 4,
        NL80211_RATE_INFO_HE_GI = 15,
        NL80211_RATE_INFO_HE_DCM = 16,
        NL80211_RATE_INFO_HE_RU_ALLOC = 17,
        NL80211_RATE_INFO_EHT_GI = 21,
        NL80211_RATE_INFO_EHT_RU_ALLOC = 22,
        NL80211_RATE_INFO_UHR_ELR = 31,
        NL80211_RATE_INFO_UHR_IM = 32,
    ),
)]
pub struct WifiRate {
    /// Units of 100 kbit/s.
    #[nla(NL80211_RATE_INFO_BITRATE32 = 5)]
    pub bitrate: Option<u32>,
    /// Width of the channel, MHz; absent: 20.
    pub width: Option<u32>,
    /// Modulation and coding scheme of HT (802.11n).
    #[nla(NL80211_RATE_INFO_MCS = 2)]
    pub mcs: Option<u8>,
    /// The same of VHT (802.11ac).
    #[nla(NL80211_RATE_INFO_VHT_MCS = 6)]
    pub vht_mcs: Option<u8>,
    /// Number of spatial streams of VHT.
    #[nla(NL80211_RATE_INFO_VHT_NSS = 7)]
    pub vht_nss: Option<u8>,
    /// Modulation and coding scheme of HE (802.11ax).
    #[nla(NL80211_RATE_INFO_HE_MCS = 13)]
    pub he_mcs: Option<u8>,
    /// Number of spatial streams of HE.
    #[nla(NL80211_RATE_INFO_HE_NSS = 14)]
    pub he_nss: Option<u8>,
    /// Modulation and coding scheme of EHT (802.11be).
    #[nla(NL80211_RATE_INFO_EHT_MCS = 19)]
    pub eht_mcs: Option<u8>,
    /// Number of spatial streams of EHT.
    #[nla(NL80211_RATE_INFO_EHT_NSS = 20)]
    pub eht_nss: Option<u8>,
    /// Modulation and coding scheme of S1G (802.11ah).
    #[nla(NL80211_RATE_INFO_S1G_MCS = 23)]
    pub s1g_mcs: Option<u8>,
    /// Number of spatial streams of S1G.
    #[nla(NL80211_RATE_INFO_S1G_NSS = 24)]
    pub s1g_nss: Option<u8>,
    /// Modulation and coding scheme of UHR (802.11bn).
    #[nla(NL80211_RATE_INFO_UHR_MCS = 30)]
    pub uhr_mcs: Option<u8>,
}

impl WifiRate {
    /// Reads the rate in 16 bits, which is absent if it needs more.
    fn bitrate(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let bitrate = u32::from(attr.u16()?);
        self.bitrate.get_or_insert(bitrate);
        Ok(())
    }

    /// Reads the width, which is an attribute of its own.
    #[expect(clippy::unnecessary_wraps, reason = "the signature of a decoder")]
    fn width(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        self.width = Some(match attr.kind {
            Self::NL80211_RATE_INFO_40_MHZ_WIDTH => 40,
            Self::NL80211_RATE_INFO_80_MHZ_WIDTH => 80,
            Self::NL80211_RATE_INFO_10_MHZ_WIDTH => 10,
            Self::NL80211_RATE_INFO_5_MHZ_WIDTH => 5,
            Self::NL80211_RATE_INFO_320_MHZ_WIDTH => 320,
            Self::NL80211_RATE_INFO_1_MHZ_WIDTH => 1,
            Self::NL80211_RATE_INFO_2_MHZ_WIDTH => 2,
            Self::NL80211_RATE_INFO_4_MHZ_WIDTH => 4,
            Self::NL80211_RATE_INFO_8_MHZ_WIDTH => 8,
            Self::NL80211_RATE_INFO_16_MHZ_WIDTH => 16,
            // Twice 80 counts as 160.
            _ => 160,
        });
        Ok(())
    }
}

impl WifiStation {
    /// Returns true if no flag changed. Events of stations have few readings, so those of a change are kept.
    fn has_flags_of(&self, old: &Self) -> bool {
        self.flags == old.flags
    }

    /// Reads `struct nl80211_sta_flag_update`: mask and value.
    fn flags(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        let [_mask, set] = context.u32_array(attr)?;
        self.flags = Some(Flags::new(set.into(), FLAGS));
        Ok(())
    }
}

// The interfaces are listed first, since those in the state may be old.
kind!(
    WifiStation of NL80211,
    listed by NL80211_CMD_GET_INTERFACE,
    [NL80211_CMD_NEW_STATION, NL80211_CMD_DEL_STATION],
    deleted by [NL80211_CMD_DEL_STATION],
    {
        // Those of mac80211 have little more than the key, too, if a station is new (`sta_info_insert_finish`).
        const DELETED_BY_KEY: bool = true;
        const STALE_AFTER: &'static [Trigger] = &[Trigger::WifiStation];
        const DUMPS_PER_OBJECT: &'static [DumpsPerObject] = &[DumpsPerObject::of(
            Kind::WifiInterface,
            |interface| match interface {
                Payload::WifiInterface(interface) => {
                    interface.ifindex.map(Request::nl80211_stations)
                }
                _ => None,
            },
            libc::ENODEV,
        )];

        fn device_dumps(device: Device, _details: bool) -> Vec<Request> {
            vec![Request::nl80211_stations(device.ifindex).strict()]
        }

        fn add_stored(&mut self, stored: &Self) {
            self.merge_missing(stored);
        }

        fn triggers(&self, op: Op, _old: Option<&Self>) -> Triggers {
            // It becomes associated and authorized without an event.
            match op {
                Op::Add => Triggers::of(&[Trigger::WifiStation]),
                _ => Triggers::NONE,
            }
        }
    }
);
