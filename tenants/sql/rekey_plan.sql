-- What another identifier priority would mean for a tenant's customers: how many there are, how many get another key,
-- how many want a key that another one wants too (rekey_collisions names them).
WITH planned AS MATERIALIZED (
    SELECT c.match_key AS present, coalesce({key}) AS key
      FROM customers_customer c
     WHERE c.tenant_id = %(tenant_id)s
), shared AS MATERIALIZED (
    SELECT count(*) AS customers
      FROM planned
     GROUP BY key
    HAVING count(*) > 1
)
SELECT (SELECT count(*) FROM planned) AS customers,
       (SELECT count(*) FROM planned WHERE key <> present) AS moving,
       (SELECT coalesce(sum(customers), 0)::bigint FROM shared) AS colliding
