\set anybody 'false'
\set customer '1'
\set id '1'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set user_id '1'

DELETE FROM customers_customernote
 WHERE tenant_id = :'tenant_id' AND customer_id = :'customer'::bigint AND id = :'id'::bigint
   AND (:'anybody'::boolean OR user_id = :'user_id'::integer)
RETURNING id
;
