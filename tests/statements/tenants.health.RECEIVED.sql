\set ahead '{}'
\set behind '{}'
\set tenants '{00000000-0000-4000-8000-000000000001}'
\set today '2026-01-31'

SELECT entity, age, sum(changesets)::bigint, sum(received)::bigint
  FROM (SELECT entity, changesets, received,
               :'today'::date - day
               + (tenant_id = ANY (:'ahead'::uuid[]))::int - (tenant_id = ANY (:'behind'::uuid[]))::int AS age
          FROM tenants_dailycount
         WHERE tenant_id = ANY (:'tenants') AND day > :'today'::date - 31) d
 WHERE age < 30
 GROUP BY 1, 2
;
