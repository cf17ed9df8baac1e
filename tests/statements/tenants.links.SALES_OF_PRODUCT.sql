\set most '20'
\set product_id 'P-1'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT currency, is_order_cancelled, count(*), sum(quantity), sum(quantity * price)
  FROM (SELECT o.currency, o.is_order_cancelled, i.quantity, i.price
          FROM orders_orderitem i
          JOIN orders_order o ON o.tenant_id = i.tenant_id AND o.id = i.order_id
         WHERE i.tenant_id = :'tenant_id' AND i.product_id = :'product_id'
         LIMIT :'most') AS line
 GROUP BY currency, is_order_cancelled
 ORDER BY currency, is_order_cancelled
;
