\set holder 'host 1'
\set import_id '1'
\set seconds '20'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE tenants_import
   SET state = 'running',
       held_by = :'holder',
       beat_at = clock_timestamp(),
       started_at = coalesce(started_at, clock_timestamp())
 WHERE tenant_id = :'tenant_id' AND id = :'import_id'
   AND (state = 'waiting' OR state = 'running' AND beat_at < clock_timestamp() - make_interval(secs => :'seconds'))
   AND NOT EXISTS (SELECT 1 AS one
                     FROM tenants_import o
                    WHERE o.tenant_id = :'tenant_id' AND o.id <> :'import_id' AND o.state = 'running')
RETURNING id
;
