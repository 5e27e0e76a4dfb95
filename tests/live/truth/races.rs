//! Changes during a dump, and dumps with huge messages.

use super::fold::{fold, of_kind};
use super::judge::{assert_exact, differences, folded};
use crate::namespace::Namespace;

crate::trial::trials! {
    changes_during_the_dump_are_reported(Namespace, LinkType("veth")),
    huge_links_and_routes_are_complete(Namespace, LinkType("veth")),
    stopped_stream_with_a_small_queue_becomes_exact(Namespace, LinkType("veth")),
}

fn changes_during_the_dump_are_reported() {
    let ns = Namespace::new();
    ns.run(
        "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
         ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up
         ip address add 10.1.0.1/16 dev v0
         for ((i = 0; i < 9900; i++)); do printf -- 'route add 2001:db8:%x::/64 dev v0\\n' $i; done | ip -6 -batch -
         for ((i = 0; i < 1500; i++)); do echo rule add priority $((i + 100)) table 7; done | ip -batch -
         for ((i = 0; i < 2000; i++)); do echo route add 10.9.0.0/24 dev v0 metric $((i + 1)); done | ip -batch -",
    );
    let mut stream = ns.stream(&["--snapshot", "--audit", "0"]);
    stream.wait("route", "present");
    stream.signal("STOP");
    // The dump entries requested so far are in the receive buffer; the kernel dumps the others
    // after these changes.
    ns.run(
        "for ((i = 0; i < 100; i++)); do printf -- 'route del 2001:db8:%x::/64 dev v0\\n' $i; done | ip -6 -batch -
         ip -6 route add 2001:db8:ffff::/64 dev v0
         for ((i = 0; i < 50; i++)); do echo rule del priority $((i + 100)) table 7; done | ip -batch -
         for ((i = 0; i < 50; i++)); do echo route del 10.9.0.0/24 dev v0 metric $((i + 1)); done | ip -batch -",
    );
    let raced = stream.so_far().iter().all(|line| line["op"] != "sync");
    stream.signal("CONT");
    stream.wait("meta", "sync");
    assert_exact(&ns, &mut stream);
    assert!(raced, "the snapshot was complete before anything changed");
    let (lines, _) = stream.interrupt();
    let first = lines.iter().position(|line| line["op"] == "sync").unwrap();
    let wrong = lines[first..]
        .iter()
        .filter(|line| line["op"] == "delete" && line["origin"] == "inferred");
    assert_eq!(wrong.count(), 0, "the snapshot reported a deleted object");
}

fn huge_links_and_routes_are_complete() {
    let ns = Namespace::new();
    ns.run(
        "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
         for ((i = 0; i < 27; i++)); do echo link add v$i type veth peer name w$i; done | ip -batch -
         for ((i = 0; i < 496; i++)); do printf 'link property add dev v3 altname n%0125d\\n' $i; done | ip -batch -
         for ((i = 0; i < 27; i++)); do echo link set v$i up; echo link set w$i up; done | ip -batch -
         ip address add 10.1.0.1/16 dev v0
         nexthops=; for ((i = 0; i < 200; i++)); do nexthops+=\" nexthop via 10.1.$((i / 250)).$((i % 250 + 2))\"; done
         ip route add 10.9.0.0/24 $nexthops",
    );
    let mut stream = ns.stream(&["--snapshot", "--audit", "0"]);
    stream.wait("meta", "sync");
    assert_exact(&ns, &mut stream);
    // The same link in an event.
    ns.run(
        "ip link property del dev v3 altname n$(printf %0125d 7)
         ip link set v3 mtu 1400",
    );
    stream.wait_for("the event of the huge link", |line| {
        line["origin"] == "kernel" && line["link"]["mtu"] == 1400
    });
    assert_exact(&ns, &mut stream);
    // An IPv6 route that ends the list of `ip`: a second snapshot is the judge.
    ns.run(
        "ip -6 route add 2001:db8:1::/64 dev v0
         for ((i = 2; i < 302; i++)); do printf -- 'route append 2001:db8:9::/64 via 2001:db8:1::%x dev v0\\n' $i; done | ip -6 -batch -",
    );
    stream.wait_for("the last next hop", |line| {
        line["route"]["nexthops"]
            .as_array()
            .is_some_and(|nexthops| nexthops.len() == 300)
    });
    let mut second = ns.stream(&["--snapshot", "--audit", "0"]);
    second.wait("meta", "sync");
    let routes = |lines: &[serde_json::Value]| -> Vec<String> {
        let mut all = folded(&fold(lines));
        all.retain(|it| it.starts_with("inet"));
        all
    };
    let (second, _) = second.interrupt();
    let found = differences(&routes(stream.so_far()), &routes(&second));
    assert!(found.is_empty(), "{found:#?}");
    let (lines, _) = stream.interrupt();
    let objects = fold(&lines);
    let links: Vec<_> = of_kind(&objects, "link").collect();
    assert_eq!(links.len(), 55);
    let huge = links.iter().find(|link| link["ifname"] == "v3").unwrap();
    assert_eq!(huge["altnames"].as_array().unwrap().len(), 495);
    let mut routes = of_kind(&objects, "route");
    let route = routes.find(|route| route["dst"] == "10.9.0.0/24").unwrap();
    assert_eq!(route["nexthops"].as_array().unwrap().len(), 200);
    let mut routes = of_kind(&objects, "route");
    let route = routes
        .find(|route| route["dst"] == "2001:db8:9::/64")
        .unwrap();
    assert_eq!(route["nexthops"].as_array().unwrap().len(), 300);
    assert!(lines.iter().all(|line| line["op"] != "gap"));
}

fn stopped_stream_with_a_small_queue_becomes_exact() {
    let ns = Namespace::new();
    ns.run(
        "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
         ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up
         ip address add 10.1.0.1/16 dev v0",
    );
    let mut stream = ns.stream(&[
        "--snapshot",
        "--audit",
        "0",
        "--rcvbuf",
        "104K",
        "--queue",
        "64K",
    ]);
    stream.wait("meta", "sync");
    stream.signal("STOP");
    ns.run("for ((i = 0; i < 3000; i++)); do echo route add 20.0.$((i / 250)).$((i % 250)) via 10.1.0.2; done | ip -batch -");
    stream.signal("CONT");
    assert_exact(&ns, &mut stream);
    let (lines, _) = stream.interrupt();
    assert!(lines.iter().any(|line| line["op"] == "gap"));
}
