\set id '1'
\set number '0'
\set position '0'
\set seconds '20'
\set version '0'
\set worker '00000000-0000-4000-8000-000000000001'

UPDATE tenants_webhook w
   SET position = :'number', held_until = now() + make_interval(secs => :'seconds')
  FROM tenants_tenant t
 WHERE w.id = :'id' AND w.held_by = :'worker' AND w.position = :'position' AND t.id = w.tenant_id
RETURNING t.is_enabled AND w.paused_at IS NULL AND w.test_asked_at IS NULL AND w.version = :'version' AS may_go_on
;
