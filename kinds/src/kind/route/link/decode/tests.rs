//! Link messages captured from the kernel. `captured/*.hex` has their bodies, each after a comment
//! with the version of the kernel and the command that caused the message; `captured/*.ndjson` has
//! the decoded links, compared by hand with `ip -d -j link` and `bridge -j vlan`.

use std::rc::Rc;

use super::*;
use crate::kind::Unparsed;
use crate::kind::object::Object as _;
use crate::names::Names;
use crate::netlink::build::attr;

const IFLA_VF_PORTS: u16 = 24;
const IFLA_PORT_SELF: u16 = 25;

const LINKS: &str = include_str!("captured/links.hex");
const KINDS: &str = include_str!("captured/kinds.hex");

fn unhex(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.map(byte).collect()
}

fn captured(text: &str) -> impl Iterator<Item = Vec<u8>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(unhex)
}

fn decoded(body: &[u8], details: bool) -> Option<(Link, u8, Vec<Unparsed>)> {
    let names = Names::builtin();
    let mut context = DecodeContext::new(&names, details);
    let (link, family) = decode(&mut context, body)?;
    Some((Rc::unwrap_or_clone(link), family, context.take_unparsed()))
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

/// Compares the decoded messages with the expected lines, and checks that everything was decoded.
fn compare(messages: &str, expected: &str) {
    let mut expected = expected.lines();
    for body in captured(messages) {
        let (link, _, unparsed) = decoded(&body, false).unwrap();
        assert_eq!(json(&link), expected.next().unwrap_or_default());
        assert_eq!(unparsed, [], "{}", json(&link));
    }
    assert_eq!(expected.next(), None);
}

#[test]
fn messages_decode_to_the_expected_lines() {
    compare(LINKS, include_str!("captured/links.ndjson"));
}

#[test]
fn device_types_decode_to_the_expected_lines() {
    compare(KINDS, include_str!("captured/kinds.ndjson"));
}

#[test]
fn details_are_decoded_completely() {
    for body in captured(LINKS).chain(captured(KINDS)) {
        let (link, _, unparsed) = decoded(&body, true).unwrap();
        assert_eq!(unparsed, [], "{}", json(&link));
    }
    let body = captured(LINKS).next().unwrap();
    let link = decoded(&body, true).unwrap().0;
    assert_eq!(link.carrier, Some(false));
    assert_eq!(link.carrier_changes, Some(1));
    assert_eq!(json(&link.stats64.map(|s| s.tx.packets)), "0");
    let inet6 = json(&link.af_spec.unwrap().inet6.unwrap());
    assert!(inet6.contains(r#""hoplimit":64,"mtu6":1500,"#), "{inet6}");
    assert!(inet6.contains(r#""force_forwarding":0}"#), "{inet6}");
}

#[test]
fn family_of_the_message_is_returned() {
    let families: Vec<u8> = captured(LINKS)
        .map(|body| decoded(&body, false).unwrap().1)
        .collect();
    assert_eq!(families, [0, 0, 10, 0, 0, 7, 7, 0]);
}

#[test]
fn truncated_and_damaged_messages_decode() {
    let mut random = 1u64;
    for body in captured(LINKS).chain(captured(KINDS)) {
        for length in 0..body.len() {
            let decoded = decoded(&body[..length], true);
            assert_eq!(decoded.is_some(), length >= HEADER);
        }
        for _ in 0..200 {
            let mut body = body.clone();
            for _ in 0..4 {
                // xorshift64
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let at = random as usize % body.len();
                body[at] = (random >> 32) as u8;
            }
            let (link, ..) = decoded(&body, true).unwrap();
            json(&link);
        }
    }
}

fn link(arphrd: u16, flags: u32, attributes: &[Vec<u8>]) -> (Link, String) {
    let mut body = vec![0, 0];
    body.extend(arphrd.to_ne_bytes());
    body.extend(7u32.to_ne_bytes());
    body.extend(flags.to_ne_bytes());
    body.extend([0; 4]);
    body.extend(attributes.concat());
    let (link, _, unparsed) = decoded(&body, false).unwrap();
    (link, json(&unparsed))
}

#[test]
fn unknown_and_malformed_attributes_are_recorded_with_their_path() {
    let veth = attr(libc::IFLA_INFO_KIND, b"veth\0");
    let peer = attr(libc::IFLA_INFO_DATA, &attr(1, &[0; 16]));
    let future = attr(libc::IFLA_INFO_KIND, b"future\0");
    let data = attr(libc::IFLA_INFO_DATA, &[attr(1, b"a"), vec![9]].concat());
    let (found, unparsed) = link(
        1,
        0,
        &[
            attr(200, b"x"),
            attr(libc::IFLA_MTU, b"x"),
            attr(libc::IFLA_LINKINFO, &[peer, veth].concat()),
            attr(libc::IFLA_LINKINFO, &[future, data].concat()),
        ],
    );
    let expected = r#"[{"attr":200,"reason":"unknown","hex":"78"},{"attr":4,"reason":"length","hex":"78"},{"attr":1,"within":[18,2],"reason":"unknown","hex":"00000000000000000000000000000000"},{"attr":1,"within":[18,2],"reason":"unknown","hex":"61"},{"within":[18,2],"reason":"malformed","hex":"09"}]"#;
    assert_eq!(unparsed, expected);
    assert_eq!(json(&found.linkinfo), r#"{"info_kind":"future"}"#);
}

#[test]
fn device_that_is_up_but_not_running_has_no_carrier() {
    let flags = |bits| json(&link(1, bits, &[]).0.flags);
    assert_eq!(
        flags(0x1003),
        r#"["NO-CARRIER","BROADCAST","MULTICAST","UP"]"#
    );
    assert_eq!(
        flags(0x11043),
        r#"["BROADCAST","MULTICAST","UP","LOWER_UP"]"#
    );
    assert_eq!(flags(0x8000_0040), r#"["0x80000000"]"#);
}

#[test]
fn tunnel_has_ip_addresses_and_its_peer() {
    let ends = [
        attr(libc::IFLA_ADDRESS, &[10, 0, 0, 2]),
        attr(libc::IFLA_BROADCAST, &[10, 0, 0, 1]),
        attr(libc::IFLA_PERM_ADDRESS, &[10, 0, 0, 2]),
    ];
    let (link, _) = link(libc::ARPHRD_IPGRE, libc::IFF_POINTOPOINT as u32, &ends);
    let expected = r#"{"ifindex":7,"flags":["POINTOPOINT"],"link_type":"gre","address":"10.0.0.2","broadcast":"10.0.0.1","link_pointtopoint":true}"#;
    assert_eq!(json(&link), expected);
}

#[test]
fn virtual_functions_decode() {
    let u32s =
        |numbers: &[u32]| -> Vec<u8> { numbers.iter().flat_map(|w| w.to_ne_bytes()).collect() };
    let mac = [&u32s(&[1])[..], &[2, 0, 0, 0, 0, 9], &[0; 26]].concat();
    let vlan = [&u32s(&[1, 9, 3])[..], &[0x88, 0xa8, 0, 0]].concat();
    let vf = [
        attr(1, &mac),
        attr(2, &u32s(&[1, 9, 3])),
        attr(12, &attr(1, &vlan)),
        attr(3, &u32s(&[1, 9])),
        attr(4, &u32s(&[1, 1])),
        attr(5, &u32s(&[1, 2])),
        attr(6, &u32s(&[1, 4, 9])),
        attr(9, &u32s(&[1, u32::MAX])),
        attr(13, &[0xff; 32]),
        attr(8, &attr(0, &[0; 8])),
    ];
    let list = attr(libc::IFLA_VFINFO_LIST, &attr(1, &vf.concat()));
    let (link, unparsed) = link(1, 0, &[list]);
    let expected = r#"[{"vf":1,"address":"02:00:00:00:00:09","broadcast":"ff:ff:ff:ff:ff:ff","vlan_list":[{"vlan":9,"qos":3,"protocol":"802.1ad"}],"tx_rate":9,"rate":{"max_tx":9,"min_tx":4},"spoofchk":true,"link_state":"disable"}]"#;
    assert_eq!(json(&link.vfinfo_list), expected);
    assert_eq!(unparsed, "[]");
}

#[test]
fn every_device_in_the_settings_is_named() {
    let mut indices = Vec::new();
    for body in captured(KINDS) {
        let mut info = decoded(&body, false)
            .unwrap()
            .0
            .linkinfo
            .unwrap_or_default();
        let text = json(&info).replace("erspan_index", "");
        let before = text.matches("_index\"").count();
        info.for_each_device(&mut |index, name| {
            *name = IfName::new(b"eth0");
            indices.push(index);
        });
        assert_eq!(json(&info).matches("\"eth0\"").count(), before);
    }
    assert!(indices.len() > 8 && !indices.contains(&0));
}

#[test]
fn bridge_port_settings_are_merged_into_the_link() {
    let mut of_family = [0, 7].map(|wanted| {
        let mut links = captured(LINKS).map(|body| decoded(&body, false).unwrap());
        let (link, ..) = links.find(|(_, family, _)| *family == wanted).unwrap();
        link.linkinfo.unwrap()
    });
    let [device, port] = &mut of_family;
    assert_eq!(port.info_kind, None);
    port.merge_missing(device);
    assert!(port.info_kind.as_ref().unwrap().is("veth"));
    assert!(port.info_slave_kind.as_ref().unwrap().is("bridge"));
    assert!(port.info_slave_data.is_some());
}

#[test]
fn switch_ports_decode() {
    let port = [
        attr(1, &u32::MAX.to_ne_bytes()),
        attr(2, b"blue\0"),
        attr(4, &[7; 16]),
        attr(6, &[2]),
        attr(7, &0x101u16.to_ne_bytes()),
    ];
    let ports = attr(IFLA_VF_PORTS, &attr(1, &port.concat()));
    let (link, unparsed) = link(1, 0, &[ports, attr(IFLA_PORT_SELF, &port.concat())]);
    let expected = r#"{"vf":4294967295,"profile":"blue","instance_uuid":"07070707070707070707070707070707","request":"associate","response":"profile_inprogress"}"#;
    assert_eq!(json(&link.vf_ports), format!("[{expected}]"));
    assert_eq!(json(&link.port_self), expected);
    assert_eq!(unparsed, "[]");
}

/// Returns the decoded `IFLA_LINKINFO` of a device of that type, and the unparsed attributes.
fn linkinfo(kind: &[u8], data: &[Vec<u8>], details: bool) -> String {
    let info = [
        attr(libc::IFLA_INFO_KIND, kind),
        attr(libc::IFLA_INFO_DATA, &data.concat()),
        attr(libc::IFLA_INFO_XSTATS, &[1; 24]),
    ];
    let mut body = vec![0; HEADER];
    body.extend(attr(libc::IFLA_LINKINFO, &info.concat()));
    let (link, _, unparsed) = decoded(&body, details).unwrap();
    json(&(link.linkinfo, unparsed))
}

#[test]
fn device_types_that_need_hardware_decode() {
    let seven = 7u32.to_ne_bytes();
    let dsa = linkinfo(b"dsa\0", &[attr(1, &seven)], false);
    assert_eq!(
        dsa,
        r#"[{"info_kind":"dsa","info_data":{"conduit_index":7}},[]]"#
    );
    let wwan = linkinfo(b"wwan\0", &[attr(1, &seven)], false);
    assert_eq!(
        wwan,
        r#"[{"info_kind":"wwan","info_data":{"linkid":7}},[]]"#
    );
    let tdc: Vec<_> = (1..=9).map(|kind| attr(kind, &seven)).collect();
    let can = [attr(16, &tdc.concat()), attr(22, &tdc[6..].concat())];
    let expected = r#"[{"info_kind":"can","info_data":{"tdc":{"tdcv":7,"tdco":7,"tdcf":7},"tdc_const":{"tdcv":{"min":7,"max":7},"tdco":{"min":7,"max":7},"tdcf":{"min":7,"max":7}},"xl_pwm":{"pwms":7,"pwml":7,"pwmo":7}}},[]]"#;
    assert_eq!(linkinfo(b"can\0", &can, false), expected);
    let xstats = linkinfo(b"can\0", &[], true);
    assert!(
        xstats.contains(r#""info_xstats":{"restarts":16843009,"#),
        "{xstats}"
    );
    let strange = linkinfo(b"can\0", &[attr(16, &attr(10, &seven))], false);
    assert!(
        strange.contains(r#"{"attr":10,"within":[18,2,16],"reason":"unknown""#),
        "{strange}"
    );
}

#[test]
fn bridge_protocols_decode() {
    let u32s = |kind, value: u32| attr(kind, &value.to_ne_bytes());
    let ring = [
        u32s(1, 9),
        u32s(2, 3),
        u32s(3, 4),
        attr(4, &0x8000u16.to_ne_bytes()),
        u32s(5, 1),
        u32s(6, 2),
        u32s(12, 1),
    ];
    let point = |number| u32s(1, number);
    let cfm = [
        attr(9, &[point(5), u32s(2, 0), u32s(3, 0), u32s(4, 3)].concat()),
        attr(
            10,
            &[point(5), attr(2, &[2, 0, 0, 0, 0, 1]), u32s(4, 77)].concat(),
        ),
        attr(9, &[point(6), u32s(3, 1)].concat()),
        attr(14, &[point(5), u32s(2, 78)].concat()),
        attr(14, &[point(5), u32s(2, 79)].concat()),
        attr(15, &[point(5), u32s(4, 1)].concat()),
        attr(
            16,
            &[point(5), u32s(2, 78), u32s(3, 1), attr(5, &[2])].concat(),
        ),
        attr(16, &[point(5), u32s(2, 79), u32s(7, 1)].concat()),
        // Without the number of an end point, and with an unknown attribute.
        attr(12, &u32s(2, 1)),
        attr(12, &[point(5), u32s(9, 1)].concat()),
    ];
    let tree = [attr(1, &2u16.to_ne_bytes()), attr(2, &[4])];
    let spec = [
        attr(4, &attr(7, &ring.concat())),
        attr(5, &cfm.concat()),
        attr(6, &attr(1, &tree.concat())),
    ];
    let mut body = vec![0; HEADER];
    body[0] = AF_BRIDGE;
    body.extend(attr(libc::IFLA_AF_SPEC, &spec.concat()));
    let (mut link, _, unparsed) = decoded(&body, false).unwrap();
    assert_eq!(json(&link.mst), r#"[{"instance":2,"state":"blocking"}]"#);
    link.for_each_device(&mut |_, name| {
        *name = IfName::new(b"eth0");
    });
    assert_eq!(
        json(&link.mrp),
        r#"[{"ring_id":9,"p_port":"eth0","p_port_index":3,"s_port":"eth0","s_port_index":4,"prio":32768,"ring_state":"closed","ring_role":"mrm","in_role":"mic"}]"#
    );
    assert_eq!(
        json(&link.cfm),
        r#"[{"instance":5,"domain":"port","direction":"down","port":"eth0","port_index":3,"unicast_mac":"02:00:00:00:00:01","mepid":77,"peer_mepid":[78,79]},{"instance":6,"direction":"up"}]"#
    );
    assert_eq!(
        json(&link.cfm_status),
        r#"[{"instance":5,"rx_level_low_seen":1,"peers":[{"peer_mepid":78,"ccm_defect":1,"port_tlv_value":2},{"peer_mepid":79,"seen":1}]}]"#
    );
    assert_eq!(
        json(&unparsed),
        r#"[{"attr":12,"within":[26,5],"reason":"value","hex":"0800020001000000"},{"attr":9,"within":[26,5,12],"reason":"unknown","hex":"01000000"}]"#
    );
}
