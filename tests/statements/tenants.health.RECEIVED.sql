\set tenants '{00000000-0000-4000-8000-000000000001}'
\set todays '{2026-01-31}'

SELECT d.entity, t.today - d.day, sum(d.changesets)::bigint, sum(d.received)::bigint
  FROM unnest(:'tenants'::uuid[], :'todays'::date[]) AS t(id, today)
  JOIN tenants_dailycount d ON d.tenant_id = t.id AND d.day > t.today - 30
 WHERE d.tenant_id = ANY (:'tenants')
 GROUP BY 1, 2
;
