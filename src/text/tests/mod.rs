mod objects;

use std::net::IpAddr;

use jiff::tz::TimeZone;

use super::*;
use crate::event::ctrl::{GenlFamily, GenlMcastGroup, GenlOp, McastGroups};
use crate::event::link::Link;
use crate::event::link::device::InfoSlaveData;
use crate::event::link::device::bridge::BridgePort;
use crate::event::link::info::LinkInfo;
use crate::event::meta::{Complete, Gap, GapCause, Meta, Skipped, Start, Stop, StopReason, Sync};
use crate::event::unknown::{Attribute, Unknown};
use crate::event::values::{Flags, Hex, IfName, LlAddr, Prefix, Symbol, Text, Time};
use crate::event::{Change, NlType, prefix};

const FLAGS: &[(u64, &str)] = &[
    (1, "UP"),
    (2, "LOWER_UP"),
    (4, "NO-CARRIER"),
    (8, "BROADCAST"),
];
const FLAG_NAMES: &[(u64, &str)] = &[(1, "tentative"), (2, "onlink"), (4, "autoconf"), (8, "not")];
const STATES: &[(u64, &str)] = &[(1, "INCOMPLETE"), (2, "REACHABLE")];
const TIME: &str = "2026-11-24T20:26:54.897123456Z";

fn symbol(name: &'static str) -> Symbol {
    Symbol::Known(name)
}

fn name(name: &str) -> Option<IfName> {
    IfName::new(name.as_bytes())
}

fn ip(text: &str) -> Option<IpAddr> {
    Some(text.parse().unwrap())
}

fn to(text: &str) -> Prefix {
    let (address, length) = text.split_once('/').unwrap();
    Prefix {
        address: address.parse().unwrap(),
        length: length.parse().unwrap(),
    }
}

fn event(op: Op, payload: Payload) -> Event {
    Event {
        netns: Default::default(),
        time: Time(TIME.parse().unwrap()),
        op,
        origin: None,
        payload,
        change: None,
        uncertain: false,
        by: None,
        nl: None,
        unparsed: Vec::new(),
        raw: None,
    }
}

fn changed(payload: Payload, old: Payload) -> Event {
    let change = Some(Change::between(&payload, old));
    let event = event(Op::Change, payload);
    Event { change, ..event }
}

fn link() -> Link {
    Link {
        ifindex: 7,
        ifname: name("veth0"),
        link_type: symbol("ether"),
        mtu: Some(1500),
        operstate: Some(symbol("DOWN")),
        address: LlAddr::new(&[2, 0, 0, 0, 0, 7]),
        flags: Flags::new(8 | 4, FLAGS),
        ..Link::default()
    }
}

fn of_link(op: Op, link: Link) -> Event {
    event(op, Payload::from(link))
}

fn link_change(new: Link, old: Link) -> String {
    let [new, old] = [new, old].map(Payload::from);
    sentence(&changed(new, old))
}

#[test]
fn new_link_shows_main_fields() {
    let linkinfo = Some(LinkInfo {
        info_kind: Some(symbol("veth")),
        ..LinkInfo::default()
    });
    let veth = Link {
        linkinfo,
        link_index: Some(6),
        master: name("br0"),
        master_index: Some(9),
        ..link()
    };
    assert_eq!(
        sentence(&of_link(Op::Add, veth)),
        "link add veth0 index 7 type veth link if6 <NO-CARRIER,BROADCAST> mtu 1500 master br0 \
         state DOWN link/ether 02:00:00:00:00:07"
    );
    assert_eq!(sentence(&of_link(Op::Delete, link())), "link delete veth0");
    let moved = Link {
        new_netnsid: Some(3),
        ..link()
    };
    assert_eq!(
        sentence(&of_link(Op::Delete, moved)),
        "link delete veth0 moved to netns 3"
    );
}

#[test]
fn changed_link_shows_only_differences() {
    let up = Link {
        operstate: Some(symbol("UP")),
        flags: Flags::new(8 | 1 | 2, FLAGS),
        master_index: Some(9),
        stats64: Some(Default::default()),
        ..link()
    };
    assert_eq!(
        link_change(up, link()),
        "link change veth0 UP off → on LOWER_UP off → on NO-CARRIER on → off master none → if9 \
         state DOWN → UP stats64 none → present"
    );
    let peered = Link {
        link: name("veth1"),
        link_index: Some(6),
        ..link()
    };
    assert_eq!(
        link_change(peered, link()),
        "link change veth0 link none → veth1"
    );
    let renamed = Link {
        ifname: name("eth1"),
        ..link()
    };
    assert_eq!(
        link_change(renamed, link()),
        "link change veth0 name veth0 → eth1"
    );
    assert_eq!(
        link_change(link(), link()),
        "link change veth0 (no difference)"
    );
}

/// A bond announces a failover: the event is all that its message says.
#[test]
fn a_change_without_a_difference_says_why_it_was_sent() {
    let failover = Link {
        event: Some(symbol("BONDING FAILOVER")),
        ..link()
    };
    assert_eq!(
        link_change(failover.clone(), link()),
        "link change veth0 event BONDING FAILOVER"
    );
    assert_eq!(
        link_change(failover.clone(), failover.clone()),
        "link change veth0 event BONDING FAILOVER"
    );
    let text = sentence(&of_link(Op::Add, failover));
    assert!(text.ends_with(" event BONDING FAILOVER"), "{text}");
    let mut port = changed(link().into(), link().into());
    port.nl = Some(crate::event::Nl {
        family: Some(Box::new(symbol("bridge"))),
        ..Default::default()
    });
    assert_eq!(sentence(&port), "link change veth0 family bridge");
}

#[test]
fn fields_without_a_form_of_their_own_show_both_values() {
    let bridge = |priority| {
        let port = BridgePort {
            state: Some(symbol("forwarding")),
            priority: Some(priority),
            ..BridgePort::default()
        };
        Link {
            tso_max_size: Some(u32::from(priority)),
            linkinfo: Some(LinkInfo {
                info_slave_data: Some(InfoSlaveData::Bridge(Box::new(port))),
                ..LinkInfo::default()
            }),
            ..link()
        }
    };
    assert_eq!(
        link_change(bridge(32), bridge(16)),
        "link change veth0 port priority 16 → 32 tso_max_size 16 → 32"
    );
}

/// A difference that a dump showed is late: 200 ms after the event that implies it, or more.
#[test]
fn what_no_event_announced_is_marked() {
    let with = |origin, uncertain| {
        sentence(&Event {
            origin: Some(origin),
            uncertain,
            ..of_link(Op::Delete, link())
        })
    };
    assert_eq!(with(Origin::Kernel, false), "link delete veth0");
    for (origin, uncertain, mark) in [
        (Origin::Snapshot, false, "(snapshot)"),
        (Origin::Inferred, false, "(inferred)"),
        (Origin::Resync, true, "(resync) (uncertain)"),
        (Origin::Kernel, true, "(uncertain)"),
    ] {
        assert_eq!(with(origin, uncertain), format!("link delete veth0 {mark}"));
    }
}

#[test]
fn the_requester_is_named_with_its_container_or_unit() {
    let by = |by: By| {
        sentence(&Event {
            by: Some(by.into()),
            ..of_link(Op::Delete, link())
        })
    };
    let ip = By {
        pid: Some(4711),
        comm: Some("ip\x1b".to_owned()),
        ..By::default()
    };
    assert_eq!(by(ip.clone()), "link delete veth0 by ip\\x1b[4711]");
    let of_unit = By {
        unit: Some("ssh.service".to_owned()),
        ..ip
    };
    assert_eq!(
        by(of_unit.clone()),
        "link delete veth0 by ip\\x1b[4711] (ssh.service)"
    );
    let of_container = By {
        container: Some("0123abcd".to_owned()),
        ..of_unit
    };
    assert_eq!(
        by(of_container),
        "link delete veth0 by ip\\x1b[4711] (0123abcd)"
    );
    let kernel = By {
        kernel: Some(true),
        ..By::default()
    };
    assert_eq!(by(kernel), "link delete veth0 by the kernel");
}

#[test]
fn messages_without_a_line_are_summed_up() {
    let stop = Stop {
        skipped: Skipped {
            requests: 3,
            dump_entries: 1,
            ..Skipped::default()
        },
        ..Stop::default()
    };
    assert_eq!(
        sentence(&event(Op::Stop, Payload::from(Meta::Stop(stop)))),
        "meta stop: end of the recording, 0 events, 4 messages without a line (3 requests, 1 dump entries)"
    );
}

#[test]
fn port_state_change_is_shown() {
    let port = |state| Link {
        linkinfo: Some(LinkInfo {
            info_slave_data: Some(InfoSlaveData::Bridge(Box::new(BridgePort {
                state: Some(symbol(state)),
                ..BridgePort::default()
            }))),
            ..LinkInfo::default()
        }),
        ..link()
    };
    assert_eq!(
        link_change(port("forwarding"), port("learning")),
        "link change veth0 port state learning → forwarding"
    );
}

#[test]
fn a_device_that_becomes_a_port_has_the_type_of_the_port() {
    let with = |info| Link {
        linkinfo: Some(info),
        ..link()
    };
    let port = LinkInfo {
        info_slave_kind: Some(symbol("bridge")),
        info_slave_data: Some(InfoSlaveData::Bridge(Box::default())),
        ..LinkInfo::default()
    };
    let (port, alone) = (with(port), with(LinkInfo::default()));
    assert_eq!(
        link_change(port.clone(), alone.clone()),
        "link change veth0 port type none → bridge"
    );
    assert_eq!(
        link_change(alone, port),
        "link change veth0 port type bridge → none"
    );
}

#[test]
fn generic_netlink_family_is_described() {
    let family = |groups: &[&str]| {
        let group = |name: &&str| GenlMcastGroup {
            id: 9,
            name: (*name).to_owned(),
        };
        Payload::from(GenlFamily {
            id: 35,
            name: "l2tp".to_owned(),
            version: Some(1),
            ops: Some(vec![GenlOp::default(); 9]),
            mcast_groups: McastGroups::new(groups.iter().map(group).collect()),
            ..GenlFamily::default()
        })
    };
    assert_eq!(
        sentence(&event(Op::Add, family(&["l2tp"]))),
        "genl_family add l2tp id 35 version 1 ops 9 groups l2tp"
    );
    assert_eq!(
        sentence(&changed(family(&[]), family(&["l2tp"]))),
        "genl_family change l2tp id 35 groups l2tp → none"
    );
}

#[test]
fn notifications_without_state() {
    let announced = prefix::Prefix {
        ifindex: 2,
        dev: name("eth0"),
        prefix: Some(to("2001:db8::/64")),
        flags: Flags::new(6, FLAG_NAMES),
        valid_life_time: Some(86400),
        preferred_life_time: Some(14400),
        ..Default::default()
    };
    assert_eq!(
        sentence(&event(Op::Notify, Payload::from(announced))),
        "prefix notify 2001:db8::/64 dev eth0 onlink autoconf valid_lft 86400sec \
         preferred_lft 14400sec"
    );
    let attribute = Attribute {
        attr: 1,
        hex: Hex::default(),
    };
    let unknown = Unknown {
        r#type: NlType::route(104),
        attributes: Some(vec![attribute; 5]),
        ..Default::default()
    };
    assert_eq!(
        sentence(&event(Op::Notify, Payload::from(unknown))),
        "unknown notify RTM_NEWNEXTHOP attributes 5"
    );
}

#[test]
fn meta_records() {
    let text = |op, meta| sentence(&event(op, Payload::from(meta)));
    let start = Start {
        tool: "nlstream".to_owned(),
        version: "0.1.0".to_owned(),
        host: Some("edge-7".to_owned()),
        kernel: Some("6.18.1".to_owned()),
        ..Start::default()
    };
    assert_eq!(
        text(Op::Start, Meta::Start(Box::new(start))),
        "meta start: nlstream 0.1.0 on edge-7, Linux 6.18.1"
    );
    assert_eq!(
        text(
            Op::Sync,
            Meta::Sync(Sync {
                objects: 12,
                checkpoint: None,
                incomplete: None
            })
        ),
        "meta sync: 12 objects, snapshot complete"
    );
    let kinds = vec![Kind::Neigh, Kind::Fdb];
    assert_eq!(
        text(Op::Complete, Meta::Complete(Complete { kinds })),
        "meta complete: neigh, fdb"
    );
    let gap = Gap {
        family: None,
        kinds: None,
        cause: GapCause::Overflow,
        errno: Some(105),
        lost: Some(412),
        from: Some(Time(TIME.parse().unwrap())),
        to: Some(Time("2026-11-24T20:26:55Z".parse().unwrap())),
        by: None,
    };
    let unsized_gap = Gap {
        family: None,
        kinds: None,
        cause: GapCause::Error,
        lost: None,
        from: None,
        ..gap.clone()
    };
    assert_eq!(
        text(Op::Gap, Meta::Gap(gap)),
        "meta gap: 412 messages lost (receive buffer overflow) between \
         2026-11-24T20:26:54.897Z and 2026-11-24T20:26:55.000Z"
    );
    assert_eq!(
        text(Op::Gap, Meta::Gap(unsized_gap)),
        "meta gap: an unknown number of messages lost (socket error, errno 105) before \
         2026-11-24T20:26:55.000Z"
    );
    let stop = Stop {
        reason: StopReason::Signal,
        events: 16,
        lost: 1,
        ..Stop::default()
    };
    assert_eq!(
        text(Op::Stop, Meta::Stop(stop)),
        "meta stop: signal, 16 events, 1 message lost"
    );
    let stop = Stop {
        unrecorded_since: Some(Time("2026-11-24T20:26:55Z".parse().unwrap())),
        ..Stop::default()
    };
    assert_eq!(
        text(Op::Stop, Meta::Stop(stop)),
        "meta stop: end of the recording, 0 events, not recorded since 2026-11-24T20:26:55.000Z"
    );
}

#[test]
fn control_and_invisible_characters_are_escaped() {
    let evil =
        "\x1b]0;x\x07\r\n\x7f \u{9b}31m \u{202e}\u{2066}\u{200b}\u{2028}\u{feff} \\x1b é न्त → 🙂";
    let link = Link {
        ifname: name("v\x1b[2J\u{85}"),
        ifalias: Some(Text(evil.as_bytes().into())),
        ..link()
    };
    let text = sentence(&of_link(Op::Add, link.clone()));
    assert!(
        text.starts_with(r"link add v\x1b[2J\u{85} index 7 "),
        "{text}"
    );
    let alias = text.split_once(" alias ").unwrap().1;
    assert_eq!(
        alias,
        r"\x1b]0;x\x07\x0d\x0a\x7f \u{9b}31m \u{202e}\u{2066}\u{200b}\u{2028}\u{feff} \\x1b é न्त → 🙂"
    );

    // A name that is not valid UTF-8.
    let broken = Link {
        ifname: IfName::new(b"v\xff\x9b"),
        ..link
    };
    let text = sentence(&of_link(Op::Delete, broken));
    assert_eq!(text, "link delete v\u{fffd}\u{fffd}");
}

/// The lines of these events with that style.
fn printed(style: TextStyle, events: &[(&Event, Option<&str>)]) -> Vec<String> {
    let mut printer = Printer::new(style);
    let lines = events
        .iter()
        .flat_map(|(event, netns)| printer.event(event, *netns));
    lines.collect()
}

fn at(event: Event, time: &str) -> Event {
    Event {
        time: Time(time.parse().unwrap()),
        ..event
    }
}

#[test]
fn lines_have_the_namespace_and_optional_colours() {
    let event = of_link(Op::Delete, link());
    let style = TextStyle {
        times: Times::None,
        ..TextStyle::new(TimeZone::UTC)
    };
    assert_eq!(
        printed(style.clone(), &[(&event, None), (&event, Some("re\x1bd"))]),
        ["link delete veth0", "re\\x1bd: link delete veth0"]
    );
    let colour = TextStyle {
        colour: true,
        times: Times::Relative,
        ..style
    };
    assert_eq!(
        printed(colour, &[(&event, None)]),
        ["\x1b[2m[+0.000]\x1b[0m link \x1b[31mdelete\x1b[0m \x1b[1mveth0\x1b[0m"]
    );
}

#[test]
fn every_time_format_has_its_form_and_the_date_comes_at_midnight() {
    let east = TimeZone::fixed(jiff::tz::offset(1));
    let events = ["22:59:59.5", "23:00:00", "23:00:00.25"]
        .map(|time| at(of_link(Op::Delete, link()), &format!("2026-11-24T{time}Z")));
    let events = events.each_ref().map(|event| (event, None));
    let times = |times| {
        let style = TextStyle {
            times,
            ..TextStyle::new(east.clone())
        };
        let lines = printed(style, &events);
        lines
            .iter()
            .map(|line| line.replace(" link delete veth0", ""))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        times(Times::Time),
        [
            "-- 2026-11-24 +01:00 --",
            "[23:59:59.500]",
            "-- 2026-11-25 +01:00 --",
            "[00:00:00.000]",
            "[00:00:00.250]"
        ]
    );
    assert_eq!(
        times(Times::Date),
        [
            "[2026-11-24 23:59:59.500]",
            "[2026-11-25 00:00:00.000]",
            "[2026-11-25 00:00:00.250]"
        ]
    );
    assert_eq!(times(Times::Iso)[1], "[2026-11-25T00:00:00.000+01:00]");
    assert_eq!(times(Times::Relative), ["[+0.000]", "[+0.500]", "[+0.750]"]);
    assert_eq!(times(Times::None)[0], "link delete veth0");
}

/// A change of the offset from UTC makes times ambiguous, as a change of the date does.
#[test]
fn a_change_of_the_offset_has_a_line() {
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    let events = ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]
        .map(|time| at(of_link(Op::Delete, link()), time));
    let lines = printed(
        TextStyle::new(zone),
        &events.each_ref().map(|event| (event, None)),
    );
    assert_eq!(
        lines,
        [
            "-- 2026-10-25 +02:00 --",
            "[02:30:00.000] link delete veth0",
            "-- 2026-10-25 +01:00 --",
            "[02:30:00.000] link delete veth0"
        ]
    );
}

#[test]
fn columns_begin_at_the_same_place() {
    let style = TextStyle {
        times: Times::None,
        columns: true,
        ..TextStyle::new(TimeZone::UTC)
    };
    let address = objects::of_address();
    let add = event(Op::Add, Payload::from(address));
    let gone = of_link(Op::Delete, link());
    let up = Link {
        mtu: Some(1400),
        ..link()
    };
    let change = changed(up.into(), link().into());
    let lines = printed(style, &[(&add, None), (&change, None), (&gone, None)]);
    assert_eq!(
        lines,
        [
            "address   add     192.168.100.101/24 dev veth1 scope global",
            "link      change  veth0              mtu 1500 → 1400",
            "link      delete  veth0",
        ]
    );
    // A wide character takes two cells of a terminal.
    let wide = Link {
        ifname: name("网络"),
        ..link()
    };
    let change = changed(
        Link {
            mtu: Some(1400),
            ..wide.clone()
        }
        .into(),
        wide.into(),
    );
    let style = TextStyle {
        times: Times::None,
        columns: true,
        ..TextStyle::new(TimeZone::UTC)
    };
    assert_eq!(
        printed(style, &[(&change, None)]),
        ["link      change  网络               mtu 1500 → 1400"]
    );
}

#[test]
fn repetitions_are_counted_and_nothing_else_is() {
    let style = TextStyle {
        fold: true,
        ..TextStyle::new(TimeZone::UTC)
    };
    let gone = |milli: u32| {
        at(
            of_link(Op::Delete, link()),
            &format!("2026-11-24T20:26:54.{milli:03}Z"),
        )
    };
    let other = at(of_link(Op::Add, link()), "2026-11-24T20:26:57Z");
    let events = [gone(0), gone(10), gone(80), other.clone(), gone(90), other];
    let pairs = events.each_ref().map(|event| (event, None));
    let lines = printed(style, &pairs);
    let start = "2026-11-24 +00:00 --";
    assert_eq!(lines[0], format!("-- {start}"));
    assert_eq!(
        lines[1..3],
        [
            "[20:26:54.000] link delete veth0",
            "… repeated 2 times in 80 ms"
        ]
    );
    assert!(lines[3].contains("link add veth0"), "{lines:?}");
    assert_eq!(lines[4], "[20:26:54.090] link delete veth0");
    assert_eq!(lines.len(), 6, "{lines:?}");
    let unfolded = printed(TextStyle::new(TimeZone::UTC), &pairs);
    assert_eq!(unfolded.len(), 7);
}

#[test]
fn settings_of_a_device_are_described_by_their_values() {
    use crate::event::ethtool::{Ethtool, Rings};
    use crate::kind::table::named::Named;
    use crate::kind::table::value::{Options, Value};
    let rings = |rx| {
        Payload::from(Ethtool {
            ifindex: 2,
            dev: name("eth0"),
            setting: symbol("rings"),
            rings: Some(Named::<Rings>::new(Options(vec![
                ("rx_max", Value::Number(4096)),
                ("rx", Value::Number(rx)),
            ]))),
            ..Ethtool::default()
        })
    };
    assert_eq!(
        sentence(&event(Op::Add, rings(512))),
        "ethtool add eth0 rings rx_max 4096 rx 512"
    );
    assert_eq!(
        sentence(&changed(rings(512), rings(1024))),
        "ethtool change eth0 rings rx 1024 → 512"
    );
    assert_eq!(
        sentence(&event(Op::Delete, rings(512))),
        "ethtool delete eth0 rings"
    );
    // Of a long list the names that differ.
    let features = |names: std::ops::Range<u8>| {
        let names = names.map(|it| format!("feature{it}")).collect();
        Payload::from(Ethtool {
            ifindex: 2,
            dev: name("eth0"),
            setting: symbol("features"),
            features: Some(Named::new(Options(vec![("active", Value::Names(names))]))),
            ..Ethtool::default()
        })
    };
    assert_eq!(
        sentence(&changed(features(1..20), features(0..19))),
        "ethtool change eth0 features active feature19 off → on active feature0 on → off"
    );
}
