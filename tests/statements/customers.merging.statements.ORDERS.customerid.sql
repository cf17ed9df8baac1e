\set dropped_customer_id 'C-2'
\set dropped_email 'bob@shop.example'
\set kept '1'
\set lost '2'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT o.id, o.customer_id, o.email
  FROM orders_order o
 WHERE o.tenant_id = :'tenant_id'
   AND o.customer_id = :'dropped_customer_id'
   AND NOT EXISTS (SELECT 1 FROM customers_customer c
                    WHERE c.tenant_id = :'tenant_id' AND c.customer_id = :'dropped_customer_id'
                      AND c.id NOT IN (:'kept', :'lost')
                   OFFSET 0)
 UNION
SELECT o.id, o.customer_id, o.email
  FROM orders_order o
 WHERE o.tenant_id = :'tenant_id'
   AND o.email = :'dropped_email'
   AND NOT EXISTS (SELECT 1 FROM customers_customer c
                    WHERE c.tenant_id = :'tenant_id' AND c.customer_id = o.customer_id
                   OFFSET 0)
   AND NOT EXISTS (SELECT 1 FROM customers_customer c
                    WHERE c.tenant_id = :'tenant_id' AND c.email = :'dropped_email'
                      AND c.id NOT IN (:'kept', :'lost')
                   OFFSET 0)
;
