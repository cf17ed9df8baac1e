\set customer_ids '{C-1}'
\set emails '{ann@shop.example}'
\set erased '{1}'
\set present_emails '{ann@shop.example}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT count(*) FROM (SELECT o.id, o.customer_id
  FROM orders_order o
 WHERE o.tenant_id = :'tenant_id'
   AND (o.email = ANY (:'emails'::text[]) OR o.customer_id = ANY (:'customer_ids'::text[]))
   AND NOT EXISTS (SELECT 1 FROM customers_customer c
                    WHERE c.tenant_id = :'tenant_id' AND c.email = o.email
                      AND c.id <> ALL (:'erased'::bigint[]))
   AND (o.email = ANY (:'present_emails'::text[])
        OR NOT EXISTS (SELECT 1 FROM customers_customer c
                        WHERE c.tenant_id = :'tenant_id' AND c.customer_id = o.customer_id
                          AND c.id <> ALL (:'erased'::bigint[])))
 ORDER BY o.order_id) AS o
;
