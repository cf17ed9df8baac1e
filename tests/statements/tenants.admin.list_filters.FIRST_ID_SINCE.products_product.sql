\set moment '2026-01-31T12:00:00Z'

WITH RECURSIVE span AS (
    SELECT coalesce(min(id), 1) AS low, coalesce(max(id), 0) + 1 AS high
      FROM products_product
     UNION ALL
    SELECT CASE WHEN probe.created_at < :'moment' THEN probe.id + 1 ELSE span.low END,
           CASE WHEN probe.created_at < :'moment' THEN span.high ELSE (span.low + span.high) / 2 END
      FROM span
     CROSS JOIN LATERAL (
           SELECT id, created_at
             FROM products_product
            WHERE id >= (span.low + span.high) / 2
            ORDER BY id
            LIMIT 1) AS probe
     WHERE span.low < span.high
)
SELECT max(low) FROM span
;
