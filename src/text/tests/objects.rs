//! Addresses, routes, neighbours, forwarding entries and rules.

use std::rc::Rc;

use super::*;
use crate::event::encap::Encap;
use crate::event::route::Destination;
use crate::event::route::{Metrics, NextHop, Route, RouteAttrs, Via};
use crate::event::{address, fdb, neigh, nsid, rule};

pub(super) fn of_address() -> address::Address {
    address::Address {
        ifindex: 7,
        dev: name("veth1"),
        family: symbol("inet"),
        local: ip("192.168.100.101"),
        prefixlen: 24,
        scope: symbol("global"),
        label: name("veth1"),
        valid_life_time: Some(u32::MAX),
        ..Default::default()
    }
}

#[test]
fn addresses() {
    let add = |address| sentence(&event(Op::Add, Payload::from(address)));
    assert_eq!(
        add(of_address()),
        "address add 192.168.100.101/24 dev veth1 scope global"
    );
    let peer = address::Address {
        address: ip("192.168.100.7"),
        prefixlen: 32,
        label: name("veth1:0"),
        flags: Flags::new(1, FLAG_NAMES),
        valid_life_time: Some(60),
        ..of_address()
    };
    assert_eq!(
        add(peer),
        "address add 192.168.100.101 peer 192.168.100.7/32 dev veth1 scope global tentative \
         label veth1:0 valid_lft 60sec"
    );
    let old = address::Address {
        flags: Flags::new(1, FLAG_NAMES),
        valid_life_time: Some(60),
        ..of_address()
    };
    assert_eq!(
        sentence(&changed(Payload::from(of_address()), Payload::from(old))),
        "address change 192.168.100.101/24 dev veth1 tentative on → off valid_lft 60sec → forever"
    );
    let with = |peer| address::Address {
        address: ip(peer),
        ..of_address()
    };
    let uncertain = Event {
        uncertain: true,
        ..changed(
            Payload::from(with("192.0.2.9")),
            Payload::from(with("192.0.2.1")),
        )
    };
    assert_eq!(
        sentence(&uncertain),
        "address change 192.168.100.101 peer 192.0.2.1/24 → 192.0.2.9/24 dev veth1 (uncertain)"
    );
}

fn of_route(common: RouteAttrs) -> Route {
    Route {
        dst: Destination::Prefix(to("10.0.0.0/8")),
        common: Rc::new(common.into()),
    }
}

fn of_routes() -> RouteAttrs {
    RouteAttrs {
        family: symbol("inet"),
        r#type: symbol("unicast"),
        table: symbol("main"),
        protocol: symbol("static"),
        scope: symbol("global"),
        ..RouteAttrs::default()
    }
}

#[test]
fn routes() {
    let add = |route| sentence(&event(Op::Add, Payload::from(route)));
    let plain = of_route(RouteAttrs {
        gateway: ip("10.1.1.1"),
        ifindex: Some(2),
        metric: Some(100),
        metrics: Some(
            Metrics {
                mtu: Some(1400),
                lock: Some(Flags::new(1, &[(1, "mtu")])),
                ..Metrics::default()
            }
            .into(),
        ),
        dev: name("eth0"),
        ..of_routes()
    });
    assert_eq!(
        add(plain),
        "route add 10.0.0.0/8 via 10.1.1.1 dev eth0 proto static metric 100 mtu lock 1400"
    );
    let black = of_route(RouteAttrs {
        r#type: symbol("blackhole"),
        ..of_routes()
    });
    assert_eq!(add(black), "route add blackhole 10.0.0.0/8 proto static");

    let hop = NextHop {
        gateway: ip("10.1.1.1"),
        via: None,
        ifindex: 2,
        dev: name("eth0"),
        weight: 1,
        flags: Flags::new(2, FLAG_NAMES),
        encap: None,
        newdst: None,
        flow: None,
    };
    let other = NextHop {
        gateway: None,
        via: Some(
            Via {
                family: symbol("inet6"),
                host: "fe80::2".to_owned(),
            }
            .into(),
        ),
        dev: None,
        ifindex: 3,
        weight: 2,
        flags: Flags::new(0, FLAG_NAMES),
        ..hop.clone()
    };
    let multipath = of_route(RouteAttrs {
        nexthops: Some(vec![hop, other]),
        ..of_routes()
    });
    assert_eq!(
        add(multipath),
        "route add 10.0.0.0/8 proto static nexthop via 10.1.1.1 dev eth0 weight 1 onlink \
         nexthop via inet6 fe80::2 dev if3 weight 2"
    );
}

#[test]
fn neighbours_and_forwarding_entries() {
    let new = neigh::Neigh {
        dst: ip("10.0.0.2"),
        ifindex: 7,
        dev: name("veth0"),
        lladdr: LlAddr::new(&[2, 0, 0, 0, 0, 6]),
        state: Flags::new(2, STATES),
        ..Default::default()
    };
    let old = neigh::Neigh {
        lladdr: None,
        state: Flags::new(1, STATES),
        ..new.clone()
    };
    assert_eq!(
        sentence(&changed(Payload::from(new), Payload::from(old))),
        "neigh change 10.0.0.2 dev veth0 lladdr none → 02:00:00:00:00:06 state INCOMPLETE → REACHABLE"
    );
    let entry = fdb::Fdb {
        mac: LlAddr::new(&[2, 0, 0, 0, 0, 6]),
        ifindex: 7,
        dev: name("veth0"),
        master: name("br0"),
        master_index: Some(9),
        state: symbol("permanent"),
        ..Default::default()
    };
    assert_eq!(
        sentence(&event(Op::Add, Payload::from(entry.clone()))),
        "fdb add 02:00:00:00:00:06 dev veth0 master br0 permanent"
    );
    let old = fdb::Fdb {
        ifindex: 8,
        dev: name("veth2"),
        ..entry.clone()
    };
    assert_eq!(
        sentence(&changed(Payload::from(entry), Payload::from(old))),
        "fdb change 02:00:00:00:00:06 dev veth2 → veth0 master br0 permanent"
    );
    let old = fdb::Fdb {
        mac: LlAddr::new(&[2, 0, 0, 0, 0, 6]),
        ifindex: 7,
        dev: name("vx0"),
        dst: ip("192.0.2.2"),
        port: Some(8472),
        state: symbol("permanent"),
        ..Default::default()
    };
    let moved = fdb::Fdb {
        dst: ip("192.0.2.3"),
        port: None,
        via_index: Some(3),
        ..old.clone()
    };
    assert_eq!(
        sentence(&changed(Payload::from(moved), Payload::from(old))),
        "fdb change 02:00:00:00:00:06 dev vx0 dst 192.0.2.2 → 192.0.2.3 port 8472 → none \
         via none → if3 permanent"
    );
}

#[test]
fn rules() {
    let marked = rule::Rule {
        family: symbol("inet"),
        priority: 100,
        src: symbol("10.0.0.0"),
        srclen: Some(8),
        fwmark: Some("0x1".to_owned()),
        fwmask: Some("0xff".to_owned()),
        table: Some(symbol("main")),
        ..Default::default()
    };
    let add = |rule| sentence(&event(Op::Add, Payload::from(rule)));
    assert_eq!(
        add(marked),
        "rule add 100: from 10.0.0.0/8 fwmark 0x1/0xff lookup main"
    );
    let other = rule::Rule {
        family: symbol("inet6"),
        src: symbol("all"),
        flags: Flags::new(8, FLAG_NAMES),
        iif: name("eth9"),
        state: Flags::new(1, &[(1, "iif_detached")]),
        dport_start: Some(80),
        dport_end: Some(90),
        action: Some(symbol("goto")),
        goto: Some(200),
        ..Default::default()
    };
    assert_eq!(
        add(other),
        "rule add 0: inet6 not from all iif eth9 [detached] dport 80-90 goto 200"
    );
}

#[test]
fn traffic_control() {
    use crate::event::tc::{Action, Filter, Qdisc};
    use crate::kind::table::value::{Options, Value};

    let limit = |limit| {
        Options(vec![
            ("limit", Value::Number(limit)),
            ("ecn", Value::Yes(true)),
        ])
    };
    let qdisc = |options| Qdisc {
        ifindex: Some(7),
        dev: name("v0"),
        kind: Some("codel".to_owned()),
        handle: "1:".to_owned(),
        root: Some(true),
        options: Some(options),
        ..Default::default()
    };
    assert_eq!(
        sentence(&event(Op::Add, Payload::from(qdisc(limit(5))))),
        "qdisc add codel 1: dev v0 root limit 5 ecn"
    );
    let mut change = event(Op::Change, Payload::from(qdisc(limit(9))));
    let old = Payload::from(qdisc(limit(5)));
    change.change = Some(Change::between(&change.payload, old));
    assert_eq!(
        sentence(&change),
        "qdisc change codel 1: dev v0 root limit 5 → 9"
    );
    let control = Options(vec![
        ("type", Value::Text("goto".to_owned())),
        ("chain", Value::Number(3)),
    ]);
    let filter = Filter {
        block: Some(22),
        kind: Some("flower".to_owned()),
        protocol: symbol("ip"),
        pref: 10,
        actions: Some(vec![Action {
            kind: Some("gact".to_owned()),
            options: Some(Options(vec![("control_action", Value::Options(control))])),
            ..Default::default()
        }]),
        ..Default::default()
    };
    assert_eq!(
        sentence(&event(Op::Add, Payload::from(filter))),
        "filter add flower block 22 protocol ip pref 10 action gact control_action goto 3"
    );
    let option = |name, text: &str| (name, Value::Text(text.to_owned()));
    let matches = Value::List(vec![Options(vec![
        option("kind", "cmp"),
        option("relation", "and"),
        (
            "options",
            Value::Options(Options(vec![option("op", "gt"), ("val", Value::Number(5))])),
        ),
    ])]);
    let filter = Filter {
        kind: Some("basic".to_owned()),
        protocol: symbol("ip"),
        options: Some(Options(vec![(
            "ematches",
            Value::Options(Options(vec![("matches", matches)])),
        )])),
        ..Default::default()
    };
    assert_eq!(
        sentence(&event(Op::Add, Payload::from(filter))),
        "filter add basic protocol ip pref 0 ematches { matches [ { kind cmp relation and options { op gt val 5 } } ] }"
    );
    let opts = vec![Options(vec![("gbp", Value::Number(7))])];
    let route = of_route(RouteAttrs {
        encap: Some(Box::new(Encap {
            r#type: Some(symbol("ip")),
            vxlan_opts: Some(opts),
            ..Default::default()
        })),
        ..of_routes()
    });
    assert_eq!(
        sentence(&event(Op::Add, Payload::from(route))),
        "route add 10.0.0.0/8 encap ip vxlan_opts [ { gbp 7 } ] proto static"
    );
}

#[test]
fn change_of_an_object_without_a_known_former_state_shows_every_field() {
    let nsid = |pid| nsid::Nsid {
        nsid: 3,
        pid,
        ..Default::default()
    };
    let untracked = event(Op::Change, nsid(Some(7)).into());
    assert_eq!(sentence(&untracked), "nsid change 3 pid 7");
    let tracked = changed(nsid(Some(7)).into(), nsid(Some(8)).into());
    assert_eq!(sentence(&tracked), "nsid change 3 pid 8 → 7");
    let unchanged = changed(nsid(Some(7)).into(), nsid(Some(7)).into());
    assert_eq!(sentence(&unchanged), "nsid change 3 (no difference)");
}

#[test]
fn a_route_change_shows_both_values() {
    let hop = |gateway| NextHop {
        gateway: ip(gateway),
        via: None,
        ifindex: 2,
        dev: name("eth0"),
        weight: 1,
        flags: Flags::default(),
        encap: None,
        newdst: None,
        flow: None,
    };
    let with = |gateway, mtu: Option<u32>, dev: Option<&str>| {
        Payload::from(of_route(RouteAttrs {
            gateway: ip(gateway),
            ifindex: Some(2),
            dev: dev.and_then(name),
            metrics: mtu.map(|mtu| {
                Box::new(Metrics {
                    mtu: Some(mtu),
                    ..Metrics::default()
                })
            }),
            ..of_routes()
        }))
    };
    let text = |new, old| sentence(&changed(new, old));
    assert_eq!(
        text(
            with("10.1.0.253", Some(1400), Some("eth0")),
            with("10.1.0.254", None, Some("eth0"))
        ),
        "route change 10.0.0.0/8 via 10.1.0.254 → 10.1.0.253 dev eth0 mtu none → 1400"
    );
    // The name of the device became known.
    assert_eq!(
        text(
            with("10.1.0.254", None, Some("eth0")),
            with("10.1.0.254", None, None)
        ),
        "route change 10.0.0.0/8 dev if2 → eth0"
    );
    let multipath = |gateway| {
        Payload::from(of_route(RouteAttrs {
            nexthops: Some(vec![hop(gateway)]),
            ..of_routes()
        }))
    };
    assert_eq!(
        text(multipath("10.1.0.1"), multipath("10.1.0.2")),
        "route change 10.0.0.0/8 nexthop via 10.1.0.2 dev eth0 weight 1 → \
         via 10.1.0.1 dev eth0 weight 1"
    );
}

/// Lines about a new device come before its name is known.
#[test]
fn a_device_without_a_name_is_shown_by_its_index() {
    use crate::event::{mdb, netconf, nexthop};

    let conf = |dev, forwarding| netconf::Netconf {
        family: symbol("inet"),
        ifindex: Some(2),
        dev,
        forwarding: Some(forwarding),
        ..Default::default()
    };
    let add = |payload| sentence(&event(Op::Add, payload));
    assert_eq!(
        add(conf(None, false).into()),
        "netconf add inet dev if2 forwarding off"
    );
    assert_eq!(
        sentence(&changed(
            conf(name("br0"), false).into(),
            conf(None, false).into()
        )),
        "netconf change inet dev if2 → br0"
    );
    assert_eq!(
        sentence(&changed(conf(None, true).into(), conf(None, false).into())),
        "netconf change inet dev if2 forwarding off → on"
    );
    let entry = mdb::Mdb {
        ifindex: 3,
        port_index: Some(4),
        grp: Some("ff02::6a".to_owned()),
        ..Default::default()
    };
    assert_eq!(add(entry.into()), "mdb add ff02::6a dev if3 port if4");
    let hop = nexthop::Nexthop {
        id: 7,
        family: symbol("inet"),
        ifindex: Some(5),
        ..Default::default()
    };
    let text = add(hop.into());
    assert!(text.starts_with("nexthop add id 7 dev if5"), "{text}");
}
