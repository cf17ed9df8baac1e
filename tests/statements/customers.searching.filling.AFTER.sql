\set most '20'
\set position '0'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT id
  FROM customers_customer
 WHERE tenant_id = :'tenant_id' AND id > :'position'
 ORDER BY id
 LIMIT :'most'
;
