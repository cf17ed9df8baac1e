-- Asked of the replica: is it one, and has it replayed these writes? A tenant's number is written with what it numbers.
SELECT pg_is_in_recovery(),
       NOT EXISTS (
           SELECT 1
             FROM unnest(%(tenants)s::uuid[], %(numbers)s::bigint[]) AS written(tenant_id, number)
             LEFT JOIN tenants_feed f ON f.tenant_id = written.tenant_id AND f.tenant_id = ANY (%(tenants)s::uuid[])
            WHERE written.number > coalesce(f.number, 0))
