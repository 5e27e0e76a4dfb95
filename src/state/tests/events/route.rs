//! Events of routes.

use super::*;

#[test]
fn route_events() {
    let dst = || route("10.0.0.0", 8);
    let plain = || dst().dev(2);
    let via = |address| dst().dev(2).via(address);
    let (one, two, three) = ("192.0.2.1", "192.0.2.2", "192.0.2.3");
    let expiring = |seconds| plain().attr(RTA_CACHEINFO, &expires(seconds));
    let siblings = || {
        [
            eth0().header(8, &IFF_UP.to_ne_bytes()),
            via(one).flags(NLM_F_CREATE | NLM_F_EXCL),
            via(two).flags(NLM_F_CREATE | NLM_F_APPEND),
        ]
    };
    check(vec![
        row("new", [eth0()], plain(), "add", "", 1),
        row(
            "the same again",
            [eth0(), plain()],
            plain(),
            "change",
            "",
            1,
        ),
        row(
            "another destination",
            [eth0(), plain()],
            route("10.0.0.0", 9).dev(2),
            "add",
            "",
            2,
        ),
        row(
            "another metric",
            [eth0(), plain()],
            plain().attr_u32(RTA_PRIORITY, 5),
            "add",
            "",
            2,
        ),
        row(
            "another type of service",
            [eth0(), plain()],
            plain().header(3, &[8]),
            "add",
            "",
            2,
        ),
        row(
            "flags",
            [eth0(), plain()],
            plain().header(8, &[0x10]),
            "change flags",
            "",
            1,
        ),
        row(
            "source address",
            [eth0(), plain()],
            plain().attr(RTA_PREFSRC, &[192, 0, 2, 9]),
            "change prefsrc",
            "",
            1,
        ),
        row(
            "age is no change",
            [eth0(), expiring(100)],
            expiring(99),
            "change",
            "",
            1,
        ),
        row(
            "after its device was renamed",
            [eth0(), plain(), link(2, "lan")],
            plain(),
            "change",
            "",
            1,
        ),
        row(
            "deleted",
            [eth0(), plain()],
            plain().delete(),
            "delete",
            "",
            0,
        ),
        row(
            "deleted, not stored",
            [eth0()],
            plain().delete(),
            "delete",
            "",
            0,
        ),
        row(
            "created though it is stored",
            [eth0(), via(one)],
            via(two).flags(NLM_F_CREATE | NLM_F_EXCL),
            "change gateway",
            "",
            1,
        ),
        row(
            "replaced",
            [eth0(), via(one)],
            via(two).flags(NLM_F_CREATE | NLM_F_REPLACE),
            "change gateway",
            "",
            1,
        ),
        row(
            "appended",
            [eth0(), via(one)],
            via(two).flags(NLM_F_CREATE | NLM_F_APPEND),
            "add",
            "",
            2,
        ),
        row(
            "prepended",
            [eth0(), via(one)],
            via(two).flags(NLM_F_CREATE),
            "add",
            "",
            2,
        ),
        row(
            "appended again",
            siblings(),
            via(two).flags(NLM_F_CREATE | NLM_F_APPEND),
            "change",
            "",
            2,
        ),
        row(
            "sibling, flags",
            siblings(),
            via(two).header(8, &[0x10]),
            "change flags",
            "",
            2,
        ),
        row(
            "sibling, deleted",
            siblings(),
            via(two).delete(),
            "delete",
            "",
            1,
        ),
        row(
            "first sibling is replaced",
            siblings(),
            via(three).flags(NLM_F_CREATE | NLM_F_REPLACE),
            "change gateway",
            "",
            2,
        ),
    ]);
}

#[test]
fn ipv6_route_events() {
    let dst = || route("2001:db8::", 32);
    let direct = |ifindex| dst().dev(ifindex);
    let via = |address| dst().dev(2).via(address);
    let announced = || dst().header(5, &[9]);
    let both = [(2, "fe80::1"), (2, "fe80::2")];
    let joined = || dst().nexthops(&both);
    let all = || dst().nexthops(&[both[0], both[1], (2, "fe80::3")]);
    let replace = NLM_F_CREATE | NLM_F_REPLACE;
    check(vec![
        row("new", [eth0()], direct(2), "add", "", 1),
        row(
            "another device",
            [eth0(), link(3, "eth1"), direct(2)],
            direct(3),
            "add",
            "",
            2,
        ),
        row(
            "with a gateway",
            [eth0(), direct(2)],
            via("fe80::1"),
            "add",
            "",
            2,
        ),
        row(
            "joined",
            [eth0(), via("fe80::1")],
            dst().nexthops(&both),
            "change gateway ifindex dev nexthops",
            "",
            1,
        ),
        row(
            "by nexthop object",
            [eth0(), direct(2)],
            dst().attr_u32(RTA_NH_ID, 1),
            "add",
            "",
            2,
        ),
        row(
            "replaced",
            [eth0(), via("fe80::1")],
            via("fe80::2").flags(replace),
            "change gateway",
            "",
            1,
        ),
        row(
            "replaces a route without a gateway",
            [eth0(), direct(2)],
            via("fe80::2").flags(replace),
            "change gateway",
            "",
            1,
        ),
        row(
            "announced routes joined",
            [eth0()],
            announced().nexthops(&both),
            "add",
            "route",
            1,
        ),
        row(
            "announced by two routers",
            [eth0(), announced().dev(2).via("fe80::1")],
            announced().dev(2).via("fe80::2"),
            "add",
            "",
            2,
        ),
        row(
            "deleted",
            [eth0(), direct(2)],
            direct(2).delete(),
            "delete",
            "",
            0,
        ),
        row(
            "multipath, next hop of three deleted",
            [eth0(), all()],
            via("fe80::2").delete(),
            "change nexthops",
            "",
            1,
        ),
        row(
            "multipath, next hop of two deleted",
            [eth0(), joined()],
            via("fe80::2").delete(),
            "change gateway ifindex dev nexthops",
            "",
            1,
        ),
        row(
            "multipath, deleted",
            [eth0(), joined()],
            joined().delete(),
            "delete",
            "",
            0,
        ),
        row(
            "multipath, another route deleted",
            [eth0(), joined()],
            via("fe80::9").delete(),
            "delete",
            "",
            1,
        ),
    ]);
}
