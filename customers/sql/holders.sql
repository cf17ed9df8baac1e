-- Who else has an identifier that a customer is to get: at most one for each. Returns (column, id, name, surname,
-- customer id, e-mail). OFFSET 0 keeps each looked up in its index.
SELECT h.held, h.id, h.name, h.surname, h.customer_id, h.email
  FROM ((SELECT 'CustomerId' AS held, id, name, surname, customer_id, email
           FROM customers_customer
          WHERE tenant_id = %(tenant_id)s AND customer_id = %(customer_id)s AND id <> %(customer)s
         OFFSET 0
          LIMIT 1)
         UNION ALL
        (SELECT 'Email', id, name, surname, customer_id, email
           FROM customers_customer
          WHERE tenant_id = %(tenant_id)s AND email = %(email)s AND id <> %(customer)s
         OFFSET 0
          LIMIT 1)
         UNION ALL
        (SELECT 'Phone', id, name, surname, customer_id, email
           FROM customers_customer
          WHERE tenant_id = %(tenant_id)s AND match_key = %(key)s AND id <> %(customer)s
         OFFSET 0
          LIMIT 1)) h
