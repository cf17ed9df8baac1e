\set tenant_id '00000000-0000-4000-8000-000000000001'

DELETE FROM tenants_exportpart
 WHERE tenant_id = :'tenant_id'
RETURNING id
;
