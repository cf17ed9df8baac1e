\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH planned AS MATERIALIZED (
    SELECT c.match_key AS present, coalesce('e:' || c.email, 'i:' || c.customer_id, c.match_key) AS key
      FROM customers_customer c
     WHERE c.tenant_id = :'tenant_id'
), shared AS MATERIALIZED (
    SELECT count(*) AS customers
      FROM planned
     GROUP BY key
    HAVING count(*) > 1
)
SELECT (SELECT count(*) FROM planned) AS customers,
       (SELECT count(*) FROM planned WHERE key <> present) AS moving,
       (SELECT coalesce(sum(customers), 0)::bigint FROM shared) AS colliding
;
