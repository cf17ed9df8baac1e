-- How many orders a tenant has, and how many name a customer that it does not, neither by CustomerId nor by e-mail;
-- `newest` are hub ids of a thousand of these. Orders of erased persons are anonymous on purpose and are no fault.
-- 1e6 orders and customers: 1.1 s.
WITH missing AS MATERIALIZED (
    SELECT o.id
      FROM orders_order o
     WHERE o.tenant_id = %(tenant_id)s
       AND o.customer_id NOT LIKE 'erased-%'
       AND NOT EXISTS (SELECT 1 FROM customers_customer c
                        WHERE c.tenant_id = %(tenant_id)s AND c.customer_id = o.customer_id)
       AND NOT EXISTS (SELECT 1 FROM customers_customer c
                        WHERE c.tenant_id = %(tenant_id)s AND c.email = o.email)
)
SELECT (SELECT count(*) FROM orders_order WHERE tenant_id = %(tenant_id)s) AS orders,
       (SELECT count(*) FROM missing) AS orders_without_customer,
       (SELECT coalesce(json_agg(id), '[]')
          FROM (SELECT id FROM missing ORDER BY id DESC LIMIT 1000) n) AS newest_orders_without_customer
