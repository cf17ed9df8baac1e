\set most '20'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH chosen AS MATERIALIZED (
    SELECT o.id
      FROM tenants_quarantinedrecord o
     WHERE o.tenant_id = :'tenant_id'
     ORDER BY o.state = 'waiting', o.is_withdrawal, o.last_at, o.id
     LIMIT greatest(0, (SELECT count(*)
                          FROM tenants_quarantinedrecord n
                         WHERE n.tenant_id = :'tenant_id') - :'most'::bigint)
       FOR UPDATE SKIP LOCKED
)
DELETE FROM tenants_quarantinedrecord
 WHERE tenant_id = :'tenant_id'
   AND id IN (SELECT id FROM chosen)
RETURNING id
;
