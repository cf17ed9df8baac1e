\set ids '{1,2}'
\set kept '1'
\set lost '2'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE customers_customernote
   SET customer_id = :'lost'
 WHERE tenant_id = :'tenant_id' AND customer_id = :'kept' AND id = ANY (:'ids'::bigint[])
RETURNING id
;
