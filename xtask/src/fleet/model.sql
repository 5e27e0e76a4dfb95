-- Lines of nlstream in {{ engine }}: tables, loading, loss, trust, state, retention and questions.
-- Generated from schema/v1.json by `cargo xtask fleet`; the template is xtask/src/fleet/model.sql.
-- docs/fleet.md explains it. The lines need `--with host,id`, and `meta` lines.
{% if dialect == "clickhouse" %}
-- Repeated lines are removed when ClickHouse merges parts: queries read `FINAL`.
{% endif %}

-- name: tables
{% if dialect == "clickhouse" %}
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
{% else %}
CREATE TABLE nl (
  host text NOT NULL, run text NOT NULL, seq bigint NOT NULL, time {{ timestamp }} NOT NULL,
  kind text NOT NULL, op text NOT NULL, origin text, netns text NOT NULL, ifname text,
  id text NOT NULL,          -- the object, with its kind and namespace; empty for messages
  object {{ json }},         -- its payload
  details {{ json }},        -- `changed`, `old`, `by` and `nl`
  checkpoint bigint, lost bigint, cause text, gap_from {{ timestamp }},
  incomplete text, kinds text, follows_run text, follows_seq bigint
{% if dialect == "postgresql" %}
  , PRIMARY KEY (host, run, seq)
);
CREATE INDEX nl_state ON nl (host, run, id, seq DESC) WHERE id <> '';
CREATE INDEX nl_meta ON nl (host, run, seq) WHERE kind = 'meta';
CREATE INDEX nl_time ON nl (host, time);
{% else %}
);
{% endif %}
CREATE VIEW nl_lines AS SELECT * FROM nl;
{% endif %}
-- The kinds of objects: their lines can be folded.
CREATE TABLE nl_kinds (kind {% if dialect == "clickhouse" %}String{% else %}text{% endif %}{% if dialect == "clickhouse" %}) ENGINE = MergeTree ORDER BY kind{% else %} PRIMARY KEY){% endif %};
INSERT INTO nl_kinds VALUES {% for kind in kinds %}('{{ kind.name }}'){% if not loop.last %}, {% endif %}{% endfor %};

-- name: load
-- Inserts lines, those that are there already not again.
{% if dialect == "duckdb" %}
INSERT INTO nl SELECT DISTINCT ON (host, run, seq) * FROM (
  SELECT {{ columns }}
  FROM (SELECT json AS line FROM read_ndjson_objects(getvariable('files'), maximum_object_size = 67108864))
) AS batch ANTI JOIN nl USING (host, run, seq);
{% elif dialect == "postgresql" %}
-- Fill nl_batch first: \copy nl_batch from 'net.ndjson' with (format csv, quote e'\x01', delimiter e'\x02')
CREATE UNLOGGED TABLE IF NOT EXISTS nl_batch (line text NOT NULL);
INSERT INTO nl SELECT {{ columns }}
FROM (SELECT line::jsonb AS line FROM nl_batch) AS batch
ON CONFLICT DO NOTHING;
TRUNCATE nl_batch;
{% else %}
INSERT INTO nl SELECT {{ columns }}
FROM (SELECT line FROM file({files:String}, 'LineAsString', 'line String')) AS batch;
{% endif %}

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
LEFT JOIN (SELECT host, run, {{ integer }}(sum(lines)) AS lines FROM nl_holes WHERE NOT explained GROUP BY host, run) AS h
  ON h.host = r.host AND h.run = r.run
LEFT JOIN (SELECT host, follows_run AS run, max(follows_seq) AS seq FROM nl_lines WHERE follows_seq IS NOT NULL GROUP BY host, follows_run) AS f
  ON f.host = r.host AND f.run = r.run{{ settings }};

-- Of each host the run in which the moment lies, its newest complete snapshot or checkpoint before
-- it (`base`), the first line after it (`cut`), and why the state may be wrong; `reason` is NULL if
-- the state is exact. These are the rules of `nlstream state`.
{{ begin("nl_trust", "host text, run text, base bigint, cut bigint, last_line " ~ timestamp ~ ", reason text") }}
WITH runs AS (
  SELECT host, run, min(time) AS begun, max(time) AS ended, min(seq) AS first_seq FROM nl_lines GROUP BY host, run
), chosen AS (
  SELECT host, run, ended, first_seq FROM (
    SELECT host, run, ended, first_seq, row_number() OVER (PARTITION BY host ORDER BY begun DESC, run DESC) AS nth
    FROM runs WHERE begun <= {{ moment }}
  ) AS newest WHERE nth = 1
), numbered AS (
  SELECT l.host AS host, l.run AS run, l.seq AS seq, l.time AS time, l.kind AS kind, l.op AS op, l.origin AS origin, l.netns AS netns, l.cause AS cause, l.lost AS lost,
    l.checkpoint AS checkpoint, l.gap_from AS gap_from, l.incomplete AS incomplete, l.kinds AS kinds, c.first_seq AS first_seq, c.ended AS ended,
    min(CASE WHEN l.time > {{ moment }} THEN l.seq END) OVER (PARTITION BY l.host, l.run) AS cut,
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
      max(CASE WHEN m.op = 'gap' AND (m.is_before OR (coalesce(m.gap_from, m.time) <= {{ moment }} AND (e.settled IS NULL OR m.seq < e.settled))) THEN m.seq END) AS gap,
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
    WHEN e.ended < {{ moment }} THEN 'the run has no line at or after the moment'
    WHEN b.base IS NOT NULL AND e.holes > b.holes THEN 'lines are missing'
    WHEN g.gaps > 0 THEN 'events were lost and not yet resynced'
    WHEN b.base IS NULL THEN 'no complete snapshot or checkpoint before the moment'
    WHEN i.kinds > 0 THEN 'kinds are incomplete'
  END AS reason
FROM extent AS e
LEFT JOIN bases AS b ON b.host = e.host AND b.run = e.run
LEFT JOIN open_gaps AS g ON g.host = e.host AND g.run = e.run
LEFT JOIN incomplete_kinds AS i ON i.host = e.host AND i.run = e.run{{ settings }}
{{ end }}

-- The objects that exist at the moment, on each host; `reason` as in nl_trust.
{{ begin("nl_state", "host text, kind text, netns text, id text, object " ~ json ~ ", since " ~ timestamp ~ ", reason text") }}
SELECT host, kind, netns, id, object, since, reason FROM (
  SELECT l.host AS host, l.kind AS kind, l.netns AS netns, l.id AS id, l.object AS object, l.time AS since, l.op AS op, r.reason AS reason,
    row_number() OVER (PARTITION BY l.host, l.id ORDER BY l.seq DESC) AS nth
  FROM nl_lines AS l JOIN {{ call("nl_trust") }} AS r ON r.host = l.host AND r.run = l.run
  WHERE l.id <> '' AND l.op IN ('add', 'change', 'present', 'delete') AND l.seq >= coalesce(r.base, 0) AND l.seq < r.cut
) AS newest WHERE nth = 1 AND op <> 'delete'{{ settings }}
{{ end }}

-- name: kinds
-- The lines of each kind, with the fields of its payload as columns.
{% for kind in kinds %}
CREATE VIEW nl_{{ kind.name }} AS SELECT {{ head }}
{% for column in kind.columns %}
  , {{ column.expression }} AS "{{ column.name }}"
{% endfor %}
FROM nl_lines WHERE kind = '{{ kind.name }}';
{% endfor %}

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
SELECT host, time, op, origin, "table", "dst", "gateway", "dev", {{ old_gateway }} AS former_gateway FROM nl_route
WHERE op IN ('add', 'change', 'delete') AND "dst" IN ('0.0.0.0/0', '::/0');
-- Which links went down.
CREATE VIEW nl_link_downs AS
SELECT host, time, ifname, "operstate" FROM nl_link WHERE op = 'change' AND {{ changed_operstate }} AND "operstate" <> 'UP';
-- Which neighbours did not answer.
CREATE VIEW nl_neighbour_failures AS
SELECT host, time, ifname, "dst" FROM nl_neigh WHERE op = 'change' AND {{ changed_state }} AND {{ is_failed }};
-- Which addresses moved to another machine.
CREATE VIEW nl_moved_addresses AS
SELECT host, time, ifname, "dst", {{ old_lladdr }} AS former, "lladdr" FROM nl_neigh WHERE op = 'change' AND {{ changed_lladdr }} AND {{ old_lladdr }} <> '' AND "lladdr" <> '';
-- Where much happens: the changes of each hour by host, kind and device.
CREATE VIEW nl_activity AS
SELECT host, {{ hour }} AS hour, kind, ifname, count(*) AS changes FROM nl_lines
WHERE kind <> 'meta' AND op IN ('add', 'change', 'delete') GROUP BY host, {{ hour }}, kind, ifname;
-- Who made the changes; the lines need `--with by`.
CREATE VIEW nl_requesters AS
SELECT host, {{ by_comm }} AS comm, {{ by_unit }} AS unit, kind, op, count(*) AS changes FROM nl_lines
WHERE {{ by_comm }} <> '' GROUP BY host, {{ by_comm }}, {{ by_unit }}, kind, op;
-- The addresses that several hosts have at a moment.
{{ begin("nl_shared_addresses", "local text, hosts bigint") }}
SELECT local, count(DISTINCT host) AS hosts FROM (
  SELECT host, {{ local }} AS local FROM {{ call("nl_state") }} AS s WHERE kind = 'address' AND {{ scope }} = 'global'
) AS addresses GROUP BY local HAVING count(DISTINCT host) > 1
{{ end }}
-- The number of objects of each kind at a moment, and whether that is exact.
{{ begin("nl_objects", "host text, kind text, objects bigint, reason text") }}
SELECT host, kind, count(*) AS objects, max(reason) AS reason FROM {{ call("nl_state") }} AS s GROUP BY host, kind
{{ end }}

-- name: retention
-- Removes lines that are older than the moment, except those that the state at the moment needs: the
-- lines since its snapshot or checkpoint. Run it with a moment at which every host is to be kept.
{% if dialect == "clickhouse" %}
-- A mutation knows no view with parameters, hence the table.
CREATE TABLE nl_obsolete ENGINE = MergeTree ORDER BY (host, run, seq) AS
  SELECT host, run, seq FROM (
    SELECT l.host AS host, l.run AS run, l.seq AS seq, r.run AS current, r.base AS base
    FROM nl_lines AS l JOIN {{ call("nl_trust") }} AS r ON r.host = l.host
    WHERE l.time < {{ moment }}
  ) WHERE base IS NOT NULL AND (run <> current OR seq < base);
DELETE FROM nl WHERE (host, run, seq) IN (SELECT host, run, seq FROM nl_obsolete);
DROP TABLE nl_obsolete;
{% elif dialect == "duckdb" %}
DELETE FROM nl USING nl_trust(getvariable('moment')) AS r
WHERE r.host = nl.host AND nl.time < getvariable('moment') AND r.base IS NOT NULL AND (nl.run <> r.run OR nl.seq < r.base);
{% else %}
DELETE FROM nl USING nl_trust(:'moment') AS r
WHERE r.host = nl.host AND nl.time < :'moment' AND r.base IS NOT NULL AND (nl.run <> r.run OR nl.seq < r.base);
{% endif %}
