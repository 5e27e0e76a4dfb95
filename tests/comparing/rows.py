"""The two readings as rows of fields, and which row of one is which of the other."""
import ipaddress, json, subprocess

# What tells a row from others of its kind.
KEYS = {
    "link": ["ifindex"],
    "address": ["ifindex", "family", "local", "prefixlen", "address"],
    "route": ["family", "type", "dst", "table"],
    "neigh": ["dev", "dst", "proxy"],
    "rule": ["family", "priority"],
    "nexthop": ["id"],
    "fdb": ["mac", "dev", "vlan", "master"],
    "mdb": ["dev", "port", "grp", "vid"],
    "vlan": ["dev", "vlan"],
    "vni": ["dev", "vni"],
    "bridge link": ["ifindex"],
    "netconf": ["family", "dev"],
}


# Of a rule, what comes and goes by itself.
STATES = ["iif_detached", "oif_detached", "unresolved"]


def show(command):
    """What a command prints as JSON, or nothing."""
    done = subprocess.run(command.split(), capture_output=True, text=True)
    try:
        return json.loads(done.stdout or "[]", object_pairs_hook=together)
    except json.JSONDecodeError as error:
        print(f"{command}: no JSON ({error})")
        return []


def encapsulation(pairs):
    """An encapsulation as nlstream writes it: what is only there or not is a flag."""
    into = {}
    for key, value in pairs:
        if value is True or key == "flavors":
            into["flags"] = into.get("flags", []) + (value if key == "flavors" else [key])
        elif key == "srh":
            into.update(value)
        else:
            into["type" if key == "encap_type" else key] = value
    return into


def together(pairs):
    """An object. What follows `encap` is the encapsulation's: older ip writes it between the route's own fields, under the same names."""
    row, encap = {}, None
    if pairs and pairs[0][0] == "encap_type":
        return encapsulation(pairs)
    for key, value in pairs:
        if key == "encap":
            row["encap"] = value
            encap = None if isinstance(value, dict) else [("type", value)]
        elif encap is None:
            row[key] = value
        elif key in ("gateway", "via", "dev", "table", "metric", "weight"):
            row["encap"], encap = encapsulation(encap), None
            row[key] = value
        else:
            encap.append((key, value))
    if encap:
        row["encap"] = encapsulation(encap)
    return row


def whole(dst, family):
    """A destination as nlstream writes it: always a prefix."""
    if dst == "default":
        return "0.0.0.0/0" if family == "inet" else "::/0"
    if "/" in dst or family == "mpls":
        return dst
    return dst + ("/32" if family == "inet" else "/128")


def folded(row):
    """ip's keys without a value are flags of ours."""
    flags = [key for key, value in row.items() if value is None]
    row = {key: value for key, value in row.items() if value is not None}
    if flags:
        row["flags"] = row.get("flags", []) + flags
    return row


def of_iproute2():
    """What ip and bridge show, by kind."""
    found = {"link": [renamed(one, **{"netns-immutable": "netns_immutable"}) for one in show("ip -d -s -j link show")]}
    found["address"] = []
    for device in show("ip -d -j address show"):
        for one in device.get("addr_info", []):
            if one:
                flags = [key for key, value in one.items() if value is True]
                one = {key: value for key, value in one.items() if value is not True}
                found["address"].append({**one, "ifindex": device["ifindex"], "flags": flags})
    found["route"] = []
    for family, letter in (("inet", "-4"), ("inet6", "-6"), ("mpls", "-M")):
        for one in show(f"ip {letter} -d -j route show" + ("" if family == "mpls" else " table all")):
            if family != "mpls":
                one["dst"] = whole(one["dst"], family)
            if "from" in one:
                one["src"] = whole(one.pop("from"), family)
            metrics = {}
            for some in one.pop("metrics", []):
                for name, value in some.items():
                    if value is None:
                        metrics.setdefault("features", []).append(name)
                    else:
                        metrics[name] = value
            if metrics:
                one["metrics"] = metrics
            found["route"].append(folded({**one, "family": family}))
    found["neigh"] = [folded(one) for one in show("ip -d -j neigh show")]
    found["neigh"] += [{**folded(one), "proxy": True} for one in show("ip -d -j neigh show proxy")]
    found["rule"] = []
    for family, letter in (("inet", "-4"), ("inet6", "-6")):
        for one in show(f"ip {letter} -d -j rule show"):
            one = folded({**one, "family": family})
            words = one.pop("flags", [])
            if "nop" in words:
                words.remove("nop")
                one["action"] = "nop"
            one["flags"] = [word for word in words if word not in STATES]
            one["state"] = [word for word in words if word in STATES]
            found["rule"].append(one)
    found["nexthop"] = [folded(one) for one in show("ip -d -j nexthop show")]
    found["fdb"] = [folded(renamed(one, ifname="dev", viaIf="via")) for one in show("bridge -d -j fdb show")]
    found["mdb"] = [folded(renamed(one, index="ifindex")) for device in show("bridge -d -j mdb show") for one in device.get("mdb", [])]
    found["vlan"] = []
    for device in show("bridge -d -j vlan show"):
        for one in device.get("vlans", []):
            for vlan in range(one["vlan"], one.get("vlanEnd", one["vlan"]) + 1):
                row = {key: value for key, value in one.items() if key != "vlanEnd"}
                found["vlan"].append({**row, "vlan": vlan, "dev": device["ifname"]})
    found["bridge link"] = [renamed(one, mcast_router="multicast_router") for one in show("bridge -d -j link show")]
    found["netconf"] = []
    for letter in ("-4", "-6"):
        found["netconf"] += [renamed(one, interface="dev") for one in show(f"ip {letter} -j netconf show")]
    return found


def renamed(row, **names):
    return {names.get(key, key): value for key, value in row.items()}


def of_nlstream(program):
    """What a snapshot of nlstream says, by kind."""
    command = [program, "--snapshot", "--with", "details", "--for", "20s"]
    found, unparsed = {}, []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout:
            line = json.loads(line)
            if line["kind"] == "meta" and line["op"] == "sync":
                running.terminate()
                break
            if line["kind"] in line:
                found.setdefault(line["kind"], []).append(line[line["kind"]])
            unparsed += line.get("unparsed", [])
    found["unparsed"] = unparsed
    for one in found.get("netconf", []):
        one.setdefault("dev", one.get("interface"))
    ports = []
    for link in found.get("link", []):
        info = link.get("linkinfo", {})
        if info.get("info_slave_kind") == "bridge":
            ports.append({**link, **info["info_slave_data"]})
    found["bridge link"] = ports
    return found


def fields(value, path=""):
    """Every field of a row: its path and its value. A list of plain values is one field."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from fields(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(inner, (dict, list)) for inner in value):
        for place, inner in enumerate(value):
            yield from fields(inner, f"{path}[{place}]")
    else:
        yield path, value


def plain(value):
    """A value as both would write it."""
    if isinstance(value, list):
        return sorted(plain(inner) for inner in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value)
    try:
        return str(ipaddress.ip_network(text, strict=False)) if "/" in text else str(ipaddress.ip_address(text))
    except ValueError:
        return text


def key(kind, row):
    return tuple(plain(row.get(name, "")) for name in KEYS[kind])


def paired(kind, left, right):
    """Each row of `left` with the row of `right` that has the same key, of several the most alike one."""
    rest = {}
    for row in right:
        rest.setdefault(key(kind, row), []).append(row)
    for row in left:
        candidates = rest.get(key(kind, row), [])
        if not candidates:
            yield row, None
            continue
        flat = dict(fields(row))
        best = max(candidates, key=lambda other: sum(plain(flat[path]) == plain(value) for path, value in fields(other) if path in flat))
        candidates.remove(best)
        yield row, best


def compare(before, after, ours):
    """Yields (kind, what, path, theirs, ours, row): what is `equal`, `differs`, `lacks`, `row` or `moved`."""
    for kind in KEYS:
        again = dict()
        for row, other in paired(kind, before.get(kind, []), after.get(kind, [])):
            again[id(row)] = dict(fields(other)) if other else {}
        for row, other in paired(kind, before.get(kind, []), ours.get(kind, [])):
            name = " ".join(key(kind, row))
            if kind == "link":
                name += " " + row.get("ifname", "")
            if other is None:
                yield kind, "row" if again[id(row)] else "moved", "", row, None, name
                continue
            said = dict(fields(other))
            for path, value in fields(row):
                if again[id(row)].get(path) != value:
                    yield kind, "moved", path, value, said.get(path), name
                elif path not in said:
                    yield kind, "lacks", path, value, None, name
                elif plain(said[path]) == plain(value):
                    yield kind, "equal", path, value, said[path], name
                else:
                    yield kind, "differs", path, value, said[path], name
    for one in ours["unparsed"]:
        yield "link", "unparsed", str(one.get("within", "")) + str(one.get("attr")), None, one, ""
