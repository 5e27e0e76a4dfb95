//! `kind:"ethtool"`: settings of devices, as ethtool(8) shows and changes them. The kernel announces changes
//! that a program makes; what the hardware changes by itself, such as a negotiated speed, it does not.

mod bits;
pub mod strings;
mod tables;
#[cfg(test)]
mod tests;

use nlstream_derive::State;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Device, Emit, KindSpec, MessageAction, Trigger};
use crate::kind::table::named::{Named, Table};
use crate::kind::table::value::{Options, Value};
use crate::kind::table::{Field, Hook, decode};
use crate::netlink::build::{attr, nested};
use crate::netlink::frame::Message;
use crate::netlink::genl::ethtool::*;
use crate::netlink::genl::{self, command};
use crate::netlink::request::Request;
use crate::value::{IfName, Symbol};

/// Reads the header of a message into its fields, of which the payload has those that it needs.
static HEADER: Hook = Hook {
    decode: |context, _, kind, bytes, out| {
        let header = decode::nest(context, tables::MESSAGE_HEADER, kind, bytes)?;
        for (name, value) in header.0 {
            out.options.put(name, value);
        }
        Ok(bytes.len())
    },
    schema: || None,
};

/// How the settings of a kind of setting are read, and where the payload has them.
struct Setting {
    name: &'static str,
    fields: &'static [Field],
    /// The request that lists it; `None` for a message, which is no state.
    get: Option<u16>,
    /// The messages that carry it.
    messages: &'static [u16],
    put: fn(&mut Ethtool, Options),
}

/// Declares the settings: the type of each, the payload with a field for each, and [`SETTINGS`].
macro_rules! settings {
    ($(
        #[doc = $doc:literal]
        $name:ident: $type:ident = $table:ident, $get:expr, [$($message:ident),+];
    )+) => {
        $(
            #[doc = $doc]
            #[derive(Debug)]
            pub enum $type {}

            impl Table for $type {
                const NAME: &'static str = concat!("Ethtool", stringify!($type));
                const DOC: &'static str = $doc;
                const FIELDS: &'static [Field] = tables::$table;
            }
        )+

        /// One setting of a device. `setting` names it, and the field that has its values.
        #[skip_serializing_none]
        #[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, State)]
        #[state(key(ifindex, setting, index, qualifier), device(ifindex, dev))]
        pub struct Ethtool {
            /// Index of the device.
            pub ifindex: u32,
            /// Name of the device.
            pub dev: Option<IfName>,
            /// The setting: `link_modes`, `features`, `rings` …
            pub setting: Symbol,
            /// Which of several: the RSS context, the PHY, or the clock of `time_stamping`.
            pub index: Option<u32>,
            /// Which time stamps of that clock: `precise`, `approx`.
            pub qualifier: Option<String>,
            $(
                #[doc = $doc]
                pub $name: Option<Named<$type>>,
            )+
        }

        const SETTINGS: &[Setting] = &[$(Setting {
            name: stringify!($name),
            fields: tables::$table,
            get: $get,
            messages: &[$($message),+],
            put: |payload, options| payload.$name = Some(Named::new(options)),
        }),+];

        /// The names of the settings.
        pub const NAMES: &[&str] = &[$(stringify!($name)),+];

        impl Ethtool {
            const ALL_MESSAGES: &'static [u16] = &[$($($message),+),+];
        }
    };
}

settings! {
    /// Port and transceiver.
    link_info: LinkInfo = LINK_INFO, Some(ETHTOOL_MSG_LINKINFO_GET), [ETHTOOL_MSG_LINKINFO_GET_REPLY, ETHTOOL_MSG_LINKINFO_NTF];
    /// Speed, duplex, and the link modes of both ends. Read again after a change of the carrier.
    link_modes: LinkModes = LINK_MODES, Some(ETHTOOL_MSG_LINKMODES_GET), [ETHTOOL_MSG_LINKMODES_GET_REPLY, ETHTOOL_MSG_LINKMODES_NTF];
    /// Whether there is a link, and why not. Read again after a change of the carrier.
    link_state: LinkState = LINK_STATE, Some(ETHTOOL_MSG_LINKSTATE_GET), [ETHTOOL_MSG_LINKSTATE_GET_REPLY];
    /// Messages that the driver logs.
    debug: Debugging = DEBUG, Some(ETHTOOL_MSG_DEBUG_GET), [ETHTOOL_MSG_DEBUG_GET_REPLY, ETHTOOL_MSG_DEBUG_NTF];
    /// Wake-on-LAN was set: a message (`notify`), since only a privileged program can read the setting.
    wol: Wol = WOL, None, [ETHTOOL_MSG_WOL_GET_REPLY, ETHTOOL_MSG_WOL_NTF];
    /// Offloads and other features.
    features: Features = FEATURES, Some(ETHTOOL_MSG_FEATURES_GET), [ETHTOOL_MSG_FEATURES_GET_REPLY, ETHTOOL_MSG_FEATURES_NTF];
    /// Flags of the driver.
    private_flags: PrivateFlags = PRIVATE_FLAGS, Some(ETHTOOL_MSG_PRIVFLAGS_GET), [ETHTOOL_MSG_PRIVFLAGS_GET_REPLY, ETHTOOL_MSG_PRIVFLAGS_NTF];
    /// Sizes of rings.
    rings: Rings = RINGS, Some(ETHTOOL_MSG_RINGS_GET), [ETHTOOL_MSG_RINGS_GET_REPLY, ETHTOOL_MSG_RINGS_NTF];
    /// Numbers of channels, that is of queues with an interrupt.
    channels: Channels = CHANNELS, Some(ETHTOOL_MSG_CHANNELS_GET), [ETHTOOL_MSG_CHANNELS_GET_REPLY, ETHTOOL_MSG_CHANNELS_NTF];
    /// Coalescing of interrupts.
    coalesce: Coalesce = COALESCE, Some(ETHTOOL_MSG_COALESCE_GET), [ETHTOOL_MSG_COALESCE_GET_REPLY, ETHTOOL_MSG_COALESCE_NTF];
    /// Pause frames.
    pause: Pause = PAUSE, Some(ETHTOOL_MSG_PAUSE_GET), [ETHTOOL_MSG_PAUSE_GET_REPLY, ETHTOOL_MSG_PAUSE_NTF];
    /// Energy-efficient Ethernet.
    eee: Eee = EEE, Some(ETHTOOL_MSG_EEE_GET), [ETHTOOL_MSG_EEE_GET_REPLY, ETHTOOL_MSG_EEE_NTF];
    /// Time stamps that are possible.
    time_stamping: TimeStamping = TIME_STAMPING, Some(ETHTOOL_MSG_TSINFO_GET), [ETHTOOL_MSG_TSINFO_GET_REPLY];
    /// Time stamps that are made.
    time_stamping_config: TimeStampingConfig = TIME_STAMPING_CONFIG, Some(ETHTOOL_MSG_TSCONFIG_GET), [ETHTOOL_MSG_TSCONFIG_GET_REPLY];
    /// Virtual clocks of the device's clock.
    clocks: Clocks = CLOCKS, Some(ETHTOOL_MSG_PHC_VCLOCKS_GET), [ETHTOOL_MSG_PHC_VCLOCKS_GET_REPLY];
    /// Ports of tunnels that the device knows.
    tunnels: Tunnels = TUNNELS_OFFLOADED, Some(ETHTOOL_MSG_TUNNEL_INFO_GET), [ETHTOOL_MSG_TUNNEL_INFO_GET_REPLY];
    /// Forward error correction.
    fec: Fec = FEC, Some(ETHTOOL_MSG_FEC_GET), [ETHTOOL_MSG_FEC_GET_REPLY, ETHTOOL_MSG_FEC_NTF];
    /// Power mode of the pluggable module.
    module: Module = MODULE, Some(ETHTOOL_MSG_MODULE_GET), [ETHTOOL_MSG_MODULE_GET_REPLY, ETHTOOL_MSG_MODULE_NTF];
    /// Receive side scaling, of the context in `index`.
    rss: Rss = RSS, Some(ETHTOOL_MSG_RSS_GET), [ETHTOOL_MSG_RSS_GET_REPLY, ETHTOOL_MSG_RSS_NTF, ETHTOOL_MSG_RSS_CREATE_NTF, ETHTOOL_MSG_RSS_DELETE_NTF];
    /// PHY level collision avoidance.
    plca: Plca = PLCA, Some(ETHTOOL_MSG_PLCA_GET_CFG), [ETHTOOL_MSG_PLCA_GET_CFG_REPLY, ETHTOOL_MSG_PLCA_NTF];
    /// State of the PHY level collision avoidance.
    plca_status: PlcaStatus = PLCA, Some(ETHTOOL_MSG_PLCA_GET_STATUS), [ETHTOOL_MSG_PLCA_GET_STATUS_REPLY];
    /// MAC merge layer: frame preemption.
    mm: MacMerge = MM, Some(ETHTOOL_MSG_MM_GET), [ETHTOOL_MSG_MM_GET_REPLY, ETHTOOL_MSG_MM_NTF];
    /// Power that the port supplies (PoE, PoDL).
    pse: Pse = PSE, Some(ETHTOOL_MSG_PSE_GET), [ETHTOOL_MSG_PSE_GET_REPLY];
    /// The PHY in `index`.
    phy: Phy = PHY, Some(ETHTOOL_MSG_PHY_GET), [ETHTOOL_MSG_PHY_GET_REPLY, ETHTOOL_MSG_PHY_NTF];
    /// An event of the power supply: a message (`notify`).
    pse_event: PseEvent = PSE_EVENT, None, [ETHTOOL_MSG_PSE_NTF];
    /// A test of the cable: a message (`notify`).
    cable_test: CableTest = CABLE_TEST, None, [ETHTOOL_MSG_CABLE_TEST_NTF];
    /// A time-domain reflectometry of the cable: a message (`notify`).
    cable_test_tdr: CableTestTdr = CABLE_TEST_TDR, None, [ETHTOOL_MSG_CABLE_TEST_TDR_NTF];
    /// Progress of an update of a module's firmware: a message (`notify`).
    module_flash: ModuleFlash = MODULE_FLASH, None, [ETHTOOL_MSG_MODULE_FW_FLASH_NTF];
}

/// Lists several objects for one device: asked for one, the kernel would return only the first.
const LISTS: &[u16] = &[
    ETHTOOL_MSG_TSINFO_GET,
    ETHTOOL_MSG_RSS_GET,
    ETHTOOL_MSG_PHY_GET,
];

/// The attributes of a request's header; of every device without an index.
fn header(ifindex: Option<u32>) -> Vec<u8> {
    const ETHTOOL_A_HEADER_DEV_INDEX: u16 = 1;
    const ETHTOOL_A_HEADER_FLAGS: u16 = 3;
    const ETHTOOL_FLAG_COMPACT_BITSETS: u32 = 1;
    let device = ifindex.map(|it| attr(ETHTOOL_A_HEADER_DEV_INDEX, &it.to_ne_bytes()));
    // As the notifications have them.
    let flags = attr(
        ETHTOOL_A_HEADER_FLAGS,
        &ETHTOOL_FLAG_COMPACT_BITSETS.to_ne_bytes(),
    );
    [device.unwrap_or_default(), flags].concat()
}

/// The requests of every setting, with the names of private flags first.
fn requests(ifindex: Option<u32>) -> Vec<Request> {
    // In the header of every request (ETHTOOL_A_*_HEADER).
    const HEADER: u16 = 1;
    let header = header(ifindex);
    let of = |get: u16| Request::generic(get, &nested(HEADER, &header));
    let settings = SETTINGS.iter().filter_map(|setting| setting.get);
    let each = settings.map(|get| match ifindex {
        None => of(get),
        Some(_) if LISTS.contains(&get) => of(get).strict(),
        Some(_) => of(get).for_device(),
    });
    let names = strings::private_flags(&header);
    let names = match ifindex {
        None => names,
        Some(_) => names.for_device(),
    };
    std::iter::once(names).chain(each).collect()
}

impl KindSpec for Ethtool {
    const NETLINK_FAMILY: FamilyId = FamilyId::ETHTOOL;
    const MESSAGES: &'static [u16] = Self::ALL_MESSAGES;
    // The kernel says nothing when a PHY negotiates, and nothing about the settings of a new device.
    const STALE_AFTER: &'static [Trigger] = &[Trigger::Device, Trigger::NewDevice];

    fn dumps(_details: bool) -> Vec<Request> {
        requests(None)
    }

    fn device_dumps(device: Device, _details: bool) -> Vec<Request> {
        requests(Some(device.ifindex))
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let attributes = genl::attributes(message)?;
        let number = command(message);
        let mut settings = SETTINGS.iter();
        let setting = settings.find(|setting| setting.messages.contains(&number))?;
        let mut options = decode::attributes(context, setting.fields, attributes);
        let Some(Value::Number(ifindex)) = options.take("ifindex") else {
            return None;
        };
        let dev = match options.take("dev") {
            Some(Value::Text(name)) => IfName::new(name.as_bytes()),
            _ => None,
        };
        let index = match options.take("index") {
            Some(Value::Number(index)) => u32::try_from(index).ok(),
            // Virtual clocks: a list, which is no key.
            Some(list) => {
                options.put("index", list);
                None
            }
            None => None,
        };
        let qualifier = match options.take("qualifier") {
            Some(Value::Text(name)) => Some(name),
            _ => None,
        };
        let mut payload = Ethtool {
            ifindex: u32::try_from(ifindex).ok()?,
            dev,
            setting: Symbol::Known(setting.name),
            index,
            qualifier,
            ..Ethtool::default()
        };
        let action = match (setting.get, number) {
            (None, _) => MessageAction::Notify,
            (_, ETHTOOL_MSG_RSS_DELETE_NTF) => MessageAction::Delete,
            // What the device does not have.
            _ if options.0.is_empty() => return Some(()),
            _ => MessageAction::New,
        };
        (setting.put)(&mut payload, options);
        emit.object_as(context, action, payload)
    }
}
