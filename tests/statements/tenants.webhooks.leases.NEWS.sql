\set positions '{0}'
\set tenants '{00000000-0000-4000-8000-000000000001}'

SELECT f.tenant_id, f.number
  FROM unnest(:'tenants'::uuid[], :'positions'::bigint[]) AS known (tenant_id, position)
  JOIN tenants_feed f ON f.tenant_id = known.tenant_id
 WHERE f.tenant_id = ANY (:'tenants'::uuid[]) AND f.number > known.position
;
