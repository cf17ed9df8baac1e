\set ids '{1,2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

DELETE FROM customers_duplicate
 WHERE tenant_id = :'tenant_id'
   AND (first = ANY (:'ids'::bigint[]) OR second = ANY (:'ids'::bigint[]))
RETURNING id
;
