\set moment '2026-01-31T12:00:00Z'
\set most '20'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH oldest AS (
    SELECT number, created_at
      FROM tenants_changeset
     WHERE tenant_id = :'tenant_id'
       AND number > (SELECT max(expired) FROM tenants_feed WHERE tenant_id = :'tenant_id')
     ORDER BY number
     LIMIT :'most'
), expiring AS (
    SELECT number
      FROM oldest
     WHERE number < coalesce((SELECT min(number) FROM oldest WHERE created_at >= :'moment'), number + 1)
), gone AS (
    DELETE FROM tenants_changeset
     WHERE tenant_id = :'tenant_id'
       AND number BETWEEN (SELECT min(number) FROM expiring) AND (SELECT max(number) FROM expiring)
    RETURNING number
)
UPDATE tenants_feed f
   SET expired = greatest(f.expired, g.last)
  FROM (SELECT max(number) AS last, count(*) AS many FROM gone) g
 WHERE f.tenant_id = :'tenant_id' AND g.many > 0
RETURNING g.many AS many
;
