\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE tenants_export
   SET query = '', is_repeatable = false
 WHERE tenant_id = :'tenant_id' AND may_name AND query <> ''
RETURNING id
;
