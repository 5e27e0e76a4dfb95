#!/usr/bin/env python3
"""Checks the package: python3 packaging/python/check.py NLSTREAM FILE...

For each file of lines the fold must equal what `NLSTREAM state FILE` prints, or both must refuse; and each line must
have the properties, and only those, of its type.
"""

import json
import subprocess
import sys
import typing
from pathlib import Path

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))

import nlstream  # noqa: E402
from nlstream import model  # noqa: E402


def types():
    """The type of each line, by kind and, of meta lines, op."""
    found = {}
    for line in typing.get_args(model.Line):
        hints = typing.get_type_hints(line)
        kind = typing.get_args(hints["kind"])[0]
        op = typing.get_args(hints["op"])[0] if kind == "meta" else None
        found[kind, op] = line
    return found


def check(value, of, where):
    """Returns the properties of `value` that its type does not have, or lacks, and wrong types."""
    origin, arguments = typing.get_origin(of), typing.get_args(of)
    if origin is typing.NotRequired:
        return check(value, arguments[0], where)
    if typing.is_typeddict(of):
        if not isinstance(value, dict):
            return [f"{where}: no object"]
        # __required_keys__ does not see NotRequired in an annotation that is a string.
        hints = typing.get_type_hints(of, include_extras=True)
        required = {name for name, hint in hints.items() if typing.get_origin(hint) is not typing.NotRequired}
        faults = [f"{where}: lacks {name}" for name in required - value.keys()]
        for name, member in value.items():
            if name in hints:
                faults += check(member, hints[name], f"{where}.{name}")
            else:
                faults.append(f"{where}: has {name}")
        return faults
    if origin is typing.Union:
        return min((check(value, it, where) for it in arguments), key=len)
    if origin is typing.Literal:
        return [] if value in arguments else [f"{where}: {value!r}"]
    if origin is list:
        return [fault for at, it in enumerate(value) for fault in check(it, arguments[0], f"{where}[{at}]")]
    if origin is dict:
        return [] if arguments[1] is typing.Any else [f for name, it in value.items() for f in check(it, arguments[1], f"{where}.{name}")]
    accepted = (int, float) if of is float else of
    is_right = isinstance(value, accepted) and (of is bool or not isinstance(value, bool))
    return [] if is_right else [f"{where}: {value!r} is no {of}"]


def main(program, files):
    line_types, folded, refused, lines = types(), 0, 0, 0
    assert {kind for kind, _ in line_types} == {*json.loads(subprocess.check_output([program, "schema"]))["$defs"]["kind"]["enum"]}, "kinds"
    faults = []
    for file in files:
        with open(file, "rb") as text:
            read = list(nlstream.read(text))
        for line in read:
            lines += 1
            of = line_types[line["kind"], line["op"] if line["kind"] == "meta" else None]
            faults += check(line, of, f"{file}: {line['seq']}")
        for partial in (False, True):
            command = [program, "state", *(["--partial"] if partial else []), file]
            state = subprocess.run(command, capture_output=True, text=True)
            expected = [json.loads(line) for line in state.stdout.splitlines()]
            try:
                found = nlstream.fold(read, partial)
            except nlstream.Incomplete as error:
                refused += 1
                if state.returncode == 0:
                    faults.append(f"{file}: {error}, and nlstream state prints {len(expected)} objects")
                continue
            folded += 1
            if state.returncode != 0:
                faults.append(f"{file}: {len(found)} objects, and nlstream state: {state.stderr}")
            elif found != expected:
                differ = [pair for pair in zip(found, expected) if pair[0] != pair[1]][:1]
                faults.append(f"{file} (partial: {partial}): {len(found)} and {len(expected)} objects: {differ}")
    for fault in faults[:20]:
        print(fault, file=sys.stderr)
    print(f"{lines} lines, {folded} folds, {refused} refused, {len(faults)} faults")
    return 1 if faults or not folded or not lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
