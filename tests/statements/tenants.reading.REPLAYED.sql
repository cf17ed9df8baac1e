\set numbers '{1}'
\set tenants '{00000000-0000-4000-8000-000000000001}'

SELECT pg_is_in_recovery(),
       NOT EXISTS (
           SELECT 1
             FROM unnest(:'tenants'::uuid[], :'numbers'::bigint[]) AS written(tenant_id, number)
             LEFT JOIN tenants_feed f ON f.tenant_id = written.tenant_id AND f.tenant_id = ANY (:'tenants'::uuid[])
            WHERE written.number > coalesce(f.number, 0))
;
