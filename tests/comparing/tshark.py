"""Compares nlstream's replay of the fixtures with tshark's output for the same captures, in the fields that tshark decodes."""
import calendar, collections, glob, ipaddress, json, os, subprocess, time

TABLES = {"255": "local", "254": "main", "253": "default"}
PROTOCOLS = {"0": "unspec", "1": "redirect", "2": "kernel", "3": "boot", "4": "static", "9": "ra", "186": "bgp"}
TYPES = ["unspec", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit", "throw"]
# IFA_ADDRESS is the address of the peer for IPv4 and the own address for IPv6; tshark has one name for both.
ADDRESS = lambda it: it.get("address", it.get("local"))

# For each kind: the field of tshark, the field of nlstream or a function of the object, and a function from the value of tshark to that of nlstream.
FIELDS = {
    "link": [("ifi_index", "ifindex", str), ("ifla_ifname", "ifname", str), ("ifla_mtu", "mtu", str), ("ifla_txqlen", "txqlen", str),
             ("ifla_promiscuity", "promiscuity", str), ("ifla_txqnum", "num_tx_queues", str), ("ifla_rxqnum", "num_rx_queues", str),
             ("ifla_gso_maxsize", "gso_max_size", str), ("ifla_gso_maxsegs", "gso_max_segs", str), ("ifla_min_mtu", "min_mtu", str),
             ("ifla_max_mtu", "max_mtu", str), ("ifla_qdisc", "qdisc", str), ("ifla_carrier_changes", "carrier_changes", str),
             ("ifla_carrier_up_count", "carrier_up_count", str), ("ifla_carrier_down_count", "carrier_down_count", str),
             ("ifla_hwaddr", "address", str), ("ifla_broadcast", "broadcast", str)],
    "address": [("ifa_index", "ifindex", str), ("ifa_prefixlen", "prefixlen", str), ("ifa_label", "label", str),
                ("ifa_address.ipv4", ADDRESS, str), ("ifa_address.ipv6", "local", str)],
    "route": [("rta_oif", "ifindex", str), ("rt_table", "table", lambda number: TABLES.get(number, number)),
              ("rt_protocol", "protocol", lambda number: PROTOCOLS.get(number, number)), ("rt_type", "type", lambda number: TYPES[int(number)]),
              ("rt_dst_len", lambda it: it["dst"].split("/")[1] if "/" in str(it["dst"]) else None, str)],
    "neigh": [("nd_index", "ifindex", str)],
    "fdb": [("nd_index", "ifindex", str)],
}


def same_ip(tshark, nlstream):
    return tshark == ipaddress.ip_address(nlstream).packed.hex(":")


# (kind, field of tshark): the condition on both values, and the reason for the difference.
EXPLAINED = {
    ("route", "rt_table"): (lambda tshark, nlstream: tshark in ("0", "252"), "tshark shows the header's 8 bits, not the attribute"),
    ("link", "ifla_hwaddr"): (same_ip, "the address of a tunnel is an IP address"),
    ("link", "ifla_broadcast"): (same_ip, "the address of a tunnel is an IP address"),
    ("route", "rt_dst_len"): (lambda tshark, nlstream: (tshark, nlstream) == ("20", None), "an MPLS destination is a label, not a prefix"),
    ("route", "rta_oif"): (lambda tshark, nlstream: nlstream is None, "tshark shows the device of a next hop as that of the route"),
}


def messages_by_time(path, names):
    """The fields that tshark shows for every datagram with one message, by the time of the datagram."""
    command = ["tshark", "-r", path, "-T", "fields", "-E", "occurrence=f", "-E", "separator=/t", "-e", "frame.time_epoch", "-e", "frame.protocols"]
    for name in names:
        command += ["-e", "netlink-route." + name]
    found = collections.defaultdict(list)
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]:
        moment, protocols, *values = line.split("\t")
        one = protocols.count("netlink-route") == 1
        found[moment].append(dict(zip(names, values)) if one else None)
    return {moment: of[0] for moment, of in found.items() if len(of) == 1 and of[0]}


def epoch(text):
    """A time in RFC 3339 with nine decimal digits, as seconds since the epoch with nine digits."""
    return f"{calendar.timegm(time.strptime(text[:19], '%Y-%m-%dT%H:%M:%S'))}.{text[20:29]}"


def run(here, program):
    names = sorted({name for fields in FIELDS.values() for name, *_ in fields})
    counts, open_, reasons = collections.defaultdict(collections.Counter), {}, collections.Counter()
    for path in sorted(glob.glob(here + "/*/capture.pcapng")):
        messages = messages_by_time(path, names)
        lines = collections.defaultdict(list)
        output = subprocess.run([program, "replay", "--with", "details", path], capture_output=True, text=True, check=True).stdout
        for line in map(json.loads, filter(None, output.split("\n"))):
            if line.get("origin") == "kernel":
                lines[epoch(line["time"])].append(line)
        for moment, seen in messages.items():
            if len(lines[moment]) != 1 or lines[moment][0]["kind"] not in FIELDS:
                continue
            kind, nlstream = lines[moment][0]["kind"], lines[moment][0][lines[moment][0]["kind"]]
            for name, field, read in FIELDS[kind]:
                if not seen[name]:
                    continue
                shown = str(int(seen[name], 16)) if seen[name].startswith("0x") else seen[name]
                value = field(nlstream) if callable(field) else nlstream.get(field)
                counts[kind]["compared"] += 1
                known, reason = EXPLAINED.get((kind, name), (None, None))
                if str(value) == read(shown):
                    counts[kind]["equal"] += 1
                elif known and known(shown, value):
                    counts[kind]["explained"] += 1
                    reasons[f"{kind} {name}: {reason}"] += 1
                else:
                    open_.setdefault((kind, name), []).append((os.path.basename(os.path.dirname(path)), shown, value))
    print(f"{'kind':10} {'compared':>8} {'equal':>8} {'explained':>9}")
    for kind, of in counts.items():
        print(f"{kind:10} {of['compared']:8} {of['equal']:8} {of['explained']:9}")
    for reason, number in reasons.items():
        print(f"explained {number:5}  {reason}")
    for (kind, name), cases in open_.items():
        print(f"NOT EXPLAINED {len(cases):4}  {kind} {name}: {cases[0][0]}: tshark {cases[0][1]!r}, nlstream {cases[0][2]!r}")
    return 1 if open_ else 0
