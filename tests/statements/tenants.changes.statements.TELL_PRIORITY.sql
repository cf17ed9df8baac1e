\set priority 'customerid'
\set tenant_id '00000000-0000-4000-8000-000000000001'

INSERT INTO tenants_feed (tenant_id, number, priority)
VALUES (:'tenant_id', 0, :'priority')
    ON CONFLICT (tenant_id) DO UPDATE
   SET priority = excluded.priority
RETURNING priority
;
