\set now '2026-01-31T12:00:00Z'
\set product_id 'P-1'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set variant_id 'V-1'

WITH deleted AS (
    DELETE FROM products_variant v
     USING products_product p
     WHERE p.tenant_id = :'tenant_id' AND p.product_id = :'product_id'
       AND v.tenant_id = p.tenant_id AND v.product_id = p.id AND v.variant_id = :'variant_id'
    RETURNING v.product_id
)
UPDATE products_product AS p
   SET updated_at = :'now'
 WHERE tenant_id = :'tenant_id' AND id IN (SELECT product_id FROM deleted)
RETURNING id, (SELECT count(*) FROM deleted d WHERE d.product_id = p.id)
;
