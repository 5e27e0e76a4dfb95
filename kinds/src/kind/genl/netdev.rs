//! `kind:"netdev"`, `"netdev_queue"` and `"netdev_napi"`: what the core of the kernel knows of a device beyond
//! rtnetlink (linux/netdev.h). Page pools are of kind `generic`.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::spec::{Device, Trigger};
use crate::netlink::build::attr;
use crate::netlink::genl::netdev::*;
use crate::netlink::request::Request;
use crate::value::{FlagNames, Flags, Hex, IfName, Symbol};

/// `NETDEV_XDP_ACT_*`
const XDP: &FlagNames = &[
    (1, "basic"),
    (2, "redirect"),
    (4, "ndo-xmit"),
    (8, "xsk-zerocopy"),
    (16, "hw-offload"),
    (32, "rx-sg"),
    (64, "ndo-xmit-sg"),
];
/// `NETDEV_XDP_RX_METADATA_*`
const XDP_RX: &FlagNames = &[(1, "timestamp"), (2, "hash"), (4, "vlan-tag")];
/// `NETDEV_XSK_FLAGS_*`
const XSK: &FlagNames = &[
    (1, "tx-timestamp"),
    (2, "tx-checksum"),
    (4, "tx-launch-time-fifo"),
];
/// `NETDEV_QUEUE_TYPE_*`
const QUEUE_TYPES: &[(u32, &str)] = &[(0, "rx"), (1, "tx")];
/// `NETDEV_NAPI_THREADED_*`
const THREADED: &[(u32, &str)] = &[(0, "disabled"), (1, "enabled"), (2, "busy-poll")];

/// What a device offers to XDP and AF_XDP.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(skip(NETDEV_A_DEV_PAD = 2))]
#[state(key(ifindex), device(ifindex, dev))]
pub struct Netdev {
    /// Index of the device.
    #[nla(NETDEV_A_DEV_IFINDEX = 1)]
    pub ifindex: u32,
    /// Name of the device.
    pub dev: Option<IfName>,
    /// What XDP programs can do: `basic`, `redirect`, `ndo-xmit`, `xsk-zerocopy`, `hw-offload`, `rx-sg`, `ndo-xmit-sg`.
    #[nla(NETDEV_A_DEV_XDP_FEATURES = 3, flags(u64, XDP))]
    pub xdp_features: Flags,
    /// Maximum number of fragments of a zero-copy packet.
    #[nla(NETDEV_A_DEV_XDP_ZC_MAX_SEGS = 4)]
    pub xdp_zc_max_segs: Option<u32>,
    /// What XDP programs can read of a packet: `timestamp`, `hash`, `vlan-tag`.
    #[nla(NETDEV_A_DEV_XDP_RX_METADATA_FEATURES = 5, flags(u64, XDP_RX))]
    pub xdp_rx_metadata_features: Flags,
    /// What the device can do with packets of AF_XDP: `tx-timestamp`, `tx-checksum`, `tx-launch-time-fifo`.
    #[nla(NETDEV_A_DEV_XSK_FEATURES = 6, flags(u64, XSK))]
    pub xsk_features: Flags,
}

/// A queue of a device that is up.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[state(key(ifindex, r#type, id), device(ifindex, dev), no_property(r#type))]
pub struct NetdevQueue {
    /// Index of the device.
    #[nla(NETDEV_A_QUEUE_IFINDEX = 2)]
    pub ifindex: u32,
    /// Name of the device.
    pub dev: Option<IfName>,
    /// `rx`, `tx`.
    #[nla(NETDEV_A_QUEUE_TYPE = 3, names(u32, QUEUE_TYPES))]
    pub r#type: Symbol,
    /// Number of the queue.
    #[nla(NETDEV_A_QUEUE_ID = 1)]
    pub id: u32,
    /// The NAPI instance that serves it.
    #[nla(NETDEV_A_QUEUE_NAPI_ID = 4)]
    pub napi_id: Option<u32>,
    /// Number of the memory (dmabuf) that it receives into.
    #[nla(NETDEV_A_QUEUE_DMABUF = 5)]
    pub dmabuf: Option<u32>,
    /// True if it receives into memory of io_uring.
    #[nla(NETDEV_A_QUEUE_IO_URING = 6, present)]
    pub io_uring: Option<bool>,
    /// True if an AF_XDP socket uses it.
    #[nla(NETDEV_A_QUEUE_XSK = 7, present)]
    pub xsk: Option<bool>,
    /// The queue of another device that it is lent to: attributes, hexadecimal.
    #[nla(NETDEV_A_QUEUE_LEASE = 8)]
    pub lease: Option<Hex>,
}

/// A NAPI instance: what polls queues of a device that is up.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[state(key(id), device(ifindex, dev))]
pub struct NetdevNapi {
    /// Number of the instance.
    #[nla(NETDEV_A_NAPI_ID = 2)]
    pub id: u32,
    /// Index of the device.
    #[nla(NETDEV_A_NAPI_IFINDEX = 1)]
    pub ifindex: u32,
    /// Name of the device.
    pub dev: Option<IfName>,
    /// Number of the interrupt.
    #[nla(NETDEV_A_NAPI_IRQ = 3)]
    pub irq: Option<u32>,
    /// Process id of the kernel thread that polls, if there is one.
    #[nla(NETDEV_A_NAPI_PID = 4)]
    pub pid: Option<u32>,
    /// How often an empty poll is repeated before the interrupt is enabled.
    #[nla(NETDEV_A_NAPI_DEFER_HARD_IRQS = 5)]
    pub defer_hard_irqs: Option<u32>,
    /// Time after which merged packets are passed on, nanoseconds.
    #[nla(NETDEV_A_NAPI_GRO_FLUSH_TIMEOUT = 6, wire = uint)]
    pub gro_flush_timeout: Option<u64>,
    /// Time for which interrupts are suspended while a program polls, nanoseconds.
    #[nla(NETDEV_A_NAPI_IRQ_SUSPEND_TIMEOUT = 7, wire = uint)]
    pub irq_suspend_timeout: Option<u64>,
    /// A kernel thread polls: `disabled`, `enabled`, `busy-poll`.
    #[nla(NETDEV_A_NAPI_THREADED = 8, names(u32, THREADED))]
    pub threaded: Option<Symbol>,
}

// Of requests. The attributes of objects are declared with their fields.
const NETDEV_A_DEV_IFINDEX: u16 = 1;
const NETDEV_A_QUEUE_IFINDEX: u16 = 2;
const NETDEV_A_NAPI_IFINDEX: u16 = 1;

/// The requests for the objects of a device, whose index is the attribute of that number.
fn of_device(command: u16, attribute: u16, device: Device) -> Request {
    Request::generic(command, &attr(attribute, &device.ifindex.to_ne_bytes()))
}

kind!(
    Netdev of NETDEV,
    listed by NETDEV_CMD_DEV_GET,
    [
        NETDEV_CMD_DEV_GET,
        NETDEV_CMD_DEV_ADD_NTF,
        NETDEV_CMD_DEV_DEL_NTF,
        NETDEV_CMD_DEV_CHANGE_NTF
    ],
    deleted by [NETDEV_CMD_DEV_DEL_NTF],
    {
        fn device_dumps(device: Device, _details: bool) -> Vec<Request> {
            vec![of_device(NETDEV_CMD_DEV_GET, NETDEV_A_DEV_IFINDEX, device).for_device()]
        }
    }
);
// Queues and NAPI instances come and go without a message.
kind!(
    NetdevQueue of NETDEV,
    listed by NETDEV_CMD_QUEUE_GET,
    [NETDEV_CMD_QUEUE_GET],
    deleted by [],
    {
        const STALE_AFTER: &'static [Trigger] = &[Trigger::Device, Trigger::NewDevice];

        fn device_dumps(device: Device, _details: bool) -> Vec<Request> {
            vec![of_device(NETDEV_CMD_QUEUE_GET, NETDEV_A_QUEUE_IFINDEX, device).strict()]
        }
    }
);
kind!(
    NetdevNapi of NETDEV,
    listed by NETDEV_CMD_NAPI_GET,
    [NETDEV_CMD_NAPI_GET],
    deleted by [],
    {
        const STALE_AFTER: &'static [Trigger] = &[Trigger::Device, Trigger::NewDevice];

        fn device_dumps(device: Device, _details: bool) -> Vec<Request> {
            vec![of_device(NETDEV_CMD_NAPI_GET, NETDEV_A_NAPI_IFINDEX, device).strict()]
        }
    }
);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kind::context::DecodeContext;
    use crate::kind::spec::{Emit, KindSpec, MessageAction};
    use crate::names::Names;
    use crate::netlink::build::{attr, message};
    use crate::netlink::frame::Messages;

    fn decoded<T: KindSpec>(command: u16, attrs: &[Vec<u8>]) -> (MessageAction, serde_json::Value) {
        let bytes = message(
            30,
            &[&[command as u8, 1, 0, 0][..], &attrs.concat()].concat(),
        );
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        let names = Names::builtin();
        let mut context = DecodeContext::new(&names, false);
        let mut found = None;
        let mut each = |decoded, unparsed: Vec<_>| {
            assert!(unparsed.is_empty(), "{unparsed:?}");
            found = Some(decoded);
        };
        T::decode(
            &mut context,
            &message,
            &mut Emit::new(MessageAction::New, &mut each),
        );
        let found: crate::kind::spec::Decoded = found.unwrap();
        (found.action, serde_json::to_value(found.payload).unwrap())
    }

    #[test]
    fn queues_have_a_type_and_features_have_names() {
        let (action, queue) = decoded::<NetdevQueue>(
            NETDEV_CMD_QUEUE_GET,
            &[
                attr(1, &2_u32.to_ne_bytes()),
                attr(3, &1_u32.to_ne_bytes()),
                attr(2, &7_u32.to_ne_bytes()),
                attr(7, &[]),
            ],
        );
        assert_eq!(action, MessageAction::New);
        assert_eq!(
            queue,
            json!({"ifindex": 7, "type": "tx", "id": 2, "xsk": true})
        );
        let (action, device) = decoded::<Netdev>(
            NETDEV_CMD_DEV_DEL_NTF,
            &[
                attr(1, &7_u32.to_ne_bytes()),
                attr(3, &0x81_u64.to_ne_bytes()),
            ],
        );
        assert_eq!(action, MessageAction::Delete);
        assert_eq!(device["xdp_features"], json!(["basic", "0x80"]));
    }

    /// The number of attributes of each object (`NETDEV_A_*_MAX`, Linux 7.2).
    #[test]
    fn every_attribute_is_declared() {
        use crate::kind::attributes::declares;
        for (attrs, count) in [
            (<Netdev as KindSpec>::ATTRS, 6),
            (<NetdevQueue as KindSpec>::ATTRS, 8),
            (<NetdevNapi as KindSpec>::ATTRS, 8),
        ] {
            let missing: Vec<_> = (1..=count).filter(|it| !declares(attrs, *it)).collect();
            assert!(missing.is_empty(), "{missing:?} beside {}", attrs[0].name);
        }
    }
}
