\set lost '2'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE tenants_beforeimage
   SET grants = 0
 WHERE tenant_id = :'tenant_id' AND entity = 'customers' AND record = :'lost' AND grants <> 0
RETURNING id
;
