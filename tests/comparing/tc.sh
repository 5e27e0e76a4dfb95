# Runs a scenario of tc ($SCENARIO), or with $STATS the traffic below, while nlstream writes $LINES. After each command the output of tc is
# appended to $SHOWN: time, command and output on one line, separated by tabs.
settle() { sleep "${SETTLE:-0.3}"; }
show() {
  local out
  sleep 0.2   # so that nlstream has written the event
  out=$(command tc $flags "$@" 2>/dev/null | tr '\n' ' ') && [ -n "$out" ] && printf '%s\t%s\t%s\n' "$(date +%s.%N)" "$*" "$out" >>"$SHOWN"
  true
}
filters() { local on; for on in parent\ 1: ingress egress; do show filter show dev v0 $on; done; [ -z "${1:-}" ] || show filter show block "$1"; }
tc() {
  command tc "$@" || return
  case "$1 $2" in
    "qdisc add" | "qdisc change" | "qdisc replace") show qdisc show ;;
    "class add" | "class change") show class show dev v0 ;;
    "filter add" | "filter change") if [ "$3" = block ]; then filters "$4"; else filters; fi ;;
    "actions add" | "actions change") show actions ls action "$4" ;;
  esac
}

# Sends packets of many sizes, half of them ECN-capable, faster than a queueing discipline transmits them.
traffic() {
  python3 - <<'PY'
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
s.setblocking(False)
for number in range(600):
    s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 2 if number % 2 else 0)
    try:
        s.sendto(bytes(20 + number * 7 % 1400), ("192.0.2.2", 4000 + number % 7))
    except OSError:
        pass
    if number % 100 == 0:
        time.sleep(0.02)
PY
  sleep 2.5
}
# of KIND OPTIONS…: sends traffic through a queueing discipline below a class of htb that limits the rate.
of() {
  echo "# $*" >&2
  command tc qdisc add dev v0 root handle 1: htb default 1 && command tc class add dev v0 parent 1: classid 1:1 htb rate 4mbit burst 2k
  command tc qdisc add dev v0 parent 1:1 handle 5: "$@" || { command tc qdisc del dev v0 root; return; }
  [ -z "${child:-}" ] || { command tc $child && command tc filter add dev v0 parent 5: matchall classid 5:1; }
  traffic
  snapshot
  [ -z "${again:-}" ] || command tc $again   # a class is reported only when it changes
  show class show dev v0; show qdisc show dev v0
  command tc qdisc del dev v0 root
  child="" again=""
}
# Appends a snapshot of nlstream to the lines.
snapshot() { "$NLSTREAM" --snapshot --exit --with details --kind qdisc 2>/dev/null | grep '"op":"present"' >>"$LINES.more"; }
stats() {
  ip addr add 192.0.2.1/24 dev v0; ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev v0
  of red limit 60000 min 3000 max 9000 avpkt 500 burst 10 bandwidth 4mbit probability 0.1 ecn
  of choke limit 100 bandwidth 4mbit min 5 max 20 avpkt 500 burst 12 ecn
  of codel limit 50 target 1ms interval 10ms ecn ce_threshold 1ms
  of fq_codel limit 50 target 1ms interval 10ms flows 16 ce_threshold 1ms
  of pie limit 50 target 1ms tupdate 10ms ecn
  of fq_pie limit 50 flows 16 target 1ms tupdate 10ms ecn
  of fq limit 50 flow_limit 20 maxrate 2mbit
  of hhf limit 50 hh_limit 2 reset_timeout 1s admit_bytes 1000
  of sfq limit 50 perturb 10
  of cake bandwidth 2mbit diffserv4 ack-filter
  of gred setup DPs 2 default 1
  of tbf rate 2mbit burst 5k limit 20000
  of netem delay 5ms loss 5%
  of pfifo limit 10
  of prio
  child="class add dev v0 parent 5: classid 5:1 drr" again="class change dev v0 parent 5: classid 5:1 drr quantum 3000" of drr
  child="class add dev v0 parent 5: classid 5:1 qfq weight 10" again="class change dev v0 parent 5: classid 5:1 qfq weight 11" of qfq
  child="class add dev v0 parent 5: classid 5:1 hfsc ls rate 4mbit" again="class change dev v0 parent 5: classid 5:1 hfsc ls rate 5mbit" of hfsc default 1
  again="class change dev v0 parent 1: classid 1:1 htb rate 5mbit burst 2k" of bfifo limit 5000
}

flags="-d -j"; [ -z "${STATS:-}" ] || flags="-s -d -j"
if [ -n "${SCENARIO:-}" ]; then . "$SCENARIO"; else
  . "$LIBRARY"; setup() { no_ipv6; veth v0 v1; up v0 v1; }; events() { stats; }
fi
set +e
ip link set lo up
"$NLSTREAM" --snapshot --with details --for 900s >"$LINES" & program=$!
until [ -s "$LINES" ]; do sleep 0.1; done
setup; settle; events; settle; kill -INT $program; wait $program
[ ! -f "$LINES.more" ] || cat "$LINES.more" >>"$LINES"
