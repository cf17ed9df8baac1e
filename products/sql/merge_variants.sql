-- Upserts variants into their products and returns the hub ids of the products this changed.
WITH stored AS ({upsert})
UPDATE products_product
   SET updated_at = %(now)s
 WHERE tenant_id = %(tenant_id)s
   AND id = ANY (ARRAY (SELECT DISTINCT product_id FROM stored))
   AND updated_at <> %(now)s
RETURNING id
