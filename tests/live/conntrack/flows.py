# Writes the flows in the output of `conntrack -E -o xml,id,timestamp`, or of `conntrack -L -o xml,id`, as JSON lines.
import json, re, sys
import xml.etree.ElementTree as tree

def number(text):
    return None if text is None else int(text, 0)

for line in sys.stdin:
    found = re.search("<flow[ >].*</flow>", line)
    if not found:
        continue
    flow = tree.fromstring(found.group())
    of = {it.get("direction"): it for it in flow.findall("meta")}

    def direction(name):
        it = of[name]
        text = lambda path: it.findtext(path)
        return {
            "src": text("layer3/src"), "dst": text("layer3/dst"),
            "sport": number(text("layer4/sport")), "dport": number(text("layer4/dport")),
            "srckey": number(text("layer4/srckey")), "dstkey": number(text("layer4/dstkey")),
            "zone": number(text("zone")),
            "packets": number(text("counters/packets")), "bytes": number(text("counters/bytes")),
        }

    rest = of["independent"]
    print(json.dumps({
        "type": flow.get("type"),
        "family": of["original"].find("layer3").get("protoname"),
        "proto": of["original"].find("layer4").get("protoname"),
        "original": direction("original"), "reply": direction("reply"),
        "state": rest.findtext("state"), "timeout": number(rest.findtext("timeout")),
        "mark": number(rest.findtext("mark")), "zone": number(rest.findtext("zone")),
        "id": number(rest.findtext("id")),
        "assured": rest.find("assured") is not None, "unreplied": rest.find("unreplied") is not None,
        "deltatime": number(rest.findtext("deltatime")),
    }))
