-- Version 2: an event has attributes (JSON), and may lack a correlation id.
--
-- SQLite takes no NOT NULL off a column, so the table is made anew and filled from the old one.
-- `event_key` is the rowid: the rows are copied in its order, and all that points at them holds.

-- It names the table; the other views do not.
DROP VIEW events;

CREATE TABLE event_2 (
    event_key        INTEGER PRIMARY KEY,
    system_id        TEXT    NOT NULL,
    checkpoint_id    TEXT    NOT NULL,
    timestamp        TEXT    NOT NULL,
    status           TEXT    NOT NULL CHECK (status IN ('SUCCESS', 'FAILURE')),
    correlation_id   TEXT,                -- NULL: the spec says that such records have none
    failure_reason   TEXT,                -- the record's own; a detail's stays with the detail
    time_us          INTEGER NOT NULL,
    kind             TEXT    NOT NULL,
    spec_id          INTEGER NOT NULL REFERENCES spec,
    join_clock       TEXT,                -- NULL: expects no detail
    join_us          INTEGER,
    join_deadline_us INTEGER,             -- join_us + within
    detail_key       INTEGER,             -- the detail that completes it
    ambiguous        INTEGER NOT NULL DEFAULT 0,
    content_hash     BLOB,
    seen             INTEGER NOT NULL DEFAULT 1,
    -- What else the spec keeps: an object as JSON text. Last, because it can be long and may lie
    -- on pages of its own, which queries of the other columns then never touch.
    attributes       TEXT
) STRICT;

INSERT INTO event_2 (
    event_key, system_id, checkpoint_id, timestamp, status, correlation_id, failure_reason,
    time_us, kind, spec_id, join_clock, join_us, join_deadline_us, detail_key, ambiguous,
    content_hash, seen
)
SELECT
    event_key, system_id, checkpoint_id, timestamp, status, correlation_id, failure_reason,
    time_us, kind, spec_id, join_clock, join_us, join_deadline_us, detail_key, ambiguous,
    content_hash, seen
FROM event ORDER BY event_key;

DROP TABLE event;
ALTER TABLE event_2 RENAME TO event;

-- Nothing is looked up by having no id, and a comparison with an id is enough for the planner to
-- know that it may use the index.
CREATE INDEX event_by_correlation ON event (correlation_id) WHERE correlation_id IS NOT NULL;
CREATE INDEX event_by_time ON event (time_us);
CREATE INDEX event_half ON event (correlation_id, system_id, join_clock, join_us)
    WHERE join_clock IS NOT NULL;
CREATE INDEX event_content ON event (content_hash) WHERE content_hash IS NOT NULL;

CREATE VIEW events AS
SELECT e.system_id,
       e.checkpoint_id,
       e.timestamp,
       e.status,
       e.correlation_id,
       coalesce(d.failure_reason, e.failure_reason) AS failure_reason,
       s.name || ':' || (e.event_key & 0xFFFFFFFFFFF) AS event_id,
       CASE
           WHEN e.join_clock IS NULL THEN 'none'
           WHEN e.detail_key IS NOT NULL THEN 'complete'
           WHEN e.join_deadline_us < (SELECT max(c.event_us) FROM clock c
                                      WHERE c.clock = e.join_clock) THEN 'unmatched'
           ELSE 'waiting'
       END AS join_state,
       e.ambiguous,
       e.seen,
       e.kind,
       e.time_us,
       ds.name || ':' || (d.detail_key & 0xFFFFFFFFFFF) AS detail_id,
       p.digest AS spec_digest,
       e.attributes,
       s.name AS stream,
       e.event_key & 0xFFFFFFFFFFF AS offset,
       e.event_key
FROM event e
JOIN stream s ON s.stream_id = e.event_key >> 44
             AND e.event_key BETWEEN s.stream_id << 44 AND s.stream_id << 44 | 0xFFFFFFFFFFF
JOIN spec p ON p.spec_id = e.spec_id
LEFT JOIN detail d ON d.detail_key = e.detail_key
LEFT JOIN stream ds ON ds.stream_id = d.detail_key >> 44;
