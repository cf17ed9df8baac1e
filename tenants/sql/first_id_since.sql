-- Finds by halving the smallest hub id before which every record is older than a moment: records are numbered as they
-- come, so created_at grows with id. About log2(n) look-ups in the primary key: under 1 ms for 1e6 rows.
WITH RECURSIVE span AS (
    SELECT coalesce(min(id), 1) AS low, coalesce(max(id), 0) + 1 AS high
      FROM {table}
     UNION ALL
    SELECT CASE WHEN probe.created_at < %(moment)s THEN probe.id + 1 ELSE span.low END,
           CASE WHEN probe.created_at < %(moment)s THEN span.high ELSE (span.low + span.high) / 2 END
      FROM span
     CROSS JOIN LATERAL (
           SELECT id, created_at
             FROM {table}
            WHERE id >= (span.low + span.high) / 2
            ORDER BY id
            LIMIT 1) AS probe
     WHERE span.low < span.high
)
SELECT max(low) FROM span
