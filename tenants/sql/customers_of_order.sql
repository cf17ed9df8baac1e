-- The customers an order names: by {first}, the tenant's priority identifier, else by {second}.
SELECT c.id, c.name, c.surname, c.customer_id, c.email
  FROM customers_customer c
 WHERE c.tenant_id = %(tenant_id)s
   AND (c.{first} = %({first})s
        OR c.{second} = %({second})s
           AND NOT EXISTS (SELECT 1 FROM customers_customer k
                            WHERE k.tenant_id = %(tenant_id)s AND k.{first} = %({first})s))
 ORDER BY c.id
 LIMIT 5
