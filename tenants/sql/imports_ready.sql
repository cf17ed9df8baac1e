-- The jobs that wait to be run, and those whose runner was not seen for a while, which go first: of each tenant the
-- oldest, and none of those of which another runs.
SELECT DISTINCT ON (i.tenant_id) i.id, i.tenant_id
  FROM tenants_import i
 WHERE i.state IN ('waiting', 'running')
   AND (i.state = 'waiting' OR i.beat_at < clock_timestamp() - make_interval(secs => %(seconds)s))
   AND NOT EXISTS (SELECT 1
                     FROM tenants_import o
                    WHERE o.tenant_id = i.tenant_id AND o.state = 'running'
                      AND o.beat_at >= clock_timestamp() - make_interval(secs => %(seconds)s))
 ORDER BY i.tenant_id, i.state = 'waiting', i.id
