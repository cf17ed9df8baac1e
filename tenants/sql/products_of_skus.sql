-- The products that have a variant with one of the SKUs, five of each at most.
SELECT s.sku, x.*
  FROM unnest(%(skus)s::text[]) AS s(sku)
 CROSS JOIN LATERAL (
       SELECT p.id, p.product_name, v.name
         FROM products_variant v
         JOIN products_product p ON p.tenant_id = v.tenant_id AND p.id = v.product_id
        WHERE v.tenant_id = %(tenant_id)s AND v.sku = s.sku
        ORDER BY p.id
        LIMIT 5) AS x
