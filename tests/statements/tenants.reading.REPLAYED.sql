\set numbers '{1}'
\set tenants '{00000000-0000-4000-8000-000000000001}'

SELECT pg_is_in_recovery(),
       NOT EXISTS (
           SELECT
             FROM unnest(:'tenants'::uuid[], :'numbers'::bigint[]) AS written(tenant_id, number)
            WHERE number > coalesce((SELECT f.number FROM tenants_feed f WHERE f.tenant_id = written.tenant_id), 0))
;
