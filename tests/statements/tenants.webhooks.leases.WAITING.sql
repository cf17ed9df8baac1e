SELECT w.id, w.tenant_id, w.position, w.test_asked_at IS NOT NULL AS is_asked
  FROM tenants_webhook w
  JOIN tenants_tenant t ON t.id = w.tenant_id
 WHERE t.is_enabled
   AND (w.held_until IS NULL OR w.held_until < now())
   AND (w.test_asked_at IS NOT NULL OR w.paused_at IS NULL AND (w.next_at IS NULL OR w.next_at <= now()))
;
