"""The command line of fixtures/compare."""
import argparse, json, os, subprocess, sys, time

from . import objects, scenario, table


def run(here, doc, arguments):
    args = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--guest", metavar="SUITE")
    args.add_argument("--ip", metavar="FOLDER")
    args.add_argument("--keep", metavar="FOLDER", help="keep both outputs there")
    args.add_argument("--tshark", action="store_true")
    args.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = args.parse_args(arguments)
    program = os.environ.get("NLSTREAM") or os.path.join(here, "../target/release/nlstream")
    program = os.path.realpath(program)
    os.environ["NLSTREAM"] = program
    if args.tshark:
        from . import tshark

        return tshark.run(here, program)
    options = [o for name in ("ip", "keep") if getattr(args, name) for o in ("--" + name, getattr(args, name))]
    if args.guest:
        command = [here + "/guest", "-k", args.guest, "--", "env", "NLSTREAM=" + program, here + "/compare", "--inside", *options]
        return subprocess.call(command, cwd=here)
    if not args.inside:
        return subprocess.call(["unshare", "-rnum", here + "/compare", "--inside", *options])
    if args.ip:
        os.environ["PATH"] = args.ip + ":" + os.environ["PATH"]
    return inside(program, args.keep)


def inside(program, keep):
    print("kernel", os.uname().release, "|", subprocess.getoutput("ip -V"))
    agent = scenario.Agent()
    missing = scenario.build(agent)
    time.sleep(2)
    failed = judge("snapshot", keep, lambda: objects.of_nlstream(program))
    with objects.Folded(program) as folded:
        missing += scenario.change(agent)
        failed |= judge("fold of the lines after changes", keep, folded.settled, running)
    for command in missing:
        print("not supported here:", command)
    return failed


def running(path):
    """True for a field that changes with time alone: a fold has its value of the last line."""
    return path.startswith("stats") or path.endswith("_timer")


def judge(name, keep, read, skipped=lambda path: False):
    """Compares what `read` returns with the objects of ip and bridge, without the fields for which `skipped` is true. Returns 1 if a difference is not explained."""
    before = objects.of_iproute2()
    nlstream = read()
    after = objects.of_iproute2()
    if keep:
        for source, output in (("iproute2", before), ("nlstream", nlstream)):
            with open(os.path.join(keep, f"{source}-{name.split()[0]}.json"), "w") as file:
                json.dump(output, file, indent=1)
    print("==", name)
    return table.report(one for one in objects.compare(before, after, nlstream) if not skipped(one[2]))
