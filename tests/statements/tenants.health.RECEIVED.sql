\set tenants '{00000000-0000-4000-8000-000000000001}'

SELECT d.entity, today.day - d.day, sum(d.changesets)::bigint, sum(d.received)::bigint
  FROM tenants_tenant t
 CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE t.time_zone)::date AS day) today
  JOIN tenants_dailycount d ON d.tenant_id = t.id AND d.day > today.day - 30
 WHERE t.id = ANY (:'tenants')
 GROUP BY 1, 2
;
