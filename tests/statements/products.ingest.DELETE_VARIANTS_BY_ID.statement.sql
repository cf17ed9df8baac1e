\set ids '{1,2}'
\set now '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH deleted AS (
    DELETE FROM products_variant
     WHERE tenant_id = :'tenant_id' AND id = ANY (:'ids'::bigint[])
    RETURNING product_id
)
UPDATE products_product AS p
   SET updated_at = :'now'
 WHERE tenant_id = :'tenant_id' AND id IN (SELECT product_id FROM deleted)
RETURNING id, (SELECT count(*) FROM deleted d WHERE d.product_id = p.id)
;
