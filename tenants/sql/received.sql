-- What tenants received in the last 30 days, by entity and by age in days: 0 is today in each tenant's own time zone.
-- Returns (entity, age, changesets, received).
SELECT d.entity, today.day - d.day, sum(d.changesets)::bigint, sum(d.received)::bigint
  FROM tenants_tenant t
 CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE t.time_zone)::date AS day) today
  JOIN tenants_dailycount d ON d.tenant_id = t.id AND d.day > today.day - 30
 WHERE t.id = ANY (%(tenants)s)
 GROUP BY 1, 2
