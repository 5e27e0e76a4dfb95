//! `kind:"wifi_interface"`: interfaces of wireless devices.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::{CHANNEL_TYPES, IFTYPES, WIDTHS};
use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::spec::{Device, Trigger, Triggers};
use crate::netlink::genl::nl80211::{
    NL80211_CMD_DEL_INTERFACE, NL80211_CMD_GET_INTERFACE, NL80211_CMD_NEW_INTERFACE,
    NL80211_CMD_SET_INTERFACE,
};
use crate::netlink::request::Request;
use crate::value::{IfName, LlAddr, Symbol, Text};

/// An interface of a wireless device. The kernel announces neither its network nor its channel: read after the events
/// that change them.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(skip(
    NL80211_ATTR_GENERATION = 46,
    NL80211_ATTR_PAD = 229,
    NL80211_ATTR_TXQ_STATS = 265,
    NL80211_ATTR_WIPHY_FREQ_OFFSET = 290,
    NL80211_ATTR_CENTER_FREQ1_OFFSET = 291,
    NL80211_ATTR_PUNCT_BITMAP = 322,
    NL80211_ATTR_VIF_RADIO_MASK = 333,
    NL80211_ATTR_S1G_PRIMARY_2MHZ = 345,
    NL80211_ATTR_NPCA_PRIMARY_FREQ = 365,
    NL80211_ATTR_NPCA_PUNCT_BITMAP = 366,
))]
#[state(key(wdev), device(ifindex, dev))]
pub struct WifiInterface {
    /// Id of the interface: the number of the wireless device, multiplied by 2 to the power of 32, and its number there.
    #[nla(NL80211_ATTR_WDEV = 153)]
    pub wdev: u64,
    /// Number of the wireless device.
    #[nla(NL80211_ATTR_WIPHY = 1)]
    pub wiphy: u32,
    /// Index of the network device, if it has one.
    #[nla(NL80211_ATTR_IFINDEX = 3)]
    pub ifindex: Option<u32>,
    /// Name of the network device.
    #[nla(NL80211_ATTR_IFNAME = 4)]
    pub dev: Option<IfName>,
    /// Type: `managed`, `AP`, `monitor`, `mesh point` …
    #[nla(NL80211_ATTR_IFTYPE = 5, names(u32, IFTYPES))]
    pub iftype: Option<Symbol>,
    /// Address.
    #[nla(NL80211_ATTR_MAC = 6)]
    pub addr: Option<LlAddr>,
    /// Name of the network.
    #[nla(NL80211_ATTR_SSID = 52)]
    pub ssid: Option<Text>,
    /// Frames have four addresses.
    #[nla(NL80211_ATTR_4ADDR = 83)]
    pub four_addr: Option<bool>,
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
    /// Power, hundredths of dBm.
    #[nla(NL80211_ATTR_WIPHY_TX_POWER_LEVEL = 98)]
    pub tx_power: Option<i32>,
    /// Links of an interface with several (multi-link operation), each with a channel of its own.
    #[nla(NL80211_ATTR_MLO_LINKS = 312)]
    pub links: Option<Vec<WifiLink>>,
}

/// A link of an interface.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
#[nla(skip(
    NL80211_ATTR_SSID = 52,
    NL80211_ATTR_WIPHY_FREQ_OFFSET = 290,
    NL80211_ATTR_CENTER_FREQ1_OFFSET = 291,
    NL80211_ATTR_PUNCT_BITMAP = 322,
    NL80211_ATTR_S1G_PRIMARY_2MHZ = 345,
    NL80211_ATTR_NPCA_PRIMARY_FREQ = 365,
    NL80211_ATTR_NPCA_PUNCT_BITMAP = 366,
))]
pub struct WifiLink {
    /// Number of the link.
    #[nla(NL80211_ATTR_MLO_LINK_ID = 313)]
    pub link: u8,
    /// Address.
    #[nla(NL80211_ATTR_MAC = 6)]
    pub addr: Option<LlAddr>,
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
    /// Power, hundredths of dBm.
    #[nla(NL80211_ATTR_WIPHY_TX_POWER_LEVEL = 98)]
    pub tx_power: Option<i32>,
}

kind!(
    WifiInterface of NL80211,
    listed by NL80211_CMD_GET_INTERFACE,
    [NL80211_CMD_NEW_INTERFACE, NL80211_CMD_SET_INTERFACE, NL80211_CMD_DEL_INTERFACE],
    deleted by [NL80211_CMD_DEL_INTERFACE],
    {
        const STALE_AFTER: &'static [Trigger] = &[Trigger::WifiInterface];

        fn device_dumps(device: Device, _details: bool) -> Vec<Request> {
            vec![Request::nl80211(NL80211_CMD_GET_INTERFACE, device.ifindex).for_device()]
        }

        fn triggers(&self, op: Op, _old: Option<&Self>) -> Triggers {
            match op {
                Op::Delete => Triggers::of(&[Trigger::WifiStation]),
                _ => Triggers::NONE,
            }
        }
    }
);
