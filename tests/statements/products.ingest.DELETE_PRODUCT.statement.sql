\set product_id 'P-1'
\set tenant_id '00000000-0000-4000-8000-000000000001'

DELETE FROM products_product WHERE tenant_id = :'tenant_id' AND product_id = :'product_id' RETURNING id
;
