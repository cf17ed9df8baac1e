-- Deletes variants; returns the hub ids of the products that had them, and how many each had.
WITH deleted AS (
    DELETE FROM products_variant
     WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[])
    RETURNING product_id
)
UPDATE products_product AS p
   SET updated_at = %(now)s
 WHERE tenant_id = %(tenant_id)s AND id IN (SELECT product_id FROM deleted)
RETURNING id, (SELECT count(*) FROM deleted d WHERE d.product_id = p.id)
