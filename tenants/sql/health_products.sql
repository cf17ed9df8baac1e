-- How many products and variants a tenant has; how many variants are out of stock (0; null is unknown) or unavailable.
SELECT (SELECT count(*) FROM products_product WHERE tenant_id = %(tenant_id)s) AS products,
       count(*) AS variants,
       count(*) FILTER (WHERE stock = 0) AS variants_without_stock,
       count(*) FILTER (WHERE NOT is_available) AS variants_unavailable
  FROM products_variant
 WHERE tenant_id = %(tenant_id)s
