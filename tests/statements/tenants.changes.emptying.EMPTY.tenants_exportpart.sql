\set most '20'
\set tenant_id '00000000-0000-4000-8000-000000000001'

DELETE FROM tenants_exportpart
 WHERE tenant_id = :'tenant_id'
   AND id = ANY (ARRAY(SELECT id FROM tenants_exportpart WHERE tenant_id = :'tenant_id' LIMIT :'most'))
   AND EXISTS (SELECT 1 AS one FROM tenants_feed WHERE tenant_id = :'tenant_id' AND is_sandbox AND is_emptying)
RETURNING id
;
