\set customer_id 'C-1'
\set dropped_customer_id 'C-2'
\set dropped_email 'bob@shop.example'
\set email 'ann@shop.example'
\set kept '1'
\set lost '2'
\set now '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH named AS MATERIALIZED (
SELECT o.id, o.customer_id, o.email
  FROM orders_order o
 WHERE o.tenant_id = :'tenant_id'
   AND o.email = :'dropped_email'
   AND NOT EXISTS (SELECT 1 FROM customers_customer c
                    WHERE c.tenant_id = :'tenant_id' AND c.email = :'dropped_email'
                      AND c.id NOT IN (:'kept', :'lost')
                   OFFSET 0)
 UNION
SELECT o.id, o.customer_id, o.email
  FROM orders_order o
 WHERE o.tenant_id = :'tenant_id'
   AND o.customer_id = :'dropped_customer_id'
   AND NOT EXISTS (SELECT 1 FROM customers_customer c
                    WHERE c.tenant_id = :'tenant_id' AND c.email = o.email
                   OFFSET 0)
   AND NOT EXISTS (SELECT 1 FROM customers_customer c
                    WHERE c.tenant_id = :'tenant_id' AND c.customer_id = :'dropped_customer_id'
                      AND c.id NOT IN (:'kept', :'lost')
                   OFFSET 0)
), followed AS (
    UPDATE orders_order o
       SET customer_id = CASE WHEN n.customer_id = :'dropped_customer_id' THEN :'customer_id' ELSE n.customer_id END,
           email = CASE WHEN n.email = :'dropped_email' THEN :'email' ELSE n.email END,
           updated_at = :'now'
      FROM named n
     WHERE o.tenant_id = :'tenant_id' AND o.id = n.id
    RETURNING o.id, n.customer_id AS customer_before, n.email AS email_before, o.customer_id, o.email
)
SELECT id, json_build_array(id, customer_before, email_before, customer_id, email)::text AS followed
  FROM followed
 ORDER BY id
;
