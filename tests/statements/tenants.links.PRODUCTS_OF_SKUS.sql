\set skus '{S-1}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT s.sku, x.*
  FROM unnest(:'skus'::text[]) AS s(sku)
 CROSS JOIN LATERAL (
       SELECT *
         FROM (SELECT p.id, p.product_name, v.name
                 FROM products_variant v
                 JOIN products_product p ON p.tenant_id = v.tenant_id AND p.id = v.product_id
                WHERE v.tenant_id = :'tenant_id' AND v.sku = s.sku
               OFFSET 0) y
        ORDER BY y.id
        LIMIT 5) AS x
;
