use serde_json::{Value, json};

use super::*;
use crate::kind::Op;
use crate::kind::context::DecodeContext;
use crate::kind::fields::Fields as _;
use crate::kind::object::Object as _;
use crate::kind::spec::{Decoded, Emit, KindSpec, MessageAction, Trigger, Triggers};
use crate::names::Names;
use crate::netlink::build::{attr, message, nested};
use crate::netlink::frame::Messages;
use crate::netlink::genl::l2tp::*;

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

fn u16_attr(kind: u16, value: u16) -> Vec<u8> {
    attr(kind, &value.to_ne_bytes())
}

/// A tunnel over IPv6, as `l2tp_nl_tunnel_send` writes it.
fn tunnel(tx_packets: u64) -> Vec<Vec<u8>> {
    let mut local = [0; 16];
    local[15] = 1;
    let stats = [
        attr(1, &tx_packets.to_ne_bytes()),
        attr(10, &2_u64.to_ne_bytes()),
    ];
    vec![
        attr(7, &[3]),
        u32_attr(9, 3),
        u32_attr(10, 4),
        u32_attr(17, 0),
        u16_attr(2, 0),
        nested(30, &stats.concat()),
        attr(33, &[]),
        u16_attr(26, 6000),
        u16_attr(27, 6001),
        attr(31, &local),
        attr(32, &local),
    ]
}

#[test]
fn a_tunnel_has_both_ends_and_counters_are_no_change() {
    let found = payload::<L2tpTunnel>(L2TP_CMD_TUNNEL_GET, &tunnel(7));
    assert_eq!(
        found,
        json!({
            "tunnel_id": 3, "peer_tunnel": 4, "version": 3, "encap": "UDP", "local": "::1", "peer": "::1",
            "local_port": 6000, "peer_port": 6001, "udp_zero_csum6_tx": true,
            "stats": {"tx_packets": 7, "rx_cookie_discards": 2},
        })
    );
    let stored =
        |packets| match decoded::<L2tpTunnel>(L2TP_CMD_TUNNEL_GET, &tunnel(packets)).payload {
            crate::kind::Payload::L2tpTunnel(tunnel) => L2tpTunnel::clone(&tunnel),
            other => panic!("{other:?}"),
        };
    let (old, mut new) = (stored(7), stored(9));
    assert_ne!(new.diff(&old), 0);
    new.copy_volatile(&old);
    assert_eq!(new, old);
}

#[test]
fn a_session_has_cookies_and_settings() {
    let attrs = [
        u32_attr(9, 3),
        u32_attr(11, 10),
        u32_attr(10, 4),
        u32_attr(12, 20),
        u16_attr(1, 5),
        attr(8, b"l2s\0"),
        attr(15, &[1, 0x23, 0x45, 0x67]),
        attr(18, &[1]),
        attr(19, &[0]),
        attr(20, &[0]),
        attr(21, &[1]),
        attr(22, &1500_u64.to_ne_bytes()),
    ];
    assert_eq!(
        payload::<L2tpSession>(L2TP_CMD_SESSION_GET, &attrs),
        json!({
            "tunnel_id": 3, "session_id": 10, "peer_tunnel_id": 4, "peer_session_id": 20, "pw_type": "eth",
            "interface": "l2s", "cookie": "01234567", "recv_seq": true, "send_seq": false,
            "lns_mode": false, "using_ipsec": true, "reorder_timeout": 1500,
        })
    );
}

/// An event may be about a tunnel of another network namespace, so it is no state.
#[test]
fn an_event_is_a_message_after_which_the_objects_are_read() {
    let found = decoded::<L2tpEvent>(L2TP_CMD_TUNNEL_DELETE, &tunnel(7));
    assert_eq!(found.action, MessageAction::Notify);
    assert_eq!(
        found.payload.triggers(Op::Notify, None),
        Triggers::of(&[Trigger::L2tp])
    );
    assert_eq!(
        serde_json::to_value(found.payload).unwrap(),
        json!({
            "event": "tunnel_delete", "tunnel_id": 3, "peer_tunnel_id": 4, "version": 3, "encap": "UDP",
            "local": "::1", "peer": "::1", "local_port": 6000, "peer_port": 6001,
        })
    );
}

/// Each attribute that the kernel sends (`l2tp_nl_tunnel_send`, `l2tp_nl_session_send`, Linux 7.2).
#[test]
fn every_attribute_is_declared() {
    use crate::kind::attributes::declares;
    for (attrs, sent) in [
        (
            <L2tpTunnel as KindSpec>::ATTRS,
            &[2, 7, 9, 10, 13, 17, 24, 25, 26, 27, 30, 31, 32, 33, 34][..],
        ),
        (
            <L2tpSession as KindSpec>::ATTRS,
            &[1, 8, 9, 10, 11, 12, 15, 16, 17, 18, 19, 20, 21, 22, 30],
        ),
        (
            <L2tpEvent as KindSpec>::ATTRS,
            &[
                1, 2, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 24, 25, 26, 27, 30,
                31, 32, 33, 34,
            ],
        ),
    ] {
        let missing: Vec<_> = sent.iter().filter(|it| !declares(attrs, **it)).collect();
        assert!(missing.is_empty(), "{missing:?} beside {}", attrs[0].name);
    }
}
