\set lost '2'
\set tenant_id '00000000-0000-4000-8000-000000000001'

DELETE FROM tenants_beforeimage
 WHERE tenant_id = :'tenant_id' AND entity = 'customers' AND record = :'lost' AND kept_until IS NULL
RETURNING id
;
