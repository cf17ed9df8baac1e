-- Takes up a job that waits, or whose runner was not seen for a while, unless another one of the tenant runs: these go
-- one after the other, which the constraint `one_import_runs_in_tenant` promises where two are taken up at once.
UPDATE tenants_import
   SET state = 'running',
       held_by = %(holder)s,
       beat_at = clock_timestamp(),
       started_at = coalesce(started_at, clock_timestamp())
 WHERE tenant_id = %(tenant_id)s AND id = %(import_id)s
   AND (state = 'waiting' OR state = 'running' AND beat_at < clock_timestamp() - make_interval(secs => %(seconds)s))
   AND NOT EXISTS (SELECT 1 AS one
                     FROM tenants_import o
                    WHERE o.tenant_id = %(tenant_id)s AND o.id <> %(import_id)s AND o.state = 'running')
RETURNING id
