-- The hub ids of customers by their keys, as one JSON object; who is not there is not in it.
-- LATERAL … OFFSET 0 pins the index plan, as in customers/sql/carriers.sql. The keys are a JSON array: psycopg writes
-- lists item by item.
SELECT coalesce(json_object_agg(k.key, c.id), '{}')::text AS ids
  FROM json_array_elements_text(%(keys)s::json) AS k(key)
 CROSS JOIN LATERAL (
       SELECT id
         FROM customers_customer
        WHERE tenant_id = %(tenant_id)s AND match_key = k.key
       OFFSET 0) c
