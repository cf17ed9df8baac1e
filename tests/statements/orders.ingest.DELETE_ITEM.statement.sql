\set now '2026-01-31T12:00:00Z'
\set order_id 'O-1'
\set product_id 'P-1'
\set sku 'S-1'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH deleted AS (
    DELETE FROM orders_orderitem i
     USING orders_order o
     WHERE o.tenant_id = :'tenant_id' AND o.order_id = :'order_id'
       AND i.tenant_id = o.tenant_id AND i.order_id = o.id
       AND i.product_id = :'product_id' AND i.sku = :'sku'
    RETURNING i.order_id
)
UPDATE orders_order AS o
   SET updated_at = :'now'
 WHERE tenant_id = :'tenant_id' AND id IN (SELECT order_id FROM deleted)
RETURNING id, (SELECT count(*) FROM deleted d WHERE d.order_id = o.id)
;
