\set names '{C-1}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

DELETE FROM tenants_quarantinedrecord
 WHERE tenant_id = :'tenant_id'
   AND id IN (SELECT q.id
                FROM tenants_quarantinedrecord q
               CROSS JOIN LATERAL unnest(q.names) AS n(value)
               WHERE q.tenant_id = :'tenant_id'
                 AND n.value IN (SELECT unnest(:'names'::text[])))
RETURNING id
;
