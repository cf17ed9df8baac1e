\set ids '{1,2}'
\set most '20'
\set seconds '20'
\set worker '00000000-0000-4000-8000-000000000001'

UPDATE tenants_webhook w
   SET held_by = :'worker', held_until = now() + make_interval(secs => :'seconds')
  FROM (SELECT id
          FROM tenants_webhook
         WHERE id = ANY (:'ids'::bigint[]) AND (held_until IS NULL OR held_until < now())
         ORDER BY held_until NULLS FIRST
         LIMIT :'most'
           FOR UPDATE SKIP LOCKED) free
 WHERE w.id = free.id
RETURNING w.id, w.tenant_id, w.url, w.entities, w.operations, w.position, w.attempts, w.version, w.secret,
          CASE WHEN w.former_until > now() THEN w.former_secret ELSE '' END AS former_secret,
          w.test_asked_at, w.paused_at IS NOT NULL OR coalesce(w.next_at > now(), false) AS is_waiting,
          EXISTS (SELECT 1 AS one FROM tenants_tenant t WHERE t.id = w.tenant_id AND t.sandbox_of_id IS NOT NULL) AS is_sandbox
;
