\set customer_ids '{C-1}'
\set emails '{ann@shop.example}'
\set erased '{1}'
\set present_customer_ids '{C-1}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT o.id, o.customer_id
  FROM orders_order o
 WHERE o.tenant_id = :'tenant_id'
   AND (o.customer_id = ANY (:'customer_ids'::text[]) OR o.email = ANY (:'emails'::text[]))
   AND NOT EXISTS (SELECT 1 FROM customers_customer c
                    WHERE c.tenant_id = :'tenant_id' AND c.customer_id = o.customer_id
                      AND c.id <> ALL (:'erased'::bigint[]))
   AND (o.customer_id = ANY (:'present_customer_ids'::text[])
        OR NOT EXISTS (SELECT 1 FROM customers_customer c
                        WHERE c.tenant_id = :'tenant_id' AND c.email = o.email
                          AND c.id <> ALL (:'erased'::bigint[])))
 ORDER BY o.order_id FOR UPDATE
;
