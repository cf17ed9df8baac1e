-- Adds the changesets of a tenant that came since the last counting to the days they belong to, in its time zone.
-- Numbers are gapless and commit-ordered, so `number > last_number` misses none and costs only what is new.
-- At most 10,000 at a time: the caller repeats it until nothing is left. ORDER BY with LIMIT also keeps the planner on
-- the index (1 ms with nothing new; a scan of 200,000 changesets takes 250).
-- The caller holds the tenant's row lock, taken in a statement before: two counters never count one changeset twice.
-- Returns a row for each day and entity it adds to.
INSERT INTO tenants_dailycount AS d (tenant_id, day, entity, changesets, received, last_number, last_at)
SELECT c.tenant_id, (c.created_at AT TIME ZONE %(time_zone)s)::date, c.entity,
       count(*) FILTER (WHERE c.source <> 'admin'),
       coalesce(sum(c.received) FILTER (WHERE c.source <> 'admin' AND c.operation = 'upsert'), 0),
       max(c.number),
       max(c.created_at) FILTER (WHERE c.source <> 'admin')
  FROM (SELECT *
          FROM tenants_changeset
         WHERE tenant_id = %(tenant_id)s
           AND number > (SELECT coalesce(max(last_number), 0)
                           FROM tenants_dailycount
                          WHERE tenant_id = %(tenant_id)s)
         ORDER BY number
         LIMIT 10000) c
 GROUP BY 1, 2, 3
    ON CONFLICT (tenant_id, day, entity) DO UPDATE
   SET changesets = d.changesets + excluded.changesets,
       received = d.received + excluded.received,
       last_number = excluded.last_number,
       last_at = greatest(d.last_at, excluded.last_at)
RETURNING day, entity
