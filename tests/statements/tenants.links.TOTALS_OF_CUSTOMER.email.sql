\set customer_id 'C-1'
\set email 'ann@shop.example'
\set most '20'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT x.currency, count(*) AS orders,
       coalesce(sum(x.total_revenue) FILTER (WHERE NOT x.is_order_cancelled), 0) AS revenue
  FROM (
SELECT o.id, o.order_id, o.order_date, o.total_revenue, o.currency, o.is_order_cancelled
  FROM orders_order o
 WHERE o.tenant_id = :'tenant_id'
   AND (o.email = :'email'
        OR o.customer_id = :'customer_id'
           AND NOT EXISTS (SELECT 1 FROM customers_customer c
                            WHERE c.tenant_id = :'tenant_id' AND c.email = o.email))
 ORDER BY o.order_date DESC
 LIMIT :'most') x(id, order_id, order_date, total_revenue, currency, is_order_cancelled)
 GROUP BY x.currency
 ORDER BY 2 DESC, 1
;
