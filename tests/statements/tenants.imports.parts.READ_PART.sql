\set import_id '1'
\set start '0'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT start, data
  FROM tenants_filepart
 WHERE tenant_id = :'tenant_id' AND import_id = :'import_id' AND start <= :'start'
 ORDER BY start DESC
 LIMIT 1
;
