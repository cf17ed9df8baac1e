\set now '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE tenants_feed
   SET is_emptying = false, forgotten_by = NULL, heard_until = NULL, erased_at = :'now'
 WHERE tenant_id = :'tenant_id' AND is_sandbox AND is_emptying
RETURNING number
;
