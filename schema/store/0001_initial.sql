-- The store, version 1. Every change to it is a further numbered file.
--
-- A record's key packs its position: stream_id << 44 | offset. The numbers of streams are the
-- store's own; whatever leaves the store names the stream itself (the view `events`).

CREATE TABLE stream (
    stream_id    INTEGER PRIMARY KEY,
    name         TEXT    NOT NULL UNIQUE, -- kafka:CLUSTER/TOPIC/PARTITION or file:FINGERPRINT
    title        TEXT    NOT NULL,        -- what people call it: the topic, the path last seen
    next_offset  INTEGER NOT NULL,        -- the progress: where reading goes on
    records_read INTEGER NOT NULL DEFAULT 0,
    incarnation  TEXT    NOT NULL DEFAULT '' -- topic id, or length and digest of a file's beginning
) STRICT;

-- Event time as read in a stream, on each clock ('' is the broker's, else a system's own).
CREATE TABLE clock (
    stream_id INTEGER NOT NULL REFERENCES stream,
    clock     TEXT    NOT NULL,
    last_us   INTEGER NOT NULL,           -- the time last read, which a line without one inherits
    event_us  INTEGER,                    -- how far event time has come; far futures do not count
    PRIMARY KEY (stream_id, clock)
) STRICT, WITHOUT ROWID;
-- The views ask for the time on a clock once a waiting row: a seek here, a scan without it.
CREATE INDEX clock_time ON clock (clock, event_us);

CREATE TABLE spec (
    spec_id   INTEGER PRIMARY KEY,
    digest    TEXT NOT NULL UNIQUE,
    system_id TEXT NOT NULL,
    source    TEXT NOT NULL
) STRICT;

CREATE TABLE event (
    event_key        INTEGER PRIMARY KEY,
    system_id        TEXT    NOT NULL,
    checkpoint_id    TEXT    NOT NULL,
    timestamp        TEXT    NOT NULL,
    status           TEXT    NOT NULL CHECK (status IN ('SUCCESS', 'FAILURE')),
    correlation_id   TEXT    NOT NULL,
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
    seen             INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX event_by_correlation ON event (correlation_id);
CREATE INDEX event_by_time ON event (time_us);
CREATE INDEX event_half ON event (correlation_id, system_id, join_clock, join_us)
    WHERE join_clock IS NOT NULL;
CREATE INDEX event_content ON event (content_hash) WHERE content_hash IS NOT NULL;

CREATE TABLE detail (
    detail_key       INTEGER PRIMARY KEY,
    system_id        TEXT    NOT NULL,
    correlation_id   TEXT    NOT NULL,
    failure_reason   TEXT,
    kind             TEXT    NOT NULL,
    spec_id          INTEGER NOT NULL REFERENCES spec,
    join_clock       TEXT    NOT NULL,
    join_us          INTEGER,             -- NULL: no time was read in its file yet
    join_deadline_us INTEGER,
    event_key        INTEGER,             -- the event it completes
    content_hash     BLOB,
    seen             INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX detail_half ON detail (correlation_id, system_id, join_clock, join_us);
CREATE INDEX detail_untimed ON detail (detail_key) WHERE join_us IS NULL;
CREATE INDEX detail_content ON detail (content_hash) WHERE content_hash IS NOT NULL;

CREATE TABLE quarantine (
    record_key INTEGER PRIMARY KEY,
    reason     TEXT    NOT NULL,
    message    TEXT    NOT NULL,
    system_id  TEXT,
    kind       TEXT,
    nearest    TEXT    NOT NULL,          -- JSON: how far each of the nearest templates got
    raw        BLOB    NOT NULL,
    raw_length INTEGER NOT NULL,
    raw_sha256 BLOB                       -- of the whole, where raw is only its beginning
) STRICT;
CREATE INDEX quarantine_by_reason ON quarantine (reason);

CREATE TABLE ignored (
    system_id TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    records   INTEGER NOT NULL,
    PRIMARY KEY (system_id, kind)
) STRICT, WITHOUT ROWID;

-- The raw records as they were read, so that history can be normalized again.
CREATE TABLE archive (
    stream_id    INTEGER NOT NULL REFERENCES stream,
    first_offset INTEGER NOT NULL,
    next_offset  INTEGER NOT NULL,
    records      INTEGER NOT NULL,
    data         BLOB    NOT NULL,        -- zlib over the framing of engine/stores/archive.py
    PRIMARY KEY (stream_id, first_offset)
) STRICT, WITHOUT ROWID;

-- A stream is joined by its number, which finds it for a key, and by the range of its keys, which
-- finds the rows of a stream: the planner takes the one that serves. A stream's rows are ordered
-- by `event_key`; across stores the order that lasts is (stream, offset).

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
       s.name AS stream,
       e.event_key & 0xFFFFFFFFFFF AS offset,
       e.event_key
FROM event e
JOIN stream s ON s.stream_id = e.event_key >> 44
             AND e.event_key BETWEEN s.stream_id << 44 AND s.stream_id << 44 | 0xFFFFFFFFFFF
JOIN spec p ON p.spec_id = e.spec_id
LEFT JOIN detail d ON d.detail_key = e.detail_key
LEFT JOIN stream ds ON ds.stream_id = d.detail_key >> 44;

CREATE VIEW details AS
SELECT d.system_id,
       d.correlation_id,
       d.failure_reason,
       s.name || ':' || (d.detail_key & 0xFFFFFFFFFFF) AS detail_id,
       CASE
           WHEN d.event_key IS NOT NULL THEN 'joined'
           WHEN d.join_deadline_us < (SELECT max(c.event_us) FROM clock c
                                      WHERE c.clock = d.join_clock) THEN 'orphan'
           ELSE 'waiting'
       END AS state,
       d.seen,
       d.kind,
       d.join_us,
       es.name || ':' || (d.event_key & 0xFFFFFFFFFFF) AS event_id,
       p.digest AS spec_digest
FROM detail d
JOIN stream s ON s.stream_id = d.detail_key >> 44
JOIN spec p ON p.spec_id = d.spec_id
LEFT JOIN stream es ON es.stream_id = d.event_key >> 44;

CREATE VIEW quarantined AS
SELECT s.name || ':' || (q.record_key & 0xFFFFFFFFFFF) AS record_id,
       s.title,
       q.record_key & 0xFFFFFFFFFFF AS offset,
       q.reason,
       q.message,
       q.system_id,
       q.kind,
       q.nearest,
       q.raw,
       q.raw_length,
       q.raw_sha256,
       s.name AS stream
FROM quarantine q
JOIN stream s ON s.stream_id = q.record_key >> 44
             AND q.record_key BETWEEN s.stream_id << 44 AND s.stream_id << 44 | 0xFFFFFFFFFFF;
