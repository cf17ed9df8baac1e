\set order '1'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT is_order_cancelled, customer_id, email,
       json_build_object('record', t.id, 'image', to_jsonb(t) || jsonb_build_object('parts', (
                   SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p.line_no), '[]')
                     FROM orders_orderitem p
                    WHERE p.tenant_id = :'tenant_id' AND p.order_id = t.id)))::text AS image
  FROM orders_order t
 WHERE tenant_id = :'tenant_id' AND id = :'order'
   FOR UPDATE
;
