"""The objects of both programs as dictionaries, and the comparison of those with equal keys."""
import ipaddress, json, subprocess, threading, time

# The fields that identify an object of a kind.
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
    "mroute": ["family", "src", "dst", "table"],
}


# The flags of a rule that change without a request.
STATES = ["iif_detached", "oif_detached", "unresolved"]


def show(command):
    """The JSON that a command prints; an empty list if it prints none."""
    done = subprocess.run(command.split(), capture_output=True, text=True)
    try:
        return json.loads(done.stdout or "[]", object_pairs_hook=object_of_pairs)
    except json.JSONDecodeError as error:
        print(f"{command}: no JSON ({error})")
        return []


def encapsulation(pairs):
    """An encapsulation as nlstream writes it: keys without a value are flags."""
    into = {}
    for key, value in pairs:
        if value is True or key == "flavors":
            into["flags"] = into.get("flags", []) + (value if key == "flavors" else [key])
        elif key == "srh":
            into.update(value)
        else:
            into["type" if key == "encap_type" else key] = value
    return into


def object_of_pairs(pairs):
    """An object. Keys after `encap` belong to the encapsulation: older versions of ip write them between the fields of the route, under the same names."""
    item, encap = {}, None
    if pairs and pairs[0][0] == "encap_type":
        return encapsulation(pairs)
    for key, value in pairs:
        if key == "encap":
            item["encap"] = value
            encap = None if isinstance(value, dict) else [("type", value)]
        elif encap is None:
            item[key] = value
        elif key in ("gateway", "via", "dev", "table", "metric", "weight"):
            item["encap"], encap = encapsulation(encap), None
            item[key] = value
        else:
            encap.append((key, value))
    if encap:
        item["encap"] = encapsulation(encap)
    return item


def prefix(dst, family):
    """A destination as nlstream writes it: always a prefix."""
    if dst == "default":
        return "0.0.0.0/0" if family == "inet" else "::/0"
    if "/" in dst or family == "mpls":
        return dst
    return dst + ("/32" if family == "inet" else "/128")


def folded(item):
    """An object with the keys that have no value as `flags`."""
    flags = [key for key, value in item.items() if value is None]
    item = {key: value for key, value in item.items() if value is not None}
    if flags:
        item["flags"] = item.get("flags", []) + flags
    return item


def of_iproute2():
    """The objects that ip and bridge print, by kind."""
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
                one["dst"] = prefix(one["dst"], family)
            if "from" in one:
                one["src"] = prefix(one.pop("from"), family)
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
                item = {key: value for key, value in one.items() if key != "vlanEnd"}
                found["vlan"].append({**item, "vlan": vlan, "dev": device["ifname"]})
    found["bridge link"] = [renamed(one, mcast_router="multicast_router") for one in show("bridge -d -j link show")]
    found["netconf"] = []
    for letter in ("-4", "-6"):
        found["netconf"] += [renamed(one, interface="dev") for one in show(f"ip {letter} -j netconf show")]
    found["mroute"] = []
    for family, letter, table in (("ipmr", "-4", "default"), ("ip6mr", "-6", "main")):
        for one in show(f"ip {letter} -j mroute show table all"):
            if one.get("iif") == "unresolved":
                del one["iif"]
            found["mroute"].append({"table": table, **one, "family": family})
    return found


def renamed(item, **names):
    return {names.get(key, key): value for key, value in item.items()}


def expanded(kind, item):
    """Each id of a range."""
    if kind not in ("vlan", "vni"):
        return [item]
    last = item.get(f"{kind}_end", item[kind])
    item = {key: value for key, value in item.items() if key != f"{kind}_end"}
    shift = lambda at: {"tunid": item["tunid"] + at} if "tunid" in item else {}
    return [{**item, **shift(at), kind: number} for at, number in enumerate(range(item[kind], last + 1))]


def of_nlstream(program):
    """The objects of a snapshot of nlstream, by kind."""
    command = [program, "--snapshot", "--with", "details", "--for", "20s"]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout:
            lines.append(json.loads(line))
            if lines[-1]["kind"] == "meta" and lines[-1]["op"] == "sync":
                running.terminate()
                break
    return by_kind([(line["kind"], line[line["kind"]]) for line in lines if line["kind"] in line], lines)


def by_kind(items, lines):
    """Objects by kind, in the form of of_iproute2."""
    found = {}
    for kind, item in items:
        found.setdefault(kind, []).extend(expanded(kind, item))
    found["unparsed"] = [one for line in lines for one in line.get("unparsed", [])]
    for one in found.get("netconf", []):
        one.setdefault("dev", one.get("interface"))
    ports = []
    for link in found.get("link", []):
        info = link.get("linkinfo", {})
        if info.get("info_slave_kind") == "bridge":
            ports.append({**link, **info["info_slave_data"]})
    found["bridge link"] = ports
    return found


class Folded:
    """nlstream while it streams; its lines are folded by the keys of the published schema."""

    QUIET = 3  # seconds without a line after which everything was read again
    LONGEST = 90

    def __init__(self, program):
        schema = json.loads(subprocess.check_output([program, "schema"], text=True))
        definitions = schema["$defs"].items()
        self.keys = {name[len("line_"):]: one["x-key"] for name, one in definitions if name.startswith("line_") and one.get("x-key")}
        # The audit would find what the events and their verification do not tell.
        command = [program, "--snapshot", "--with", "details", "--audit", "0"]
        self.running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.lines, self.last, self.synced = [], time.monotonic(), threading.Event()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.running.stdout:
            self.lines.append(json.loads(line))
            self.last = time.monotonic()
            if self.lines[-1]["op"] == "sync":
                self.synced.set()

    def __enter__(self):
        assert self.synced.wait(60), "no sync"
        return self

    def __exit__(self, *_):
        self.running.terminate()
        self.running.wait()

    def settled(self):
        """The objects of the fold, once no line has come for some time."""
        end = time.monotonic() + self.LONGEST
        self.last = time.monotonic()
        while time.monotonic() < min(self.last + self.QUIET, end):
            time.sleep(0.1)
        found = {}
        for line in list(self.lines):
            kind = line["kind"]
            if kind not in self.keys:
                continue
            item = line[kind]
            names = [next((item[name] for name in field.split("//") if name in item), None) for field in self.keys[kind]]
            key = (kind, json.dumps(names))
            if line["op"] == "delete":
                found.pop(key, None)
            elif line["op"] in ("add", "change", "present"):
                found[key] = item
        return by_kind([(kind, dict(item)) for (kind, _), item in found.items()], self.lines)


def fields(value, path=""):
    """Yields path and value of every field of an object. A list of plain values is one field."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from fields(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(inner, (dict, list)) for inner in value):
        for place, inner in enumerate(value):
            yield from fields(inner, f"{path}[{place}]")
    else:
        yield path, value


def plain(value):
    """A value in a form that does not depend on the program."""
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


def key(kind, item):
    return tuple(plain(item.get(name, "")) for name in KEYS[kind])


def paired(kind, left, right):
    """Yields each object of `left` with the object of `right` that has the same key; of several, the one with the most equal fields."""
    rest = {}
    for item in right:
        rest.setdefault(key(kind, item), []).append(item)
    for item in left:
        candidates = rest.get(key(kind, item), [])
        if not candidates:
            yield item, None
            continue
        flat = dict(fields(item))
        best = max(candidates, key=lambda other: sum(plain(flat[path]) == plain(value) for path, value in fields(other) if path in flat))
        candidates.remove(best)
        yield item, best


def compare(before, after, nlstream):
    """Yields (kind, result, path, value of iproute2, value of nlstream, name of the object).

    result: `equal`, `differs`, `lacks` (nlstream lacks the field), `missing` (nlstream lacks the object), `unparsed`, or `moved`: the value of
    iproute2 changed meanwhile, so it is not compared.
    """
    for kind in KEYS:
        afterwards = dict()
        for item, other in paired(kind, before.get(kind, []), after.get(kind, [])):
            afterwards[id(item)] = dict(fields(other)) if other else {}
        for item, other in paired(kind, before.get(kind, []), nlstream.get(kind, [])):
            name = " ".join(key(kind, item))
            if kind == "link":
                name += " " + item.get("ifname", "")
            if other is None:
                yield kind, "missing" if afterwards[id(item)] else "moved", "", item, None, name
                continue
            reported = dict(fields(other))
            for path, value in fields(item):
                if afterwards[id(item)].get(path) != value:
                    yield kind, "moved", path, value, reported.get(path), name
                elif path not in reported:
                    yield kind, "lacks", path, value, None, name
                elif plain(reported[path]) == plain(value):
                    yield kind, "equal", path, value, reported[path], name
                else:
                    yield kind, "differs", path, value, reported[path], name
    for one in nlstream["unparsed"]:
        yield "link", "unparsed", str(one.get("within", "")) + str(one.get("attr")), None, one, ""
