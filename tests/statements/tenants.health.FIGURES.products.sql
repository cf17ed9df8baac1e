\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT (SELECT count(*) FROM products_product WHERE tenant_id = :'tenant_id') AS products,
       count(*) AS variants,
       count(*) FILTER (WHERE stock = 0) AS variants_without_stock,
       count(*) FILTER (WHERE NOT is_available) AS variants_unavailable
  FROM products_variant
 WHERE tenant_id = :'tenant_id'
;
