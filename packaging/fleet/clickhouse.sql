-- Lines of nlstream in ClickHouse: tables, loading, loss, trust, state, retention and questions.
-- Generated from schema/v1.json by `cargo xtask fleet`; the template is xtask/src/fleet/model.sql.
-- docs/fleet.md explains it. The lines need `--with host,id`, and `meta` lines.
-- Repeated lines are removed when ClickHouse merges parts: queries read `FINAL`.

-- name: tables
CREATE TABLE nl (
  host LowCardinality(String), run LowCardinality(String), seq Int64, time DateTime64(9, 'UTC'),
  kind LowCardinality(String), op LowCardinality(String), origin LowCardinality(String),
  netns String, ifname LowCardinality(String),
  id String,                 -- the object, with its kind and namespace; empty for messages
  object String,             -- its payload, JSON
  details String,            -- `changed`, `old`, `by` and `nl`, JSON
  checkpoint Nullable(Int64), lost Nullable(Int64), cause LowCardinality(String), gap_from Nullable(DateTime64(9, 'UTC')),
  incomplete String, kinds String, follows_run String, follows_seq Nullable(Int64)
) ENGINE = ReplacingMergeTree ORDER BY (host, run, seq);
CREATE VIEW nl_lines AS SELECT * FROM nl FINAL;
-- The kinds of objects: their lines can be folded.
CREATE TABLE nl_kinds (kind String) ENGINE = MergeTree ORDER BY kind;
INSERT INTO nl_kinds VALUES ('acaddress'), ('action'), ('address'), ('addrlabel'), ('chain'), ('class'), ('conntrack'), ('devlink'), ('devlink_health'), ('devlink_info'), ('devlink_linecard'), ('devlink_param'), ('devlink_port'), ('devlink_rate'), ('devlink_region'), ('devlink_trap'), ('devlink_trap_group'), ('devlink_trap_policer'), ('dpll_device'), ('dpll_pin'), ('ethtool'), ('expect'), ('fdb'), ('filter'), ('genl_family'), ('l2tp_session'), ('l2tp_tunnel'), ('link'), ('maddress'), ('mdb'), ('mroute'), ('neigh'), ('neightbl'), ('netconf'), ('netdev'), ('netdev_napi'), ('netdev_queue'), ('nexthop'), ('nexthop_bucket'), ('nft_chain'), ('nft_element'), ('nft_flowtable'), ('nft_object'), ('nft_rule'), ('nft_set'), ('nft_table'), ('nsid'), ('ovs_datapath'), ('ovs_vport'), ('qdisc'), ('route'), ('rule'), ('team_option'), ('team_port'), ('thermal_cooling_device'), ('thermal_trip'), ('thermal_zone'), ('vlan'), ('vni'), ('wifi_interface'), ('wifi_regdom'), ('wifi_station'), ('wiphy'), ('xfrm_policy'), ('xfrm_state');

-- name: load
-- Inserts lines, those that are there already not again.
INSERT INTO nl SELECT JSONExtractString(line, 'host') AS host,
  JSONExtractString(line, 'run') AS run,
  JSONExtract(line, 'seq', 'Nullable(Int64)') AS seq,
  parseDateTime64BestEffortOrNull(JSONExtractString(line, 'time'), 9, 'UTC') AS time,
  JSONExtractString(line, 'kind') AS kind,
  JSONExtractString(line, 'op') AS op,
  JSONExtractString(line, 'origin') AS origin,
  coalesce(JSONExtractRaw(line, 'netns'), '') AS netns,
  JSONExtractString(line, 'ifname') AS ifname,
  coalesce(JSONExtractString(line, 'id'), '') AS id,
  JSONExtractRaw(line, JSONExtractString(line, 'kind')) AS object,
  concat('{', '"changed":', if(JSONExtractRaw(line, 'changed') = '', 'null', JSONExtractRaw(line, 'changed')), ',', '"old":', if(JSONExtractRaw(line, 'old') = '', 'null', JSONExtractRaw(line, 'old')), ',', '"by":', if(JSONExtractRaw(line, 'by') = '', 'null', JSONExtractRaw(line, 'by')), ',', '"nl":', if(JSONExtractRaw(line, 'nl') = '', 'null', JSONExtractRaw(line, 'nl')), '}') AS details,
  JSONExtract(line, 'meta', 'checkpoint', 'Nullable(Int64)') AS checkpoint,
  JSONExtract(line, 'meta', 'lost', 'Nullable(Int64)') AS lost,
  JSONExtractString(line, 'meta', 'cause') AS cause,
  parseDateTime64BestEffortOrNull(JSONExtractString(line, 'meta', 'from'), 9, 'UTC') AS gap_from,
  JSONExtractRaw(line, 'meta', 'incomplete') AS incomplete,
  JSONExtractRaw(line, 'meta', 'kinds') AS kinds,
  JSONExtractString(line, 'meta', 'follows', 'run') AS follows_run,
  JSONExtract(line, 'meta', 'follows', 'seq', 'Nullable(Int64)') AS follows_seq
FROM (SELECT line FROM file({files:String}, 'LineAsString', 'line String')) AS batch;

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
LEFT JOIN (SELECT host, run, toInt64(sum(lines)) AS lines FROM nl_holes WHERE NOT explained GROUP BY host, run) AS h
  ON h.host = r.host AND h.run = r.run
LEFT JOIN (SELECT host, follows_run AS run, max(follows_seq) AS seq FROM nl_lines WHERE follows_seq IS NOT NULL GROUP BY host, follows_run) AS f
  ON f.host = r.host AND f.run = r.run
SETTINGS join_use_nulls = 1;

-- Of each host the run in which the moment lies, its newest complete snapshot or checkpoint before
-- it (`base`), the first line after it (`cut`), and why the state may be wrong; `reason` is NULL if
-- the state is exact. These are the rules of `nlstream state`.
CREATE VIEW nl_trust AS
WITH runs AS (
  SELECT host, run, min(time) AS begun, max(time) AS ended, min(seq) AS first_seq FROM nl_lines GROUP BY host, run
), chosen AS (
  SELECT host, run, ended, first_seq FROM (
    SELECT host, run, ended, first_seq, row_number() OVER (PARTITION BY host ORDER BY begun DESC, run DESC) AS nth
    FROM runs WHERE begun <= {moment:DateTime64(9, 'UTC')}
  ) AS newest WHERE nth = 1
), numbered AS (
  SELECT l.host AS host, l.run AS run, l.seq AS seq, l.time AS time, l.kind AS kind, l.op AS op, l.origin AS origin, l.netns AS netns, l.cause AS cause, l.lost AS lost,
    l.checkpoint AS checkpoint, l.gap_from AS gap_from, l.incomplete AS incomplete, l.kinds AS kinds, c.first_seq AS first_seq, c.ended AS ended,
    min(CASE WHEN l.time > {moment:DateTime64(9, 'UTC')} THEN l.seq END) OVER (PARTITION BY l.host, l.run) AS cut,
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
      max(CASE WHEN m.op = 'gap' AND (m.is_before OR (coalesce(m.gap_from, m.time) <= {moment:DateTime64(9, 'UTC')} AND (e.settled IS NULL OR m.seq < e.settled))) THEN m.seq END) AS gap,
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
    WHEN e.ended < {moment:DateTime64(9, 'UTC')} THEN 'the run has no line at or after the moment'
    WHEN b.base IS NOT NULL AND e.holes > b.holes THEN 'lines are missing'
    WHEN g.gaps > 0 THEN 'events were lost and not yet resynced'
    WHEN b.base IS NULL THEN 'no complete snapshot or checkpoint before the moment'
    WHEN i.kinds > 0 THEN 'kinds are incomplete'
  END AS reason
FROM extent AS e
LEFT JOIN bases AS b ON b.host = e.host AND b.run = e.run
LEFT JOIN open_gaps AS g ON g.host = e.host AND g.run = e.run
LEFT JOIN incomplete_kinds AS i ON i.host = e.host AND i.run = e.run
SETTINGS join_use_nulls = 1
;

-- The objects that exist at the moment, on each host; `reason` as in nl_trust.
CREATE VIEW nl_state AS
SELECT host, kind, netns, id, object, since, reason FROM (
  SELECT l.host AS host, l.kind AS kind, l.netns AS netns, l.id AS id, l.object AS object, l.time AS since, l.op AS op, r.reason AS reason,
    row_number() OVER (PARTITION BY l.host, l.id ORDER BY l.seq DESC) AS nth
  FROM nl_lines AS l JOIN nl_trust(moment = {moment:DateTime64(9, 'UTC')}) AS r ON r.host = l.host AND r.run = l.run
  WHERE l.id <> '' AND l.op IN ('add', 'change', 'present', 'delete') AND l.seq >= coalesce(r.base, 0) AND l.seq < r.cut
) AS newest WHERE nth = 1 AND op <> 'delete'
SETTINGS join_use_nulls = 1
;

-- name: kinds
-- The lines of each kind, with the fields of its payload as columns.
CREATE VIEW nl_acaddress AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'address') AS "address"
  , JSONExtract(object, 'created', 'Nullable(Int64)') AS "created"
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtract(object, 'prefixlen', 'Nullable(Int64)') AS "prefixlen"
  , JSONExtractString(object, 'scope') AS "scope"
  , JSONExtract(object, 'updated', 'Nullable(Int64)') AS "updated"
  , JSONExtract(object, 'users', 'Nullable(Int64)') AS "users"
FROM nl_lines WHERE kind = 'acaddress';
CREATE VIEW nl_action AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'cookie') AS "cookie"
  , JSONExtract(object, 'flushed', 'Nullable(Int64)') AS "flushed"
  , JSONExtract(object, 'in_hw_count', 'Nullable(Int64)') AS "in_hw_count"
  , JSONExtract(object, 'index', 'Nullable(Int64)') AS "index"
  , JSONExtractString(object, 'kind') AS "kind"
  , JSONExtractString(object, 'warning') AS "warning"
FROM nl_lines WHERE kind = 'action';
CREATE VIEW nl_address AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'address') AS "address"
  , JSONExtractString(object, 'anycast') AS "anycast"
  , JSONExtractString(object, 'broadcast') AS "broadcast"
  , JSONExtract(object, 'created', 'Nullable(Int64)') AS "created"
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtractString(object, 'instance') AS "instance"
  , JSONExtractString(object, 'label') AS "label"
  , JSONExtractString(object, 'label_hex') AS "label_hex"
  , JSONExtractString(object, 'local') AS "local"
  , JSONExtract(object, 'metric', 'Nullable(Int64)') AS "metric"
  , JSONExtractString(object, 'multicast') AS "multicast"
  , JSONExtract(object, 'preferred_life_time', 'Nullable(Int64)') AS "preferred_life_time"
  , JSONExtract(object, 'prefixlen', 'Nullable(Int64)') AS "prefixlen"
  , JSONExtractString(object, 'protocol') AS "protocol"
  , JSONExtractString(object, 'scope') AS "scope"
  , JSONExtract(object, 'target_netnsid', 'Nullable(Int64)') AS "target_netnsid"
  , JSONExtract(object, 'updated', 'Nullable(Int64)') AS "updated"
  , JSONExtract(object, 'valid_life_time', 'Nullable(Int64)') AS "valid_life_time"
FROM nl_lines WHERE kind = 'address';
CREATE VIEW nl_addrlabel AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtract(object, 'label', 'Nullable(Int64)') AS "label"
  , JSONExtractString(object, 'prefix') AS "prefix"
FROM nl_lines WHERE kind = 'addrlabel';
CREATE VIEW nl_chain AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'block', 'Nullable(Int64)') AS "block"
  , JSONExtract(object, 'chain', 'Nullable(Int64)') AS "chain"
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtractString(object, 'kind') AS "kind"
  , JSONExtractString(object, 'parent') AS "parent"
  , JSONExtract(object, 'root', 'Nullable(Bool)') AS "root"
  , JSONExtractString(object, 'warning') AS "warning"
FROM nl_lines WHERE kind = 'chain';
CREATE VIEW nl_class AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtractString(object, 'handle') AS "handle"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtractString(object, 'kind') AS "kind"
  , JSONExtractString(object, 'leaf') AS "leaf"
  , JSONExtractString(object, 'parent') AS "parent"
  , JSONExtract(object, 'root', 'Nullable(Bool)') AS "root"
  , JSONExtractString(object, 'warning') AS "warning"
FROM nl_lines WHERE kind = 'class';
CREATE VIEW nl_conntrack AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'dport', 'Nullable(Int64)') AS "dport"
  , JSONExtractString(object, 'dst') AS "dst"
  , JSONExtract(object, 'dstkey', 'Nullable(Int64)') AS "dstkey"
  , JSONExtractString(object, 'event_time') AS "event_time"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtractString(object, 'helper') AS "helper"
  , JSONExtract(object, 'icmp_code', 'Nullable(Int64)') AS "icmp_code"
  , JSONExtract(object, 'icmp_id', 'Nullable(Int64)') AS "icmp_id"
  , JSONExtract(object, 'icmp_type', 'Nullable(Int64)') AS "icmp_type"
  , JSONExtract(object, 'id', 'Nullable(Int64)') AS "conntrack_id"
  , JSONExtractString(object, 'labels') AS "labels"
  , JSONExtractString(object, 'mark') AS "mark"
  , JSONExtract(object, 'orig_bytes', 'Nullable(Int64)') AS "orig_bytes"
  , JSONExtract(object, 'orig_packets', 'Nullable(Int64)') AS "orig_packets"
  , JSONExtract(object, 'orig_zone', 'Nullable(Int64)') AS "orig_zone"
  , JSONExtractString(object, 'proto') AS "proto"
  , JSONExtract(object, 'reply_bytes', 'Nullable(Int64)') AS "reply_bytes"
  , JSONExtract(object, 'reply_packets', 'Nullable(Int64)') AS "reply_packets"
  , JSONExtractString(object, 'security') AS "security"
  , JSONExtract(object, 'sport', 'Nullable(Int64)') AS "sport"
  , JSONExtractString(object, 'src') AS "src"
  , JSONExtract(object, 'srckey', 'Nullable(Int64)') AS "srckey"
  , JSONExtractString(object, 'start') AS "start"
  , JSONExtractString(object, 'state') AS "state"
  , JSONExtractString(object, 'stop') AS "stop"
  , JSONExtract(object, 'synproxy_isn', 'Nullable(Int64)') AS "synproxy_isn"
  , JSONExtract(object, 'synproxy_its', 'Nullable(Int64)') AS "synproxy_its"
  , JSONExtract(object, 'synproxy_tsoff', 'Nullable(Int64)') AS "synproxy_tsoff"
  , JSONExtract(object, 'timeout', 'Nullable(Int64)') AS "timeout"
  , JSONExtract(object, 'use', 'Nullable(Int64)') AS "use"
  , JSONExtract(object, 'zone', 'Nullable(Int64)') AS "zone"
FROM nl_lines WHERE kind = 'conntrack';
CREATE VIEW nl_devlink AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'bus_name') AS "bus_name"
  , JSONExtractString(object, 'dev_name') AS "dev_name"
  , JSONExtract(object, 'index', 'Nullable(Int64)') AS "index"
  , JSONExtract(object, 'reload_failed', 'Nullable(Bool)') AS "reload_failed"
FROM nl_lines WHERE kind = 'devlink';
CREATE VIEW nl_devlink_health AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'auto_dump', 'Nullable(Bool)') AS "auto_dump"
  , JSONExtract(object, 'auto_recover', 'Nullable(Bool)') AS "auto_recover"
  , JSONExtract(object, 'burst_period', 'Nullable(Int64)') AS "burst_period"
  , JSONExtractString(object, 'bus_name') AS "bus_name"
  , JSONExtractString(object, 'dev_name') AS "dev_name"
  , JSONExtract(object, 'error', 'Nullable(Int64)') AS "error"
  , JSONExtract(object, 'grace_period', 'Nullable(Int64)') AS "grace_period"
  , JSONExtractString(object, 'last_dump') AS "last_dump"
  , JSONExtract(object, 'port_index', 'Nullable(Int64)') AS "port_index"
  , JSONExtract(object, 'recover', 'Nullable(Int64)') AS "recover"
  , JSONExtractString(object, 'reporter') AS "reporter"
  , JSONExtractString(object, 'state') AS "state"
FROM nl_lines WHERE kind = 'devlink_health';
CREATE VIEW nl_devlink_info AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'board_serial_number') AS "board_serial_number"
  , JSONExtractString(object, 'bus_name') AS "bus_name"
  , JSONExtractString(object, 'dev_name') AS "dev_name"
  , JSONExtractString(object, 'driver') AS "driver"
  , JSONExtractString(object, 'serial_number') AS "serial_number"
FROM nl_lines WHERE kind = 'devlink_info';
CREATE VIEW nl_devlink_linecard AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'bus_name') AS "bus_name"
  , JSONExtractString(object, 'dev_name') AS "dev_name"
  , JSONExtract(object, 'linecard', 'Nullable(Int64)') AS "linecard"
  , JSONExtractString(object, 'state') AS "state"
  , JSONExtractString(object, 'type') AS "type"
FROM nl_lines WHERE kind = 'devlink_linecard';
CREATE VIEW nl_devlink_param AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'bus_name') AS "bus_name"
  , JSONExtractString(object, 'dev_name') AS "dev_name"
  , JSONExtractString(object, 'driverinit') AS "driverinit"
  , JSONExtractString(object, 'driverinit_default') AS "driverinit_default"
  , JSONExtract(object, 'generic', 'Nullable(Bool)') AS "generic"
  , JSONExtractString(object, 'name') AS "name"
  , JSONExtractString(object, 'permanent') AS "permanent"
  , JSONExtractString(object, 'permanent_default') AS "permanent_default"
  , JSONExtract(object, 'port_index', 'Nullable(Int64)') AS "port_index"
  , JSONExtractString(object, 'runtime') AS "runtime"
  , JSONExtractString(object, 'runtime_default') AS "runtime_default"
  , JSONExtractString(object, 'type') AS "type"
FROM nl_lines WHERE kind = 'devlink_param';
CREATE VIEW nl_devlink_port AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'bus_name') AS "bus_name"
  , JSONExtract(object, 'controller', 'Nullable(Int64)') AS "controller"
  , JSONExtractString(object, 'desired_type') AS "desired_type"
  , JSONExtractString(object, 'dev_name') AS "dev_name"
  , JSONExtract(object, 'external', 'Nullable(Bool)') AS "external"
  , JSONExtractString(object, 'flavour') AS "flavour"
  , JSONExtractString(object, 'ibdev') AS "ibdev"
  , JSONExtract(object, 'lanes', 'Nullable(Int64)') AS "lanes"
  , JSONExtract(object, 'linecard', 'Nullable(Int64)') AS "linecard"
  , JSONExtractString(object, 'netdev') AS "netdev"
  , JSONExtract(object, 'netdev_ifindex', 'Nullable(Int64)') AS "netdev_ifindex"
  , JSONExtract(object, 'pfnum', 'Nullable(Int64)') AS "pfnum"
  , JSONExtract(object, 'port', 'Nullable(Int64)') AS "port"
  , JSONExtract(object, 'port_index', 'Nullable(Int64)') AS "port_index"
  , JSONExtract(object, 'sfnum', 'Nullable(Int64)') AS "sfnum"
  , JSONExtract(object, 'split_count', 'Nullable(Int64)') AS "split_count"
  , JSONExtract(object, 'split_group', 'Nullable(Int64)') AS "split_group"
  , JSONExtract(object, 'split_subport', 'Nullable(Int64)') AS "split_subport"
  , JSONExtract(object, 'splittable', 'Nullable(Bool)') AS "splittable"
  , JSONExtractString(object, 'type') AS "type"
  , JSONExtract(object, 'vfnum', 'Nullable(Int64)') AS "vfnum"
FROM nl_lines WHERE kind = 'devlink_port';
CREATE VIEW nl_devlink_rate AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'bus_name') AS "bus_name"
  , JSONExtractString(object, 'dev_name') AS "dev_name"
  , JSONExtractString(object, 'node') AS "node"
  , JSONExtractString(object, 'parent') AS "parent"
  , JSONExtract(object, 'port_index', 'Nullable(Int64)') AS "port_index"
  , JSONExtract(object, 'tx_max', 'Nullable(Int64)') AS "tx_max"
  , JSONExtract(object, 'tx_priority', 'Nullable(Int64)') AS "tx_priority"
  , JSONExtract(object, 'tx_share', 'Nullable(Int64)') AS "tx_share"
  , JSONExtract(object, 'tx_weight', 'Nullable(Int64)') AS "tx_weight"
  , JSONExtractString(object, 'type') AS "type"
FROM nl_lines WHERE kind = 'devlink_rate';
CREATE VIEW nl_devlink_region AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'bus_name') AS "bus_name"
  , JSONExtractString(object, 'dev_name') AS "dev_name"
  , JSONExtract(object, 'max_snapshots', 'Nullable(Int64)') AS "max_snapshots"
  , JSONExtractString(object, 'name') AS "name"
  , JSONExtract(object, 'port_index', 'Nullable(Int64)') AS "port_index"
  , JSONExtract(object, 'size', 'Nullable(Int64)') AS "size"
FROM nl_lines WHERE kind = 'devlink_region';
CREATE VIEW nl_devlink_trap AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'action') AS "action"
  , JSONExtractString(object, 'bus_name') AS "bus_name"
  , JSONExtractString(object, 'dev_name') AS "dev_name"
  , JSONExtract(object, 'flow_action_cookie', 'Nullable(Bool)') AS "flow_action_cookie"
  , JSONExtract(object, 'generic', 'Nullable(Bool)') AS "generic"
  , JSONExtractString(object, 'group') AS "group"
  , JSONExtract(object, 'input_port', 'Nullable(Bool)') AS "input_port"
  , JSONExtractString(object, 'name') AS "name"
  , JSONExtract(object, 'rx_bytes', 'Nullable(Int64)') AS "rx_bytes"
  , JSONExtract(object, 'rx_dropped', 'Nullable(Int64)') AS "rx_dropped"
  , JSONExtract(object, 'rx_packets', 'Nullable(Int64)') AS "rx_packets"
  , JSONExtractString(object, 'type') AS "type"
FROM nl_lines WHERE kind = 'devlink_trap';
CREATE VIEW nl_devlink_trap_group AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'bus_name') AS "bus_name"
  , JSONExtractString(object, 'dev_name') AS "dev_name"
  , JSONExtract(object, 'generic', 'Nullable(Bool)') AS "generic"
  , JSONExtractString(object, 'name') AS "name"
  , JSONExtract(object, 'policer', 'Nullable(Int64)') AS "policer"
  , JSONExtract(object, 'rx_bytes', 'Nullable(Int64)') AS "rx_bytes"
  , JSONExtract(object, 'rx_packets', 'Nullable(Int64)') AS "rx_packets"
FROM nl_lines WHERE kind = 'devlink_trap_group';
CREATE VIEW nl_devlink_trap_policer AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'burst', 'Nullable(Int64)') AS "burst"
  , JSONExtractString(object, 'bus_name') AS "bus_name"
  , JSONExtractString(object, 'dev_name') AS "dev_name"
  , JSONExtract(object, 'policer', 'Nullable(Int64)') AS "policer"
  , JSONExtract(object, 'rate', 'Nullable(Int64)') AS "rate"
  , JSONExtract(object, 'rx_dropped', 'Nullable(Int64)') AS "rx_dropped"
FROM nl_lines WHERE kind = 'devlink_trap_policer';
CREATE VIEW nl_dpll_device AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'clock_id') AS "clock_id"
  , JSONExtract(object, 'frequency_monitor', 'Nullable(Bool)') AS "frequency_monitor"
  , JSONExtract(object, 'id', 'Nullable(Int64)') AS "dpll_device_id"
  , JSONExtractString(object, 'lock_status') AS "lock_status"
  , JSONExtractString(object, 'lock_status_error') AS "lock_status_error"
  , JSONExtractString(object, 'mode') AS "mode"
  , JSONExtractString(object, 'module_name') AS "module_name"
  , JSONExtract(object, 'phase_offset_avg_factor', 'Nullable(Int64)') AS "phase_offset_avg_factor"
  , JSONExtract(object, 'phase_offset_monitor', 'Nullable(Bool)') AS "phase_offset_monitor"
  , JSONExtract(object, 'temp', 'Nullable(Int64)') AS "temp"
  , JSONExtractString(object, 'type') AS "type"
FROM nl_lines WHERE kind = 'dpll_device';
CREATE VIEW nl_dpll_pin AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'board_label') AS "board_label"
  , JSONExtractString(object, 'clock_id') AS "clock_id"
  , JSONExtract(object, 'esync_frequency', 'Nullable(Int64)') AS "esync_frequency"
  , JSONExtract(object, 'esync_pulse', 'Nullable(Int64)') AS "esync_pulse"
  , JSONExtract(object, 'fractional_frequency_offset', 'Nullable(Int64)') AS "fractional_frequency_offset"
  , JSONExtract(object, 'fractional_frequency_offset_ppt', 'Nullable(Int64)') AS "fractional_frequency_offset_ppt"
  , JSONExtract(object, 'frequency', 'Nullable(Int64)') AS "frequency"
  , JSONExtract(object, 'id', 'Nullable(Int64)') AS "dpll_pin_id"
  , JSONExtract(object, 'measured_frequency', 'Nullable(Int64)') AS "measured_frequency"
  , JSONExtractString(object, 'module_name') AS "module_name"
  , JSONExtractString(object, 'package_label') AS "package_label"
  , JSONExtractString(object, 'panel_label') AS "panel_label"
  , JSONExtract(object, 'phase_adjust', 'Nullable(Int64)') AS "phase_adjust"
  , JSONExtract(object, 'phase_adjust_gran', 'Nullable(Int64)') AS "phase_adjust_gran"
  , JSONExtract(object, 'phase_adjust_max', 'Nullable(Int64)') AS "phase_adjust_max"
  , JSONExtract(object, 'phase_adjust_min', 'Nullable(Int64)') AS "phase_adjust_min"
  , JSONExtractString(object, 'type') AS "type"
FROM nl_lines WHERE kind = 'dpll_pin';
CREATE VIEW nl_ethtool AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtract(object, 'index', 'Nullable(Int64)') AS "index"
  , JSONExtractString(object, 'qualifier') AS "qualifier"
  , JSONExtractString(object, 'setting') AS "setting"
FROM nl_lines WHERE kind = 'ethtool';
CREATE VIEW nl_expect AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'class', 'Nullable(Int64)') AS "class"
  , JSONExtract(object, 'dport', 'Nullable(Int64)') AS "dport"
  , JSONExtractString(object, 'dst') AS "dst"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtractString(object, 'function') AS "function"
  , JSONExtractString(object, 'helper') AS "helper"
  , JSONExtract(object, 'id', 'Nullable(Int64)') AS "expect_id"
  , JSONExtractString(object, 'nat_dir') AS "nat_dir"
  , JSONExtractString(object, 'proto') AS "proto"
  , JSONExtract(object, 'sport', 'Nullable(Int64)') AS "sport"
  , JSONExtractString(object, 'src') AS "src"
  , JSONExtract(object, 'timeout', 'Nullable(Int64)') AS "timeout"
  , JSONExtract(object, 'zone', 'Nullable(Int64)') AS "zone"
FROM nl_lines WHERE kind = 'expect';
CREATE VIEW nl_fdb AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'activity_notify', 'Nullable(Bool)') AS "activity_notify"
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtractString(object, 'dst') AS "dst"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtract(object, 'inactive', 'Nullable(Bool)') AS "inactive"
  , JSONExtractString(object, 'instance') AS "instance"
  , JSONExtract(object, 'link_netnsid', 'Nullable(Int64)') AS "link_netnsid"
  , JSONExtractString(object, 'mac') AS "mac"
  , JSONExtractString(object, 'master') AS "master"
  , JSONExtract(object, 'master_index', 'Nullable(Int64)') AS "master_index"
  , JSONExtract(object, 'nhid', 'Nullable(Int64)') AS "nhid"
  , JSONExtract(object, 'port', 'Nullable(Int64)') AS "port"
  , JSONExtractString(object, 'protocol') AS "protocol"
  , JSONExtract(object, 'src_vni', 'Nullable(Int64)') AS "src_vni"
  , JSONExtractString(object, 'state') AS "state"
  , JSONExtractString(object, 'via') AS "via"
  , JSONExtract(object, 'via_index', 'Nullable(Int64)') AS "via_index"
  , JSONExtract(object, 'vlan', 'Nullable(Int64)') AS "vlan"
  , JSONExtract(object, 'vni', 'Nullable(Int64)') AS "vni"
FROM nl_lines WHERE kind = 'fdb';
CREATE VIEW nl_filter AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'block', 'Nullable(Int64)') AS "block"
  , JSONExtract(object, 'chain', 'Nullable(Int64)') AS "chain"
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtractString(object, 'handle') AS "handle"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtractString(object, 'kind') AS "kind"
  , JSONExtractString(object, 'parent') AS "parent"
  , JSONExtract(object, 'pref', 'Nullable(Int64)') AS "pref"
  , JSONExtractString(object, 'protocol') AS "protocol"
  , JSONExtract(object, 'root', 'Nullable(Bool)') AS "root"
  , JSONExtractString(object, 'warning') AS "warning"
FROM nl_lines WHERE kind = 'filter';
CREATE VIEW nl_genl_family AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'header_size', 'Nullable(Int64)') AS "header_size"
  , JSONExtract(object, 'id', 'Nullable(Int64)') AS "genl_family_id"
  , JSONExtract(object, 'max_attr', 'Nullable(Int64)') AS "max_attr"
  , JSONExtractString(object, 'name') AS "name"
  , JSONExtract(object, 'version', 'Nullable(Int64)') AS "version"
FROM nl_lines WHERE kind = 'genl_family';
CREATE VIEW nl_l2tp_session AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'cookie') AS "cookie"
  , JSONExtract(object, 'debug', 'Nullable(Int64)') AS "debug"
  , JSONExtractString(object, 'interface') AS "interface"
  , JSONExtract(object, 'lns_mode', 'Nullable(Bool)') AS "lns_mode"
  , JSONExtractString(object, 'peer_cookie') AS "peer_cookie"
  , JSONExtract(object, 'peer_session_id', 'Nullable(Int64)') AS "peer_session_id"
  , JSONExtract(object, 'peer_tunnel_id', 'Nullable(Int64)') AS "peer_tunnel_id"
  , JSONExtractString(object, 'pw_type') AS "pw_type"
  , JSONExtract(object, 'recv_seq', 'Nullable(Bool)') AS "recv_seq"
  , JSONExtract(object, 'reorder_timeout', 'Nullable(Int64)') AS "reorder_timeout"
  , JSONExtract(object, 'send_seq', 'Nullable(Bool)') AS "send_seq"
  , JSONExtract(object, 'session_id', 'Nullable(Int64)') AS "session_id"
  , JSONExtract(object, 'tunnel_id', 'Nullable(Int64)') AS "tunnel_id"
  , JSONExtract(object, 'using_ipsec', 'Nullable(Bool)') AS "using_ipsec"
FROM nl_lines WHERE kind = 'l2tp_session';
CREATE VIEW nl_l2tp_tunnel AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'checksum', 'Nullable(Bool)') AS "checksum"
  , JSONExtract(object, 'debug', 'Nullable(Int64)') AS "debug"
  , JSONExtractString(object, 'encap') AS "encap"
  , JSONExtractString(object, 'local') AS "local"
  , JSONExtract(object, 'local_port', 'Nullable(Int64)') AS "local_port"
  , JSONExtractString(object, 'peer') AS "peer"
  , JSONExtract(object, 'peer_port', 'Nullable(Int64)') AS "peer_port"
  , JSONExtract(object, 'peer_tunnel', 'Nullable(Int64)') AS "peer_tunnel"
  , JSONExtract(object, 'tunnel_id', 'Nullable(Int64)') AS "tunnel_id"
  , JSONExtract(object, 'udp_zero_csum6_rx', 'Nullable(Bool)') AS "udp_zero_csum6_rx"
  , JSONExtract(object, 'udp_zero_csum6_tx', 'Nullable(Bool)') AS "udp_zero_csum6_tx"
  , JSONExtract(object, 'version', 'Nullable(Int64)') AS "version"
FROM nl_lines WHERE kind = 'l2tp_tunnel';
CREATE VIEW nl_link AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'address') AS "address"
  , JSONExtract(object, 'allmulti', 'Nullable(Int64)') AS "allmulti"
  , JSONExtractString(object, 'broadcast') AS "broadcast"
  , JSONExtract(object, 'carrier', 'Nullable(Bool)') AS "carrier"
  , JSONExtract(object, 'carrier_changes', 'Nullable(Int64)') AS "carrier_changes"
  , JSONExtract(object, 'carrier_down_count', 'Nullable(Int64)') AS "carrier_down_count"
  , JSONExtract(object, 'carrier_up_count', 'Nullable(Int64)') AS "carrier_up_count"
  , JSONExtract(object, 'dpll_pin', 'Nullable(Int64)') AS "dpll_pin"
  , JSONExtractString(object, 'event') AS "event"
  , JSONExtract(object, 'gro_ipv4_max_size', 'Nullable(Int64)') AS "gro_ipv4_max_size"
  , JSONExtract(object, 'gro_max_size', 'Nullable(Int64)') AS "gro_max_size"
  , JSONExtractString(object, 'group') AS "group"
  , JSONExtract(object, 'gso_ipv4_max_size', 'Nullable(Int64)') AS "gso_ipv4_max_size"
  , JSONExtract(object, 'gso_max_segs', 'Nullable(Int64)') AS "gso_max_segs"
  , JSONExtract(object, 'gso_max_size', 'Nullable(Int64)') AS "gso_max_size"
  , JSONExtract(object, 'headroom', 'Nullable(Int64)') AS "headroom"
  , JSONExtractString(object, 'hwmode') AS "hwmode"
  , JSONExtractString(object, 'ifalias') AS "ifalias"
  , JSONExtractString(object, 'ifalias_hex') AS "ifalias_hex"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtractString(object, 'ifname') AS "link_ifname"
  , JSONExtractString(object, 'ifname_hex') AS "ifname_hex"
  , JSONExtractString(object, 'inet6_addr_gen_mode') AS "inet6_addr_gen_mode"
  , JSONExtract(object, 'inet6_ra_mtu', 'Nullable(Int64)') AS "inet6_ra_mtu"
  , JSONExtractString(object, 'inet6_token') AS "inet6_token"
  , JSONExtractString(object, 'link') AS "link"
  , JSONExtract(object, 'link_index', 'Nullable(Int64)') AS "link_index"
  , JSONExtract(object, 'link_netnsid', 'Nullable(Int64)') AS "link_netnsid"
  , JSONExtract(object, 'link_pointtopoint', 'Nullable(Bool)') AS "link_pointtopoint"
  , JSONExtractString(object, 'link_type') AS "link_type"
  , JSONExtractString(object, 'linkmode') AS "linkmode"
  , JSONExtractString(object, 'master') AS "master"
  , JSONExtract(object, 'master_index', 'Nullable(Int64)') AS "master_index"
  , JSONExtract(object, 'max_mtu', 'Nullable(Int64)') AS "max_mtu"
  , JSONExtract(object, 'max_pacing_offload_horizon', 'Nullable(Int64)') AS "max_pacing_offload_horizon"
  , JSONExtract(object, 'min_mtu', 'Nullable(Int64)') AS "min_mtu"
  , JSONExtractString(object, 'moved_from') AS "moved_from"
  , JSONExtractString(object, 'moved_to') AS "moved_to"
  , JSONExtract(object, 'mtu', 'Nullable(Int64)') AS "mtu"
  , JSONExtract(object, 'netns_immutable', 'Nullable(Bool)') AS "netns_immutable"
  , JSONExtract(object, 'new_ifindex', 'Nullable(Int64)') AS "new_ifindex"
  , JSONExtract(object, 'new_netnsid', 'Nullable(Int64)') AS "new_netnsid"
  , JSONExtract(object, 'num_rx_queues', 'Nullable(Int64)') AS "num_rx_queues"
  , JSONExtract(object, 'num_tx_queues', 'Nullable(Int64)') AS "num_tx_queues"
  , JSONExtract(object, 'num_vf', 'Nullable(Int64)') AS "num_vf"
  , JSONExtractString(object, 'operstate') AS "operstate"
  , JSONExtractString(object, 'parentbus') AS "parentbus"
  , JSONExtractString(object, 'parentdev') AS "parentdev"
  , JSONExtractString(object, 'permaddr') AS "permaddr"
  , JSONExtractString(object, 'phys_port_id') AS "phys_port_id"
  , JSONExtractString(object, 'phys_port_name') AS "phys_port_name"
  , JSONExtractString(object, 'phys_switch_id') AS "phys_switch_id"
  , JSONExtract(object, 'promiscuity', 'Nullable(Int64)') AS "promiscuity"
  , JSONExtract(object, 'proto_down', 'Nullable(Bool)') AS "proto_down"
  , JSONExtractString(object, 'qdisc') AS "qdisc"
  , JSONExtract(object, 'tailroom', 'Nullable(Int64)') AS "tailroom"
  , JSONExtract(object, 'target_netnsid', 'Nullable(Int64)') AS "target_netnsid"
  , JSONExtract(object, 'tso_max_segs', 'Nullable(Int64)') AS "tso_max_segs"
  , JSONExtract(object, 'tso_max_size', 'Nullable(Int64)') AS "tso_max_size"
  , JSONExtract(object, 'txqlen', 'Nullable(Int64)') AS "txqlen"
  , JSONExtractString(object, 'wireless') AS "wireless"
FROM nl_lines WHERE kind = 'link';
CREATE VIEW nl_maddress AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'address') AS "address"
  , JSONExtract(object, 'created', 'Nullable(Int64)') AS "created"
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtract(object, 'prefixlen', 'Nullable(Int64)') AS "prefixlen"
  , JSONExtractString(object, 'scope') AS "scope"
  , JSONExtract(object, 'updated', 'Nullable(Int64)') AS "updated"
  , JSONExtract(object, 'users', 'Nullable(Int64)') AS "users"
FROM nl_lines WHERE kind = 'maddress';
CREATE VIEW nl_mdb AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtractString(object, 'dst') AS "dst"
  , JSONExtract(object, 'dst_port', 'Nullable(Int64)') AS "dst_port"
  , JSONExtractString(object, 'filter_mode') AS "filter_mode"
  , JSONExtractString(object, 'grp') AS "grp"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtractString(object, 'port') AS "port"
  , JSONExtract(object, 'port_index', 'Nullable(Int64)') AS "port_index"
  , JSONExtractString(object, 'protocol') AS "protocol"
  , JSONExtractString(object, 'router') AS "router"
  , JSONExtractString(object, 'src') AS "src"
  , JSONExtract(object, 'src_vni', 'Nullable(Int64)') AS "src_vni"
  , JSONExtractString(object, 'state') AS "state"
  , JSONExtractString(object, 'via') AS "via"
  , JSONExtract(object, 'via_index', 'Nullable(Int64)') AS "via_index"
  , JSONExtract(object, 'vid', 'Nullable(Int64)') AS "vid"
  , JSONExtract(object, 'vni', 'Nullable(Int64)') AS "vni"
FROM nl_lines WHERE kind = 'mdb';
CREATE VIEW nl_mroute AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'dst') AS "dst"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtractString(object, 'iif') AS "iif"
  , JSONExtract(object, 'iif_index', 'Nullable(Int64)') AS "iif_index"
  , JSONExtractString(object, 'protocol') AS "protocol"
  , JSONExtractString(object, 'src') AS "src"
  , JSONExtractString(object, 'state') AS "state"
  , JSONExtractString(object, 'table') AS "table"
FROM nl_lines WHERE kind = 'mroute';
CREATE VIEW nl_neigh AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtractString(object, 'dst') AS "dst"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtractString(object, 'lladdr') AS "lladdr"
  , JSONExtract(object, 'probes', 'Nullable(Int64)') AS "probes"
  , JSONExtractString(object, 'protocol') AS "protocol"
  , JSONExtract(object, 'proxy', 'Nullable(Bool)') AS "proxy"
  , JSONExtract(object, 'vni', 'Nullable(Int64)') AS "vni"
FROM nl_lines WHERE kind = 'neigh';
CREATE VIEW nl_neightbl AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'anycast_delay', 'Nullable(Int64)') AS "anycast_delay"
  , JSONExtract(object, 'app_probes', 'Nullable(Int64)') AS "app_probes"
  , JSONExtract(object, 'base_reachable', 'Nullable(Int64)') AS "base_reachable"
  , JSONExtract(object, 'delay_probe', 'Nullable(Int64)') AS "delay_probe"
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtract(object, 'gc_interval', 'Nullable(Int64)') AS "gc_interval"
  , JSONExtract(object, 'gc_stale', 'Nullable(Int64)') AS "gc_stale"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtract(object, 'interval_probe_time', 'Nullable(Int64)') AS "interval_probe_time"
  , JSONExtract(object, 'locktime', 'Nullable(Int64)') AS "locktime"
  , JSONExtract(object, 'mcast_probes', 'Nullable(Int64)') AS "mcast_probes"
  , JSONExtract(object, 'mcast_reprobes', 'Nullable(Int64)') AS "mcast_reprobes"
  , JSONExtractString(object, 'name') AS "name"
  , JSONExtract(object, 'proxy_delay', 'Nullable(Int64)') AS "proxy_delay"
  , JSONExtract(object, 'proxy_queue', 'Nullable(Int64)') AS "proxy_queue"
  , JSONExtract(object, 'queue', 'Nullable(Int64)') AS "queue"
  , JSONExtract(object, 'queue_bytes', 'Nullable(Int64)') AS "queue_bytes"
  , JSONExtract(object, 'reachable', 'Nullable(Int64)') AS "reachable"
  , JSONExtract(object, 'refcnt', 'Nullable(Int64)') AS "refcnt"
  , JSONExtract(object, 'retrans', 'Nullable(Int64)') AS "retrans"
  , JSONExtract(object, 'thresh1', 'Nullable(Int64)') AS "thresh1"
  , JSONExtract(object, 'thresh2', 'Nullable(Int64)') AS "thresh2"
  , JSONExtract(object, 'thresh3', 'Nullable(Int64)') AS "thresh3"
  , JSONExtract(object, 'ucast_probes', 'Nullable(Int64)') AS "ucast_probes"
FROM nl_lines WHERE kind = 'neightbl';
CREATE VIEW nl_netconf AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'bc_forwarding', 'Nullable(Bool)') AS "bc_forwarding"
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtract(object, 'force_forwarding', 'Nullable(Bool)') AS "force_forwarding"
  , JSONExtract(object, 'forwarding', 'Nullable(Bool)') AS "forwarding"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtract(object, 'ignore_routes_with_linkdown', 'Nullable(Bool)') AS "ignore_routes_with_linkdown"
  , JSONExtract(object, 'input', 'Nullable(Bool)') AS "input"
  , JSONExtractString(object, 'interface') AS "interface"
  , JSONExtract(object, 'mc_forwarding', 'Nullable(Bool)') AS "mc_forwarding"
  , JSONExtract(object, 'proxy_neigh', 'Nullable(Bool)') AS "proxy_neigh"
  , JSONExtractString(object, 'rp_filter') AS "rp_filter"
FROM nl_lines WHERE kind = 'netconf';
CREATE VIEW nl_netdev AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtract(object, 'xdp_zc_max_segs', 'Nullable(Int64)') AS "xdp_zc_max_segs"
FROM nl_lines WHERE kind = 'netdev';
CREATE VIEW nl_netdev_napi AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'defer_hard_irqs', 'Nullable(Int64)') AS "defer_hard_irqs"
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtract(object, 'gro_flush_timeout', 'Nullable(Int64)') AS "gro_flush_timeout"
  , JSONExtract(object, 'id', 'Nullable(Int64)') AS "netdev_napi_id"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtract(object, 'irq', 'Nullable(Int64)') AS "irq"
  , JSONExtract(object, 'irq_suspend_timeout', 'Nullable(Int64)') AS "irq_suspend_timeout"
  , JSONExtract(object, 'pid', 'Nullable(Int64)') AS "pid"
  , JSONExtractString(object, 'threaded') AS "threaded"
FROM nl_lines WHERE kind = 'netdev_napi';
CREATE VIEW nl_netdev_queue AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtract(object, 'dmabuf', 'Nullable(Int64)') AS "dmabuf"
  , JSONExtract(object, 'id', 'Nullable(Int64)') AS "netdev_queue_id"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtract(object, 'io_uring', 'Nullable(Bool)') AS "io_uring"
  , JSONExtractString(object, 'lease') AS "lease"
  , JSONExtract(object, 'napi_id', 'Nullable(Int64)') AS "napi_id"
  , JSONExtractString(object, 'type') AS "type"
  , JSONExtract(object, 'xsk', 'Nullable(Bool)') AS "xsk"
FROM nl_lines WHERE kind = 'netdev_queue';
CREATE VIEW nl_nexthop AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtract(object, 'dst_port', 'Nullable(Int64)') AS "dst_port"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtractString(object, 'gateway') AS "gateway"
  , JSONExtract(object, 'hw_stats_enabled', 'Nullable(Bool)') AS "hw_stats_enabled"
  , JSONExtract(object, 'hw_stats_used', 'Nullable(Bool)') AS "hw_stats_used"
  , JSONExtract(object, 'id', 'Nullable(Int64)') AS "nexthop_id"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtractString(object, 'protocol') AS "protocol"
  , JSONExtractString(object, 'scope') AS "scope"
  , JSONExtractString(object, 'type') AS "type"
FROM nl_lines WHERE kind = 'nexthop';
CREATE VIEW nl_nexthop_bucket AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'id', 'Nullable(Int64)') AS "nexthop_bucket_id"
  , JSONExtract(object, 'index', 'Nullable(Int64)') AS "index"
  , JSONExtract(object, 'nhid', 'Nullable(Int64)') AS "nhid"
FROM nl_lines WHERE kind = 'nexthop_bucket';
CREATE VIEW nl_nft_chain AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'comment') AS "comment"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtract(object, 'generation', 'Nullable(Int64)') AS "generation"
  , JSONExtract(object, 'handle', 'Nullable(Int64)') AS "handle"
  , JSONExtractString(object, 'hook') AS "hook"
  , JSONExtractString(object, 'name') AS "name"
  , JSONExtractString(object, 'policy') AS "policy"
  , JSONExtract(object, 'prio', 'Nullable(Int64)') AS "prio"
  , JSONExtractString(object, 'table') AS "table"
  , JSONExtractString(object, 'type') AS "type"
  , JSONExtract(object, 'use', 'Nullable(Int64)') AS "use"
  , JSONExtractString(object, 'userdata') AS "userdata"
FROM nl_lines WHERE kind = 'nft_chain';
CREATE VIEW nl_nft_element AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'comment') AS "comment"
  , JSONExtractString(object, 'data') AS "data"
  , JSONExtractString(object, 'data_text') AS "data_text"
  , JSONExtractString(object, 'end_text') AS "end_text"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtract(object, 'generation', 'Nullable(Int64)') AS "generation"
  , JSONExtractString(object, 'key') AS "key"
  , JSONExtractString(object, 'key_end') AS "key_end"
  , JSONExtractString(object, 'object') AS "nft_element_object"
  , JSONExtractString(object, 'set') AS "set"
  , JSONExtractString(object, 'table') AS "table"
  , JSONExtractString(object, 'text') AS "text"
  , JSONExtractString(object, 'userdata') AS "userdata"
FROM nl_lines WHERE kind = 'nft_element';
CREATE VIEW nl_nft_flowtable AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtract(object, 'generation', 'Nullable(Int64)') AS "generation"
  , JSONExtract(object, 'handle', 'Nullable(Int64)') AS "handle"
  , JSONExtractString(object, 'hook') AS "hook"
  , JSONExtractString(object, 'name') AS "name"
  , JSONExtract(object, 'prio', 'Nullable(Int64)') AS "prio"
  , JSONExtractString(object, 'table') AS "table"
  , JSONExtract(object, 'use', 'Nullable(Int64)') AS "use"
FROM nl_lines WHERE kind = 'nft_flowtable';
CREATE VIEW nl_nft_object AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'comment') AS "comment"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtract(object, 'generation', 'Nullable(Int64)') AS "generation"
  , JSONExtract(object, 'handle', 'Nullable(Int64)') AS "handle"
  , JSONExtractString(object, 'name') AS "name"
  , JSONExtractString(object, 'table') AS "table"
  , JSONExtractString(object, 'type') AS "type"
  , JSONExtract(object, 'use', 'Nullable(Int64)') AS "use"
  , JSONExtractString(object, 'userdata') AS "userdata"
FROM nl_lines WHERE kind = 'nft_object';
CREATE VIEW nl_nft_rule AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'chain') AS "chain"
  , JSONExtractString(object, 'comment') AS "comment"
  , JSONExtract(object, 'compat_flags', 'Nullable(Int64)') AS "compat_flags"
  , JSONExtract(object, 'compat_proto', 'Nullable(Int64)') AS "compat_proto"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtract(object, 'generation', 'Nullable(Int64)') AS "generation"
  , JSONExtract(object, 'handle', 'Nullable(Int64)') AS "handle"
  , JSONExtract(object, 'position', 'Nullable(Int64)') AS "position"
  , JSONExtractString(object, 'table') AS "table"
  , JSONExtractString(object, 'userdata') AS "userdata"
FROM nl_lines WHERE kind = 'nft_rule';
CREATE VIEW nl_nft_set AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'backend') AS "backend"
  , JSONExtractString(object, 'comment') AS "comment"
  , JSONExtract(object, 'count', 'Nullable(Int64)') AS "count"
  , JSONExtract(object, 'data_len', 'Nullable(Int64)') AS "data_len"
  , JSONExtractString(object, 'data_type') AS "data_type"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtract(object, 'generation', 'Nullable(Int64)') AS "generation"
  , JSONExtract(object, 'handle', 'Nullable(Int64)') AS "handle"
  , JSONExtract(object, 'key_len', 'Nullable(Int64)') AS "key_len"
  , JSONExtractString(object, 'key_type') AS "key_type"
  , JSONExtractString(object, 'name') AS "name"
  , JSONExtractString(object, 'obj_type') AS "obj_type"
  , JSONExtractString(object, 'policy') AS "policy"
  , JSONExtract(object, 'size', 'Nullable(Int64)') AS "size"
  , JSONExtractString(object, 'table') AS "table"
  , JSONExtractString(object, 'userdata') AS "userdata"
FROM nl_lines WHERE kind = 'nft_set';
CREATE VIEW nl_nft_table AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'comment') AS "comment"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtract(object, 'generation', 'Nullable(Int64)') AS "generation"
  , JSONExtract(object, 'handle', 'Nullable(Int64)') AS "handle"
  , JSONExtractString(object, 'name') AS "name"
  , JSONExtract(object, 'owner', 'Nullable(Int64)') AS "owner"
  , JSONExtract(object, 'use', 'Nullable(Int64)') AS "use"
  , JSONExtractString(object, 'userdata') AS "userdata"
FROM nl_lines WHERE kind = 'nft_table';
CREATE VIEW nl_nsid AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'current_nsid', 'Nullable(Int64)') AS "current_nsid"
  , JSONExtract(object, 'fd', 'Nullable(Int64)') AS "fd"
  , JSONExtract(object, 'nsid', 'Nullable(Int64)') AS "nsid"
  , JSONExtract(object, 'pid', 'Nullable(Int64)') AS "pid"
FROM nl_lines WHERE kind = 'nsid';
CREATE VIEW nl_ovs_datapath AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtract(object, 'masks_cache_size', 'Nullable(Int64)') AS "masks_cache_size"
  , JSONExtract(object, 'upcall_pid', 'Nullable(Int64)') AS "upcall_pid"
FROM nl_lines WHERE kind = 'ovs_datapath';
CREATE VIEW nl_ovs_vport AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtractString(object, 'dp') AS "dp"
  , JSONExtract(object, 'dp_ifindex', 'Nullable(Int64)') AS "dp_ifindex"
  , JSONExtract(object, 'dst_port', 'Nullable(Int64)') AS "dst_port"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtractString(object, 'name') AS "name"
  , JSONExtract(object, 'netns_ifindex', 'Nullable(Int64)') AS "netns_ifindex"
  , JSONExtract(object, 'netnsid', 'Nullable(Int64)') AS "netnsid"
  , JSONExtract(object, 'port_no', 'Nullable(Int64)') AS "port_no"
  , JSONExtractString(object, 'type') AS "type"
  , JSONExtract(object, 'vxlan_gbp', 'Nullable(Bool)') AS "vxlan_gbp"
FROM nl_lines WHERE kind = 'ovs_vport';
CREATE VIEW nl_qdisc AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtract(object, 'egress_block', 'Nullable(Int64)') AS "egress_block"
  , JSONExtractString(object, 'handle') AS "handle"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtract(object, 'ingress_block', 'Nullable(Int64)') AS "ingress_block"
  , JSONExtract(object, 'invisible', 'Nullable(Bool)') AS "invisible"
  , JSONExtractString(object, 'kind') AS "kind"
  , JSONExtract(object, 'offloaded', 'Nullable(Bool)') AS "offloaded"
  , JSONExtractString(object, 'parent') AS "parent"
  , JSONExtract(object, 'refcnt', 'Nullable(Int64)') AS "refcnt"
  , JSONExtract(object, 'root', 'Nullable(Bool)') AS "root"
  , JSONExtractString(object, 'warning') AS "warning"
FROM nl_lines WHERE kind = 'qdisc';
CREATE VIEW nl_route AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'del_reason') AS "del_reason"
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtractString(object, 'dst') AS "dst"
  , JSONExtract(object, 'error', 'Nullable(Int64)') AS "error"
  , JSONExtract(object, 'expires', 'Nullable(Int64)') AS "expires"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtractString(object, 'gateway') AS "gateway"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtractString(object, 'iif') AS "iif"
  , JSONExtract(object, 'iif_index', 'Nullable(Int64)') AS "iif_index"
  , JSONExtractString(object, 'instance') AS "instance"
  , JSONExtract(object, 'mark', 'Nullable(Int64)') AS "mark"
  , JSONExtract(object, 'metric', 'Nullable(Int64)') AS "metric"
  , JSONExtractString(object, 'newdst') AS "newdst"
  , JSONExtract(object, 'nhid', 'Nullable(Int64)') AS "nhid"
  , JSONExtractString(object, 'pref') AS "pref"
  , JSONExtractString(object, 'prefsrc') AS "prefsrc"
  , JSONExtractString(object, 'protocol') AS "protocol"
  , JSONExtractString(object, 'scope') AS "scope"
  , JSONExtractString(object, 'src') AS "src"
  , JSONExtractString(object, 'table') AS "table"
  , JSONExtractString(object, 'tos') AS "tos"
  , JSONExtract(object, 'ttl_propagate', 'Nullable(Bool)') AS "ttl_propagate"
  , JSONExtractString(object, 'type') AS "type"
  , JSONExtract(object, 'uid', 'Nullable(Int64)') AS "uid"
FROM nl_lines WHERE kind = 'route';
CREATE VIEW nl_rule AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'action') AS "action"
  , JSONExtract(object, 'dport', 'Nullable(Int64)') AS "dport"
  , JSONExtract(object, 'dport_end', 'Nullable(Int64)') AS "dport_end"
  , JSONExtractString(object, 'dport_mask') AS "dport_mask"
  , JSONExtract(object, 'dport_start', 'Nullable(Int64)') AS "dport_start"
  , JSONExtractString(object, 'dscp') AS "dscp"
  , JSONExtractString(object, 'dscp_mask') AS "dscp_mask"
  , JSONExtractString(object, 'dst') AS "dst"
  , JSONExtract(object, 'dstlen', 'Nullable(Int64)') AS "dstlen"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtractString(object, 'flow_from') AS "flow_from"
  , JSONExtractString(object, 'flow_to') AS "flow_to"
  , JSONExtractString(object, 'flowlabel') AS "flowlabel"
  , JSONExtractString(object, 'flowlabel_mask') AS "flowlabel_mask"
  , JSONExtractString(object, 'fwmark') AS "fwmark"
  , JSONExtractString(object, 'fwmask') AS "fwmask"
  , JSONExtract(object, 'goto', 'Nullable(Int64)') AS "goto"
  , JSONExtractString(object, 'iif') AS "iif"
  , JSONExtractString(object, 'iif_hex') AS "iif_hex"
  , JSONExtractString(object, 'ipproto') AS "ipproto"
  , JSONExtractString(object, 'oif') AS "oif"
  , JSONExtractString(object, 'oif_hex') AS "oif_hex"
  , JSONExtract(object, 'priority', 'Nullable(Int64)') AS "priority"
  , JSONExtractString(object, 'protocol') AS "protocol"
  , JSONExtract(object, 'sport', 'Nullable(Int64)') AS "sport"
  , JSONExtract(object, 'sport_end', 'Nullable(Int64)') AS "sport_end"
  , JSONExtractString(object, 'sport_mask') AS "sport_mask"
  , JSONExtract(object, 'sport_start', 'Nullable(Int64)') AS "sport_start"
  , JSONExtractString(object, 'src') AS "src"
  , JSONExtract(object, 'srclen', 'Nullable(Int64)') AS "srclen"
  , JSONExtractString(object, 'suppress_ifgroup') AS "suppress_ifgroup"
  , JSONExtract(object, 'suppress_prefixlen', 'Nullable(Int64)') AS "suppress_prefixlen"
  , JSONExtractString(object, 'table') AS "table"
  , JSONExtractString(object, 'tos') AS "tos"
  , JSONExtractString(object, 'tun_id') AS "tun_id"
  , JSONExtract(object, 'uid_end', 'Nullable(Int64)') AS "uid_end"
  , JSONExtract(object, 'uid_start', 'Nullable(Int64)') AS "uid_start"
FROM nl_lines WHERE kind = 'rule';
CREATE VIEW nl_team_option AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'array_index', 'Nullable(Int64)') AS "array_index"
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtractString(object, 'name') AS "name"
  , JSONExtractString(object, 'port') AS "port"
  , JSONExtract(object, 'port_ifindex', 'Nullable(Int64)') AS "port_ifindex"
  , JSONExtractString(object, 'type') AS "type"
  , JSONExtractString(object, 'value') AS "value"
FROM nl_lines WHERE kind = 'team_option';
CREATE VIEW nl_team_port AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtractString(object, 'duplex') AS "duplex"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtract(object, 'linkup', 'Nullable(Bool)') AS "linkup"
  , JSONExtractString(object, 'port') AS "port"
  , JSONExtract(object, 'port_ifindex', 'Nullable(Int64)') AS "port_ifindex"
  , JSONExtract(object, 'speed', 'Nullable(Int64)') AS "speed"
FROM nl_lines WHERE kind = 'team_port';
CREATE VIEW nl_thermal_cooling_device AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'id', 'Nullable(Int64)') AS "thermal_cooling_device_id"
  , JSONExtract(object, 'max_state', 'Nullable(Int64)') AS "max_state"
  , JSONExtractString(object, 'name') AS "name"
  , JSONExtract(object, 'state', 'Nullable(Int64)') AS "state"
FROM nl_lines WHERE kind = 'thermal_cooling_device';
CREATE VIEW nl_thermal_trip AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'hyst', 'Nullable(Int64)') AS "hyst"
  , JSONExtract(object, 'id', 'Nullable(Int64)') AS "thermal_trip_id"
  , JSONExtract(object, 'temp', 'Nullable(Int64)') AS "temp"
  , JSONExtractString(object, 'type') AS "type"
  , JSONExtract(object, 'zone', 'Nullable(Int64)') AS "zone"
FROM nl_lines WHERE kind = 'thermal_trip';
CREATE VIEW nl_thermal_zone AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'governor') AS "governor"
  , JSONExtract(object, 'id', 'Nullable(Int64)') AS "thermal_zone_id"
  , JSONExtractString(object, 'name') AS "name"
FROM nl_lines WHERE kind = 'thermal_zone';
CREATE VIEW nl_vlan AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtract(object, 'global', 'Nullable(Bool)') AS "global"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtract(object, 'mcast_igmp_version', 'Nullable(Int64)') AS "mcast_igmp_version"
  , JSONExtract(object, 'mcast_last_member_count', 'Nullable(Int64)') AS "mcast_last_member_count"
  , JSONExtract(object, 'mcast_last_member_interval', 'Nullable(Int64)') AS "mcast_last_member_interval"
  , JSONExtract(object, 'mcast_max_groups', 'Nullable(Int64)') AS "mcast_max_groups"
  , JSONExtract(object, 'mcast_membership_interval', 'Nullable(Int64)') AS "mcast_membership_interval"
  , JSONExtract(object, 'mcast_mld_version', 'Nullable(Int64)') AS "mcast_mld_version"
  , JSONExtract(object, 'mcast_n_groups', 'Nullable(Int64)') AS "mcast_n_groups"
  , JSONExtract(object, 'mcast_querier', 'Nullable(Bool)') AS "mcast_querier"
  , JSONExtract(object, 'mcast_querier_interval', 'Nullable(Int64)') AS "mcast_querier_interval"
  , JSONExtract(object, 'mcast_query_interval', 'Nullable(Int64)') AS "mcast_query_interval"
  , JSONExtract(object, 'mcast_query_response_interval', 'Nullable(Int64)') AS "mcast_query_response_interval"
  , JSONExtract(object, 'mcast_router', 'Nullable(Int64)') AS "mcast_router"
  , JSONExtract(object, 'mcast_snooping', 'Nullable(Bool)') AS "mcast_snooping"
  , JSONExtract(object, 'mcast_startup_query_count', 'Nullable(Int64)') AS "mcast_startup_query_count"
  , JSONExtract(object, 'mcast_startup_query_interval', 'Nullable(Int64)') AS "mcast_startup_query_interval"
  , JSONExtract(object, 'msti', 'Nullable(Int64)') AS "msti"
  , JSONExtract(object, 'neigh_forward_grat', 'Nullable(Bool)') AS "neigh_forward_grat"
  , JSONExtract(object, 'neigh_suppress', 'Nullable(Bool)') AS "neigh_suppress"
  , JSONExtractString(object, 'state') AS "state"
  , JSONExtract(object, 'tunid', 'Nullable(Int64)') AS "tunid"
  , JSONExtract(object, 'vlan', 'Nullable(Int64)') AS "vlan"
  , JSONExtract(object, 'vlan_end', 'Nullable(Int64)') AS "vlan_end"
FROM nl_lines WHERE kind = 'vlan';
CREATE VIEW nl_vni AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtractString(object, 'group') AS "group"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtract(object, 'vni', 'Nullable(Int64)') AS "vni"
  , JSONExtract(object, 'vni_end', 'Nullable(Int64)') AS "vni_end"
FROM nl_lines WHERE kind = 'vni';
CREATE VIEW nl_wifi_interface AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'addr') AS "addr"
  , JSONExtract(object, 'center_freq1', 'Nullable(Int64)') AS "center_freq1"
  , JSONExtract(object, 'center_freq2', 'Nullable(Int64)') AS "center_freq2"
  , JSONExtractString(object, 'channel_type') AS "channel_type"
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtract(object, 'four_addr', 'Nullable(Bool)') AS "four_addr"
  , JSONExtract(object, 'freq', 'Nullable(Int64)') AS "freq"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtractString(object, 'iftype') AS "iftype"
  , JSONExtractString(object, 'ssid') AS "ssid"
  , JSONExtract(object, 'tx_power', 'Nullable(Int64)') AS "tx_power"
  , JSONExtract(object, 'wdev', 'Nullable(Int64)') AS "wdev"
  , JSONExtractString(object, 'width') AS "width"
  , JSONExtract(object, 'wiphy', 'Nullable(Int64)') AS "wiphy"
FROM nl_lines WHERE kind = 'wifi_interface';
CREATE VIEW nl_wifi_regdom AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'country') AS "country"
  , JSONExtractString(object, 'dfs_region') AS "dfs_region"
  , JSONExtractString(object, 'hint') AS "hint"
  , JSONExtractString(object, 'scope') AS "scope"
  , JSONExtract(object, 'self_managed', 'Nullable(Bool)') AS "self_managed"
  , JSONExtract(object, 'wiphy', 'Nullable(Int64)') AS "wiphy"
FROM nl_lines WHERE kind = 'wifi_regdom';
CREATE VIEW nl_wifi_station AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'beacon_loss', 'Nullable(Int64)') AS "beacon_loss"
  , JSONExtract(object, 'connected_time', 'Nullable(Int64)') AS "connected_time"
  , JSONExtractString(object, 'dev') AS "dev"
  , JSONExtract(object, 'expected_throughput', 'Nullable(Int64)') AS "expected_throughput"
  , JSONExtract(object, 'ifindex', 'Nullable(Int64)') AS "ifindex"
  , JSONExtract(object, 'inactive_time', 'Nullable(Int64)') AS "inactive_time"
  , JSONExtractString(object, 'mac') AS "mac"
  , JSONExtract(object, 'rx_bytes', 'Nullable(Int64)') AS "rx_bytes"
  , JSONExtract(object, 'rx_packets', 'Nullable(Int64)') AS "rx_packets"
  , JSONExtract(object, 'signal', 'Nullable(Int64)') AS "signal"
  , JSONExtract(object, 'signal_avg', 'Nullable(Int64)') AS "signal_avg"
  , JSONExtract(object, 'tx_bytes', 'Nullable(Int64)') AS "tx_bytes"
  , JSONExtract(object, 'tx_failed', 'Nullable(Int64)') AS "tx_failed"
  , JSONExtract(object, 'tx_packets', 'Nullable(Int64)') AS "tx_packets"
  , JSONExtract(object, 'tx_retries', 'Nullable(Int64)') AS "tx_retries"
FROM nl_lines WHERE kind = 'wifi_station';
CREATE VIEW nl_wiphy AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtract(object, 'antenna_avail_rx', 'Nullable(Int64)') AS "antenna_avail_rx"
  , JSONExtract(object, 'antenna_avail_tx', 'Nullable(Int64)') AS "antenna_avail_tx"
  , JSONExtract(object, 'antenna_rx', 'Nullable(Int64)') AS "antenna_rx"
  , JSONExtract(object, 'antenna_tx', 'Nullable(Int64)') AS "antenna_tx"
  , JSONExtract(object, 'coverage_class', 'Nullable(Int64)') AS "coverage_class"
  , JSONExtract(object, 'frag_threshold', 'Nullable(Int64)') AS "frag_threshold"
  , JSONExtractString(object, 'name') AS "name"
  , JSONExtract(object, 'retry_long', 'Nullable(Int64)') AS "retry_long"
  , JSONExtract(object, 'retry_short', 'Nullable(Int64)') AS "retry_short"
  , JSONExtract(object, 'rts_threshold', 'Nullable(Int64)') AS "rts_threshold"
  , JSONExtract(object, 'wiphy', 'Nullable(Int64)') AS "wiphy"
FROM nl_lines WHERE kind = 'wiphy';
CREATE VIEW nl_xfrm_policy AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'action') AS "action"
  , JSONExtractString(object, 'dir') AS "dir"
  , JSONExtractString(object, 'expired') AS "expired"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtractString(object, 'if_id') AS "if_id"
  , JSONExtract(object, 'index', 'Nullable(Int64)') AS "index"
  , JSONExtractString(object, 'mark') AS "mark"
  , JSONExtractString(object, 'mark_mask') AS "mark_mask"
  , JSONExtract(object, 'priority', 'Nullable(Int64)') AS "priority"
  , JSONExtractString(object, 'ptype') AS "ptype"
  , JSONExtractString(object, 'security') AS "security"
  , JSONExtractString(object, 'share') AS "share"
FROM nl_lines WHERE kind = 'xfrm_policy';
CREATE VIEW nl_xfrm_state AS SELECT host, run, seq, time, op, origin, netns, ifname, id, details, object
  , JSONExtractString(object, 'coa') AS "coa"
  , JSONExtractString(object, 'dir') AS "dir"
  , JSONExtractString(object, 'dst') AS "dst"
  , JSONExtractString(object, 'expired') AS "expired"
  , JSONExtractString(object, 'family') AS "family"
  , JSONExtractString(object, 'if_id') AS "if_id"
  , JSONExtract(object, 'iptfs_dont_frag', 'Nullable(Bool)') AS "iptfs_dont_frag"
  , JSONExtract(object, 'iptfs_drop_time', 'Nullable(Int64)') AS "iptfs_drop_time"
  , JSONExtract(object, 'iptfs_init_delay', 'Nullable(Int64)') AS "iptfs_init_delay"
  , JSONExtract(object, 'iptfs_max_queue_size', 'Nullable(Int64)') AS "iptfs_max_queue_size"
  , JSONExtract(object, 'iptfs_packet_size', 'Nullable(Int64)') AS "iptfs_packet_size"
  , JSONExtract(object, 'iptfs_reorder_window', 'Nullable(Int64)') AS "iptfs_reorder_window"
  , JSONExtract(object, 'last_used', 'Nullable(Int64)') AS "last_used"
  , JSONExtract(object, 'mapping_threshold', 'Nullable(Int64)') AS "mapping_threshold"
  , JSONExtractString(object, 'mark') AS "mark"
  , JSONExtractString(object, 'mark_mask') AS "mark_mask"
  , JSONExtractString(object, 'mode') AS "mode"
  , JSONExtract(object, 'nat_keepalive', 'Nullable(Int64)') AS "nat_keepalive"
  , JSONExtractString(object, 'output_mark') AS "output_mark"
  , JSONExtractString(object, 'output_mark_mask') AS "output_mark_mask"
  , JSONExtract(object, 'pcpu', 'Nullable(Int64)') AS "pcpu"
  , JSONExtractString(object, 'proto') AS "proto"
  , JSONExtract(object, 'replay_window', 'Nullable(Int64)') AS "replay_window"
  , JSONExtract(object, 'reqid', 'Nullable(Int64)') AS "reqid"
  , JSONExtractString(object, 'security') AS "security"
  , JSONExtract(object, 'seq', 'Nullable(Int64)') AS "xfrm_state_seq"
  , JSONExtractString(object, 'spi') AS "spi"
  , JSONExtractString(object, 'src') AS "src"
  , JSONExtract(object, 'tfcpad', 'Nullable(Int64)') AS "tfcpad"
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
SELECT host, time, op, origin, "table", "dst", "gateway", "dev", JSONExtractString(details, 'old', 'gateway') AS former_gateway FROM nl_route
WHERE op IN ('add', 'change', 'delete') AND "dst" IN ('0.0.0.0/0', '::/0');
-- Which links went down.
CREATE VIEW nl_link_downs AS
SELECT host, time, ifname, "operstate" FROM nl_link WHERE op = 'change' AND has(JSONExtract(details, 'changed', 'Array(String)'), 'operstate') AND "operstate" <> 'UP';
-- Which neighbours did not answer.
CREATE VIEW nl_neighbour_failures AS
SELECT host, time, ifname, "dst" FROM nl_neigh WHERE op = 'change' AND has(JSONExtract(details, 'changed', 'Array(String)'), 'state') AND has(JSONExtract(object, 'state', 'Array(String)'), 'FAILED');
-- Which addresses moved to another machine.
CREATE VIEW nl_moved_addresses AS
SELECT host, time, ifname, "dst", JSONExtractString(details, 'old', 'lladdr') AS former, "lladdr" FROM nl_neigh WHERE op = 'change' AND has(JSONExtract(details, 'changed', 'Array(String)'), 'lladdr') AND JSONExtractString(details, 'old', 'lladdr') <> '' AND "lladdr" <> '';
-- Where much happens: the changes of each hour by host, kind and device.
CREATE VIEW nl_activity AS
SELECT host, toStartOfHour(time) AS hour, kind, ifname, count(*) AS changes FROM nl_lines
WHERE kind <> 'meta' AND op IN ('add', 'change', 'delete') GROUP BY host, toStartOfHour(time), kind, ifname;
-- Who made the changes; the lines need `--with by`.
CREATE VIEW nl_requesters AS
SELECT host, JSONExtractString(details, 'by', 'comm') AS comm, JSONExtractString(details, 'by', 'unit') AS unit, kind, op, count(*) AS changes FROM nl_lines
WHERE JSONExtractString(details, 'by', 'comm') <> '' GROUP BY host, JSONExtractString(details, 'by', 'comm'), JSONExtractString(details, 'by', 'unit'), kind, op;
-- The addresses that several hosts have at a moment.
CREATE VIEW nl_shared_addresses AS
SELECT local, count(DISTINCT host) AS hosts FROM (
  SELECT host, JSONExtractString(object, 'local') AS local FROM nl_state(moment = {moment:DateTime64(9, 'UTC')}) AS s WHERE kind = 'address' AND JSONExtractString(object, 'scope') = 'global'
) AS addresses GROUP BY local HAVING count(DISTINCT host) > 1
;
-- The number of objects of each kind at a moment, and whether that is exact.
CREATE VIEW nl_objects AS
SELECT host, kind, count(*) AS objects, max(reason) AS reason FROM nl_state(moment = {moment:DateTime64(9, 'UTC')}) AS s GROUP BY host, kind
;

-- name: retention
-- Removes lines that are older than the moment, except those that the state at the moment needs: the
-- lines since its snapshot or checkpoint. Run it with a moment at which every host is to be kept.
-- A mutation knows no view with parameters, hence the table.
CREATE TABLE nl_obsolete ENGINE = MergeTree ORDER BY (host, run, seq) AS
  SELECT host, run, seq FROM (
    SELECT l.host AS host, l.run AS run, l.seq AS seq, r.run AS current, r.base AS base
    FROM nl_lines AS l JOIN nl_trust(moment = {moment:DateTime64(9, 'UTC')}) AS r ON r.host = l.host
    WHERE l.time < {moment:DateTime64(9, 'UTC')}
  ) WHERE base IS NOT NULL AND (run <> current OR seq < base);
DELETE FROM nl WHERE (host, run, seq) IN (SELECT host, run, seq FROM nl_obsolete);
DROP TABLE nl_obsolete;
