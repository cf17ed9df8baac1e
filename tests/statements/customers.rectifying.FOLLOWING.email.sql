\set customer '1'
\set customer_id 'C-1'
\set email 'ann@shop.example'
\set most '20'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT x.id, x.customer_id, x.email
  FROM (SELECT o.id, o.customer_id, o.email
          FROM orders_order o
         WHERE o.tenant_id = :'tenant_id' AND o.email = :'email'
         UNION
        SELECT o.id, o.customer_id, o.email
          FROM orders_order o
         WHERE o.tenant_id = :'tenant_id' AND o.customer_id = :'customer_id'
           AND NOT EXISTS (SELECT 1 FROM customers_customer c
                            WHERE c.tenant_id = :'tenant_id' AND c.email = o.email)
           AND NOT EXISTS (SELECT 1 FROM customers_customer c
                            WHERE c.tenant_id = :'tenant_id' AND c.customer_id = :'customer_id'
                              AND c.id <> :'customer')) x
 ORDER BY x.id
 LIMIT :'most'
;
