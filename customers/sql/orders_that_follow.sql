-- The orders that are a customer's by its identifiers so far, but for those that another customer has, too, by a {second}
-- that they share: these stay with the other. Returns (id, customer_id, email), at most %(most)s.
SELECT x.id, x.customer_id, x.email
  FROM (SELECT o.id, o.customer_id, o.email
          FROM orders_order o
         WHERE o.tenant_id = %(tenant_id)s AND o.{first} = %({first})s
         UNION
        SELECT o.id, o.customer_id, o.email
          FROM orders_order o
         WHERE o.tenant_id = %(tenant_id)s AND o.{second} = %({second})s
           AND NOT EXISTS (SELECT 1 FROM customers_customer c
                            WHERE c.tenant_id = %(tenant_id)s AND c.{first} = o.{first})
           AND NOT EXISTS (SELECT 1 FROM customers_customer c
                            WHERE c.tenant_id = %(tenant_id)s AND c.{second} = %({second})s
                              AND c.id <> %(customer)s)) x
 ORDER BY x.id
 LIMIT %(most)s
