\set attempt '1'
\set fault 'timeout'
\set id '1'
\set milliseconds '120'
\set most_seconds '259200'
\set number '0'
\set position '0'
\set reason 'ticket 17'
\set status '200'
\set wait '5'
\set worker '00000000-0000-4000-8000-000000000001'

WITH logged AS (
    INSERT INTO tenants_delivery (webhook_id, number, attempt, status, fault, milliseconds, created_at)
    SELECT id, :'number', :'attempt', :'status', :'fault', :'milliseconds', now()
      FROM tenants_webhook
     WHERE id = :'id'
),
failing AS (
    SELECT id,
           CASE WHEN next_at < now() - interval '6 hours' THEN now() ELSE coalesce(failing_since, now()) END AS since
      FROM tenants_webhook
     WHERE id = :'id' AND held_by = :'worker' AND position = :'position' AND paused_at IS NULL
),
judged AS (
    SELECT id, since,
           CASE WHEN :'reason' <> '' THEN :'reason'
                WHEN since <= now() - make_interval(secs => :'most_seconds') THEN 'failing'
                ELSE '' END AS reason
      FROM failing
)
UPDATE tenants_webhook w
   SET attempts = :'attempt', failing_since = j.since, next_at = now() + make_interval(secs => :'wait'),
       paused_at = CASE WHEN j.reason <> '' THEN now() END, pause_reason = j.reason, held_by = NULL, held_until = now()
  FROM judged j
 WHERE w.id = j.id
RETURNING w.tenant_id, j.reason
;
