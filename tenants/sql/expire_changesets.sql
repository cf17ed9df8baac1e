-- Deletes a tenant's changesets made before a moment: the oldest `most` at most, and none after the first that was made
-- later. So what is kept has no gap, whatever the clocks of those who wrote it said.
-- The number of the last one is noted in the tenant's row of the feed, in the same transaction: whoever reads sees both
-- or neither. Writers need that row, which is locked when all else is done, for as long as the commit takes.
-- Returns how many they were; no row where there was none.
WITH oldest AS (
    SELECT number, created_at
      FROM tenants_changeset
     WHERE tenant_id = %(tenant_id)s
       AND number > (SELECT max(expired) FROM tenants_feed WHERE tenant_id = %(tenant_id)s)
     ORDER BY number
     LIMIT %(most)s
), expiring AS (
    SELECT number
      FROM oldest
     WHERE number < coalesce((SELECT min(number) FROM oldest WHERE created_at >= %(moment)s), number + 1)
), gone AS (
    DELETE FROM tenants_changeset
     WHERE tenant_id = %(tenant_id)s
       AND number BETWEEN (SELECT min(number) FROM expiring) AND (SELECT max(number) FROM expiring)
    RETURNING number
)
UPDATE tenants_feed f
   SET expired = greatest(f.expired, g.last)
  FROM (SELECT max(number) AS last, count(*) AS many FROM gone) g
 WHERE f.tenant_id = %(tenant_id)s AND g.many > 0
RETURNING g.many AS many
