-- Upserts variants into their products and returns the hub ids of the products this changed.
WITH stored AS ({upsert}),
touched AS (
    UPDATE products_product p
       SET updated_at = %(now)s
     WHERE p.tenant_id = %(tenant_id)s
       AND p.id IN (SELECT product_id FROM stored)
       AND p.updated_at <> %(now)s
    RETURNING p.id
)
SELECT id FROM touched
