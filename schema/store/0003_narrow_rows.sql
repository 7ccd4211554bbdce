-- Version 3: what rows repeat is said once.
--
-- A row of `event` names its kind and its flow by number. A correlation id is text without order,
-- ten records long on average: in an index of the events each of them touched a page of its own.
-- Now each id is in one index once, and the index of the events is by numbers that are given in
-- the order of their coming, so that what is written together lies together. What pairs records is
-- beside them, for the few that are paired.

-- They name the tables.
DROP VIEW events;
DROP VIEW details;

-- All records of one correlation id, of whatever system.
CREATE TABLE flow (
    flow_id        INTEGER PRIMARY KEY,
    correlation_id TEXT    NOT NULL UNIQUE
) STRICT;

INSERT INTO flow (correlation_id)
SELECT correlation_id FROM (
    SELECT correlation_id, event_key AS record_key FROM event WHERE correlation_id IS NOT NULL
    UNION ALL
    SELECT correlation_id, detail_key FROM detail
) GROUP BY correlation_id ORDER BY min(record_key);

-- A kind of record as one text of its spec has it. The kinds of a run are numbered without a gap;
-- a kind may have several numbers.
CREATE TABLE kind (
    kind_id   INTEGER PRIMARY KEY,
    system_id TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    spec_id   INTEGER NOT NULL REFERENCES spec
) STRICT;

INSERT INTO kind (system_id, kind, spec_id)
SELECT system_id, kind, spec_id FROM event UNION SELECT system_id, kind, spec_id FROM detail;

-- Both sides of what may be paired: events that expect a detail, and details.
CREATE TABLE half (
    record_key  INTEGER PRIMARY KEY,     -- event_key or detail_key
    is_event    INTEGER NOT NULL,
    flow_id     INTEGER NOT NULL REFERENCES flow,
    system_id   TEXT    NOT NULL,
    clock       TEXT    NOT NULL,
    time_us     INTEGER,                 -- on that clock; NULL: no time was read in its file yet
    deadline_us INTEGER,                 -- time_us + within
    partner_key INTEGER,                 -- the other half
    ambiguous   INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO half
SELECT record_key, is_event, flow_id, system_id, join_clock, join_us, join_deadline_us, partner_key,
       ambiguous
FROM (
    SELECT event_key AS record_key, 1 AS is_event, correlation_id, system_id, join_clock, join_us,
           join_deadline_us, detail_key AS partner_key, ambiguous
    FROM event WHERE join_clock IS NOT NULL
    UNION ALL
    SELECT detail_key, 0, correlation_id, system_id, join_clock, join_us, join_deadline_us,
           event_key, 0
    FROM detail
) JOIN flow USING (correlation_id) ORDER BY record_key;

CREATE TABLE event_3 (
    event_key      INTEGER PRIMARY KEY,
    kind_id        INTEGER NOT NULL REFERENCES kind,
    checkpoint_id  TEXT    NOT NULL,
    timestamp      TEXT    NOT NULL,
    time_us        INTEGER NOT NULL,
    status         TEXT    NOT NULL CHECK (status IN ('SUCCESS', 'FAILURE')),
    flow_id        INTEGER REFERENCES flow, -- NULL: the spec says that such records have no id
    failure_reason TEXT,                    -- the record's own; a detail's stays with the detail
    content_hash   BLOB,
    seen           INTEGER NOT NULL DEFAULT 1,
    -- What else the spec keeps: an object as JSON text. Last, because it can be long and may lie
    -- on pages of its own, which queries of the other columns then never touch.
    attributes     TEXT
) STRICT;

INSERT INTO event_3
SELECT e.event_key, k.kind_id, e.checkpoint_id, e.timestamp, e.time_us, e.status, f.flow_id,
       e.failure_reason, e.content_hash, e.seen, e.attributes
FROM event e
JOIN kind k ON k.system_id = e.system_id AND k.kind = e.kind AND k.spec_id = e.spec_id
LEFT JOIN flow f ON f.correlation_id = e.correlation_id
ORDER BY e.event_key;

CREATE TABLE detail_3 (
    detail_key     INTEGER PRIMARY KEY,
    kind_id        INTEGER NOT NULL REFERENCES kind,
    flow_id        INTEGER NOT NULL REFERENCES flow,
    failure_reason TEXT,
    content_hash   BLOB,
    seen           INTEGER NOT NULL DEFAULT 1
) STRICT;

INSERT INTO detail_3
SELECT d.detail_key, k.kind_id, f.flow_id, d.failure_reason, d.content_hash, d.seen
FROM detail d
JOIN kind k ON k.system_id = d.system_id AND k.kind = d.kind AND k.spec_id = d.spec_id
JOIN flow f ON f.correlation_id = d.correlation_id
ORDER BY d.detail_key;

DROP TABLE event;
DROP TABLE detail;
ALTER TABLE event_3 RENAME TO event;
ALTER TABLE detail_3 RENAME TO detail;

-- A comparison with a number is enough for the planner to know that it may use the index.
CREATE INDEX event_by_flow ON event (flow_id) WHERE flow_id IS NOT NULL;
CREATE INDEX event_by_time ON event (time_us);
CREATE INDEX event_content ON event (content_hash) WHERE content_hash IS NOT NULL;
CREATE INDEX detail_by_flow ON detail (flow_id);
CREATE INDEX detail_content ON detail (content_hash) WHERE content_hash IS NOT NULL;
CREATE INDEX half_by_flow ON half (flow_id, system_id, clock, time_us);
CREATE INDEX half_untimed ON half (record_key) WHERE time_us IS NULL;

-- What the planner is to assume of any store: ten events an id. Without it, it takes all tables for
-- equally long and would rather scan the events than search the ids. ANALYZE puts measured numbers
-- in their place.
ANALYZE sqlite_schema;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('event', 'event_by_flow', '1000000 10'),
    ('event', 'event_by_time', '1000000 10'),
    ('flow', 'sqlite_autoindex_flow_1', '100000 1');
ANALYZE sqlite_schema;

CREATE VIEW events AS
SELECT k.system_id,
       e.checkpoint_id,
       e.timestamp,
       e.status,
       f.correlation_id,
       coalesce(d.failure_reason, e.failure_reason) AS failure_reason,
       s.name || ':' || (e.event_key & 0xFFFFFFFFFFF) AS event_id,
       CASE
           WHEN h.record_key IS NULL THEN 'none'
           WHEN h.partner_key IS NOT NULL THEN 'complete'
           WHEN h.deadline_us < (SELECT max(c.event_us) FROM clock c
                                 WHERE c.clock = h.clock) THEN 'unmatched'
           ELSE 'waiting'
       END AS join_state,
       coalesce(h.ambiguous, 0) AS ambiguous,
       e.seen,
       k.kind,
       e.time_us,
       ds.name || ':' || (h.partner_key & 0xFFFFFFFFFFF) AS detail_id,
       p.digest AS spec_digest,
       e.attributes,
       s.name AS stream,
       e.event_key & 0xFFFFFFFFFFF AS offset,
       e.event_key
FROM event e
JOIN stream s ON s.stream_id = e.event_key >> 44
             AND e.event_key BETWEEN s.stream_id << 44 AND s.stream_id << 44 | 0xFFFFFFFFFFF
JOIN kind k ON k.kind_id = e.kind_id
JOIN spec p ON p.spec_id = k.spec_id
LEFT JOIN flow f ON f.flow_id = e.flow_id
LEFT JOIN half h ON h.record_key = e.event_key
LEFT JOIN detail d ON d.detail_key = h.partner_key
LEFT JOIN stream ds ON ds.stream_id = h.partner_key >> 44;

CREATE VIEW details AS
SELECT k.system_id,
       f.correlation_id,
       d.failure_reason,
       s.name || ':' || (d.detail_key & 0xFFFFFFFFFFF) AS detail_id,
       CASE
           WHEN h.partner_key IS NOT NULL THEN 'joined'
           WHEN h.deadline_us < (SELECT max(c.event_us) FROM clock c
                                 WHERE c.clock = h.clock) THEN 'orphan'
           ELSE 'waiting'
       END AS state,
       d.seen,
       k.kind,
       h.time_us AS join_us,
       es.name || ':' || (h.partner_key & 0xFFFFFFFFFFF) AS event_id,
       p.digest AS spec_digest
FROM detail d
JOIN half h ON h.record_key = d.detail_key
JOIN flow f ON f.flow_id = d.flow_id
JOIN stream s ON s.stream_id = d.detail_key >> 44
JOIN kind k ON k.kind_id = d.kind_id
JOIN spec p ON p.spec_id = k.spec_id
LEFT JOIN stream es ON es.stream_id = h.partner_key >> 44;
