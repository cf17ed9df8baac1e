\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT number FROM tenants_feed WHERE tenant_id = :'tenant_id'
;
