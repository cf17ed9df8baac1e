\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE tenants_export
   SET state = CASE WHEN state = 'ready' OR may_name THEN 'removed' ELSE 'waiting' END, held_by = ''
 WHERE tenant_id = :'tenant_id' AND state IN ('waiting', 'running', 'ready')
RETURNING id
;
