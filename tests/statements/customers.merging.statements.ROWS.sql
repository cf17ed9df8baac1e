\set ids '{1,2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT t.id, t.updated_at, to_jsonb(t)::text AS row
  FROM customers_customer t
 WHERE t.tenant_id = :'tenant_id' AND t.id = ANY (:'ids'::bigint[])
 ORDER BY t.match_key
   FOR UPDATE
;
