\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT number, filled_to
  FROM customers_searchposition
 WHERE tenant_id = :'tenant_id'
   FOR UPDATE SKIP LOCKED
;
