\set ids '{1,2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE tenants_import
   SET reason = '', file_name = ''
 WHERE tenant_id = :'tenant_id' AND id = ANY (:'ids'::bigint[])
RETURNING id
;
