-- The latest orders of a customer: those that name it by {first}, the tenant's priority identifier, and those that
-- name it by {second} while no customer carries their {first}. Those of before a moment; of that moment, those with a
-- lower hub id.
SELECT o.id, o.order_id, o.order_date, o.total_revenue, o.currency, o.is_order_cancelled
  FROM orders_order o
 WHERE o.tenant_id = %(tenant_id)s
   AND (o.{first} = %({first})s
        OR o.{second} = %({second})s
           AND NOT EXISTS (SELECT 1 FROM customers_customer c
                            WHERE c.tenant_id = %(tenant_id)s AND c.{first} = o.{first}))
   AND (o.order_date, o.id) < (%(earlier)s, %(earlier_id)s)
 ORDER BY o.order_date DESC, o.id DESC
 LIMIT %(most)s
