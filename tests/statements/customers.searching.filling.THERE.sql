\set ids '{1,2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT id
  FROM customers_customer
 WHERE tenant_id = :'tenant_id' AND id = ANY (:'ids'::bigint[])
 LIMIT 1
;
