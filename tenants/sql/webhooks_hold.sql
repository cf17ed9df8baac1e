-- Holds those of some webhooks that nobody else holds, for so many seconds, and returns them with all that a delivery needs:
-- at most `most`, those first that were held longest ago. Two workers never hold the same one.
UPDATE tenants_webhook w
   SET held_by = %(worker)s, held_until = now() + make_interval(secs => %(seconds)s)
  FROM (SELECT id
          FROM tenants_webhook
         WHERE id = ANY (%(ids)s::bigint[]) AND (held_until IS NULL OR held_until < now())
         ORDER BY held_until NULLS FIRST
         LIMIT %(most)s
           FOR UPDATE SKIP LOCKED) free
 WHERE w.id = free.id
RETURNING w.id, w.tenant_id, w.url, w.entities, w.operations, w.position, w.attempts, w.version, w.secret,
          CASE WHEN w.former_until > now() THEN w.former_secret ELSE '' END AS former_secret,
          w.test_asked_at, w.paused_at IS NOT NULL OR coalesce(w.next_at > now(), false) AS is_waiting,
          EXISTS (SELECT 1 AS one FROM tenants_tenant t WHERE t.id = w.tenant_id AND t.sandbox_of_id IS NOT NULL) AS is_sandbox
