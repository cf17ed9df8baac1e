\set now '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'

INSERT INTO tenants_feed AS f (tenant_id, number, heard_until)
VALUES (:'tenant_id', 0, :'now'::timestamptz + interval '31 days')
    ON CONFLICT (tenant_id) DO UPDATE
   SET heard_until = excluded.heard_until
RETURNING heard_until
;
