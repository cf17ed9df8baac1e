-- Notes that a webhook got a changeset, and holds it for some seconds more. Returns whether the worker is to go on: not
-- where it no longer holds the webhook, or staff have set it back, paused or changed it, or disabled its tenant.
WITH logged AS (
    INSERT INTO tenants_delivery (webhook_id, number, attempt, status, fault, milliseconds, created_at)
    SELECT id, %(number)s, %(attempt)s, %(status)s, '', %(milliseconds)s, now()
      FROM tenants_webhook
     WHERE id = %(id)s
)
UPDATE tenants_webhook w
   SET position = %(number)s, attempts = 0, failing_since = NULL, next_at = NULL, last_success_at = now(),
       held_until = now() + make_interval(secs => %(seconds)s)
  FROM tenants_tenant t
 WHERE w.id = %(id)s AND w.held_by = %(worker)s AND w.position = %(position)s AND t.id = w.tenant_id
RETURNING t.is_enabled AND w.paused_at IS NULL AND w.test_asked_at IS NULL AND w.version = %(version)s AS may_go_on
