-- The orders that name persons to be erased, whose rows (`erased`) are or will be deleted. Returns (id, customer_id).
-- An order is theirs when its {first} (the tenant's priority identifier) is one of the erased and no customer that is
-- left carries it, or when its {second} is, and no customer that is left carries either. What the erased were known by
-- before counts less, as {second} does: {first}s and {second}s have it, present_{first}s has not.
SELECT o.id, o.customer_id
  FROM orders_order o
 WHERE o.tenant_id = %(tenant_id)s
   AND (o.{first} = ANY (%({first}s)s::text[]) OR o.{second} = ANY (%({second}s)s::text[]))
   AND NOT EXISTS (SELECT 1 FROM customers_customer c
                    WHERE c.tenant_id = %(tenant_id)s AND c.{first} = o.{first}
                      AND c.id <> ALL (%(erased)s::bigint[]))
   AND (o.{first} = ANY (%(present_{first}s)s::text[])
        OR NOT EXISTS (SELECT 1 FROM customers_customer c
                        WHERE c.tenant_id = %(tenant_id)s AND c.{second} = o.{second}
                          AND c.id <> ALL (%(erased)s::bigint[])))
 ORDER BY o.order_id
