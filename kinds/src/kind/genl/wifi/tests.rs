use serde_json::{Value, json};

use super::*;
use crate::kind::Op;
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Decoded, Emit, KindSpec, MessageAction, Trigger, Triggers};
use crate::names::Names;
use crate::netlink::build::{attr, message, nested};
use crate::netlink::frame::Messages;
use crate::netlink::genl::nl80211::*;

/// What a kind makes of a message with these attributes.
fn decoded<T: KindSpec>(command: u16, attrs: &[Vec<u8>]) -> Decoded {
    let body = [&[command as u8, 1, 0, 0][..], &attrs.concat()].concat();
    let bytes = message(30, &body);
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
    found.unwrap()
}

fn payload<T: KindSpec>(command: u16, attrs: &[Vec<u8>]) -> Value {
    serde_json::to_value(decoded::<T>(command, attrs).payload).unwrap()
}

fn u32_attr(kind: u16, value: u32) -> Vec<u8> {
    attr(kind, &value.to_ne_bytes())
}

#[test]
fn thresholds_that_limit_nothing_are_absent() {
    let attrs = [
        u32_attr(1, 4),
        attr(2, b"phy4\0"),
        u32_attr(63, u32::MAX),
        u32_attr(64, 2347),
        nested(32, &[attr(2, &[]), attr(3, &[])].concat()),
        nested(22, &[]),
    ];
    assert_eq!(
        payload::<Wiphy>(NL80211_CMD_NEW_WIPHY, &attrs),
        json!({
            "wiphy": 4, "name": "phy4", "supported_iftypes": ["managed", "AP"],
            "rts_threshold": 2347,
        })
    );
    let deleted = decoded::<Wiphy>(NL80211_CMD_DEL_WIPHY, &attrs[..2]);
    assert_eq!(deleted.action, MessageAction::Delete);
}

#[test]
fn rules_of_a_regulatory_domain_have_flags() {
    let rule = [
        u32_attr(1, 0x890),
        u32_attr(2, 5_250_000),
        u32_attr(3, 5_330_000),
        u32_attr(4, 80_000),
        u32_attr(5, 0),
        u32_attr(6, 2000),
        u32_attr(7, 0),
    ];
    let attrs = [
        attr(33, b"DE\0"),
        attr(146, &[2]),
        nested(34, &nested(0, &rule.concat())),
    ];
    assert_eq!(
        payload::<WifiRegdom>(NL80211_CMD_GET_REG, &attrs),
        json!({
            "scope": "global", "country": "DE", "dfs_region": "ETSI",
            "rules": [{
                "start": 5_250_000, "end": 5_330_000, "max_bw": 80_000, "max_eirp": 2000,
                "flags": ["dfs", "no-ir", "auto-bw"],
            }],
        })
    );
    let of_device = payload::<WifiRegdom>(NL80211_CMD_GET_REG, &[u32_attr(1, 7)]);
    assert_eq!(of_device, json!({"scope": "wiphy", "wiphy": 7}));
}

#[test]
fn an_interface_has_its_links() {
    let link = [
        attr(313, &[1]),
        attr(6, &[2, 0, 0, 0, 0, 1]),
        u32_attr(38, 5180),
        u32_attr(159, 3),
    ];
    let attrs = [
        attr(153, &0x1_0000_0001_u64.to_ne_bytes()),
        u32_attr(1, 1),
        u32_attr(3, 5),
        attr(4, b"wlan1\0"),
        u32_attr(5, 2),
        nested(312, &nested(1, &link.concat())),
    ];
    assert_eq!(
        payload::<WifiInterface>(NL80211_CMD_NEW_INTERFACE, &attrs),
        json!({
            "wdev": 0x1_0000_0001_u64, "wiphy": 1, "ifindex": 5, "dev": "wlan1",
            "iftype": "managed",
            "links": [{"link": 1, "addr": "02:00:00:00:00:01", "freq": 5180, "width": "80"}],
        })
    );
    let deleted = decoded::<WifiInterface>(NL80211_CMD_DEL_INTERFACE, &attrs);
    assert_eq!(deleted.action, MessageAction::Delete);
}

#[test]
fn a_station_has_its_signal_and_flags() {
    let flags = [0xfe_u32.to_ne_bytes(), 0xa2_u32.to_ne_bytes()].concat();
    // VHT-MCS 9, 80 MHz, 2 streams: 866.7 Mbit/s.
    let rate = [
        u32_attr(5, 8667),
        attr(1, &8667_u16.to_ne_bytes()),
        attr(6, &[9]),
        attr(7, &[2]),
        attr(8, &[]),
    ];
    let info = [
        attr(7, &[0xc4]),
        nested(8, &rate.concat()),
        u32_attr(16, 60),
        attr(17, &flags),
    ];
    let attrs = [
        u32_attr(3, 5),
        attr(6, &[2, 0, 0, 0, 1, 0]),
        nested(21, &info.concat()),
    ];
    assert_eq!(
        payload::<WifiStation>(NL80211_CMD_NEW_STATION, &attrs),
        json!({
            "ifindex": 5, "mac": "02:00:00:00:01:00", "signal": -60, "connected_time": 60,
            "tx_rate": {"bitrate": 8667, "width": 80, "vht_mcs": 9, "vht_nss": 2},
            "flags": ["authorized", "authenticated", "associated"],
        })
    );
}

#[test]
fn events_make_what_they_change_stale_and_have_no_frames() {
    let attrs = [
        u32_attr(1, 0),
        u32_attr(3, 5),
        attr(6, &[2, 0, 0, 0, 0, 0]),
        attr(72, &[0, 0]),
        attr(77, &[1, 2, 3]),
        attr(51, &[0x50; 30]),
    ];
    assert_eq!(
        payload::<WifiEvent>(NL80211_CMD_CONNECT, &attrs),
        json!({
            "event": "connect", "wiphy": 0, "ifindex": 5, "mac": "02:00:00:00:00:00", "status": 0,
        })
    );
    let of_network = Triggers::of(&[Trigger::WifiInterface, Trigger::WifiStation]);
    for (command, expected) in [
        (NL80211_CMD_CONNECT, of_network),
        (
            NL80211_CMD_PORT_AUTHORIZED,
            Triggers::of(&[Trigger::WifiStation]),
        ),
        (NL80211_CMD_REG_CHANGE, Triggers::of(&[Trigger::WifiRegdom])),
        (NL80211_CMD_TRIGGER_SCAN, Triggers::NONE),
    ] {
        let event = decoded::<WifiEvent>(command, &attrs);
        assert_eq!(event.payload.triggers(Op::Notify, None), expected);
    }
    // Status and reason are in frames.
    let frame = |first: u8, body: &[u8]| {
        let (ours, theirs) = ([2, 0, 0, 0, 1, 0], [2, 0, 0, 0, 0, 0]);
        let header = [
            &[first, 0, 0, 0][..],
            &ours,
            &theirs,
            &theirs,
            &[0, 0],
            body,
        ];
        [u32_attr(3, 5), attr(51, &header.concat())]
    };
    assert_eq!(
        payload::<WifiEvent>(
            NL80211_CMD_AUTHENTICATE,
            &frame(0xb0, &[0, 0, 2, 0, 17, 0, 9, 9])
        ),
        json!({"event": "auth", "ifindex": 5, "mac": "02:00:00:00:00:00", "status": 17})
    );
    assert_eq!(
        payload::<WifiEvent>(NL80211_CMD_ASSOCIATE, &frame(0x10, &[1, 4, 0, 0, 1, 0xc0])),
        json!({"event": "assoc", "ifindex": 5, "mac": "02:00:00:00:00:00", "status": 0})
    );
    assert_eq!(
        payload::<WifiEvent>(NL80211_CMD_DEAUTHENTICATE, &frame(0xc0, &[15, 0])),
        json!({
            "event": "deauth", "ifindex": 5, "mac": "02:00:00:00:00:00", "reason": 15,
            "by_ap": true,
        })
    );
    let cqm = [u32_attr(3, 0), attr(9, &(-71_i32).to_ne_bytes())];
    let quality = payload::<WifiEvent>(NL80211_CMD_NOTIFY_CQM, &[nested(94, &cqm.concat())]);
    assert_eq!(
        quality,
        json!({"event": "cqm", "rssi_event": "low", "rssi_level": -71})
    );
}
