\set customer '1'
\set customer_id 'C-1'
\set email 'ann@shop.example'
\set key '1'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT h.held, h.id, h.name, h.surname, h.customer_id, h.email
  FROM ((SELECT 'CustomerId' AS held, id, name, surname, customer_id, email
           FROM customers_customer
          WHERE tenant_id = :'tenant_id' AND customer_id = :'customer_id' AND id <> :'customer'
         OFFSET 0
          LIMIT 1)
         UNION ALL
        (SELECT 'Email', id, name, surname, customer_id, email
           FROM customers_customer
          WHERE tenant_id = :'tenant_id' AND email = :'email' AND id <> :'customer'
         OFFSET 0
          LIMIT 1)
         UNION ALL
        (SELECT 'Phone', id, name, surname, customer_id, email
           FROM customers_customer
          WHERE tenant_id = :'tenant_id' AND match_key = :'key' AND id <> :'customer'
         OFFSET 0
          LIMIT 1)) h
;
