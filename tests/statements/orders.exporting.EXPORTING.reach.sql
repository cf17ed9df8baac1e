\set key '1'
\set most '20'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT max(page.key), count(*)
  FROM (SELECT order_id AS key
          FROM orders_order
         WHERE tenant_id = :'tenant_id' AND order_id > :'key'
         ORDER BY order_id
         LIMIT :'most') page
;
