\set key '1'
\set most '20'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT max(page.key), count(*)
  FROM (SELECT match_key AS key
          FROM customers_customer
         WHERE tenant_id = :'tenant_id' AND match_key > :'key'
         ORDER BY match_key
         LIMIT :'most') page
;
