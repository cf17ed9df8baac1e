\set seconds '20'

SELECT id, tenant_id
  FROM tenants_export
 WHERE state IN ('waiting', 'running')
   AND (state = 'waiting' OR beat_at < clock_timestamp() - make_interval(secs => :'seconds'))
 ORDER BY id
;
