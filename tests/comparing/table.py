"""The explained differences, and the report."""
import collections, re

# (kind, path, conditions on both values, reason). Kind and path are regular expressions that match completely.
EXPLAINED = [
    ("link", "flags", lambda iproute2, nlstream: set(iproute2) - {"M-DOWN"} == set(nlstream), "M-DOWN is no flag of the device: ip adds it according to the lower device"),
    ("link", r"linkinfo\.info_data\.(user|group)", "ip prints the name of the user in /etc/passwd"),
    ("link", "link", lambda iproute2, nlstream: iproute2 is None, "ip writes null if there is no lower device"),
    ("link", r"linkinfo\.info_data\.(remote|local)", lambda iproute2, nlstream: iproute2 == "any" and nlstream is None, "ip writes `any` for an address that is not set"),
    ("link", r".*group_fwd_mask_str", "ip prints the mask a second time, as names"),
    ("link", r".*\.arp_validate", lambda iproute2, nlstream: iproute2 is None and nlstream == "none", "ip writes null for `none`"),
    ("link", r".*\.(gbp|gpe)", lambda iproute2, nlstream: iproute2 is None and nlstream is True, "ip writes null for true"),
    ("link", r".*\.mcast_querier_ipv[46]_addr", lambda iproute2, nlstream: iproute2 in ("0.0.0.0", "::"), "there is no querier"),
    ("link", r".*\.info_data\.proto", lambda iproute2, nlstream: (iproute2, nlstream) in ((0, "hsr"), (1, "prp")), "ip writes the number"),
    ("rule", r"[sd]port_mask", lambda iproute2, nlstream: iproute2 == "0xffff", "a mask of all bits is the default, and older kernels do not send it"),
    ("fdb", "state", lambda iproute2, nlstream: iproute2 == "" and nlstream == "reachable", "bridge has no name for this state"),
    ("route", r"nh_info\..*", "ip repeats the nexthop object in each route; nlstream reports it as kind nexthop"),
]


def reason_of(kind, result, path, iproute2, nlstream):
    for known_kind, known_path, *test, reason in EXPLAINED:
        if re.fullmatch(known_kind, kind) and re.fullmatch(known_path, path) and all(t(iproute2, nlstream) for t in test):
            return reason
    return None


def report(found):
    """Prints the figures and the differences. Returns 1 if any is not explained."""
    counts = collections.defaultdict(collections.Counter)
    reasons, faults = collections.Counter(), collections.defaultdict(list)
    for kind, result, path, iproute2, nlstream, name in found:
        counts[kind][result] += 1
        if result in ("equal", "moved"):
            continue
        reason = reason_of(kind, result, path, iproute2, nlstream)
        if reason:
            counts[kind]["explained"] += 1
            reasons[f"{kind}: {reason}"] += 1
        else:
            faults[f"{kind} {result} {re.sub(r'[0-9]+', 'N', path)}"].append((name, path, iproute2, nlstream))
    print(f"{'kind':12} {'compared':>8} {'equal':>8} {'explained':>9} {'open':>5} {'moved':>6}")
    total = collections.Counter()
    for kind, of in counts.items():
        compared = sum(of[w] for w in ("equal", "differs", "lacks", "missing", "unparsed"))
        line = collections.Counter(compared=compared, equal=of["equal"], explained=of["explained"], open=compared - of["equal"] - of["explained"], moved=of["moved"])
        total += line
        print(f"{kind:12} {line['compared']:8} {line['equal']:8} {line['explained']:9} {line['open']:5} {line['moved']:6}")
    print(f"{'all':12} {total['compared']:8} {total['equal']:8} {total['explained']:9} {total['open']:5} {total['moved']:6}")
    for reason, number in reasons.most_common():
        print(f"explained {number:5}  {reason}")
    for difference, cases in faults.items():
        name, path, iproute2, nlstream = cases[0]
        print(f"NOT EXPLAINED {len(cases):4}  {difference}: {name} {path}: iproute2 {iproute2!r}, nlstream {nlstream!r}")
    return 1 if faults else 0
