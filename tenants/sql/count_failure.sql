-- Counts an attempt as a wrong one in each of its budgets, unless one of them waits: then in none.
-- Promises one row: the seconds until an attempt is looked at, 0 where this one was counted and is. Atomic across
-- processes: attempts take turns at the rows of their budgets, always in the same order. Of several that are the first
-- of a budget at the same moment, as many are looked at as it has free.
-- From ready_at on `pace` seconds forgive an attempt, until forgotten_at. A new row's ready_at is the present. Attempts
-- beyond the longest wait do not add up.
WITH budget AS MATERIALIZED (
    SELECT *
      FROM unnest(%(buckets)s::text[], %(free)s::int[], %(paces)s::int[]) AS b (bucket, free, pace)
), known AS MATERIALIZED (
    SELECT c.ready_at
      FROM tenants_failurecounter c
     WHERE c.bucket = ANY (%(buckets)s::text[])
     ORDER BY c.bucket
       FOR UPDATE
), waiting AS MATERIALIZED (
    SELECT max(ready_at) AS until
      FROM known
     WHERE ready_at > now()
), counted AS (
    INSERT INTO tenants_failurecounter AS c (bucket, forgotten_at, ready_at)
    SELECT b.bucket, now() + b.pace * interval '1 second', now()
      FROM budget b
      JOIN waiting w ON w.until IS NULL
     ORDER BY b.bucket
        ON CONFLICT (bucket) DO UPDATE
       SET (ready_at, forgotten_at) = (
               SELECT w.ready_at, w.ready_at + n.unforgiven * b.pace * interval '1 second'
                 FROM budget b
                CROSS JOIN LATERAL (
                    SELECT least(
                               b.free + 1 + ceil(log(2, b.pace)),
                               1 + greatest(0, extract(epoch FROM c.forgotten_at - excluded.ready_at) / b.pace)
                           )::float8 AS unforgiven
                ) n
                CROSS JOIN LATERAL (
                    SELECT excluded.ready_at + interval '1 second' * CASE
                               WHEN n.unforgiven > b.free THEN least(b.pace, 2 ^ (n.unforgiven - b.free - 1))
                               ELSE 0 END AS ready_at
                ) w
                WHERE b.bucket = c.bucket
           )
     WHERE c.ready_at <= excluded.ready_at
    RETURNING c.bucket
)
SELECT CASE WHEN w.until IS NOT NULL THEN ceil(extract(epoch FROM w.until - now()))::int
            WHEN (SELECT count(*) FROM counted) < (SELECT count(*) FROM budget) THEN 1
            ELSE 0 END
  FROM waiting w
