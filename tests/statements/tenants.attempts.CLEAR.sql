\set buckets '{login}'
\set own '{true}'
\set paces '{900}'

WITH budget AS MATERIALIZED (
    SELECT *
      FROM unnest(:'buckets'::text[], :'paces'::int[], :'own'::boolean[]) AS b (bucket, pace, is_own)
), counted AS MATERIALIZED (
    SELECT c.bucket, b.pace, b.is_own
      FROM tenants_failurecounter c
      JOIN budget b ON b.bucket = c.bucket
     ORDER BY c.bucket
       FOR UPDATE OF c
)
UPDATE tenants_failurecounter c
   SET ready_at = now(),
       forgotten_at = now() + CASE WHEN n.is_own THEN interval '0'
                                   ELSE c.forgotten_at - c.ready_at - n.pace * interval '1 second' END
  FROM counted n
 WHERE c.bucket = n.bucket
;
