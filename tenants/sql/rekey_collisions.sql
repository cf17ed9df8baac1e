-- The keys that several customers of a tenant would share by another identifier priority, those of most first: `most` of
-- them, from the one at `start` on. Returns (key, customers, up to twenty hub ids, the oldest first). It reads all customers,
-- as the plan does: nobody asks for it twice a day.
WITH planned AS MATERIALIZED (
    SELECT c.id, coalesce({key}) AS key
      FROM customers_customer c
     WHERE c.tenant_id = %(tenant_id)s
)
SELECT key, count(*) AS customers, (array_agg(id ORDER BY id))[1:20] AS ids
  FROM planned
 GROUP BY key
HAVING count(*) > 1
 ORDER BY 2 DESC, 1
 LIMIT %(most)s OFFSET %(start)s
