"""What tc shows against what nlstream says: a reading of both, and the differences that are known."""
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
        whole, part = line["time"].rstrip("Z").split(".")
        line["moment"] = datetime.datetime.fromisoformat(whole + "+00:00").timestamp() + float("0." + part)
    shown = []
    for row in open(os.path.join(folder, name + ".shown"), errors="replace"):
        moment, command, text = row.rstrip("\n").split("\t", 2)
        shown.append((float(moment), command.split(), text))
    return sorted(lines, key=lambda line: line["moment"]), shown


def hexadecimal(theirs, ours):
    """The same number, in two ways of writing it in hexadecimal."""
    return isinstance(ours, str) and int(theirs or "0", 16) == int(ours, 16)


def number(theirs, ours):
    """A number that we write in hexadecimal."""
    return isinstance(ours, str) and int(theirs) == int(ours, 16)


def digits(theirs, ours):
    """A number that tc writes as text."""
    return theirs == str(ours)


def absent(theirs, ours):
    """Nothing, which we do not write."""
    return ours is None and theirs in (0, False, "unspec", "ethernet")


def unsaid(theirs, ours):
    return ours is None


def always(theirs, ours):
    return True


def size(theirs, ours):
    """tc's text of a burst: `10Kb/1`, and the cell of its table."""
    whole = re.fullmatch(r"(\d+)(K?)b/1", theirs)
    return whole is not None and abs(int(whole[1]) * (1024 if whole[2] else 1) - (ours or 0)) <= 0.01 * (ours or 0)


# What tc calls otherwise, or shows at another place: (subject and kind, path of tc, path of ours).
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
# The differences that are known: (subject and kind, path of tc, what must hold of both values, why).
EXPLAINED = [
    (".*", r"\(no JSON\)", always, "tc itself writes no JSON here"),
    ("action .*", "order", unsaid, "the place in the list"),
    ("(action|filter) .*", r"(options\.)?(not_in_hw|skip_hw|skip_sw|in_hw)", unsaid, "a flag: of a filter in cls_flags, of an action in_hw_count is 0"),
    ("action .*", "(used_)?hw_stats", lambda t, o: t == ["disabled"] and not o, "no bit is set; used_hw_stats is only in answers to a dump"),
    ("action .*", "ref|bind", always, "while the kernel tells of it, who asked holds it too"),
    ("action gact", r"prob\..*", unsaid, "tc prints a probability where there is none"),
    ("(action|filter) bpf", r".*bytecode\..*", unsaid, "tc takes the program apart, bytecode_len and bytecode hold it whole"),
    ("action csum", "csum", lambda t, o: t.split(", ") == o, "a list is a text"),
    ("action ct", "action", lambda t, o: t in o, "one flag of all"),
    ("action ct", "nat", lambda t, o: o is None and t.startswith("src addr"), "in one text; nat_min, nat_max, nat_port_min, nat_port_max"),
    ("action ct", "label", unsaid, "with its mask in one text; ct_label, ct_label_mask"),
    ("action .*", "(mark_)?mask", hexadecimal, "another way to write it"),
    ("action .*", "mark|tos", number, "another way to write it"),
    ("action pedit", r"keys\.\d+\.(val|mask)", hexadecimal, "another way to write it"),
    ("action gate", "flags", hexadecimal, "another way to write it"),
    ("action gate", r"schedule\.\d+\.gate_state", lambda t, o: t == ("open" if o else "close"), "yes or no, as a word"),
    ("action nat", "old_addr", lambda t, o: t == o + "/32", "with a length that is not that of addr_mask"),
    ("action nat", "direction", lambda t, o: o is None and t in ("egress", "ingress"), "a bit of nat_flags"),
    ("action pedit", r"keys\.\d+\.htype", lambda t, o: (t, o) in (("ipv4", "ip4"), ("ipv6", "ip6")), "what tc takes, and what it shows"),
    ("action pedit", r"keys\.\d+\.(htype|cmd)", lambda t, o: o is None and t in ("network", "set"), "what is not set is not told"),
    ("action police", "linklayer|overhead", absent, "what is not set is not told"),
    ("action police", r"control_action\..*", always, "tc says it twice under one name, what exceeds and what conforms"),
    ("action tunnel_key", "flag", lambda t, o: o is None and t in ("csum", "nocsum"), "no_csum"),
    ("(action|filter) .*", r".*geneve_opt\w*\.\d+\.data", lambda t, o: bytes(t).hex() == o, "a list of numbers"),
    ("(action|filter) .*", r".*erspan_opt\w*\.\d+\.(index|dir|hwid)", absent, "of another version of erspan"),
    ("filter .*", r"options\.handle|options\.fh", lambda t, o: o is not None and handle(t) == handle(o), "another way to write it"),
    ("filter matchall", r"options\.\w+", unsaid, "the kernel tells nothing of a new one but that it is there"),
    ("filter flower", r"options\.keys\.arp_op", lambda t, o: (t, o) in (("request", 1), ("reply", 2)), "a name"),
    ("filter flower", r"options\.keys\.ct_label", lambda t, o: t.split("/")[0] == o, "with its mask in one text"),
    ("filter flower", r"options\.keys\.ct_mark_mask", hexadecimal, "another way to write it"),
    ("filter flower", r"options\.keys\.(ct_mark|enc_tos|ip_tos)", number, "another way to write it"),
    ("filter flower", r"options\.keys\.ct_state", lambda t, o: (t, o) == ("+trk+est", "0xa"), "a text of flags"),
    ("filter flower", r"options\.keys\.dst_mac", lambda t, o: (t, o) == ("02:00:00:00:00:aa/24", "02:00:00:00:00:aa/ff:ff:ff:00:00:00"), "a mask, as a length"),
    ("filter flower", r"options\.keys\.eth_type", lambda t, o: (t, o) == ("8847", "mpls_uc"), "tc lacks the name"),
    ("filter flower", r"options\.keys\.(icmp|mpls)_\w+", digits, "a number as text"),
    ("filter flower", r"options\.keys\.ip_flags\.frag", lambda t, o: o is None, "ip_flags and ip_flags_mask hold the bits"),
    ("filter flower", r"options\.keys\.tcp_flags", lambda t, o: t.split("/")[0] == o, "with its mask in one text"),
    ("filter u32", r"options\.(key_ht|fh)", lambda t, o: t in (o, o.rstrip(":"), o.split(":")[0]), "without its bucket"),
    ("filter u32", r"options\.(bkt|order)", unsaid, "a part of its handle"),
    ("filter u32", r"options\.(kind|index|ref|bind|overhead|linklayer|control_action\.type)", unsaid, "of its policer, which is one of the actions here"),
    ("filter u32", r"options\.(match\.(mask|value)|hash_mask)", hexadecimal, "another way to write it"),
    ("filter u32", r"options\.match\.offmask", lambda t, o: t == "" and o == "0x0", "nothing, as text"),
    ("filter u32", r"\(all\)", lambda t, o: t["handle"] == "800:", "the kernel makes the table 800: without a word"),
    ("qdisc cake", r"options\.bandwidth", lambda t, o: (t, o) == ("unlimited", 0), "a word for none"),
    ("qdisc (cake|htb)", r"options\.(fwmark|default)", hexadecimal, "another way to write it"),
    ("qdisc cake", r"options\.raw", absent, "what is not set is not told"),
    ("qdisc cbs", r"options\.offload", lambda t, o: t == int(o), "yes or no, as a number"),
    ("qdisc etf", r"options\.(deadline_mode|offload|skip_sock_check)", lambda t, o: o is None and t == "off", "a bit of etf_flags"),
    ("qdisc (choke|gred|red|sfq)", r"options\.(adaptive|ecn|harddrop|nodrop)", unsaid, "a word of red_flags"),
    ("qdisc (choke|red|sfq)", r"options\.probability", lambda t, o: abs(t - o / 2**32) < 1e-4, "max_p is a part of 2^32"),
    ("qdisc netem", r"options\.loss_gemodel\.1_h", lambda t, o: abs(t - (1 - o)) < 1e-4, "the rest to 1"),
    ("qdisc htb", r"options\.ver", unsaid, "the version of its structures says nothing"),
    ("qdisc .*", "refcnt", always, "it goes on changing without a word"),
    ("qdisc mqprio", r"options\.(mode|shaper)", lambda t, o: o is None and t == "dcb", "tc says it where the kernel does not"),
    ("qdisc mqprio", r"options\.queues", unsaid, "first and last number; offset and count here"),
    ("qdisc netem", r"options\.(ecn|gap|\w+\.(correlation|jitter))", absent, "what is not set is not told"),
    ("qdisc (prio|pfifo_fast)", r"options\.multiqueue", absent, "what is not set is not told"),
    ("qdisc tbf", r"options\.(burst|mtu)", size, "a rounded text"),
    ("qdisc tbf", r"options\.lat", unsaid, "tc computes it from limit and rate"),
    ("qdisc tbf", r"options\.mpu", absent, "what is not set is not told"),
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


def equal(theirs, ours):
    if theirs is None:   # a flag
        return ours is True
    if isinstance(theirs, float) or isinstance(ours, float):
        try:
            return abs(theirs - ours) <= 1e-4 * max(abs(theirs), abs(ours))
        except TypeError:
            return False
    return theirs == ours and type(theirs) == type(ours)


def handle(text):
    """tc writes numbers of filters in three ways: decimal, hexadecimal as text, and u32's own."""
    if isinstance(text, int):
        return str(text)
    return text if ":" in text else str(int(text.split("/")[0], 0 if text.startswith("0x") else 16))


def subject(command, one):
    """What a row of tc is about: its kind of line, and what finds the line."""
    what = command[0]
    if what == "actions":
        return "action", {"kind": one.get("kind", command[-1]), "index": one.get("index", one.get("options", {}).get("index"))}
    if what == "class":
        return "class", {"kind": one["class"], "handle": one["handle"], "dev": "v0"}
    if what == "qdisc":
        place = {name: one[name] for name in ("root", "parent") if name in one}
        return "qdisc", {"kind": one["kind"], "handle": one["handle"], "dev": one.get("dev", "v0"), **place}
    place = {"block": int(command[3])} if "block" in command else {
        "dev": "v0", "parent": {"ingress": "ffff:fff2", "egress": "ffff:fff3"}.get(command[-1], command[-1])}
    options = one.get("options", {})
    number = options.get("fh", options.get("handle", one.get("handle")))
    return "filter", {"kind": one["kind"], "pref": one["pref"], "protocol": one["protocol"], "chain": one.get("chain", 0), **place, "handle": number}


def rows(command, data):
    for one in data:
        if command[0] == "actions":
            yield from one.get("actions", [])
        else:
            yield one


def find(lines, moment, what, key):
    """Our last word on it before that moment."""
    def same(ours):
        if what == "filter" and ours.get("handle") and handle(ours["handle"]) != handle(key["handle"]):
            return False
        return all(ours.get(name) == value for name, value in key.items() if what != "filter" or name != "handle")

    told = [line[what] for line in lines if line["kind"] == what and line["moment"] <= moment and same(line[what])]
    return told[-1] if told else None


def fields(what, kind, one, ours):
    """Pairs of values: (path, theirs, ours)."""
    actions = one.get("options", {}).pop("actions", []) if what == "filter" else []
    told = ours.get("actions", [])
    if len(told) < len(actions):
        yield f"{what} {kind}", "options.actions", actions, None
    for action, told in zip(actions, told):
        yield from fields("action", action.get("kind"), action, told)
    said = dict(leaves(ours))
    for match in ours.get("options", {}).get("matches", []):   # tc writes each under the same name: the last one counts
        said.update(leaves(match, "options.match"))
    for path, theirs in leaves(one):
        places = [re.sub(at, to, path) for of, at, to in RENAMED if re.fullmatch(of, f"{what} {kind}") and re.fullmatch(at, path)]
        places += [path, "counters." + path, "stats." + path, "options." + path, re.sub("^options", "counters", path)]
        yield f"{what} {kind}", path, theirs, next((said[place] for place in places if place in said), None)


def counters(lines, moment, text):
    """What the text that tc has for classes counts, where the class has just been changed and said how it stands."""
    fresh = [line for line in lines if moment - 3 < line["moment"]]
    for one in re.split(r"(?=class \w+ [0-9a-f]+:)", text):
        counts = re.fullmatch(r"class (\w+) (\S+) .*Sent (\d+) bytes (\d+) pkt \(dropped (\d+), overlimits (\d+) requeues (\d+)\) +backlog 0b 0p requeues \d+ *(.*)", one.strip())
        ours = counts and find(fresh, moment, "class", {"kind": counts[1], "handle": counts[2], "dev": "v0"})
        if ours:
            theirs = dict(zip(("bytes", "packets", "drops", "overlimits", "requeues"), map(int, counts.groups()[2:7])), backlog=0, qlen=0)
            theirs.update((name, int(number)) for name, number in re.findall(r"(\w+):? (-?\d+)", counts[8]))
            yield from fields("class", counts[1], theirs, ours)


def compare(lines, shown):
    """Everything that tc shows: (subject and kind, path, theirs, ours)."""
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
        for one in rows(command, data):
            text = json.dumps(one, sort_keys=True)
            if text in seen:
                continue
            seen.add(text)
            what, key = subject(command, one)
            if what == "filter" and key["handle"] is None:
                continue   # the head of a priority
            ours = find(lines, moment, what, key)
            if ours is None:
                yield f"{what} {key['kind']}", "(all)", key, None
            else:
                yield from fields(what, key["kind"], one, ours)


def why(subject, path, theirs, ours):
    for of, at, test, reason in EXPLAINED:
        if re.fullmatch(of, subject) and re.fullmatch(at, path) and test(theirs, ours):
            return reason
    return None


def report(found):
    """Prints the figures and the differences. Returns 1 if any is not explained."""
    count, reasons, open_ = collections.Counter(), collections.Counter(), collections.Counter()
    for subject, path, theirs, ours in found:
        count["compared"] += 1
        if equal(theirs, ours):
            count["equal"] += 1
        elif reason := why(subject, path, theirs, ours):
            reasons[f"{subject.split()[0]}: {reason}"] += 1
        else:
            open_[f"{subject} {re.sub(r'[0-9]+', 'N', path)}: tc {theirs!r}, nlstream {ours!r}"] += 1
    for reason, number in reasons.most_common():
        print(f"explained {number:5}  {reason}")
    for what, number in sorted(open_.items()):
        print(f"NOT EXPLAINED {number:4}  {what}")
    print(f"{count['compared']} compared, {count['equal']} equal, {sum(reasons.values())} explained, {sum(open_.values())} open")
    return 1 if open_ else 0
