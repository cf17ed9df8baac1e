\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT id, reason, file_name
  FROM tenants_import
 WHERE tenant_id = :'tenant_id' AND (reason <> '' OR file_name <> '')
;
