\set customer_id 'C-1'
\set email 'ann@shop.example'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT c.id, c.name, c.surname, c.customer_id, c.email
  FROM customers_customer c
 WHERE c.tenant_id = :'tenant_id'
   AND (c.customer_id = :'customer_id'
        OR c.email = :'email'
           AND NOT EXISTS (SELECT 1 FROM customers_customer k
                            WHERE k.tenant_id = :'tenant_id' AND k.customer_id = :'customer_id'))
 ORDER BY c.id
 LIMIT 5
;
