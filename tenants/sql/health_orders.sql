-- How many orders a tenant has, and how many name a customer that it does not: neither by CustomerId nor by e-mail.
-- Orders of erased persons are anonymous on purpose and are no fault.
SELECT count(*) AS orders,
       count(*) FILTER (WHERE NOT o.customer_id LIKE 'erased-%%'
                          AND i.customer_id IS NULL AND e.email IS NULL) AS orders_without_customer
  FROM orders_order o
  LEFT JOIN (SELECT DISTINCT customer_id FROM customers_customer
              WHERE tenant_id = %(tenant_id)s AND customer_id IS NOT NULL) i ON i.customer_id = o.customer_id
  LEFT JOIN (SELECT DISTINCT email FROM customers_customer
              WHERE tenant_id = %(tenant_id)s AND email IS NOT NULL) e ON e.email = o.email
 WHERE o.tenant_id = %(tenant_id)s
