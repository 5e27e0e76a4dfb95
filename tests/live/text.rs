//! The words of the text format are those of `ip`, `bridge` and `tc`.

use crate::common::NLSTREAM;
use crate::namespace::Namespace;

crate::trial::trials! {
    sentences_are_the_lines_of_ip(Namespace, LinkType("veth")),
    options_of_traffic_control_have_the_words_of_tc(Namespace, LinkType("veth"), Program("tc")),
    repetitions_are_counted_when_nothing_follows(Namespace, LinkType("veth")),
    devices_are_named_in_every_kind(Namespace, LinkType("veth"), LinkType("bridge"), Program("bridge")),
}

/// The lines of a command, with single spaces.
fn lines(ns: &Namespace, command: &str) -> Vec<String> {
    let text = ns.run(command);
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut lines: Vec<_> = text.lines().map(words).collect();
    lines.sort();
    lines
}

/// The objects of a kind as text, without kind and op.
fn present(ns: &Namespace, options: &str) -> Vec<String> {
    let all = lines(
        ns,
        &format!("{NLSTREAM} --snapshot --exit --format text --time-format none {options}"),
    );
    let objects = all.iter().filter_map(|line| {
        let (_, object) = line.split_once(" present ")?;
        object.strip_suffix(" (snapshot)").map(str::to_owned)
    });
    let mut objects: Vec<_> = objects.collect();
    objects.sort();
    objects
}

fn sentences_are_the_lines_of_ip() {
    let ns = Namespace::new();
    ns.run(
        "ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up
         ip address add 192.0.2.1/24 dev v0
         ip route add default via 192.0.2.254
         ip route add 198.51.100.7 via 192.0.2.253 proto static metric 7 mtu 1400
         ip route add blackhole 203.0.113.0/24 proto bgp
         ip route add 198.51.100.0/24 nexthop via 192.0.2.2 weight 1 nexthop via 192.0.2.3 dev v0 weight 5 onlink
         ip route add 10.0.0.0/8 via inet6 fe80::9 dev v0
         ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev v0 nud permanent
         ip neigh add 192.0.2.8 lladdr 02:00:00:00:00:08 dev v0 router nud stale
         ip rule add from 192.0.2.0/24 fwmark 0x10/0xf0 iif v0 lookup 100 priority 500
         ip rule add not to 198.51.100.0/24 unreachable priority 501
         ip rule add ipproto tcp dport 80-90 lookup main priority 502 proto static
         until ip -br link show v0 | grep -q ' UP '; do sleep 0.05; done",
    );
    for (options, command) in [
        (
            "-k route --family inet --table main",
            r"ip -o -4 route show | tr -d '\\'",
        ),
        ("-k rule --family inet", "ip -4 rule show"),
        ("-k neigh --family inet", "ip -4 neigh show"),
    ] {
        let expected = lines(&ns, command);
        assert!(expected.len() > 1, "{expected:?}");
        assert_eq!(present(&ns, options), expected, "{command}");
    }
}

fn options_of_traffic_control_have_the_words_of_tc() {
    let ns = Namespace::new();
    ns.run("ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up");
    for (setup, words) in [
        (
            "root tbf rate 10mbit burst 10k latency 50ms peakrate 20mbit mtu 2000",
            vec!["rate", "burst", "peakrate"],
        ),
        (
            "root tbf rate 1500bit burst 1600 latency 50ms",
            vec!["rate", "burst"],
        ),
    ] {
        ns.run(&format!("tc qdisc replace dev v0 {setup}"));
        let of_tc = lines(&ns, "tc qdisc show dev v0 root").join(" ");
        let all = present(&ns, "-k qdisc --dev v0");
        let own = all.iter().find(|line| line.contains(" root ")).unwrap();
        let value = |text: &str, word: &str| -> String {
            let mut rest = text.split(' ').skip_while(|it| *it != word).skip(1);
            rest.next()
                .unwrap_or_else(|| panic!("no {word}: {text}"))
                .to_owned()
        };
        for word in words {
            assert_eq!(
                value(own, word),
                value(&of_tc, word),
                "{word}: {own} / {of_tc}"
            );
        }
    }
}

/// Also of objects that `ip` names by the index alone, and of those that went with their device.
fn devices_are_named_in_every_kind() {
    let ns = Namespace::new();
    let folder = std::env::temp_dir().join(format!("nlstream-text-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let out = folder.join("out.txt");
    let out = out.display();
    let text = ns.run(&format!(
        "{NLSTREAM} --format text --time-format none >{out} & pid=$!
         until grep -qs 'meta start' {out}; do sleep 0.05; done
         ip link add br0 type bridge mcast_snooping 1; ip link set br0 up
         ip link add v0 type veth peer name v1; ip link set v0 master br0 up; ip link set v1 up
         until ip -br link show br0 | grep -q ' UP '; do sleep 0.05; done
         ip address add 192.0.2.1/24 dev br0
         ip nexthop add id 7 via 192.0.2.2 dev br0
         ip route add default nhid 7
         bridge mdb add dev br0 port v0 grp 239.1.1.1 permanent
         bridge fdb add 02:00:00:00:00:09 dev v0 master static
         tc qdisc add dev v0 root pfifo 2>/dev/null || true
         ip link del br0; ip link del v0
         until grep -q 'nexthop delete' {out} && grep -q 'link delete v1' {out}; do sleep 0.05; done
         kill $pid; wait $pid; cat {out}"
    ));
    std::fs::remove_dir_all(&folder).unwrap();
    let mut kinds = std::collections::BTreeSet::new();
    for line in text.lines().filter(|line| !line.starts_with("meta")) {
        let words: Vec<_> = line.split_whitespace().collect();
        let named = ["br0", "v0", "v1", "lo", "all", "default"]
            .iter()
            .any(|name| words.contains(name));
        assert!(named, "{line}");
        assert!(
            !words
                .iter()
                .any(|word| word.starts_with("if") && word[2..].parse::<u32>().is_ok()),
            "{line}"
        );
        kinds.insert(words[0].to_owned());
    }
    for kind in [
        "link", "address", "route", "maddress", "netconf", "mdb", "fdb", "nexthop",
    ] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
}

/// The kernel announces a link again if its alias is set to what it was.
fn repetitions_are_counted_when_nothing_follows() {
    let ns = Namespace::new();
    let folder = std::env::temp_dir().join(format!("nlstream-fold-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let out = folder.join("out.txt");
    let out = out.display();
    let text = ns.run(&format!(
        "ip link add v0 type veth peer name v1; ip link set v1 up; ip link set v0 up
         until ip -br link show v0 | grep -q ' UP '; do sleep 0.05; done
         {NLSTREAM} -k link --format text --fold always --time-format none >{out} & pid=$!
         until grep -qs 'meta start' {out}; do sleep 0.05; done
         for i in $(seq 20); do ip link set v0 alias x; done
         until grep -q repeated {out}; do sleep 0.05; done
         kill $pid; wait $pid; cat {out}"
    ));
    std::fs::remove_dir_all(&folder).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let alias = lines
        .iter()
        .filter(|line| line.contains("alias none → x"))
        .count();
    assert_eq!(alias, 1, "{text}");
    let unchanged = lines
        .iter()
        .filter(|line| **line == "link change v0 (no difference)")
        .count();
    let counts = lines.iter().filter_map(|line| {
        line.strip_prefix("… repeated ")?
            .split(' ')
            .next()?
            .parse::<usize>()
            .ok()
    });
    let counts: Vec<_> = counts.collect();
    // On a slow machine the line may be written, and counted, more than once.
    assert_eq!(unchanged + counts.iter().sum::<usize>(), 19, "{text}");
}
