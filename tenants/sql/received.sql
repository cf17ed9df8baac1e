-- What tenants received in the last 30 days, by entity and by age in days: 0 is today in each tenant's own time zone.
-- `today` is the day in UTC; for those who are `ahead` it is the next one, for those who are `behind` the one before.
-- Returns (entity, age, changesets, received).
SELECT entity, age, sum(changesets)::bigint, sum(received)::bigint
  FROM (SELECT entity, changesets, received,
               %(today)s::date - day
               + (tenant_id = ANY (%(ahead)s::uuid[]))::int - (tenant_id = ANY (%(behind)s::uuid[]))::int AS age
          FROM tenants_dailycount
         WHERE tenant_id = ANY (%(tenants)s) AND day > %(today)s::date - 31) d
 WHERE age < 30
 GROUP BY 1, 2
