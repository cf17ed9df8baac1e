-- The products that have a variant with one of the SKUs, five of each at most. OFFSET 0 pins the index plan.
SELECT s.sku, x.*
  FROM unnest(%(skus)s::text[]) AS s(sku)
 CROSS JOIN LATERAL (
       SELECT *
         FROM (SELECT p.id, p.product_name, v.name
                 FROM products_variant v
                 JOIN products_product p ON p.tenant_id = v.tenant_id AND p.id = v.product_id
                WHERE v.tenant_id = %(tenant_id)s AND v.sku = s.sku
               OFFSET 0) y
        ORDER BY y.id
        LIMIT 5) AS x
