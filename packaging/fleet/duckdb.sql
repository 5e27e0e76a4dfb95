-- Lines of nlstream in DuckDB: tables, loading, loss, trust, state, retention and questions.
-- Generated from schema/v1.json by `cargo xtask fleet`; the template is xtask/src/fleet/model.sql.
-- docs/fleet.md explains it. The lines need `--with host,id`, and `meta` lines.

-- name: tables
CREATE TABLE nl (
  host text NOT NULL, run text NOT NULL, seq bigint NOT NULL, time TIMESTAMP_NS NOT NULL,
  kind text NOT NULL, op text NOT NULL, origin text, netns text NOT NULL, ifname text,
  id text NOT NULL,          -- the object, with its kind and namespace; empty for messages
  object JSON,         -- its payload
  details JSON,        -- `changed`, `old`, `by` and `nl`
  checkpoint bigint, lost bigint, cause text, gap_from TIMESTAMP_NS,
  incomplete text, kinds text, follows_run text, follows_seq bigint
);
CREATE VIEW nl_lines AS SELECT * FROM nl;
-- The kinds of objects: their lines can be folded.
CREATE TABLE nl_kinds (kind text PRIMARY KEY);
INSERT INTO nl_kinds VALUES ('acaddress'), ('action'), ('address'), ('addrlabel'), ('chain'), ('class'), ('conntrack'), ('devlink'), ('devlink_health'), ('devlink_info'), ('devlink_linecard'), ('devlink_param'), ('devlink_port'), ('devlink_rate'), ('devlink_region'), ('devlink_trap'), ('devlink_trap_group'), ('devlink_trap_policer'), ('dpll_device'), ('dpll_pin'), ('ethtool'), ('expect'), ('fdb'), ('filter'), ('genl_family'), ('l2tp_session'), ('l2tp_tunnel'), ('link'), ('maddress'), ('mdb'), ('mroute'), ('neigh'), ('neightbl'), ('netconf'), ('netdev'), ('netdev_napi'), ('netdev_queue'), ('nexthop'), ('nexthop_bucket'), ('nft_chain'), ('nft_element'), ('nft_flowtable'), ('nft_object'), ('nft_rule'), ('nft_set'), ('nft_table'), ('nsid'), ('ovs_datapath'), ('ovs_vport'), ('qdisc'), ('route'), ('rule'), ('team_option'), ('team_port'), ('thermal_cooling_device'), ('thermal_trip'), ('thermal_zone'), ('vlan'), ('vni'), ('wifi_interface'), ('wifi_regdom'), ('wifi_station'), ('wiphy'), ('xfrm_policy'), ('xfrm_state');

-- name: load
-- Inserts lines, those that are there already not again.
INSERT INTO nl SELECT DISTINCT ON (host, run, seq) * FROM (
  SELECT line->>'$.host' AS host,
  line->>'$.run' AS run,
  CAST(line->>'$.seq' AS bigint) AS seq,
  CAST(line->>'$.time' AS TIMESTAMP_NS) AS time,
  line->>'$.kind' AS kind,
  line->>'$.op' AS op,
  line->>'$.origin' AS origin,
  coalesce(CAST(line->'$.netns' AS text), '') AS netns,
  line->>'$.ifname' AS ifname,
  coalesce(line->>'$.id', '') AS id,
  json_extract(line, '$.' || (line->>'$.kind')) AS object,
  json_object('changed', line->'$.changed', 'old', line->'$.old', 'by', line->'$.by', 'nl', line->'$.nl') AS details,
  CAST(line->>'$.meta.checkpoint' AS bigint) AS checkpoint,
  CAST(line->>'$.meta.lost' AS bigint) AS lost,
  line->>'$.meta.cause' AS cause,
  CAST(line->>'$.meta.from' AS TIMESTAMP_NS) AS gap_from,
  CAST(line->'$.meta.incomplete' AS text) AS incomplete,
  CAST(line->'$.meta.kinds' AS text) AS kinds,
  line->>'$.meta.follows.run' AS follows_run,
  CAST(line->>'$.meta.follows.seq' AS bigint) AS follows_seq
  FROM (SELECT json AS line FROM read_ndjson_objects(getvariable('files'), maximum_object_size = 67108864))
) AS batch ANTI JOIN nl USING (host, run, seq);

-- name: views
-- Lines that are missing between two lines of a run. `explained`: nlstream says that it wrote none
-- (`gap` with the cause `output`); others were lost on the way.
CREATE VIEW nl_holes AS
SELECT host, run, seq - missing AS first, seq - 1 AS last, missing AS lines, time AS before,
  (kind = 'meta' AND op = 'gap' AND cause = 'output' AND lost = missing) AS explained
FROM (
  SELECT host, run, seq, time, kind, op, cause, lost,
    seq - lag(seq, 1, seq - 1) OVER (PARTITION BY host, run ORDER BY seq) - 1 AS missing
  FROM nl_lines
) AS numbered
WHERE missing > 0;

-- What was lost on the way, by run: within it, before its first line that is stored (unless
-- retention removed those lines), and after its last one, as far as the next run says which line it
-- follows.
CREATE VIEW nl_loss AS
SELECT r.host AS host, r.run AS run, r.lines AS lines, r.first_seq AS before_first,
  coalesce(h.lines, 0) AS between_lines,
  CASE WHEN f.seq > r.last_seq THEN f.seq - r.last_seq ELSE 0 END AS after_last
FROM (SELECT host, run, count(*) AS lines, min(seq) AS first_seq, max(seq) AS last_seq FROM nl_lines GROUP BY host, run) AS r
LEFT JOIN (SELECT host, run, (sum(lines)) AS lines FROM nl_holes WHERE NOT explained GROUP BY host, run) AS h
  ON h.host = r.host AND h.run = r.run
LEFT JOIN (SELECT host, follows_run AS run, max(follows_seq) AS seq FROM nl_lines WHERE follows_seq IS NOT NULL GROUP BY host, follows_run) AS f
  ON f.host = r.host AND f.run = r.run;

-- Of each host the run in which the moment lies, its newest complete snapshot or checkpoint before
-- it (`base`), the first line after it (`cut`), and why the state may be wrong; `reason` is NULL if
-- the state is exact. These are the rules of `nlstream state`.
CREATE MACRO nl_trust(moment) AS TABLE
WITH runs AS (
  SELECT host, run, min(time) AS begun, max(time) AS ended, min(seq) AS first_seq FROM nl_lines GROUP BY host, run
), chosen AS (
  SELECT host, run, ended, first_seq FROM (
    SELECT host, run, ended, first_seq, row_number() OVER (PARTITION BY host ORDER BY begun DESC, run DESC) AS nth
    FROM runs WHERE begun <= moment
  ) AS newest WHERE nth = 1
), numbered AS (
  SELECT l.host AS host, l.run AS run, l.seq AS seq, l.time AS time, l.kind AS kind, l.op AS op, l.origin AS origin, l.netns AS netns, l.cause AS cause, l.lost AS lost,
    l.checkpoint AS checkpoint, l.gap_from AS gap_from, l.incomplete AS incomplete, l.kinds AS kinds, c.first_seq AS first_seq, c.ended AS ended,
    min(CASE WHEN l.time > moment THEN l.seq END) OVER (PARTITION BY l.host, l.run) AS cut,
    l.seq - lag(l.seq, 1, l.seq - 1) OVER (PARTITION BY l.host, l.run ORDER BY l.seq) - 1 AS missing
  FROM nl_lines AS l JOIN chosen AS c ON c.host = l.host AND c.run = l.run
), counted AS (
  SELECT *, sum(CASE WHEN missing > 0 AND NOT (kind = 'meta' AND op = 'gap' AND cause = 'output' AND coalesce(lost, 0) = missing) THEN 1 ELSE 0 END)
    OVER (PARTITION BY host, run ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS holes
  FROM numbered
), meta AS (
  SELECT *, cut IS NULL OR seq < cut AS is_before FROM counted WHERE kind = 'meta'
), bases AS (
  SELECT host, run, base, holes, synced FROM (
    SELECT s.host AS host, s.run AS run, s.seq AS synced, coalesce(s.checkpoint, 0) AS base, coalesce(c.holes, 0) AS holes,
      row_number() OVER (PARTITION BY s.host, s.run ORDER BY s.seq DESC) AS nth
    FROM meta AS s
    LEFT JOIN (SELECT host, run, seq, holes FROM meta WHERE op = 'checkpoint') AS c
      ON c.host = s.host AND c.run = s.run AND c.seq = s.checkpoint
    WHERE s.op = 'sync' AND s.is_before
      AND ((s.checkpoint IS NULL AND s.first_seq = 0) OR (s.checkpoint IS NOT NULL AND c.holes = s.holes))
  ) AS complete_ones WHERE nth = 1
), extent AS (
  SELECT c.host AS host, c.run AS run, max(c.cut) AS cut, max(c.ended) AS ended, max(c.first_seq) AS first_seq,
    max(CASE WHEN c.cut IS NULL OR c.seq <= c.cut THEN c.holes END) AS holes,
    max(CASE WHEN c.cut IS NULL OR c.seq < c.cut THEN c.time END) AS last_line,
    min(CASE WHEN c.seq >= c.cut AND c.origin = 'kernel' AND c.kind <> 'meta' THEN c.seq END) AS settled
  FROM counted AS c GROUP BY c.host, c.run
), open_gaps AS (
  SELECT host, run, count(*) AS gaps FROM (
    SELECT m.host AS host, m.run AS run, m.netns AS netns,
      -- A gap is reported when it is noticed, after the moment, but not after a later event.
      max(CASE WHEN m.op = 'gap' AND (m.is_before OR (coalesce(m.gap_from, m.time) <= moment AND (e.settled IS NULL OR m.seq < e.settled))) THEN m.seq END) AS gap,
      max(CASE WHEN m.op = 'resync' AND m.is_before THEN m.seq END) AS resync
    FROM meta AS m
    JOIN extent AS e ON e.host = m.host AND e.run = m.run
    LEFT JOIN bases AS b ON b.host = m.host AND b.run = m.run
    WHERE m.op IN ('gap', 'resync') AND m.seq > coalesce(b.base, -1)
    GROUP BY m.host, m.run, m.netns
  ) AS by_namespace WHERE gap IS NOT NULL AND gap > coalesce(resync, -1) GROUP BY host, run
), listed AS (
  SELECT host, run, seq, incomplete FROM (
    SELECT m.host AS host, m.run AS run, m.seq AS seq, m.incomplete AS incomplete, row_number() OVER (PARTITION BY m.host, m.run ORDER BY m.seq DESC) AS nth
    FROM meta AS m JOIN bases AS b ON b.host = m.host AND b.run = m.run
    WHERE m.is_before AND m.seq >= b.synced AND (m.op = 'resync' OR m.seq = b.synced)
  ) AS newest WHERE nth = 1
), incomplete_kinds AS (
  SELECT host, run, count(*) AS kinds FROM (
    SELECT l.host AS host, l.run AS run, k.kind AS kind,
      max(CASE WHEN m.op = 'complete' AND m.is_before AND m.seq > l.seq AND m.kinds LIKE '%"' || k.kind || '"%' THEN 1 ELSE 0 END) AS is_complete
    FROM listed AS l CROSS JOIN nl_kinds AS k JOIN meta AS m ON m.host = l.host AND m.run = l.run
    WHERE l.incomplete LIKE '%"' || k.kind || '"%'
    GROUP BY l.host, l.run, k.kind
  ) AS by_kind WHERE is_complete = 0 GROUP BY host, run
)
SELECT e.host AS host, e.run AS run, b.base AS base, coalesce(e.cut, 9223372036854775807) AS cut, e.last_line AS last_line,
  CASE
    WHEN e.ended < moment THEN 'the run has no line at or after the moment'
    WHEN b.base IS NOT NULL AND e.holes > b.holes THEN 'lines are missing'
    WHEN g.gaps > 0 THEN 'events were lost and not yet resynced'
    WHEN b.base IS NULL THEN 'no complete snapshot or checkpoint before the moment'
    WHEN i.kinds > 0 THEN 'kinds are incomplete'
  END AS reason
FROM extent AS e
LEFT JOIN bases AS b ON b.host = e.host AND b.run = e.run
LEFT JOIN open_gaps AS g ON g.host = e.host AND g.run = e.run
LEFT JOIN incomplete_kinds AS i ON i.host = e.host AND i.run = e.run
;

-- The objects that exist at the moment, on each host; `reason` as in nl_trust.
CREATE MACRO nl_state(moment) AS TABLE
SELECT host, kind, netns, id, object, since, reason FROM (
  SELECT l.host AS host, l.kind AS kind, l.netns AS netns, l.id AS id, l.object AS object, l.time AS since, l.op AS op, r.reason AS reason,
    row_number() OVER (PARTITION BY l.host, l.id ORDER BY l.seq DESC) AS nth
  FROM nl_lines AS l JOIN nl_trust(moment) AS r ON r.host = l.host AND r.run = l.run
  WHERE l.id <> '' AND l.op IN ('add', 'change', 'present', 'delete') AND l.seq >= coalesce(r.base, 0) AND l.seq < r.cut
) AS newest WHERE nth = 1 AND op <> 'delete'
;

-- name: kinds
-- The lines of each kind, with the fields of its payload as columns.
CREATE VIEW nl_acaddress AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.address' AS "address"
  , CAST(object->>'$.created' AS bigint) AS "created"
  , object->>'$.dev' AS "dev"
  , object->>'$.family' AS "family"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , CAST(object->>'$.prefixlen' AS bigint) AS "prefixlen"
  , object->>'$.scope' AS "scope"
  , CAST(object->>'$.updated' AS bigint) AS "updated"
  , CAST(object->>'$.users' AS bigint) AS "users"
FROM nl_lines WHERE kind = 'acaddress';
CREATE VIEW nl_action AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.cookie' AS "cookie"
  , CAST(object->>'$.flushed' AS bigint) AS "flushed"
  , CAST(object->>'$.in_hw_count' AS bigint) AS "in_hw_count"
  , CAST(object->>'$.index' AS bigint) AS "index"
  , object->>'$.kind' AS "kind"
  , object->>'$.warning' AS "warning"
FROM nl_lines WHERE kind = 'action';
CREATE VIEW nl_address AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.address' AS "address"
  , object->>'$.anycast' AS "anycast"
  , object->>'$.broadcast' AS "broadcast"
  , CAST(object->>'$.created' AS bigint) AS "created"
  , object->>'$.dev' AS "dev"
  , object->>'$.family' AS "family"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , object->>'$.instance' AS "instance"
  , object->>'$.label' AS "label"
  , object->>'$.label_hex' AS "label_hex"
  , object->>'$.local' AS "local"
  , CAST(object->>'$.metric' AS bigint) AS "metric"
  , object->>'$.multicast' AS "multicast"
  , CAST(object->>'$.preferred_life_time' AS bigint) AS "preferred_life_time"
  , CAST(object->>'$.prefixlen' AS bigint) AS "prefixlen"
  , object->>'$.protocol' AS "protocol"
  , object->>'$.scope' AS "scope"
  , CAST(object->>'$.target_netnsid' AS bigint) AS "target_netnsid"
  , CAST(object->>'$.updated' AS bigint) AS "updated"
  , CAST(object->>'$.valid_life_time' AS bigint) AS "valid_life_time"
FROM nl_lines WHERE kind = 'address';
CREATE VIEW nl_addrlabel AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.dev' AS "dev"
  , object->>'$.family' AS "family"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , CAST(object->>'$.label' AS bigint) AS "label"
  , object->>'$.prefix' AS "prefix"
FROM nl_lines WHERE kind = 'addrlabel';
CREATE VIEW nl_chain AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.block' AS bigint) AS "block"
  , CAST(object->>'$.chain' AS bigint) AS "chain"
  , object->>'$.dev' AS "dev"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , object->>'$.kind' AS "kind"
  , object->>'$.parent' AS "parent"
  , CAST(object->>'$.root' AS boolean) AS "root"
  , object->>'$.warning' AS "warning"
FROM nl_lines WHERE kind = 'chain';
CREATE VIEW nl_class AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.dev' AS "dev"
  , object->>'$.handle' AS "handle"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , object->>'$.kind' AS "kind"
  , object->>'$.leaf' AS "leaf"
  , object->>'$.parent' AS "parent"
  , CAST(object->>'$.root' AS boolean) AS "root"
  , object->>'$.warning' AS "warning"
FROM nl_lines WHERE kind = 'class';
CREATE VIEW nl_conntrack AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.dport' AS bigint) AS "dport"
  , object->>'$.dst' AS "dst"
  , CAST(object->>'$.dstkey' AS bigint) AS "dstkey"
  , object->>'$.event_time' AS "event_time"
  , object->>'$.family' AS "family"
  , object->>'$.helper' AS "helper"
  , CAST(object->>'$.icmp_code' AS bigint) AS "icmp_code"
  , CAST(object->>'$.icmp_id' AS bigint) AS "icmp_id"
  , CAST(object->>'$.icmp_type' AS bigint) AS "icmp_type"
  , CAST(object->>'$.id' AS bigint) AS "conntrack_id"
  , object->>'$.labels' AS "labels"
  , object->>'$.mark' AS "mark"
  , CAST(object->>'$.orig_bytes' AS bigint) AS "orig_bytes"
  , CAST(object->>'$.orig_packets' AS bigint) AS "orig_packets"
  , CAST(object->>'$.orig_zone' AS bigint) AS "orig_zone"
  , object->>'$.proto' AS "proto"
  , CAST(object->>'$.reply_bytes' AS bigint) AS "reply_bytes"
  , CAST(object->>'$.reply_packets' AS bigint) AS "reply_packets"
  , object->>'$.security' AS "security"
  , CAST(object->>'$.sport' AS bigint) AS "sport"
  , object->>'$.src' AS "src"
  , CAST(object->>'$.srckey' AS bigint) AS "srckey"
  , object->>'$.start' AS "start"
  , object->>'$.state' AS "state"
  , object->>'$.stop' AS "stop"
  , CAST(object->>'$.synproxy_isn' AS bigint) AS "synproxy_isn"
  , CAST(object->>'$.synproxy_its' AS bigint) AS "synproxy_its"
  , CAST(object->>'$.synproxy_tsoff' AS bigint) AS "synproxy_tsoff"
  , CAST(object->>'$.timeout' AS bigint) AS "timeout"
  , CAST(object->>'$.use' AS bigint) AS "use"
  , CAST(object->>'$.zone' AS bigint) AS "zone"
FROM nl_lines WHERE kind = 'conntrack';
CREATE VIEW nl_devlink AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.bus_name' AS "bus_name"
  , object->>'$.dev_name' AS "dev_name"
  , CAST(object->>'$.index' AS bigint) AS "index"
  , CAST(object->>'$.reload_failed' AS boolean) AS "reload_failed"
FROM nl_lines WHERE kind = 'devlink';
CREATE VIEW nl_devlink_health AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.auto_dump' AS boolean) AS "auto_dump"
  , CAST(object->>'$.auto_recover' AS boolean) AS "auto_recover"
  , CAST(object->>'$.burst_period' AS bigint) AS "burst_period"
  , object->>'$.bus_name' AS "bus_name"
  , object->>'$.dev_name' AS "dev_name"
  , CAST(object->>'$.error' AS bigint) AS "error"
  , CAST(object->>'$.grace_period' AS bigint) AS "grace_period"
  , object->>'$.last_dump' AS "last_dump"
  , CAST(object->>'$.port_index' AS bigint) AS "port_index"
  , CAST(object->>'$.recover' AS bigint) AS "recover"
  , object->>'$.reporter' AS "reporter"
  , object->>'$.state' AS "state"
FROM nl_lines WHERE kind = 'devlink_health';
CREATE VIEW nl_devlink_info AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.board_serial_number' AS "board_serial_number"
  , object->>'$.bus_name' AS "bus_name"
  , object->>'$.dev_name' AS "dev_name"
  , object->>'$.driver' AS "driver"
  , object->>'$.serial_number' AS "serial_number"
FROM nl_lines WHERE kind = 'devlink_info';
CREATE VIEW nl_devlink_linecard AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.bus_name' AS "bus_name"
  , object->>'$.dev_name' AS "dev_name"
  , CAST(object->>'$.linecard' AS bigint) AS "linecard"
  , object->>'$.state' AS "state"
  , object->>'$.type' AS "type"
FROM nl_lines WHERE kind = 'devlink_linecard';
CREATE VIEW nl_devlink_param AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.bus_name' AS "bus_name"
  , object->>'$.dev_name' AS "dev_name"
  , object->>'$.driverinit' AS "driverinit"
  , object->>'$.driverinit_default' AS "driverinit_default"
  , CAST(object->>'$.generic' AS boolean) AS "generic"
  , object->>'$.name' AS "name"
  , object->>'$.permanent' AS "permanent"
  , object->>'$.permanent_default' AS "permanent_default"
  , CAST(object->>'$.port_index' AS bigint) AS "port_index"
  , object->>'$.runtime' AS "runtime"
  , object->>'$.runtime_default' AS "runtime_default"
  , object->>'$.type' AS "type"
FROM nl_lines WHERE kind = 'devlink_param';
CREATE VIEW nl_devlink_port AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.bus_name' AS "bus_name"
  , CAST(object->>'$.controller' AS bigint) AS "controller"
  , object->>'$.desired_type' AS "desired_type"
  , object->>'$.dev_name' AS "dev_name"
  , CAST(object->>'$.external' AS boolean) AS "external"
  , object->>'$.flavour' AS "flavour"
  , object->>'$.ibdev' AS "ibdev"
  , CAST(object->>'$.lanes' AS bigint) AS "lanes"
  , CAST(object->>'$.linecard' AS bigint) AS "linecard"
  , object->>'$.netdev' AS "netdev"
  , CAST(object->>'$.netdev_ifindex' AS bigint) AS "netdev_ifindex"
  , CAST(object->>'$.pfnum' AS bigint) AS "pfnum"
  , CAST(object->>'$.port' AS bigint) AS "port"
  , CAST(object->>'$.port_index' AS bigint) AS "port_index"
  , CAST(object->>'$.sfnum' AS bigint) AS "sfnum"
  , CAST(object->>'$.split_count' AS bigint) AS "split_count"
  , CAST(object->>'$.split_group' AS bigint) AS "split_group"
  , CAST(object->>'$.split_subport' AS bigint) AS "split_subport"
  , CAST(object->>'$.splittable' AS boolean) AS "splittable"
  , object->>'$.type' AS "type"
  , CAST(object->>'$.vfnum' AS bigint) AS "vfnum"
FROM nl_lines WHERE kind = 'devlink_port';
CREATE VIEW nl_devlink_rate AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.bus_name' AS "bus_name"
  , object->>'$.dev_name' AS "dev_name"
  , object->>'$.node' AS "node"
  , object->>'$.parent' AS "parent"
  , CAST(object->>'$.port_index' AS bigint) AS "port_index"
  , CAST(object->>'$.tx_max' AS bigint) AS "tx_max"
  , CAST(object->>'$.tx_priority' AS bigint) AS "tx_priority"
  , CAST(object->>'$.tx_share' AS bigint) AS "tx_share"
  , CAST(object->>'$.tx_weight' AS bigint) AS "tx_weight"
  , object->>'$.type' AS "type"
FROM nl_lines WHERE kind = 'devlink_rate';
CREATE VIEW nl_devlink_region AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.bus_name' AS "bus_name"
  , object->>'$.dev_name' AS "dev_name"
  , CAST(object->>'$.max_snapshots' AS bigint) AS "max_snapshots"
  , object->>'$.name' AS "name"
  , CAST(object->>'$.port_index' AS bigint) AS "port_index"
  , CAST(object->>'$.size' AS bigint) AS "size"
FROM nl_lines WHERE kind = 'devlink_region';
CREATE VIEW nl_devlink_trap AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.action' AS "action"
  , object->>'$.bus_name' AS "bus_name"
  , object->>'$.dev_name' AS "dev_name"
  , CAST(object->>'$.flow_action_cookie' AS boolean) AS "flow_action_cookie"
  , CAST(object->>'$.generic' AS boolean) AS "generic"
  , object->>'$.group' AS "group"
  , CAST(object->>'$.input_port' AS boolean) AS "input_port"
  , object->>'$.name' AS "name"
  , CAST(object->>'$.rx_bytes' AS bigint) AS "rx_bytes"
  , CAST(object->>'$.rx_dropped' AS bigint) AS "rx_dropped"
  , CAST(object->>'$.rx_packets' AS bigint) AS "rx_packets"
  , object->>'$.type' AS "type"
FROM nl_lines WHERE kind = 'devlink_trap';
CREATE VIEW nl_devlink_trap_group AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.bus_name' AS "bus_name"
  , object->>'$.dev_name' AS "dev_name"
  , CAST(object->>'$.generic' AS boolean) AS "generic"
  , object->>'$.name' AS "name"
  , CAST(object->>'$.policer' AS bigint) AS "policer"
  , CAST(object->>'$.rx_bytes' AS bigint) AS "rx_bytes"
  , CAST(object->>'$.rx_packets' AS bigint) AS "rx_packets"
FROM nl_lines WHERE kind = 'devlink_trap_group';
CREATE VIEW nl_devlink_trap_policer AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.burst' AS bigint) AS "burst"
  , object->>'$.bus_name' AS "bus_name"
  , object->>'$.dev_name' AS "dev_name"
  , CAST(object->>'$.policer' AS bigint) AS "policer"
  , CAST(object->>'$.rate' AS bigint) AS "rate"
  , CAST(object->>'$.rx_dropped' AS bigint) AS "rx_dropped"
FROM nl_lines WHERE kind = 'devlink_trap_policer';
CREATE VIEW nl_dpll_device AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.clock_id' AS "clock_id"
  , CAST(object->>'$.frequency_monitor' AS boolean) AS "frequency_monitor"
  , CAST(object->>'$.id' AS bigint) AS "dpll_device_id"
  , object->>'$.lock_status' AS "lock_status"
  , object->>'$.lock_status_error' AS "lock_status_error"
  , object->>'$.mode' AS "mode"
  , object->>'$.module_name' AS "module_name"
  , CAST(object->>'$.phase_offset_avg_factor' AS bigint) AS "phase_offset_avg_factor"
  , CAST(object->>'$.phase_offset_monitor' AS boolean) AS "phase_offset_monitor"
  , CAST(object->>'$.temp' AS bigint) AS "temp"
  , object->>'$.type' AS "type"
FROM nl_lines WHERE kind = 'dpll_device';
CREATE VIEW nl_dpll_pin AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.board_label' AS "board_label"
  , object->>'$.clock_id' AS "clock_id"
  , CAST(object->>'$.esync_frequency' AS bigint) AS "esync_frequency"
  , CAST(object->>'$.esync_pulse' AS bigint) AS "esync_pulse"
  , CAST(object->>'$.fractional_frequency_offset' AS bigint) AS "fractional_frequency_offset"
  , CAST(object->>'$.fractional_frequency_offset_ppt' AS bigint) AS "fractional_frequency_offset_ppt"
  , CAST(object->>'$.frequency' AS bigint) AS "frequency"
  , CAST(object->>'$.id' AS bigint) AS "dpll_pin_id"
  , CAST(object->>'$.measured_frequency' AS bigint) AS "measured_frequency"
  , object->>'$.module_name' AS "module_name"
  , object->>'$.package_label' AS "package_label"
  , object->>'$.panel_label' AS "panel_label"
  , CAST(object->>'$.phase_adjust' AS bigint) AS "phase_adjust"
  , CAST(object->>'$.phase_adjust_gran' AS bigint) AS "phase_adjust_gran"
  , CAST(object->>'$.phase_adjust_max' AS bigint) AS "phase_adjust_max"
  , CAST(object->>'$.phase_adjust_min' AS bigint) AS "phase_adjust_min"
  , object->>'$.type' AS "type"
FROM nl_lines WHERE kind = 'dpll_pin';
CREATE VIEW nl_ethtool AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.dev' AS "dev"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , CAST(object->>'$.index' AS bigint) AS "index"
  , object->>'$.qualifier' AS "qualifier"
  , object->>'$.setting' AS "setting"
FROM nl_lines WHERE kind = 'ethtool';
CREATE VIEW nl_expect AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.class' AS bigint) AS "class"
  , CAST(object->>'$.dport' AS bigint) AS "dport"
  , object->>'$.dst' AS "dst"
  , object->>'$.family' AS "family"
  , object->>'$.function' AS "function"
  , object->>'$.helper' AS "helper"
  , CAST(object->>'$.id' AS bigint) AS "expect_id"
  , object->>'$.nat_dir' AS "nat_dir"
  , object->>'$.proto' AS "proto"
  , CAST(object->>'$.sport' AS bigint) AS "sport"
  , object->>'$.src' AS "src"
  , CAST(object->>'$.timeout' AS bigint) AS "timeout"
  , CAST(object->>'$.zone' AS bigint) AS "zone"
FROM nl_lines WHERE kind = 'expect';
CREATE VIEW nl_fdb AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.activity_notify' AS boolean) AS "activity_notify"
  , object->>'$.dev' AS "dev"
  , object->>'$.dst' AS "dst"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , CAST(object->>'$.inactive' AS boolean) AS "inactive"
  , object->>'$.instance' AS "instance"
  , CAST(object->>'$.link_netnsid' AS bigint) AS "link_netnsid"
  , object->>'$.mac' AS "mac"
  , object->>'$.master' AS "master"
  , CAST(object->>'$.master_index' AS bigint) AS "master_index"
  , CAST(object->>'$.nhid' AS bigint) AS "nhid"
  , CAST(object->>'$.port' AS bigint) AS "port"
  , object->>'$.protocol' AS "protocol"
  , CAST(object->>'$.src_vni' AS bigint) AS "src_vni"
  , object->>'$.state' AS "state"
  , object->>'$.via' AS "via"
  , CAST(object->>'$.via_index' AS bigint) AS "via_index"
  , CAST(object->>'$.vlan' AS bigint) AS "vlan"
  , CAST(object->>'$.vni' AS bigint) AS "vni"
FROM nl_lines WHERE kind = 'fdb';
CREATE VIEW nl_filter AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.block' AS bigint) AS "block"
  , CAST(object->>'$.chain' AS bigint) AS "chain"
  , object->>'$.dev' AS "dev"
  , object->>'$.handle' AS "handle"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , object->>'$.kind' AS "kind"
  , object->>'$.parent' AS "parent"
  , CAST(object->>'$.pref' AS bigint) AS "pref"
  , object->>'$.protocol' AS "protocol"
  , CAST(object->>'$.root' AS boolean) AS "root"
  , object->>'$.warning' AS "warning"
FROM nl_lines WHERE kind = 'filter';
CREATE VIEW nl_genl_family AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.header_size' AS bigint) AS "header_size"
  , CAST(object->>'$.id' AS bigint) AS "genl_family_id"
  , CAST(object->>'$.max_attr' AS bigint) AS "max_attr"
  , object->>'$.name' AS "name"
  , CAST(object->>'$.version' AS bigint) AS "version"
FROM nl_lines WHERE kind = 'genl_family';
CREATE VIEW nl_l2tp_session AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.cookie' AS "cookie"
  , CAST(object->>'$.debug' AS bigint) AS "debug"
  , object->>'$.interface' AS "interface"
  , CAST(object->>'$.lns_mode' AS boolean) AS "lns_mode"
  , object->>'$.peer_cookie' AS "peer_cookie"
  , CAST(object->>'$.peer_session_id' AS bigint) AS "peer_session_id"
  , CAST(object->>'$.peer_tunnel_id' AS bigint) AS "peer_tunnel_id"
  , object->>'$.pw_type' AS "pw_type"
  , CAST(object->>'$.recv_seq' AS boolean) AS "recv_seq"
  , CAST(object->>'$.reorder_timeout' AS bigint) AS "reorder_timeout"
  , CAST(object->>'$.send_seq' AS boolean) AS "send_seq"
  , CAST(object->>'$.session_id' AS bigint) AS "session_id"
  , CAST(object->>'$.tunnel_id' AS bigint) AS "tunnel_id"
  , CAST(object->>'$.using_ipsec' AS boolean) AS "using_ipsec"
FROM nl_lines WHERE kind = 'l2tp_session';
CREATE VIEW nl_l2tp_tunnel AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.checksum' AS boolean) AS "checksum"
  , CAST(object->>'$.debug' AS bigint) AS "debug"
  , object->>'$.encap' AS "encap"
  , object->>'$.local' AS "local"
  , CAST(object->>'$.local_port' AS bigint) AS "local_port"
  , object->>'$.peer' AS "peer"
  , CAST(object->>'$.peer_port' AS bigint) AS "peer_port"
  , CAST(object->>'$.peer_tunnel' AS bigint) AS "peer_tunnel"
  , CAST(object->>'$.tunnel_id' AS bigint) AS "tunnel_id"
  , CAST(object->>'$.udp_zero_csum6_rx' AS boolean) AS "udp_zero_csum6_rx"
  , CAST(object->>'$.udp_zero_csum6_tx' AS boolean) AS "udp_zero_csum6_tx"
  , CAST(object->>'$.version' AS bigint) AS "version"
FROM nl_lines WHERE kind = 'l2tp_tunnel';
CREATE VIEW nl_link AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.address' AS "address"
  , CAST(object->>'$.allmulti' AS bigint) AS "allmulti"
  , object->>'$.broadcast' AS "broadcast"
  , CAST(object->>'$.carrier' AS boolean) AS "carrier"
  , CAST(object->>'$.carrier_changes' AS bigint) AS "carrier_changes"
  , CAST(object->>'$.carrier_down_count' AS bigint) AS "carrier_down_count"
  , CAST(object->>'$.carrier_up_count' AS bigint) AS "carrier_up_count"
  , CAST(object->>'$.dpll_pin' AS bigint) AS "dpll_pin"
  , object->>'$.event' AS "event"
  , CAST(object->>'$.gro_ipv4_max_size' AS bigint) AS "gro_ipv4_max_size"
  , CAST(object->>'$.gro_max_size' AS bigint) AS "gro_max_size"
  , object->>'$.group' AS "group"
  , CAST(object->>'$.gso_ipv4_max_size' AS bigint) AS "gso_ipv4_max_size"
  , CAST(object->>'$.gso_max_segs' AS bigint) AS "gso_max_segs"
  , CAST(object->>'$.gso_max_size' AS bigint) AS "gso_max_size"
  , CAST(object->>'$.headroom' AS bigint) AS "headroom"
  , object->>'$.hwmode' AS "hwmode"
  , object->>'$.ifalias' AS "ifalias"
  , object->>'$.ifalias_hex' AS "ifalias_hex"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , object->>'$.ifname' AS "link_ifname"
  , object->>'$.ifname_hex' AS "ifname_hex"
  , object->>'$.inet6_addr_gen_mode' AS "inet6_addr_gen_mode"
  , CAST(object->>'$.inet6_ra_mtu' AS bigint) AS "inet6_ra_mtu"
  , object->>'$.inet6_token' AS "inet6_token"
  , object->>'$.link' AS "link"
  , CAST(object->>'$.link_index' AS bigint) AS "link_index"
  , CAST(object->>'$.link_netnsid' AS bigint) AS "link_netnsid"
  , CAST(object->>'$.link_pointtopoint' AS boolean) AS "link_pointtopoint"
  , object->>'$.link_type' AS "link_type"
  , object->>'$.linkmode' AS "linkmode"
  , object->>'$.master' AS "master"
  , CAST(object->>'$.master_index' AS bigint) AS "master_index"
  , CAST(object->>'$.max_mtu' AS bigint) AS "max_mtu"
  , CAST(object->>'$.max_pacing_offload_horizon' AS bigint) AS "max_pacing_offload_horizon"
  , CAST(object->>'$.min_mtu' AS bigint) AS "min_mtu"
  , object->>'$.moved_from' AS "moved_from"
  , object->>'$.moved_to' AS "moved_to"
  , CAST(object->>'$.mtu' AS bigint) AS "mtu"
  , CAST(object->>'$.netns_immutable' AS boolean) AS "netns_immutable"
  , CAST(object->>'$.new_ifindex' AS bigint) AS "new_ifindex"
  , CAST(object->>'$.new_netnsid' AS bigint) AS "new_netnsid"
  , CAST(object->>'$.num_rx_queues' AS bigint) AS "num_rx_queues"
  , CAST(object->>'$.num_tx_queues' AS bigint) AS "num_tx_queues"
  , CAST(object->>'$.num_vf' AS bigint) AS "num_vf"
  , object->>'$.operstate' AS "operstate"
  , object->>'$.parentbus' AS "parentbus"
  , object->>'$.parentdev' AS "parentdev"
  , object->>'$.permaddr' AS "permaddr"
  , object->>'$.phys_port_id' AS "phys_port_id"
  , object->>'$.phys_port_name' AS "phys_port_name"
  , object->>'$.phys_switch_id' AS "phys_switch_id"
  , CAST(object->>'$.promiscuity' AS bigint) AS "promiscuity"
  , CAST(object->>'$.proto_down' AS boolean) AS "proto_down"
  , object->>'$.qdisc' AS "qdisc"
  , CAST(object->>'$.tailroom' AS bigint) AS "tailroom"
  , CAST(object->>'$.target_netnsid' AS bigint) AS "target_netnsid"
  , CAST(object->>'$.tso_max_segs' AS bigint) AS "tso_max_segs"
  , CAST(object->>'$.tso_max_size' AS bigint) AS "tso_max_size"
  , CAST(object->>'$.txqlen' AS bigint) AS "txqlen"
  , object->>'$.wireless' AS "wireless"
FROM nl_lines WHERE kind = 'link';
CREATE VIEW nl_maddress AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.address' AS "address"
  , CAST(object->>'$.created' AS bigint) AS "created"
  , object->>'$.dev' AS "dev"
  , object->>'$.family' AS "family"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , CAST(object->>'$.prefixlen' AS bigint) AS "prefixlen"
  , object->>'$.scope' AS "scope"
  , CAST(object->>'$.updated' AS bigint) AS "updated"
  , CAST(object->>'$.users' AS bigint) AS "users"
FROM nl_lines WHERE kind = 'maddress';
CREATE VIEW nl_mdb AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.dev' AS "dev"
  , object->>'$.dst' AS "dst"
  , CAST(object->>'$.dst_port' AS bigint) AS "dst_port"
  , object->>'$.filter_mode' AS "filter_mode"
  , object->>'$.grp' AS "grp"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , object->>'$.port' AS "port"
  , CAST(object->>'$.port_index' AS bigint) AS "port_index"
  , object->>'$.protocol' AS "protocol"
  , object->>'$.router' AS "router"
  , object->>'$.src' AS "src"
  , CAST(object->>'$.src_vni' AS bigint) AS "src_vni"
  , object->>'$.state' AS "state"
  , object->>'$.via' AS "via"
  , CAST(object->>'$.via_index' AS bigint) AS "via_index"
  , CAST(object->>'$.vid' AS bigint) AS "vid"
  , CAST(object->>'$.vni' AS bigint) AS "vni"
FROM nl_lines WHERE kind = 'mdb';
CREATE VIEW nl_mroute AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.dst' AS "dst"
  , object->>'$.family' AS "family"
  , object->>'$.iif' AS "iif"
  , CAST(object->>'$.iif_index' AS bigint) AS "iif_index"
  , object->>'$.protocol' AS "protocol"
  , object->>'$.src' AS "src"
  , object->>'$.state' AS "state"
  , object->>'$.table' AS "table"
FROM nl_lines WHERE kind = 'mroute';
CREATE VIEW nl_neigh AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.dev' AS "dev"
  , object->>'$.dst' AS "dst"
  , object->>'$.family' AS "family"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , object->>'$.lladdr' AS "lladdr"
  , CAST(object->>'$.probes' AS bigint) AS "probes"
  , object->>'$.protocol' AS "protocol"
  , CAST(object->>'$.proxy' AS boolean) AS "proxy"
  , CAST(object->>'$.vni' AS bigint) AS "vni"
FROM nl_lines WHERE kind = 'neigh';
CREATE VIEW nl_neightbl AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.anycast_delay' AS bigint) AS "anycast_delay"
  , CAST(object->>'$.app_probes' AS bigint) AS "app_probes"
  , CAST(object->>'$.base_reachable' AS bigint) AS "base_reachable"
  , CAST(object->>'$.delay_probe' AS bigint) AS "delay_probe"
  , object->>'$.dev' AS "dev"
  , object->>'$.family' AS "family"
  , CAST(object->>'$.gc_interval' AS bigint) AS "gc_interval"
  , CAST(object->>'$.gc_stale' AS bigint) AS "gc_stale"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , CAST(object->>'$.interval_probe_time' AS bigint) AS "interval_probe_time"
  , CAST(object->>'$.locktime' AS bigint) AS "locktime"
  , CAST(object->>'$.mcast_probes' AS bigint) AS "mcast_probes"
  , CAST(object->>'$.mcast_reprobes' AS bigint) AS "mcast_reprobes"
  , object->>'$.name' AS "name"
  , CAST(object->>'$.proxy_delay' AS bigint) AS "proxy_delay"
  , CAST(object->>'$.proxy_queue' AS bigint) AS "proxy_queue"
  , CAST(object->>'$.queue' AS bigint) AS "queue"
  , CAST(object->>'$.queue_bytes' AS bigint) AS "queue_bytes"
  , CAST(object->>'$.reachable' AS bigint) AS "reachable"
  , CAST(object->>'$.refcnt' AS bigint) AS "refcnt"
  , CAST(object->>'$.retrans' AS bigint) AS "retrans"
  , CAST(object->>'$.thresh1' AS bigint) AS "thresh1"
  , CAST(object->>'$.thresh2' AS bigint) AS "thresh2"
  , CAST(object->>'$.thresh3' AS bigint) AS "thresh3"
  , CAST(object->>'$.ucast_probes' AS bigint) AS "ucast_probes"
FROM nl_lines WHERE kind = 'neightbl';
CREATE VIEW nl_netconf AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.bc_forwarding' AS boolean) AS "bc_forwarding"
  , object->>'$.dev' AS "dev"
  , object->>'$.family' AS "family"
  , CAST(object->>'$.force_forwarding' AS boolean) AS "force_forwarding"
  , CAST(object->>'$.forwarding' AS boolean) AS "forwarding"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , CAST(object->>'$.ignore_routes_with_linkdown' AS boolean) AS "ignore_routes_with_linkdown"
  , CAST(object->>'$.input' AS boolean) AS "input"
  , object->>'$.interface' AS "interface"
  , CAST(object->>'$.mc_forwarding' AS boolean) AS "mc_forwarding"
  , CAST(object->>'$.proxy_neigh' AS boolean) AS "proxy_neigh"
  , object->>'$.rp_filter' AS "rp_filter"
FROM nl_lines WHERE kind = 'netconf';
CREATE VIEW nl_netdev AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.dev' AS "dev"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , CAST(object->>'$.xdp_zc_max_segs' AS bigint) AS "xdp_zc_max_segs"
FROM nl_lines WHERE kind = 'netdev';
CREATE VIEW nl_netdev_napi AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.defer_hard_irqs' AS bigint) AS "defer_hard_irqs"
  , object->>'$.dev' AS "dev"
  , CAST(object->>'$.gro_flush_timeout' AS bigint) AS "gro_flush_timeout"
  , CAST(object->>'$.id' AS bigint) AS "netdev_napi_id"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , CAST(object->>'$.irq' AS bigint) AS "irq"
  , CAST(object->>'$.irq_suspend_timeout' AS bigint) AS "irq_suspend_timeout"
  , CAST(object->>'$.pid' AS bigint) AS "pid"
  , object->>'$.threaded' AS "threaded"
FROM nl_lines WHERE kind = 'netdev_napi';
CREATE VIEW nl_netdev_queue AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.dev' AS "dev"
  , CAST(object->>'$.dmabuf' AS bigint) AS "dmabuf"
  , CAST(object->>'$.id' AS bigint) AS "netdev_queue_id"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , CAST(object->>'$.io_uring' AS boolean) AS "io_uring"
  , object->>'$.lease' AS "lease"
  , CAST(object->>'$.napi_id' AS bigint) AS "napi_id"
  , object->>'$.type' AS "type"
  , CAST(object->>'$.xsk' AS boolean) AS "xsk"
FROM nl_lines WHERE kind = 'netdev_queue';
CREATE VIEW nl_nexthop AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.dev' AS "dev"
  , CAST(object->>'$.dst_port' AS bigint) AS "dst_port"
  , object->>'$.family' AS "family"
  , object->>'$.gateway' AS "gateway"
  , CAST(object->>'$.hw_stats_enabled' AS boolean) AS "hw_stats_enabled"
  , CAST(object->>'$.hw_stats_used' AS boolean) AS "hw_stats_used"
  , CAST(object->>'$.id' AS bigint) AS "nexthop_id"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , object->>'$.protocol' AS "protocol"
  , object->>'$.scope' AS "scope"
  , object->>'$.type' AS "type"
FROM nl_lines WHERE kind = 'nexthop';
CREATE VIEW nl_nexthop_bucket AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.id' AS bigint) AS "nexthop_bucket_id"
  , CAST(object->>'$.index' AS bigint) AS "index"
  , CAST(object->>'$.nhid' AS bigint) AS "nhid"
FROM nl_lines WHERE kind = 'nexthop_bucket';
CREATE VIEW nl_nft_chain AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.comment' AS "comment"
  , object->>'$.family' AS "family"
  , CAST(object->>'$.generation' AS bigint) AS "generation"
  , CAST(object->>'$.handle' AS bigint) AS "handle"
  , object->>'$.hook' AS "hook"
  , object->>'$.name' AS "name"
  , object->>'$.policy' AS "policy"
  , CAST(object->>'$.prio' AS bigint) AS "prio"
  , object->>'$.table' AS "table"
  , object->>'$.type' AS "type"
  , CAST(object->>'$.use' AS bigint) AS "use"
  , object->>'$.userdata' AS "userdata"
FROM nl_lines WHERE kind = 'nft_chain';
CREATE VIEW nl_nft_element AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.comment' AS "comment"
  , object->>'$.data' AS "data"
  , object->>'$.data_text' AS "data_text"
  , object->>'$.end_text' AS "end_text"
  , object->>'$.family' AS "family"
  , CAST(object->>'$.generation' AS bigint) AS "generation"
  , object->>'$.key' AS "key"
  , object->>'$.key_end' AS "key_end"
  , object->>'$.object' AS "nft_element_object"
  , object->>'$.set' AS "set"
  , object->>'$.table' AS "table"
  , object->>'$.text' AS "text"
  , object->>'$.userdata' AS "userdata"
FROM nl_lines WHERE kind = 'nft_element';
CREATE VIEW nl_nft_flowtable AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.family' AS "family"
  , CAST(object->>'$.generation' AS bigint) AS "generation"
  , CAST(object->>'$.handle' AS bigint) AS "handle"
  , object->>'$.hook' AS "hook"
  , object->>'$.name' AS "name"
  , CAST(object->>'$.prio' AS bigint) AS "prio"
  , object->>'$.table' AS "table"
  , CAST(object->>'$.use' AS bigint) AS "use"
FROM nl_lines WHERE kind = 'nft_flowtable';
CREATE VIEW nl_nft_object AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.comment' AS "comment"
  , object->>'$.family' AS "family"
  , CAST(object->>'$.generation' AS bigint) AS "generation"
  , CAST(object->>'$.handle' AS bigint) AS "handle"
  , object->>'$.name' AS "name"
  , object->>'$.table' AS "table"
  , object->>'$.type' AS "type"
  , CAST(object->>'$.use' AS bigint) AS "use"
  , object->>'$.userdata' AS "userdata"
FROM nl_lines WHERE kind = 'nft_object';
CREATE VIEW nl_nft_rule AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.chain' AS "chain"
  , object->>'$.comment' AS "comment"
  , CAST(object->>'$.compat_flags' AS bigint) AS "compat_flags"
  , CAST(object->>'$.compat_proto' AS bigint) AS "compat_proto"
  , object->>'$.family' AS "family"
  , CAST(object->>'$.generation' AS bigint) AS "generation"
  , CAST(object->>'$.handle' AS bigint) AS "handle"
  , CAST(object->>'$.position' AS bigint) AS "position"
  , object->>'$.table' AS "table"
  , object->>'$.userdata' AS "userdata"
FROM nl_lines WHERE kind = 'nft_rule';
CREATE VIEW nl_nft_set AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.backend' AS "backend"
  , object->>'$.comment' AS "comment"
  , CAST(object->>'$.count' AS bigint) AS "count"
  , CAST(object->>'$.data_len' AS bigint) AS "data_len"
  , object->>'$.data_type' AS "data_type"
  , object->>'$.family' AS "family"
  , CAST(object->>'$.generation' AS bigint) AS "generation"
  , CAST(object->>'$.handle' AS bigint) AS "handle"
  , CAST(object->>'$.key_len' AS bigint) AS "key_len"
  , object->>'$.key_type' AS "key_type"
  , object->>'$.name' AS "name"
  , object->>'$.obj_type' AS "obj_type"
  , object->>'$.policy' AS "policy"
  , CAST(object->>'$.size' AS bigint) AS "size"
  , object->>'$.table' AS "table"
  , object->>'$.userdata' AS "userdata"
FROM nl_lines WHERE kind = 'nft_set';
CREATE VIEW nl_nft_table AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.comment' AS "comment"
  , object->>'$.family' AS "family"
  , CAST(object->>'$.generation' AS bigint) AS "generation"
  , CAST(object->>'$.handle' AS bigint) AS "handle"
  , object->>'$.name' AS "name"
  , CAST(object->>'$.owner' AS bigint) AS "owner"
  , CAST(object->>'$.use' AS bigint) AS "use"
  , object->>'$.userdata' AS "userdata"
FROM nl_lines WHERE kind = 'nft_table';
CREATE VIEW nl_nsid AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.current_nsid' AS bigint) AS "current_nsid"
  , CAST(object->>'$.fd' AS bigint) AS "fd"
  , CAST(object->>'$.nsid' AS bigint) AS "nsid"
  , CAST(object->>'$.pid' AS bigint) AS "pid"
FROM nl_lines WHERE kind = 'nsid';
CREATE VIEW nl_ovs_datapath AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.dev' AS "dev"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , CAST(object->>'$.masks_cache_size' AS bigint) AS "masks_cache_size"
  , CAST(object->>'$.upcall_pid' AS bigint) AS "upcall_pid"
FROM nl_lines WHERE kind = 'ovs_datapath';
CREATE VIEW nl_ovs_vport AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.dev' AS "dev"
  , object->>'$.dp' AS "dp"
  , CAST(object->>'$.dp_ifindex' AS bigint) AS "dp_ifindex"
  , CAST(object->>'$.dst_port' AS bigint) AS "dst_port"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , object->>'$.name' AS "name"
  , CAST(object->>'$.netns_ifindex' AS bigint) AS "netns_ifindex"
  , CAST(object->>'$.netnsid' AS bigint) AS "netnsid"
  , CAST(object->>'$.port_no' AS bigint) AS "port_no"
  , object->>'$.type' AS "type"
  , CAST(object->>'$.vxlan_gbp' AS boolean) AS "vxlan_gbp"
FROM nl_lines WHERE kind = 'ovs_vport';
CREATE VIEW nl_qdisc AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.dev' AS "dev"
  , CAST(object->>'$.egress_block' AS bigint) AS "egress_block"
  , object->>'$.handle' AS "handle"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , CAST(object->>'$.ingress_block' AS bigint) AS "ingress_block"
  , CAST(object->>'$.invisible' AS boolean) AS "invisible"
  , object->>'$.kind' AS "kind"
  , CAST(object->>'$.offloaded' AS boolean) AS "offloaded"
  , object->>'$.parent' AS "parent"
  , CAST(object->>'$.refcnt' AS bigint) AS "refcnt"
  , CAST(object->>'$.root' AS boolean) AS "root"
  , object->>'$.warning' AS "warning"
FROM nl_lines WHERE kind = 'qdisc';
CREATE VIEW nl_route AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.del_reason' AS "del_reason"
  , object->>'$.dev' AS "dev"
  , object->>'$.dst' AS "dst"
  , CAST(object->>'$.error' AS bigint) AS "error"
  , CAST(object->>'$.expires' AS bigint) AS "expires"
  , object->>'$.family' AS "family"
  , object->>'$.gateway' AS "gateway"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , object->>'$.iif' AS "iif"
  , CAST(object->>'$.iif_index' AS bigint) AS "iif_index"
  , object->>'$.instance' AS "instance"
  , CAST(object->>'$.mark' AS bigint) AS "mark"
  , CAST(object->>'$.metric' AS bigint) AS "metric"
  , object->>'$.newdst' AS "newdst"
  , CAST(object->>'$.nhid' AS bigint) AS "nhid"
  , object->>'$.pref' AS "pref"
  , object->>'$.prefsrc' AS "prefsrc"
  , object->>'$.protocol' AS "protocol"
  , object->>'$.scope' AS "scope"
  , object->>'$.src' AS "src"
  , object->>'$.table' AS "table"
  , object->>'$.tos' AS "tos"
  , CAST(object->>'$.ttl_propagate' AS boolean) AS "ttl_propagate"
  , object->>'$.type' AS "type"
  , CAST(object->>'$.uid' AS bigint) AS "uid"
FROM nl_lines WHERE kind = 'route';
CREATE VIEW nl_rule AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.action' AS "action"
  , CAST(object->>'$.dport' AS bigint) AS "dport"
  , CAST(object->>'$.dport_end' AS bigint) AS "dport_end"
  , object->>'$.dport_mask' AS "dport_mask"
  , CAST(object->>'$.dport_start' AS bigint) AS "dport_start"
  , object->>'$.dscp' AS "dscp"
  , object->>'$.dscp_mask' AS "dscp_mask"
  , object->>'$.dst' AS "dst"
  , CAST(object->>'$.dstlen' AS bigint) AS "dstlen"
  , object->>'$.family' AS "family"
  , object->>'$.flow_from' AS "flow_from"
  , object->>'$.flow_to' AS "flow_to"
  , object->>'$.flowlabel' AS "flowlabel"
  , object->>'$.flowlabel_mask' AS "flowlabel_mask"
  , object->>'$.fwmark' AS "fwmark"
  , object->>'$.fwmask' AS "fwmask"
  , CAST(object->>'$.goto' AS bigint) AS "goto"
  , object->>'$.iif' AS "iif"
  , object->>'$.iif_hex' AS "iif_hex"
  , object->>'$.ipproto' AS "ipproto"
  , object->>'$.oif' AS "oif"
  , object->>'$.oif_hex' AS "oif_hex"
  , CAST(object->>'$.priority' AS bigint) AS "priority"
  , object->>'$.protocol' AS "protocol"
  , CAST(object->>'$.sport' AS bigint) AS "sport"
  , CAST(object->>'$.sport_end' AS bigint) AS "sport_end"
  , object->>'$.sport_mask' AS "sport_mask"
  , CAST(object->>'$.sport_start' AS bigint) AS "sport_start"
  , object->>'$.src' AS "src"
  , CAST(object->>'$.srclen' AS bigint) AS "srclen"
  , object->>'$.suppress_ifgroup' AS "suppress_ifgroup"
  , CAST(object->>'$.suppress_prefixlen' AS bigint) AS "suppress_prefixlen"
  , object->>'$.table' AS "table"
  , object->>'$.tos' AS "tos"
  , object->>'$.tun_id' AS "tun_id"
  , CAST(object->>'$.uid_end' AS bigint) AS "uid_end"
  , CAST(object->>'$.uid_start' AS bigint) AS "uid_start"
FROM nl_lines WHERE kind = 'rule';
CREATE VIEW nl_team_option AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.array_index' AS bigint) AS "array_index"
  , object->>'$.dev' AS "dev"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , object->>'$.name' AS "name"
  , object->>'$.port' AS "port"
  , CAST(object->>'$.port_ifindex' AS bigint) AS "port_ifindex"
  , object->>'$.type' AS "type"
  , object->>'$.value' AS "value"
FROM nl_lines WHERE kind = 'team_option';
CREATE VIEW nl_team_port AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.dev' AS "dev"
  , object->>'$.duplex' AS "duplex"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , CAST(object->>'$.linkup' AS boolean) AS "linkup"
  , object->>'$.port' AS "port"
  , CAST(object->>'$.port_ifindex' AS bigint) AS "port_ifindex"
  , CAST(object->>'$.speed' AS bigint) AS "speed"
FROM nl_lines WHERE kind = 'team_port';
CREATE VIEW nl_thermal_cooling_device AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.id' AS bigint) AS "thermal_cooling_device_id"
  , CAST(object->>'$.max_state' AS bigint) AS "max_state"
  , object->>'$.name' AS "name"
  , CAST(object->>'$.state' AS bigint) AS "state"
FROM nl_lines WHERE kind = 'thermal_cooling_device';
CREATE VIEW nl_thermal_trip AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.hyst' AS bigint) AS "hyst"
  , CAST(object->>'$.id' AS bigint) AS "thermal_trip_id"
  , CAST(object->>'$.temp' AS bigint) AS "temp"
  , object->>'$.type' AS "type"
  , CAST(object->>'$.zone' AS bigint) AS "zone"
FROM nl_lines WHERE kind = 'thermal_trip';
CREATE VIEW nl_thermal_zone AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.governor' AS "governor"
  , CAST(object->>'$.id' AS bigint) AS "thermal_zone_id"
  , object->>'$.name' AS "name"
FROM nl_lines WHERE kind = 'thermal_zone';
CREATE VIEW nl_vlan AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.dev' AS "dev"
  , CAST(object->>'$.global' AS boolean) AS "global"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , CAST(object->>'$.mcast_igmp_version' AS bigint) AS "mcast_igmp_version"
  , CAST(object->>'$.mcast_last_member_count' AS bigint) AS "mcast_last_member_count"
  , CAST(object->>'$.mcast_last_member_interval' AS bigint) AS "mcast_last_member_interval"
  , CAST(object->>'$.mcast_max_groups' AS bigint) AS "mcast_max_groups"
  , CAST(object->>'$.mcast_membership_interval' AS bigint) AS "mcast_membership_interval"
  , CAST(object->>'$.mcast_mld_version' AS bigint) AS "mcast_mld_version"
  , CAST(object->>'$.mcast_n_groups' AS bigint) AS "mcast_n_groups"
  , CAST(object->>'$.mcast_querier' AS boolean) AS "mcast_querier"
  , CAST(object->>'$.mcast_querier_interval' AS bigint) AS "mcast_querier_interval"
  , CAST(object->>'$.mcast_query_interval' AS bigint) AS "mcast_query_interval"
  , CAST(object->>'$.mcast_query_response_interval' AS bigint) AS "mcast_query_response_interval"
  , CAST(object->>'$.mcast_router' AS bigint) AS "mcast_router"
  , CAST(object->>'$.mcast_snooping' AS boolean) AS "mcast_snooping"
  , CAST(object->>'$.mcast_startup_query_count' AS bigint) AS "mcast_startup_query_count"
  , CAST(object->>'$.mcast_startup_query_interval' AS bigint) AS "mcast_startup_query_interval"
  , CAST(object->>'$.msti' AS bigint) AS "msti"
  , CAST(object->>'$.neigh_forward_grat' AS boolean) AS "neigh_forward_grat"
  , CAST(object->>'$.neigh_suppress' AS boolean) AS "neigh_suppress"
  , object->>'$.state' AS "state"
  , CAST(object->>'$.tunid' AS bigint) AS "tunid"
  , CAST(object->>'$.vlan' AS bigint) AS "vlan"
  , CAST(object->>'$.vlan_end' AS bigint) AS "vlan_end"
FROM nl_lines WHERE kind = 'vlan';
CREATE VIEW nl_vni AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.dev' AS "dev"
  , object->>'$.group' AS "group"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , CAST(object->>'$.vni' AS bigint) AS "vni"
  , CAST(object->>'$.vni_end' AS bigint) AS "vni_end"
FROM nl_lines WHERE kind = 'vni';
CREATE VIEW nl_wifi_interface AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.addr' AS "addr"
  , CAST(object->>'$.center_freq1' AS bigint) AS "center_freq1"
  , CAST(object->>'$.center_freq2' AS bigint) AS "center_freq2"
  , object->>'$.channel_type' AS "channel_type"
  , object->>'$.dev' AS "dev"
  , CAST(object->>'$.four_addr' AS boolean) AS "four_addr"
  , CAST(object->>'$.freq' AS bigint) AS "freq"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , object->>'$.iftype' AS "iftype"
  , object->>'$.ssid' AS "ssid"
  , CAST(object->>'$.tx_power' AS bigint) AS "tx_power"
  , CAST(object->>'$.wdev' AS bigint) AS "wdev"
  , object->>'$.width' AS "width"
  , CAST(object->>'$.wiphy' AS bigint) AS "wiphy"
FROM nl_lines WHERE kind = 'wifi_interface';
CREATE VIEW nl_wifi_regdom AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.country' AS "country"
  , object->>'$.dfs_region' AS "dfs_region"
  , object->>'$.hint' AS "hint"
  , object->>'$.scope' AS "scope"
  , CAST(object->>'$.self_managed' AS boolean) AS "self_managed"
  , CAST(object->>'$.wiphy' AS bigint) AS "wiphy"
FROM nl_lines WHERE kind = 'wifi_regdom';
CREATE VIEW nl_wifi_station AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.beacon_loss' AS bigint) AS "beacon_loss"
  , CAST(object->>'$.connected_time' AS bigint) AS "connected_time"
  , object->>'$.dev' AS "dev"
  , CAST(object->>'$.expected_throughput' AS bigint) AS "expected_throughput"
  , CAST(object->>'$.ifindex' AS bigint) AS "ifindex"
  , CAST(object->>'$.inactive_time' AS bigint) AS "inactive_time"
  , object->>'$.mac' AS "mac"
  , CAST(object->>'$.rx_bytes' AS bigint) AS "rx_bytes"
  , CAST(object->>'$.rx_packets' AS bigint) AS "rx_packets"
  , CAST(object->>'$.signal' AS bigint) AS "signal"
  , CAST(object->>'$.signal_avg' AS bigint) AS "signal_avg"
  , CAST(object->>'$.tx_bytes' AS bigint) AS "tx_bytes"
  , CAST(object->>'$.tx_failed' AS bigint) AS "tx_failed"
  , CAST(object->>'$.tx_packets' AS bigint) AS "tx_packets"
  , CAST(object->>'$.tx_retries' AS bigint) AS "tx_retries"
FROM nl_lines WHERE kind = 'wifi_station';
CREATE VIEW nl_wiphy AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , CAST(object->>'$.antenna_avail_rx' AS bigint) AS "antenna_avail_rx"
  , CAST(object->>'$.antenna_avail_tx' AS bigint) AS "antenna_avail_tx"
  , CAST(object->>'$.antenna_rx' AS bigint) AS "antenna_rx"
  , CAST(object->>'$.antenna_tx' AS bigint) AS "antenna_tx"
  , CAST(object->>'$.coverage_class' AS bigint) AS "coverage_class"
  , CAST(object->>'$.frag_threshold' AS bigint) AS "frag_threshold"
  , object->>'$.name' AS "name"
  , CAST(object->>'$.retry_long' AS bigint) AS "retry_long"
  , CAST(object->>'$.retry_short' AS bigint) AS "retry_short"
  , CAST(object->>'$.rts_threshold' AS bigint) AS "rts_threshold"
  , CAST(object->>'$.wiphy' AS bigint) AS "wiphy"
FROM nl_lines WHERE kind = 'wiphy';
CREATE VIEW nl_xfrm_policy AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.action' AS "action"
  , object->>'$.dir' AS "dir"
  , object->>'$.expired' AS "expired"
  , object->>'$.family' AS "family"
  , object->>'$.if_id' AS "if_id"
  , CAST(object->>'$.index' AS bigint) AS "index"
  , object->>'$.mark' AS "mark"
  , object->>'$.mark_mask' AS "mark_mask"
  , CAST(object->>'$.priority' AS bigint) AS "priority"
  , object->>'$.ptype' AS "ptype"
  , object->>'$.security' AS "security"
  , object->>'$.share' AS "share"
FROM nl_lines WHERE kind = 'xfrm_policy';
CREATE VIEW nl_xfrm_state AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , object->>'$.coa' AS "coa"
  , object->>'$.dir' AS "dir"
  , object->>'$.dst' AS "dst"
  , object->>'$.expired' AS "expired"
  , object->>'$.family' AS "family"
  , object->>'$.if_id' AS "if_id"
  , CAST(object->>'$.iptfs_dont_frag' AS boolean) AS "iptfs_dont_frag"
  , CAST(object->>'$.iptfs_drop_time' AS bigint) AS "iptfs_drop_time"
  , CAST(object->>'$.iptfs_init_delay' AS bigint) AS "iptfs_init_delay"
  , CAST(object->>'$.iptfs_max_queue_size' AS bigint) AS "iptfs_max_queue_size"
  , CAST(object->>'$.iptfs_packet_size' AS bigint) AS "iptfs_packet_size"
  , CAST(object->>'$.iptfs_reorder_window' AS bigint) AS "iptfs_reorder_window"
  , CAST(object->>'$.last_used' AS bigint) AS "last_used"
  , CAST(object->>'$.mapping_threshold' AS bigint) AS "mapping_threshold"
  , object->>'$.mark' AS "mark"
  , object->>'$.mark_mask' AS "mark_mask"
  , object->>'$.mode' AS "mode"
  , CAST(object->>'$.nat_keepalive' AS bigint) AS "nat_keepalive"
  , object->>'$.output_mark' AS "output_mark"
  , object->>'$.output_mark_mask' AS "output_mark_mask"
  , CAST(object->>'$.pcpu' AS bigint) AS "pcpu"
  , object->>'$.proto' AS "proto"
  , CAST(object->>'$.replay_window' AS bigint) AS "replay_window"
  , CAST(object->>'$.reqid' AS bigint) AS "reqid"
  , object->>'$.security' AS "security"
  , CAST(object->>'$.seq' AS bigint) AS "xfrm_state_seq"
  , object->>'$.spi' AS "spi"
  , object->>'$.src' AS "src"
  , CAST(object->>'$.tfcpad' AS bigint) AS "tfcpad"
FROM nl_lines WHERE kind = 'xfrm_state';

-- name: questions
-- Which hosts are silent: the newest line of each host, and its run.
CREATE VIEW nl_hosts AS
SELECT host, run, last_line, lines FROM (
  SELECT host, run, max(time) AS last_line, count(*) AS lines, row_number() OVER (PARTITION BY host ORDER BY max(time) DESC) AS nth
  FROM nl_lines GROUP BY host, run
) AS runs WHERE nth = 1;
-- When did a host lose events of the kernel, or lines.
CREATE VIEW nl_gaps AS
SELECT host, run, seq, time, netns, cause, lost, gap_from FROM nl_lines WHERE kind = 'meta' AND op = 'gap';
-- Which hosts changed their default route, from and to which gateway.
CREATE VIEW nl_default_routes AS
SELECT host, time, op, origin, "table", "dst", "gateway", "dev", details->>'$.old.gateway' AS former_gateway FROM nl_route
WHERE op IN ('add', 'change', 'delete') AND "dst" IN ('0.0.0.0/0', '::/0');
-- Which links went down.
CREATE VIEW nl_link_downs AS
SELECT host, time, ifname, "operstate" FROM nl_link WHERE op = 'change' AND list_contains(CAST(details->'$.changed' AS VARCHAR[]), 'operstate') AND "operstate" <> 'UP';
-- Which neighbours did not answer.
CREATE VIEW nl_neighbour_failures AS
SELECT host, time, ifname, "dst" FROM nl_neigh WHERE op = 'change' AND list_contains(CAST(details->'$.changed' AS VARCHAR[]), 'state') AND list_contains(CAST(object->'$.state' AS VARCHAR[]), 'FAILED');
-- Which addresses moved to another machine.
CREATE VIEW nl_moved_addresses AS
SELECT host, time, ifname, "dst", details->>'$.old.lladdr' AS former, "lladdr" FROM nl_neigh WHERE op = 'change' AND list_contains(CAST(details->'$.changed' AS VARCHAR[]), 'lladdr') AND details->>'$.old.lladdr' <> '' AND "lladdr" <> '';
-- Where much happens: the changes of each hour by host, kind and device.
CREATE VIEW nl_activity AS
SELECT host, date_trunc('hour', time) AS hour, kind, ifname, count(*) AS changes FROM nl_lines
WHERE kind <> 'meta' AND op IN ('add', 'change', 'delete') GROUP BY host, date_trunc('hour', time), kind, ifname;
-- Who made the changes; the lines need `--with by`.
CREATE VIEW nl_requesters AS
SELECT host, details->>'$.by.comm' AS comm, details->>'$.by.unit' AS unit, kind, op, count(*) AS changes FROM nl_lines
WHERE details->>'$.by.comm' <> '' GROUP BY host, details->>'$.by.comm', details->>'$.by.unit', kind, op;
-- The addresses that several hosts have at a moment.
CREATE MACRO nl_shared_addresses(moment) AS TABLE
SELECT local, count(DISTINCT host) AS hosts FROM (
  SELECT host, object->>'$.local' AS local FROM nl_state(moment) AS s WHERE kind = 'address' AND object->>'$.scope' = 'global'
) AS addresses GROUP BY local HAVING count(DISTINCT host) > 1
;
-- The number of objects of each kind at a moment, and whether that is exact.
CREATE MACRO nl_objects(moment) AS TABLE
SELECT host, kind, count(*) AS objects, max(reason) AS reason FROM nl_state(moment) AS s GROUP BY host, kind
;

-- name: retention
-- Removes lines that are older than the moment, except those that the state at the moment needs: the
-- lines since its snapshot or checkpoint. Run it with a moment at which every host is to be kept.
DELETE FROM nl USING nl_trust(getvariable('moment')) AS r
WHERE r.host = nl.host AND nl.time < getvariable('moment') AND r.base IS NOT NULL AND (nl.run <> r.run OR nl.seq < r.base);
