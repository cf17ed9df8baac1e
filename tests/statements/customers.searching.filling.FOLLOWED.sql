\set number '0'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE customers_searchposition
   SET number = :'number'
 WHERE tenant_id = :'tenant_id'
RETURNING number
;
