-- Asked of the replica: is it one, and has it replayed these writes? A tenant's number is written with what it numbers.
SELECT pg_is_in_recovery(),
       NOT EXISTS (
           SELECT
             FROM unnest(%(tenants)s::uuid[], %(numbers)s::bigint[]) AS written(tenant_id, number)
            WHERE number > coalesce((SELECT f.number FROM tenants_feed f WHERE f.tenant_id = written.tenant_id), 0))
