-- Orders that name one of some customers, of some tenants, by CustomerId or e-mail: what somebody means who looks for a
-- person's orders, whichever identifier names customers there. Each identifier by its index.
SELECT o.id
  FROM customers_customer c
 CROSS JOIN LATERAL (
       SELECT n.id
         FROM orders_order n
        WHERE n.tenant_id = c.tenant_id AND n.tenant_id = ANY (%(tenants)s::uuid[]) AND n.customer_id = c.customer_id
        UNION
       SELECT n.id
         FROM orders_order n
        WHERE n.tenant_id = c.tenant_id AND n.tenant_id = ANY (%(tenants)s::uuid[]) AND n.email = c.email) o
 WHERE c.tenant_id = ANY (%(tenants)s::uuid[]) AND c.id = ANY (%(ids)s::bigint[])
 LIMIT %(most)s
