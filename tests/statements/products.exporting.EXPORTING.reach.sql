\set key '1'
\set most '20'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT max(page.key), count(*)
  FROM (SELECT product_id AS key
          FROM products_product
         WHERE tenant_id = :'tenant_id' AND product_id > :'key'
         ORDER BY product_id
         LIMIT :'most') page
;
