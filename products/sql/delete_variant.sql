-- Deletes a variant of a product; returns the product's hub id and 1 where there was one.
WITH deleted AS (
    DELETE FROM products_variant v
     USING products_product p
     WHERE p.tenant_id = %(tenant_id)s AND p.product_id = %(product_id)s
       AND v.tenant_id = p.tenant_id AND v.product_id = p.id AND v.variant_id = %(variant_id)s
    RETURNING v.product_id
)
UPDATE products_product AS p
   SET updated_at = %(now)s
 WHERE tenant_id = %(tenant_id)s AND id IN (SELECT product_id FROM deleted)
RETURNING id, (SELECT count(*) FROM deleted d WHERE d.product_id = p.id)
