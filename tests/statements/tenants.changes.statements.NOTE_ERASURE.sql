\set now '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'

INSERT INTO tenants_feed (tenant_id, number, erased_at)
VALUES (:'tenant_id', 0, :'now')
    ON CONFLICT (tenant_id) DO UPDATE
   SET erased_at = excluded.erased_at
RETURNING erased_at
;
