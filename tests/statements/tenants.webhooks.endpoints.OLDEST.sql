\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT min(number) FROM tenants_changeset WHERE tenant_id = :'tenant_id'
;
