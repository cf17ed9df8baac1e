-- What tenants received in the last 30 days, by entity and by age in days: 0 is today, as `todays` has it for each tenant.
-- Returns (entity, age, changesets, received).
SELECT d.entity, t.today - d.day, sum(d.changesets)::bigint, sum(d.received)::bigint
  FROM unnest(%(tenants)s::uuid[], %(todays)s::date[]) AS t(id, today)
  JOIN tenants_dailycount d ON d.tenant_id = t.id AND d.day > t.today - 30
 WHERE d.tenant_id = ANY (%(tenants)s)
 GROUP BY 1, 2
