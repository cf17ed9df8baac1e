\set ids '{1,2}'
\set most '20'
\set tenants '{00000000-0000-4000-8000-000000000001}'

SELECT o.id
  FROM customers_customer c
 CROSS JOIN LATERAL (
       SELECT n.id
         FROM orders_order n
        WHERE n.tenant_id = c.tenant_id AND n.tenant_id = ANY (:'tenants'::uuid[]) AND n.customer_id = c.customer_id
        UNION
       SELECT n.id
         FROM orders_order n
        WHERE n.tenant_id = c.tenant_id AND n.tenant_id = ANY (:'tenants'::uuid[]) AND n.email = c.email) o
 WHERE c.tenant_id = ANY (:'tenants'::uuid[]) AND c.id = ANY (:'ids'::bigint[])
 LIMIT :'most'
;
