-- Notes that an attempt failed, and when the next is due, in so many seconds; lets the webhook go. It is paused where a
-- reason is given, or where no attempt succeeded for `most_seconds`; returns why it was paused, or '', and since when. Time
-- in which nobody tried, six hours after an attempt was due, is no failure of the receiver's: it counts anew from there.
WITH logged AS (
    INSERT INTO tenants_delivery (webhook_id, number, attempt, status, fault, milliseconds, created_at)
    SELECT id, %(number)s, %(attempt)s, %(status)s, %(fault)s, %(milliseconds)s, now()
      FROM tenants_webhook
     WHERE id = %(id)s
),
failing AS (
    SELECT id,
           CASE WHEN next_at < now() - interval '6 hours' THEN now() ELSE coalesce(failing_since, now()) END AS since
      FROM tenants_webhook
     WHERE id = %(id)s AND held_by = %(worker)s AND position = %(position)s AND paused_at IS NULL
),
judged AS (
    SELECT id, since,
           CASE WHEN %(reason)s <> '' THEN %(reason)s
                WHEN since <= now() - make_interval(secs => %(most_seconds)s) THEN 'failing'
                ELSE '' END AS reason
      FROM failing
)
UPDATE tenants_webhook w
   SET attempts = %(attempt)s, failing_since = j.since, next_at = now() + make_interval(secs => %(wait)s),
       paused_at = CASE WHEN j.reason <> '' THEN now() END, pause_reason = j.reason, held_by = NULL, held_until = now()
  FROM judged j
 WHERE w.id = j.id
RETURNING w.tenant_id, j.reason
