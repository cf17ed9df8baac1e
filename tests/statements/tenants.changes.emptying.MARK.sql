\set tenant_id '00000000-0000-4000-8000-000000000001'

INSERT INTO tenants_feed (tenant_id, number, is_sandbox)
VALUES (:'tenant_id', 0, true)
RETURNING number
;
