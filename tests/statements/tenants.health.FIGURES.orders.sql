\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH missing AS MATERIALIZED (
    SELECT o.id
      FROM orders_order o
     WHERE o.tenant_id = :'tenant_id'
       AND o.customer_id NOT LIKE 'erased-%'
       AND NOT EXISTS (SELECT 1 FROM customers_customer c
                        WHERE c.tenant_id = :'tenant_id' AND c.customer_id = o.customer_id)
       AND NOT EXISTS (SELECT 1 FROM customers_customer c
                        WHERE c.tenant_id = :'tenant_id' AND c.email = o.email)
)
SELECT (SELECT count(*) FROM orders_order WHERE tenant_id = :'tenant_id') AS orders,
       (SELECT count(*) FROM missing) AS orders_without_customer,
       (SELECT coalesce(json_agg(id), '[]')
          FROM (SELECT id FROM missing ORDER BY id DESC LIMIT 1000) n) AS newest_orders_without_customer
;
