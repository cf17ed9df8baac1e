\set customer_id 'C-1'
\set email 'ann@shop.example'
\set most '20'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT currency, is_order_cancelled, count(*), sum(total_revenue), min(order_date), max(order_date)
  FROM (SELECT o.currency, o.is_order_cancelled, o.total_revenue, o.order_date
          FROM orders_order o
         WHERE o.tenant_id = :'tenant_id'
           AND (o.email = :'email'
                OR o.customer_id = :'customer_id'
                   AND NOT EXISTS (SELECT 1 FROM customers_customer c
                                    WHERE c.tenant_id = :'tenant_id' AND c.email = o.email))
         LIMIT :'most') AS mine
 GROUP BY currency, is_order_cancelled
 ORDER BY currency, is_order_cancelled
;
