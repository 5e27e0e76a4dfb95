"""Lines of nlstream as log records of OpenTelemetry (OTLP 1, JSON).

The body is the line, so that the tables and queries of this folder work on what a collector stores; the attributes are what is searched.
Names follow the semantic conventions where they have one (`host.name`, `network.interface.name`, `process.*`), and begin with `nlstream.` otherwise.
"""
import json
from datetime import datetime, timezone

# Severity numbers of the OpenTelemetry log data model.
DEBUG, INFO, WARN = (5, "DEBUG"), (9, "INFO"), (13, "WARN")


def nanoseconds(time):
    """RFC 3339 with up to nine digits, in UTC, as nanoseconds since the epoch."""
    seconds, _, fraction = time.rstrip("Z").partition(".")
    whole = datetime.strptime(seconds, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    return int(whole.timestamp()) * 1_000_000_000 + int(fraction.ljust(9, "0") or 0)


def severity(line):
    """WARN: lines or events were lost. DEBUG: no news, as in a snapshot."""
    if line["kind"] == "meta" and line["op"] == "gap":
        return WARN
    if line.get("origin") in ("snapshot", "checkpoint") or (line["kind"] == "meta" and line["op"] not in ("start", "stop", "resync")):
        return DEBUG
    return INFO


def value(it):
    if isinstance(it, bool):
        return {"boolValue": it}
    return {"intValue": str(it)} if isinstance(it, int) else {"stringValue": it}


def attributes(pairs):
    return [{"key": key, "value": value(it)} for key, it in pairs.items() if it is not None]


def record(line, text):
    """The record of a line. `text`: the line as it was written."""
    number, name = severity(line)
    by = line.get("by") or {}
    return {
        "timeUnixNano": str(nanoseconds(line["time"])),
        "severityNumber": number,
        "severityText": name,
        "eventName": f"nlstream.{line['kind']}.{line['op']}",
        "body": {"stringValue": text},
        "attributes": attributes({
            "nlstream.run": line["run"],
            "nlstream.seq": line["seq"],
            "nlstream.kind": line["kind"],
            "nlstream.op": line["op"],
            "nlstream.origin": line.get("origin"),
            "nlstream.id": line.get("id"),
            "nlstream.netns": (line.get("netns") or {}).get("name"),
            "network.interface.name": line.get("ifname"),
            "process.pid": by.get("pid"),
            "process.executable.name": by.get("comm"),
            "process.executable.path": by.get("exe"),
        }),
    }


def request(texts):
    """A request of `/v1/logs` with lines as they were written: a resource for each host."""
    hosts = {}
    for text in texts:
        line = json.loads(text)
        hosts.setdefault(line.get("host"), []).append(record(line, text.rstrip("\n")))
    return {"resourceLogs": [{
        "resource": {"attributes": attributes({"service.name": "nlstream", "host.name": host})},
        "scopeLogs": [{"scope": {"name": "nlstream"}, "logRecords": records}],
    } for host, records in hosts.items()]}
