\set tenants '{00000000-0000-4000-8000-000000000001}'

SELECT coalesce(array_agg(tenant_id), '{}')::text, coalesce(array_agg(number), '{}')::text
  FROM tenants_feed
 WHERE tenant_id = ANY (:'tenants'::uuid[])
;
