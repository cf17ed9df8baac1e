-- What another identifier priority would mean for a tenant's customers: how many there are, how many get another key,
-- how many want a key that another one wants too, and the ten keys most of them share
-- (`samples`: [[key, customers, [up to five hub ids]], …]).
WITH planned AS MATERIALIZED (
    SELECT c.id, c.match_key AS present, coalesce({key}) AS key
      FROM customers_customer c
     WHERE c.tenant_id = %(tenant_id)s
), shared AS MATERIALIZED (
    SELECT key, count(*) AS customers, (array_agg(id ORDER BY id))[1:5] AS ids
      FROM planned
     GROUP BY key
    HAVING count(*) > 1
)
SELECT (SELECT count(*) FROM planned) AS customers,
       (SELECT count(*) FROM planned WHERE key <> present) AS moving,
       (SELECT coalesce(sum(customers), 0)::bigint FROM shared) AS colliding,
       (SELECT coalesce(json_agg(json_build_array(key, customers, ids)), '[]')
          FROM (SELECT * FROM shared ORDER BY customers DESC, key LIMIT 10) worst) AS samples
