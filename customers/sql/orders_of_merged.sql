-- The orders that name one of two customers by an identifier which the two lose when they are merged, `dropped_…`: null
-- where they lose none of that kind. By {first}, the tenant's priority identifier, or by {second} while no customer
-- carries their {first}. Not those that name somebody else beside: a third who carries the dropped one.
-- Returns (id, customer_id, email). Each identifier is looked up by index: OFFSET 0.
SELECT o.id, o.customer_id, o.email
  FROM orders_order o
 WHERE o.tenant_id = %(tenant_id)s
   AND o.{first} = %(dropped_{first})s
   AND NOT EXISTS (SELECT 1 FROM customers_customer c
                    WHERE c.tenant_id = %(tenant_id)s AND c.{first} = %(dropped_{first})s
                      AND c.id NOT IN (%(kept)s, %(lost)s)
                   OFFSET 0)
 UNION
SELECT o.id, o.customer_id, o.email
  FROM orders_order o
 WHERE o.tenant_id = %(tenant_id)s
   AND o.{second} = %(dropped_{second})s
   AND NOT EXISTS (SELECT 1 FROM customers_customer c
                    WHERE c.tenant_id = %(tenant_id)s AND c.{first} = o.{first}
                   OFFSET 0)
   AND NOT EXISTS (SELECT 1 FROM customers_customer c
                    WHERE c.tenant_id = %(tenant_id)s AND c.{second} = %(dropped_{second})s
                      AND c.id NOT IN (%(kept)s, %(lost)s)
                   OFFSET 0)
