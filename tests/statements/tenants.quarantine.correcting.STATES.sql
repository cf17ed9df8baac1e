\set ids '{1,2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT id
  FROM tenants_quarantinedrecord
 WHERE tenant_id = :'tenant_id' AND id = ANY (:'ids'::bigint[]) AND state = 'waiting'
 ORDER BY last_at, index, id
;
