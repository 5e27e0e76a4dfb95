# jq: lines of nlstream as entries of the journal (Journal Export Format), for systemd-journal-remote(8):
#   jq -r -f journal.jq net.ndjson | systemd-journal-remote -o /var/log/journal/remote/nlstream.journal -
# PRIORITY as in syslog(3). The line is the field NLSTREAM_LINE. Names come from others: without control characters none of
# them ends a field.
def priority:
  if .kind == "meta" and .op == "gap" then 4
  elif .origin == "snapshot" or .origin == "checkpoint" then 7
  elif .kind == "meta" and (.op | IN("start", "stop", "resync") | not) then 7
  else 6 end;
# Microseconds, from the digits: a number of jq has 53 bits.
def microseconds: (.[0:19] + "Z" | fromdate | tostring) + ((.[20:] | rtrimstr("Z")) + "000000")[0:6];
{
  __REALTIME_TIMESTAMP: (.time | microseconds),
  _HOSTNAME: .host,
  SYSLOG_IDENTIFIER: "nlstream",
  PRIORITY: priority,
  MESSAGE: (.message // ([.kind, .op, .ifname] | map(select(.)) | join(" "))),
  NLSTREAM_RUN: .run, NLSTREAM_SEQ: .seq, NLSTREAM_KIND: .kind, NLSTREAM_OP: .op, NLSTREAM_ORIGIN: .origin, NLSTREAM_ID: .id,
  NLSTREAM_NETNS: .netns.name, NLSTREAM_IFNAME: .ifname, NLSTREAM_BY_PID: .by.pid, NLSTREAM_BY_COMM: .by.comm, NLSTREAM_BY_UNIT: .by.unit,
  NLSTREAM_LINE: tojson
}
| [to_entries[] | select(.value != null) | "\(.key)=\(.value | tostring | gsub("[\\x00-\\x1f\\x7f]"; "?"))"] | join("\n") + "\n"
