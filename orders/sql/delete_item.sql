-- Deletes the lines of an order with a ProductId and Sku; returns the order's hub id and how many they were, where
-- there were any.
WITH deleted AS (
    DELETE FROM orders_orderitem i
     USING orders_order o
     WHERE o.tenant_id = %(tenant_id)s AND o.order_id = %(order_id)s
       AND i.tenant_id = o.tenant_id AND i.order_id = o.id
       AND i.product_id = %(product_id)s AND i.sku = %(sku)s
    RETURNING i.order_id
)
UPDATE orders_order AS o
   SET updated_at = %(now)s
 WHERE tenant_id = %(tenant_id)s AND id IN (SELECT order_id FROM deleted)
RETURNING id, (SELECT count(*) FROM deleted d WHERE d.order_id = o.id)
