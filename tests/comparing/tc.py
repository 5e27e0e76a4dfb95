"""Compares the output of tc with the lines of nlstream; the explained differences."""
import argparse, collections, datetime, json, os, re, shutil, subprocess, tempfile

SCENARIOS = ["tc-class", "tc-action", "tc-filter", "tc-filter-kinds", "tc-filter-ematch", "tc-tunnel-opts", "tc-qdisc", "tc-qdisc-kinds"]


def run(here, doc, arguments):
    args = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("scenario", nargs="*")
    args.add_argument("--stats", action="store_true")
    args.add_argument("--guest", metavar="SUITE")
    args.add_argument("--keep", metavar="FOLDER")
    args.add_argument("--from", metavar="FOLDER", dest="kept")
    args = args.parse_args(arguments)
    if not args.scenario and not args.stats:
        args.scenario, args.stats = SCENARIOS, True
    names = args.scenario + ["stats"] * args.stats
    if args.kept:
        return report(found for name in names for found in compare(*read(args.kept, name)))
    program = os.path.realpath(os.environ.get("NLSTREAM") or os.path.join(here, "../target/release/nlstream"))
    if args.guest:
        keep = ["--keep", args.keep] if args.keep else []
        options = args.scenario + ["--stats"] * args.stats + keep
        command = [here + "/guest", "-k", args.guest, "-t", str(300 + 180 * len(names)), "--", "env", "NLSTREAM=" + program]
        return subprocess.call(command + [here + "/compare-tc", *options], cwd=args.keep or here)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            record(here, program, folder, name)
        if args.keep:
            shutil.copytree(folder, args.keep, dirs_exist_ok=True)
        return report(found for name in names for found in compare(*read(folder, name)))


def record(here, program, folder, name):
    path = os.path.join(folder, name)
    env = dict(os.environ, NLSTREAM=program, LINES=path + ".lines", SHOWN=path + ".shown", LIBRARY=here + "/lib.sh")
    env.update({"STATS": "1"} if name == "stats" else {"SCENARIO": f"{here}/{name}/make.sh"})
    subprocess.run(["unshare", "-n", "bash", here + "/../tests/comparing/tc.sh"], env=env, check=True)


def read(folder, name):
    lines = [json.loads(line) for line in open(os.path.join(folder, name + ".lines"))]
    lines = [line for line in lines if line["kind"] in ("qdisc", "class", "filter", "action") and line["op"] != "delete"]
    for line in lines:
        seconds, part = line["time"].rstrip("Z").split(".")
        line["moment"] = datetime.datetime.fromisoformat(seconds + "+00:00").timestamp() + float("0." + part)
    shown = []
    for line in open(os.path.join(folder, name + ".shown"), errors="replace"):
        moment, command, text = line.rstrip("\n").split("\t", 2)
        shown.append((float(moment), command.split(), text))
    return sorted(lines, key=lambda line: line["moment"]), shown


def hexadecimal(tc, nlstream):
    """Both are the same number in hexadecimal."""
    return isinstance(nlstream, str) and int(tc or "0", 16) == int(nlstream, 16)


def number(tc, nlstream):
    """A number that nlstream writes in hexadecimal."""
    return isinstance(nlstream, str) and int(tc) == int(nlstream, 16)


def digits(tc, nlstream):
    """A number that tc writes as text."""
    return tc == str(nlstream)


def absent(tc, nlstream):
    """A value that stands for none, and that nlstream omits."""
    return nlstream is None and tc in (0, False, "unspec", "ethernet")


def omitted(tc, nlstream):
    return nlstream is None


def always(tc, nlstream):
    return True


def size(tc, nlstream):
    """tc's text of a burst: `10Kb/1`, and the cell of its table."""
    match = re.fullmatch(r"(\d+)(K?)b/1", tc)
    return match is not None and abs(int(match[1]) * (1024 if match[2] else 1) - (nlstream or 0)) <= 0.01 * (nlstream or 0)


# Fields that tc has under another name or at another place: (kind of line and kind, path of tc, path of nlstream).
RENAMED = [
    ("action ct", "action", "options.ct_action"),
    ("action ctinfo", "dscpmask", "options.dscp_mask"),
    ("action ctinfo", "dscpstatemask", "options.dscp_state"),
    ("action gate", "priority", "options.gate_priority"),
    ("action gate", "flags", "options.gate_flags"),
    ("action gate", "cycle_time_ext", "options.cycle_time_extension"),
    ("action gate", r"schedule\.(\d+)\.number", r"options.entries.\1.entry_index"),
    ("action gate", r"schedule\.(\d+)\.gate_state", r"options.entries.\1.open"),
    ("action gate", r"schedule\.(.*)", r"options.entries.\1"),
    ("action nat", "type", "kind"),
    ("action pedit", r"keys\.(\d+)\.(val|mask|htype|cmd)", r"options.edits.\1.\2"),
    ("action pedit", r"keys\.(\d+)\.offset", r"options.edits.\1.off"),
    ("action police", "pkts_(rate|burst)", r"options.pkt_\1"),
    ("action sample", "group", "options.psample_group"),
    ("action sample", "rate", "options.sample_rate"),
    ("action skbedit", "priority", "options.skb_priority"),
    ("action tunnel_key", "mode", "options.tunnel_action"),
    ("action vlan", "protocol", "options.vlan_protocol"),
    ("filter .*", r"options\.(handle|fh)", "handle"),
    ("filter .*", r"options\.flowid", "options.classid"),
    ("filter flower", r"options\.indev", "options.keys.indev"),
    ("filter flower", r"options\.keys\.mpls\.(.*)", r"options.keys.mpls_lse.\1"),
    ("filter flower", r"options\.keys\.(src|dst)_port\.start", r"options.keys.\1_port_min"),
    ("filter flower", r"options\.keys\.(src|dst)_port\.end", r"options.keys.\1_port_max"),
    ("filter u32", r"options\.ht_divisor", "options.divisor"),
    ("filter u32", r"options\.hash_mask", "options.hmask"),
    ("filter u32", r"options\.hash_off", "options.hoff"),
    ("qdisc cake", r"options\.memlimit", "options.memory_limit"),
    ("qdisc choke|qdisc red|qdisc sfq", r"options\.Scell_log", "options.scell_log"),
    ("qdisc fq", "flows", "counters.flow_count"),
    ("qdisc fq", "gc", "counters.gc_flows"),
    ("qdisc fq", "highprio", "counters.highprio_packets"),
    ("qdisc fq", "inactive", "counters.inactive_flows"),
    ("qdisc fq", "latency", "counters.unthrottle_latency_ns"),
    ("qdisc (fq_)?pie", "pkts_in", "counters.packets_in"),
    ("qdisc (choke|red|sfq)", r"options\.probability", "options.max_p"),
    ("qdisc netem", r"options\.loss_gemodel\.1_h", "options.loss_gemodel.h"),
    ("qdisc netem", r"options\.loss_gemodel\.1_k", "options.loss_gemodel.k1"),
    ("qdisc netem", r"options\.rate\.(.*)", r"options.rate_limit.\1"),
    ("qdisc tbf", r"options\.mtu", "options.minburst"),
    ("qdisc pie", "delay", "counters.current_delay"),
    ("qdisc pie", "prob", "counters.drop_probability"),
    ("qdisc gred", r"options\.dp_cnt", "options.vqs_count"),
    ("qdisc gred", r"options\.dp_default", "options.vq_default"),
    ("qdisc hhf", "(tot|cur)_hh", r"counters.hh_\1_count"),
    ("class .*", r"maxpkt", "options.lmax"),
]
# The explained differences: (kind of line and kind, path of tc, condition on both values, reason).
EXPLAINED = [
    (".*", r"\(no JSON\)", always, "tc itself writes no JSON here"),
    ("action .*", "order", omitted, "the position in the list"),
    ("(action|filter) .*", r"(options\.)?(not_in_hw|skip_hw|skip_sw|in_hw)", omitted, "a flag: of a filter in cls_flags, of an action in_hw_count is 0"),
    ("action .*", "(used_)?hw_stats", lambda t, o: t == ["disabled"] and not o, "no bit is set; used_hw_stats is only in answers to a dump"),
    ("action .*", "ref|bind", always, "during the notification the requesting process holds a reference too"),
    ("action gact", r"prob\..*", omitted, "tc prints a probability where there is none"),
    ("(action|filter) bpf", r".*bytecode\..*", omitted, "tc prints each instruction; bytecode_len and bytecode have the complete program"),
    ("action csum", "csum", lambda t, o: t.split(", ") == o, "tc prints the list as one text"),
    ("action ct", "action", lambda t, o: t in o, "tc prints one of the flags"),
    ("action ct", "nat", lambda t, o: o is None and t.startswith("src addr"), "tc prints one text for nat_min, nat_max, nat_port_min, nat_port_max"),
    ("action ct", "label", omitted, "tc prints one text for ct_label and ct_label_mask"),
    ("action .*", "(mark_)?mask", hexadecimal, "another format of the same number"),
    ("action .*", "mark|tos", number, "another format of the same number"),
    ("action pedit", r"keys\.\d+\.(val|mask)", hexadecimal, "another format of the same number"),
    ("action gate", "flags", hexadecimal, "another format of the same number"),
    ("action gate", r"schedule\.\d+\.gate_state", lambda t, o: t == ("open" if o else "close"), "a word for a Boolean"),
    ("action nat", "old_addr", lambda t, o: t == o + "/32", "tc prints a prefix length that is not that of addr_mask"),
    ("action nat", "direction", lambda t, o: o is None and t in ("egress", "ingress"), "a flag of nat_flags"),
    ("action pedit", r"keys\.\d+\.htype", lambda t, o: (t, o) in (("ipv4", "ip4"), ("ipv6", "ip6")), "the names that tc accepts and those that it prints differ"),
    ("action pedit", r"keys\.\d+\.(htype|cmd)", lambda t, o: o is None and t in ("network", "set"), "nlstream omits settings without a value"),
    ("action police", "linklayer|overhead", absent, "nlstream omits settings without a value"),
    ("action police", r"control_action\..*", always, "tc prints two actions, for conforming and for exceeding packets, under one name"),
    ("action tunnel_key", "flag", lambda t, o: o is None and t in ("csum", "nocsum"), "no_csum"),
    ("(action|filter) .*", r".*geneve_opt\w*\.\d+\.data", lambda t, o: bytes(t).hex() == o, "tc prints a list of numbers"),
    ("(action|filter) .*", r".*erspan_opt\w*\.\d+\.(index|dir|hwid)", absent, "belongs to another version of erspan"),
    ("filter .*", r"options\.handle|options\.fh", lambda t, o: o is not None and handle(t) == handle(o), "another format of the same number"),
    ("filter matchall", r"options\.\w+", omitted, "a notification of a new matchall filter has no options"),
    ("filter flower", r"options\.keys\.arp_op", lambda t, o: (t, o) in (("request", 1), ("reply", 2)), "tc prints a name for the number"),
    ("filter flower", r"options\.keys\.ct_label", lambda t, o: t.split("/")[0] == o, "tc prints value and mask as one text"),
    ("filter flower", r"options\.keys\.ct_mark_mask", hexadecimal, "another format of the same number"),
    ("filter flower", r"options\.keys\.(ct_mark|enc_tos|ip_tos)", number, "another format of the same number"),
    ("filter flower", r"options\.keys\.ct_state", lambda t, o: (t, o) == ("+trk+est", "0xa"), "tc prints the flags as a text"),
    ("filter flower", r"options\.keys\.dst_mac", lambda t, o: (t, o) == ("02:00:00:00:00:aa/24", "02:00:00:00:00:aa/ff:ff:ff:00:00:00"), "tc prints the mask as a length"),
    ("filter flower", r"options\.keys\.eth_type", lambda t, o: (t, o) == ("8847", "mpls_uc"), "tc has no name for the number"),
    ("filter flower", r"options\.keys\.(icmp|mpls)_\w+", digits, "tc prints the number as a text"),
    ("filter flower", r"options\.keys\.ip_flags\.frag", lambda t, o: o is None, "ip_flags and ip_flags_mask hold the bits"),
    ("filter flower", r"options\.keys\.tcp_flags", lambda t, o: t.split("/")[0] == o, "tc prints value and mask as one text"),
    ("filter u32", r"options\.(key_ht|fh)", lambda t, o: t in (o, o.rstrip(":"), o.split(":")[0]), "tc prints it without the bucket"),
    ("filter u32", r"options\.(bkt|order)", omitted, "a part of its handle"),
    ("filter u32", r"options\.(kind|index|ref|bind|overhead|linklayer|control_action\.type)", omitted, "belongs to the policer, which nlstream reports as an action"),
    ("filter u32", r"options\.(match\.(mask|value)|hash_mask)", hexadecimal, "another format of the same number"),
    ("filter u32", r"options\.match\.offmask", lambda t, o: t == "" and o == "0x0", "an empty text for zero"),
    ("filter u32", r"\(all\)", lambda t, o: t["handle"] == "800:", "the kernel creates the table 800: without a notification"),
    ("qdisc cake", r"options\.bandwidth", lambda t, o: (t, o) == ("unlimited", 0), "a word for no limit"),
    ("qdisc (cake|htb)", r"options\.(fwmark|default)", hexadecimal, "another format of the same number"),
    ("qdisc cake", r"options\.raw", absent, "nlstream omits settings without a value"),
    ("qdisc cbs", r"options\.offload", lambda t, o: t == int(o), "a number for a Boolean"),
    ("qdisc etf", r"options\.(deadline_mode|offload|skip_sock_check)", lambda t, o: o is None and t == "off", "a flag of etf_flags"),
    ("qdisc (choke|gred|red|sfq)", r"options\.(adaptive|ecn|harddrop|nodrop)", omitted, "a flag of red_flags"),
    ("qdisc (choke|red|sfq)", r"options\.probability", lambda t, o: abs(t - o / 2**32) < 1e-4, "max_p is a fraction of 2^32"),
    ("qdisc netem", r"options\.loss_gemodel\.1_h", lambda t, o: abs(t - (1 - o)) < 1e-4, "tc prints 1 minus the value"),
    ("qdisc htb", r"options\.ver", omitted, "the version of the structures is no setting"),
    ("qdisc .*", "refcnt", always, "it changes without a notification"),
    ("qdisc mqprio", r"options\.(mode|shaper)", lambda t, o: o is None and t == "dcb", "tc prints a default that the kernel does not send"),
    ("qdisc mqprio", r"options\.queues", omitted, "tc prints first and last number, nlstream offset and count"),
    ("qdisc netem", r"options\.(ecn|gap|\w+\.(correlation|jitter))", absent, "nlstream omits settings without a value"),
    ("qdisc (prio|pfifo_fast)", r"options\.multiqueue", absent, "nlstream omits settings without a value"),
    ("qdisc tbf", r"options\.(burst|mtu)", size, "tc prints a rounded text"),
    ("qdisc tbf", r"options\.lat", omitted, "tc computes it from limit and rate"),
    ("qdisc tbf", r"options\.mpu", absent, "nlstream omits settings without a value"),
]


def leaves(value, path=""):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}".lstrip(".").replace("-", "_"))
    elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        for number, inner in enumerate(value):
            yield from leaves(inner, f"{path}.{number}")
    else:
        yield path, value


def equal(tc, nlstream):
    if tc is None:   # a flag
        return nlstream is True
    if isinstance(tc, float) or isinstance(nlstream, float):
        try:
            return abs(tc - nlstream) <= 1e-4 * max(abs(tc), abs(nlstream))
        except TypeError:
            return False
    return tc == nlstream and type(tc) == type(nlstream)


def handle(text):
    """The handle of a filter in one format. tc prints it in three: decimal, hexadecimal text, and the format of u32."""
    if isinstance(text, int):
        return str(text)
    return text if ":" in text else str(int(text.split("/")[0], 0 if text.startswith("0x") else 16))


def line_of(command, one):
    """The kind of the line that an object of tc corresponds to, and the fields that identify the line."""
    kind_of_line = command[0]
    if kind_of_line == "actions":
        return "action", {"kind": one.get("kind", command[-1]), "index": one.get("index", one.get("options", {}).get("index"))}
    if kind_of_line == "class":
        return "class", {"kind": one["class"], "handle": one["handle"], "dev": "v0"}
    if kind_of_line == "qdisc":
        place = {name: one[name] for name in ("root", "parent") if name in one}
        return "qdisc", {"kind": one["kind"], "handle": one["handle"], "dev": one.get("dev", "v0"), **place}
    place = {"block": int(command[3])} if "block" in command else {
        "dev": "v0", "parent": {"ingress": "ffff:fff2", "egress": "ffff:fff3"}.get(command[-1], command[-1])}
    options = one.get("options", {})
    number = options.get("fh", options.get("handle", one.get("handle")))
    return "filter", {"kind": one["kind"], "pref": one["pref"], "protocol": one["protocol"], "chain": one.get("chain", 0), **place, "handle": number}


def objects(command, data):
    for one in data:
        if command[0] == "actions":
            yield from one.get("actions", [])
        else:
            yield one


def find(lines, moment, kind_of_line, key):
    """The payload of the last line about the object up to that moment."""
    def same(nlstream):
        if kind_of_line == "filter" and nlstream.get("handle") and handle(nlstream["handle"]) != handle(key["handle"]):
            return False
        return all(nlstream.get(name) == value for name, value in key.items() if kind_of_line != "filter" or name != "handle")

    reported = [line[kind_of_line] for line in lines if line["kind"] == kind_of_line and line["moment"] <= moment and same(line[kind_of_line])]
    return reported[-1] if reported else None


def fields(kind_of_line, kind, one, nlstream):
    """Yields (kind of line and kind, path, value of tc, value of nlstream)."""
    actions = one.get("options", {}).pop("actions", []) if kind_of_line == "filter" else []
    reported = nlstream.get("actions", [])
    if len(reported) < len(actions):
        yield f"{kind_of_line} {kind}", "options.actions", actions, None
    for action, reported in zip(actions, reported):
        yield from fields("action", action.get("kind"), action, reported)
    reported_fields = dict(leaves(nlstream))
    for match in nlstream.get("options", {}).get("matches", []):   # tc writes each under the same name: the last one counts
        reported_fields.update(leaves(match, "options.match"))
    for path, tc in leaves(one):
        places = [re.sub(at, to, path) for of, at, to in RENAMED if re.fullmatch(of, f"{kind_of_line} {kind}") and re.fullmatch(at, path)]
        places += [path, "counters." + path, "stats." + path, "options." + path, re.sub("^options", "counters", path)]
        yield f"{kind_of_line} {kind}", path, tc, next((reported_fields[place] for place in places if place in reported_fields), None)


def counters(lines, moment, text):
    """The counters in the text that tc prints for classes, compared with the line of the change just before."""
    fresh = [line for line in lines if moment - 3 < line["moment"]]
    for one in re.split(r"(?=class \w+ [0-9a-f]+:)", text):
        counts = re.fullmatch(r"class (\w+) (\S+) .*Sent (\d+) bytes (\d+) pkt \(dropped (\d+), overlimits (\d+) requeues (\d+)\) +backlog 0b 0p requeues \d+ *(.*)", one.strip())
        nlstream = counts and find(fresh, moment, "class", {"kind": counts[1], "handle": counts[2], "dev": "v0"})
        if nlstream:
            tc = dict(zip(("bytes", "packets", "drops", "overlimits", "requeues"), map(int, counts.groups()[2:7])), backlog=0, qlen=0)
            tc.update((name, int(number)) for name, number in re.findall(r"(\w+):? (-?\d+)", counts[8]))
            yield from fields("class", counts[1], tc, nlstream)


def compare(lines, shown):
    """Yields (kind of line and kind, path, value of tc, value of nlstream) for everything that tc printed."""
    seen = set()
    for moment, command, text in shown:
        try:
            data = json.loads(text)
        except ValueError:
            if (command[0], text) not in seen:
                seen.add((command[0], text))
                yield command[0], "(no JSON)", text, None
                if command[0] == "class":
                    yield from counters(lines, moment, text)
            continue
        for one in objects(command, data):
            text = json.dumps(one, sort_keys=True)
            if text in seen:
                continue
            seen.add(text)
            kind_of_line, key = line_of(command, one)
            if kind_of_line == "filter" and key["handle"] is None:
                continue   # the head of a priority
            nlstream = find(lines, moment, kind_of_line, key)
            if nlstream is None:
                yield f"{kind_of_line} {key['kind']}", "(all)", key, None
            else:
                yield from fields(kind_of_line, key["kind"], one, nlstream)


def reason_of(subject, path, tc, nlstream):
    for of, at, test, reason in EXPLAINED:
        if re.fullmatch(of, subject) and re.fullmatch(at, path) and test(tc, nlstream):
            return reason
    return None


def report(found):
    """Prints the figures and the differences. Returns 1 if any is not explained."""
    count, reasons, open_ = collections.Counter(), collections.Counter(), collections.Counter()
    for subject, path, tc, nlstream in found:
        count["compared"] += 1
        if equal(tc, nlstream):
            count["equal"] += 1
        elif reason := reason_of(subject, path, tc, nlstream):
            reasons[f"{subject.split()[0]}: {reason}"] += 1
        else:
            open_[f"{subject} {re.sub(r'[0-9]+', 'N', path)}: tc {tc!r}, nlstream {nlstream!r}"] += 1
    for reason, number in reasons.most_common():
        print(f"explained {number:5}  {reason}")
    for difference, number in sorted(open_.items()):
        print(f"NOT EXPLAINED {number:4}  {difference}")
    print(f"{count['compared']} compared, {count['equal']} equal, {sum(reasons.values())} explained, {sum(open_.values())} open")
    return 1 if open_ else 0
