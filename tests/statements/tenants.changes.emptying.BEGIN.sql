\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE tenants_feed
   SET is_emptying = true, number = number + 1, expired = number + 1
 WHERE tenant_id = :'tenant_id' AND is_sandbox
RETURNING number
;
