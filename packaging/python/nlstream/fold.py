"""Folds lines to the objects that exist after them, as `nlstream state` does."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple, Union, cast

from .model import KINDS, Line

#: The version of the schema that this package reads, "v" of every line.
VERSION = 1

#: The members of a line that the line of an existing object has.
_MEMBERS = ("v", "run", "seq", "time", "host", "netns", "kind", "op", "origin", "ifindex", "ifname", "id", "", "truncated")

#: Filters that leave out lines by what happened and not by the object: what exists cannot be told then.
_HIDING = {"op", "origin", "changed", "skip-unchanged", "where"}

_Identity = Tuple[str, int, str]


class LineError(ValueError):
    """A line that is none of nlstream, or that is out of order."""


class Incomplete(Exception):
    """The lines do not tell every object."""


def read(lines: Iterable[Union[str, bytes]]) -> Iterator[Line]:
    """The lines of a text file, a pipe, or a list of strings. A last line without its end is left out."""
    for number, text in enumerate(lines, 1):
        try:
            line = json.loads(text)
        except ValueError as error:
            if text.endswith(b"\n" if isinstance(text, bytes) else "\n"):
                raise LineError(f"line {number}: {error}") from None
            return
        if not isinstance(line, dict) or line.get("v") != VERSION:
            raise LineError(f"line {number}: no line of nlstream with version {VERSION} of the schema")
        yield cast(Line, line)


def fold(lines: Iterable[Line], partial: bool = False) -> List[Line]:
    """The lines of the objects that exist after these lines, each with op "present".

    Raises Incomplete if they may not be all objects, unless `partial` is true: objects that may be outdated
    have incomplete=True then.
    """
    state = Fold()
    for line in lines:
        state.apply(line)
    reason = state.incomplete()
    if reason and not partial:
        raise Incomplete(reason.text)
    return state.objects(partial, reason)


class _Reason(NamedTuple):
    text: str
    #: The kinds concerned; None for all.
    kinds: Optional[Set[str]]


class _Entry(NamedTuple):
    line: Dict[str, Any]
    #: How many checkpoints had begun when it was read.
    checkpoints: int


class _Run:
    """What the lines of one run have told."""

    def __init__(self, line: Dict[str, Any]) -> None:
        self.id = line["run"]
        self.first = self.last = line["seq"]
        self.time = line["time"]
        self.settings: Optional[Dict[str, Any]] = None
        self.synced = False
        self.checkpoints = 0
        #: Number and gaps of the checkpoint that is being read.
        self.checkpoint: Optional[Tuple[int, Dict[str, str]]] = None
        #: The gaps without a resync, by namespace.
        self.gaps: Dict[str, str] = {}
        #: Namespaces that were found during the run, without a complete snapshot.
        self.unsynced: Dict[str, str] = {}
        self.incomplete: Set[str] = set()
        #: Numbers before and after missing lines; that of the second may be explained by a later gap.
        self.hole: Optional[Tuple[int, int]] = None
        self.unexplained: Optional[Tuple[int, int]] = None


def _namespace(line: Dict[str, Any]) -> str:
    netns = line.get("netns")
    if netns is None:
        return ""
    number = netns.get("id")
    return f"{netns['name']} {'None' if number is None else f'Some({number})'} {netns['inode']}"


def _key(kind: str, payload: Dict[str, Any]) -> str:
    """The values of the properties that identify the object, as JSON."""
    values = []
    for names in KINDS[kind].key:
        found = (payload[name] for name in names.split("//") if name in payload)
        values.append(next(found, None))
    if all(value is None for value in values):
        raise LineError(f"a {kind} without a key")
    texts = [json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True) for value in values]
    return "[" + "".join(text + "," for text in texts)


class Fold:
    """The objects that exist after the lines so far."""

    def __init__(self) -> None:
        self._objects: Dict[_Identity, _Entry] = {}
        self._run: Optional[_Run] = None
        #: First and last number of earlier runs.
        self._earlier: Dict[str, Tuple[int, int]] = {}
        self._order = {kind: number for number, kind in enumerate(KINDS)}

    def apply(self, line: Line) -> None:
        """Folds a line. One that was read before has no effect."""
        it = cast(Dict[str, Any], line)
        if it["run"] in self._earlier:
            first, last = self._earlier[it["run"]]
            if first <= it["seq"] <= last:
                return
            raise LineError(f"line {it['seq']} of the run {it['run']} comes after lines of a later run")
        run = self._run
        if run is None or run.id != it["run"]:
            if run is not None:
                self._earlier[run.id] = (run.first, run.last)
            # Another run begins with a snapshot or a checkpoint of its own.
            self._objects.clear()
            run = self._run = _Run(it)
        elif it["seq"] < run.first:
            raise LineError(f"line {it['seq']} of the run {run.id} comes after line {run.last}")
        elif it["seq"] <= run.last:
            # Also the first line, which made the run.
            return
        if it["seq"] > run.last + 1:
            if run.hole is not None:
                run.unexplained = run.hole
            run.hole = (run.last, it["seq"])
        run.last = it["seq"]
        if it["kind"] == "meta":
            self._meta(run, it)
        elif it["kind"] in KINDS:
            self._object(run, it)

    def _object(self, run: _Run, line: Dict[str, Any]) -> None:
        kind, op = line["kind"], line["op"]
        if op not in ("add", "change", "present", "delete"):
            return
        identity = (_namespace(line), self._order[kind], _key(kind, line[kind]))
        if op == "delete":
            self._objects.pop(identity, None)
            return
        transient = KINDS[kind].transient
        payload = {name: value for name, value in line[kind].items() if name not in transient}
        present = {**line, "op": "present", kind: payload}
        members = (name or kind for name in _MEMBERS)
        kept = {name: present[name] for name in members if name in present}
        self._objects[identity] = _Entry(kept, run.checkpoints)

    def _meta(self, run: _Run, line: Dict[str, Any]) -> None:
        op, meta, namespace = line["op"], line["meta"], _namespace(line)
        if op == "start":
            run.settings = meta.get("settings", {})
        elif op == "checkpoint":
            run.checkpoints += 1
            run.checkpoint = (line["seq"], {})
        elif op == "gap":
            lost = run.hole and run.hole[1] - run.hole[0] - 1
            if meta["cause"] == "output" and run.hole and meta.get("lost") == lost:
                run.hole = None
            since = meta.get("from", line["time"])
            run.gaps.setdefault(namespace, since)
            if run.checkpoint:
                run.checkpoint[1].setdefault(namespace, since)
        elif op == "resync":
            run.gaps.pop(namespace, None)
            run.incomplete = set(meta.get("incomplete", ()))
            if run.checkpoint:
                run.checkpoint[1].pop(namespace, None)
        elif op == "complete":
            run.incomplete.difference_update(meta["kinds"])
        elif op == "netns":
            if meta["event"] == "add" and "netns" in line:
                run.unsynced[namespace] = line["netns"]["name"]
            else:
                run.unsynced.pop(namespace, None)
        elif op == "sync" and "netns" in line:
            run.unsynced.pop(namespace, None)
            run.incomplete = set(meta.get("incomplete", ()))
        elif op == "sync":
            self._sync(run, meta)

    def _sync(self, run: _Run, meta: Dict[str, Any]) -> None:
        seq = meta.get("checkpoint")
        if seq is None:
            # Of a snapshot whose beginning is in another file, objects are missing.
            run.synced |= run.first == 0
            run.incomplete = set(meta.get("incomplete", ()))
            return
        checkpoint, run.checkpoint = run.checkpoint, None
        holes = (run.hole, run.unexplained)
        if checkpoint is None or checkpoint[0] != seq or any(hole and hole[1] > seq for hole in holes):
            return
        run.synced = True
        run.hole = run.unexplained = None
        run.gaps = checkpoint[1]
        run.incomplete = set(meta.get("incomplete", ()))
        # Only the objects that lines have named since the checkpoint began exist.
        for identity, entry in list(self._objects.items()):
            if entry.checkpoints != run.checkpoints:
                del self._objects[identity]

    def incomplete(self) -> Optional[_Reason]:
        """Why these may not be all objects; None if they are."""
        run = self._run
        if run is None:
            return _Reason("there are no lines", None)
        filters = (run.settings or {}).get("filters", {})
        hiding = sorted(_HIDING.intersection(filters))
        if hiding:
            return _Reason(f"the run left out changes by its filters {', '.join(hiding)}", None)
        hole = run.hole or run.unexplained
        if hole:
            return _Reason(f"lines are missing: {hole[1]} follows {hole[0]} in the run {run.id}", None)
        if run.gaps:
            return _Reason(f"events since {min(run.gaps.values())} were lost and not yet resynced", None)
        if not run.synced:
            return _Reason("the lines have neither a complete snapshot nor a complete checkpoint", None)
        if run.unsynced:
            name = next(iter(run.unsynced.values()))
            return _Reason(f"the snapshot of the network namespace {name} is not complete", None)
        if run.incomplete:
            names = ", ".join(sorted(run.incomplete))
            return _Reason(f"objects of {names} may be missing or outdated", set(run.incomplete))
        return None

    def objects(self, partial: bool = False, reason: Optional[_Reason] = None) -> List[Line]:
        """The lines of the objects, by network namespace, kind and key.

        Objects whose deletions are not announced may be gone: they are left out, unless `partial` is true.
        """
        settings = (self._run and self._run.settings) or {}
        untracked = {kind for kind, it in KINDS.items() if not it.tracked} - set(settings.get("track", ()))
        untracked |= set(settings.get("no_track", ()))
        found = []
        for _, (line, _) in sorted(self._objects.items()):
            kind = line["kind"]
            is_outdated = kind in untracked or (reason is not None and (reason.kinds is None or kind in reason.kinds))
            if kind in untracked and not partial:
                continue
            found.append(cast(Line, {**line, "incomplete": True} if partial and is_outdated else dict(line)))
        return found
