\set ids '{1,2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT json_build_object('record', t.id, 'row', to_json(t), 'parts', NULL::json)::text AS found
  FROM customers_customer t
 WHERE t.tenant_id = :'tenant_id' AND t.id = ANY (:'ids'::bigint[])
 ORDER BY t.id
;
