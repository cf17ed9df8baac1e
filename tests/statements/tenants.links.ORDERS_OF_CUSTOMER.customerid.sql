\set customer_id 'C-1'
\set earlier '2026-01-31T12:00:00Z'
\set earlier_id '1'
\set email 'ann@shop.example'
\set most '20'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT o.id, o.order_id, o.order_date, o.total_revenue, o.currency, o.is_order_cancelled
  FROM orders_order o
 WHERE o.tenant_id = :'tenant_id'
   AND (o.customer_id = :'customer_id'
        OR o.email = :'email'
           AND NOT EXISTS (SELECT 1 FROM customers_customer c
                            WHERE c.tenant_id = :'tenant_id' AND c.customer_id = o.customer_id))
   AND (o.order_date, o.id) < (:'earlier', :'earlier_id')
 ORDER BY o.order_date DESC, o.id DESC
 LIMIT :'most'
;
