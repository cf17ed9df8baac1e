-- Deletes lines; returns the hub ids of the orders that had them, and how many each had.
WITH deleted AS (
    DELETE FROM orders_orderitem
     WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[])
    RETURNING order_id
)
UPDATE orders_order AS o
   SET updated_at = %(now)s
 WHERE tenant_id = %(tenant_id)s AND id IN (SELECT order_id FROM deleted)
RETURNING id, (SELECT count(*) FROM deleted d WHERE d.order_id = o.id)
