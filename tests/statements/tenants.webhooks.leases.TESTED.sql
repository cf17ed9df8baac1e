\set asked_at '2026-01-31T12:00:00Z'
\set fault 'timeout'
\set id '1'
\set milliseconds '120'
\set status '200'

WITH logged AS (
    INSERT INTO tenants_delivery (webhook_id, attempt, status, fault, milliseconds, created_at)
    SELECT id, 1, :'status', :'fault', :'milliseconds', now()
      FROM tenants_webhook
     WHERE id = :'id'
)
UPDATE tenants_webhook
   SET test_asked_at = NULL
 WHERE id = :'id' AND test_asked_at = :'asked_at'
;
