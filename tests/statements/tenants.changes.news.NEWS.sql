\set numbers '{1}'
\set tenants '{00000000-0000-4000-8000-000000000001}'

SELECT new.tenant_id, new.entity, new.number
  FROM unnest(:'tenants'::uuid[], :'numbers'::bigint[]) AS seen(tenant_id, number)
  JOIN tenants_feed f ON f.tenant_id = seen.tenant_id AND f.number > seen.number
                     AND f.tenant_id = ANY (:'tenants'::uuid[])
 CROSS JOIN LATERAL (
       SELECT c.tenant_id, c.entity, max(c.number) AS number
         FROM tenants_changeset c
        WHERE c.tenant_id = f.tenant_id AND c.number > seen.number AND c.tenant_id = ANY (:'tenants'::uuid[])
        GROUP BY c.tenant_id, c.entity) new
;
