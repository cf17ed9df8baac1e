\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE tenants_import
   SET changes = '[]'
 WHERE tenant_id = :'tenant_id' AND changes <> '[]'
RETURNING id
;
