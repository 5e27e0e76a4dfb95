"""The differences that are known, and the report."""
import collections, re

# (kind, path, why). A path is a regular expression for the whole of it.
EXPLAINED = [
    ("link", "flags", lambda theirs, ours: set(theirs) - {"M-DOWN"} == set(ours), "M-DOWN is no flag of the device: ip looks at the one underneath"),
    ("link", r"linkinfo\.info_data\.(user|group)", "ip looks the user up in this machine's passwd"),
    ("link", "link", lambda theirs, ours: theirs is None, "ip writes null where there is no device underneath"),
    ("link", r"linkinfo\.info_data\.(remote|local)", lambda theirs, ours: theirs == "any" and ours is None, "ip writes `any` for an address that is not set"),
    ("link", r".*group_fwd_mask_str", "ip says the mask once more, in words"),
    ("link", r".*\.arp_validate", lambda theirs, ours: theirs is None and ours == "none", "ip writes null for `none`"),
    ("link", r".*\.(gbp|gpe)", lambda theirs, ours: theirs is None and ours is True, "ip writes null for true"),
    ("link", r".*\.mcast_querier_ipv[46]_addr", lambda theirs, ours: theirs in ("0.0.0.0", "::"), "there is no querier"),
    ("link", r".*\.info_data\.proto", lambda theirs, ours: (theirs, ours) in ((0, "hsr"), (1, "prp")), "ip writes the number"),
    ("rule", r"[sd]port_mask", lambda theirs, ours: theirs == "0xffff", "a mask of all bits says nothing, and older kernels do not send it"),
    ("fdb", "state", lambda theirs, ours: theirs == "" and ours == "reachable", "bridge has no word for it"),
    ("route", r"nh_info\..*", "the nexthop object, which ip shows again with each route, is of kind nexthop"),
]


def why(kind, what, path, theirs, ours):
    for known_kind, known_path, *test, reason in EXPLAINED:
        if re.fullmatch(known_kind, kind) and re.fullmatch(known_path, path) and all(t(theirs, ours) for t in test):
            return reason
    return None


def report(found):
    """Prints the figures and the differences. Returns 1 if any is not explained."""
    counts = collections.defaultdict(collections.Counter)
    reasons, faults = collections.Counter(), collections.defaultdict(list)
    for kind, what, path, theirs, ours, name in found:
        counts[kind][what] += 1
        if what in ("equal", "moved"):
            continue
        reason = why(kind, what, path, theirs, ours)
        if reason:
            counts[kind]["explained"] += 1
            reasons[f"{kind}: {reason}"] += 1
        else:
            faults[f"{kind} {what} {re.sub(r'[0-9]+', 'N', path)}"].append((name, path, theirs, ours))
    print(f"{'kind':12} {'compared':>8} {'equal':>8} {'explained':>9} {'open':>5} {'moved':>6}")
    total = collections.Counter()
    for kind, of in counts.items():
        compared = sum(of[w] for w in ("equal", "differs", "lacks", "row", "unparsed"))
        line = collections.Counter(compared=compared, equal=of["equal"], explained=of["explained"], open=compared - of["equal"] - of["explained"], moved=of["moved"])
        total += line
        print(f"{kind:12} {line['compared']:8} {line['equal']:8} {line['explained']:9} {line['open']:5} {line['moved']:6}")
    print(f"{'all':12} {total['compared']:8} {total['equal']:8} {total['explained']:9} {total['open']:5} {total['moved']:6}")
    for reason, number in reasons.most_common():
        print(f"explained {number:5}  {reason}")
    for what, cases in faults.items():
        name, path, theirs, ours = cases[0]
        print(f"NOT EXPLAINED {len(cases):4}  {what}: {name} {path}: iproute2 {theirs!r}, nlstream {ours!r}")
    return 1 if faults else 0
