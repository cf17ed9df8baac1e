\set export_id '1'
\set start '0'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT data
  FROM tenants_exportpart
 WHERE tenant_id = :'tenant_id' AND export_id = :'export_id' AND start = :'start'
;
