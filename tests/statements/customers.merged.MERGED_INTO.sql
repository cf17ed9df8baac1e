\set ids '{1,2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT (i.image #> '{merged,lost}')::text AS lost
  FROM tenants_beforeimage i
 WHERE i.tenant_id = :'tenant_id' AND i.entity = 'customers' AND i.record = ANY (:'ids'::bigint[])
   AND i.kept_until IS NOT NULL
;
