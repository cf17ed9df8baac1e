-- The orders that name persons to be erased, whose rows (`erased`) are or will be deleted. Returns (id, customer_id,
-- email).
-- An order is theirs when its {first} (the tenant's priority identifier) is one of the erased and no customer that is
-- left carries it, or when its {second} is, and no customer that is left carries either. What the erased were known by
-- before counts less, as {second} does: {first}s and {second}s have it, present_{first}s has not.
-- An address that a till gives to everybody erases 100,000 customers at once, with all their orders: so each identifier
-- is looked up once, by index, and what is asked of every order is asked of a hash. Lists in its place, which are read
-- from their beginning for every order, held the tenant's lock for minutes. OFFSET 0 keeps them looked up by index: a
-- plan made while the tables are small joins them all. What is looked up is the blank {by_first}, {by_second}: of orders,
-- or of their before-images, which are theirs by the same rule.
SELECT o.id, o.customer_id, o.email
  FROM (SELECT x.*
          FROM unnest(%({first}s)s::text[]) AS v(value)
         CROSS JOIN LATERAL ({by_first}
                             OFFSET 0) AS x
         UNION
        SELECT x.*
          FROM unnest(%({second}s)s::text[]) AS v(value)
         CROSS JOIN LATERAL ({by_second}
                             OFFSET 0) AS x) AS o
 WHERE NOT EXISTS (SELECT 1 FROM customers_customer c
                    WHERE c.tenant_id = %(tenant_id)s AND c.{first} = o.{first}
                      AND c.id NOT IN (SELECT unnest(%(erased)s::bigint[]))
                   OFFSET 0)
   AND (o.{first} IN (SELECT unnest(%(present_{first}s)s::text[]))
        OR CASE WHEN o.{second} IN (SELECT unnest(%({second}s)s::text[]))
                THEN o.{second} NOT IN (SELECT v.value
                                          FROM unnest(%({second}s)s::text[]) AS v(value)
                                         WHERE EXISTS (SELECT 1 FROM customers_customer c
                                                        WHERE c.tenant_id = %(tenant_id)s AND c.{second} = v.value
                                                          AND c.id NOT IN (SELECT unnest(%(erased)s::bigint[]))
                                                       OFFSET 0))
                ELSE NOT EXISTS (SELECT 1 FROM customers_customer c
                                  WHERE c.tenant_id = %(tenant_id)s AND c.{second} = o.{second}
                                    AND c.id NOT IN (SELECT unnest(%(erased)s::bigint[]))
                                 OFFSET 0)
           END)
 ORDER BY o.order_id
