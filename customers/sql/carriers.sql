-- Which customers carry an identifier that is not the priority one. Returns (value, match_key), by match_key.
-- LATERAL … OFFSET 0 pins the index plan (2.6 ms for 500): = ANY() and plain joins sometimes turned into a sequential
-- scan, and with ORDER BY inside, a plan made while the table was small read the tenant's rows in the order of match_key
-- for every value.
SELECT v.value, x.match_key
  FROM unnest(%(values)s::text[]) AS v(value)
 CROSS JOIN LATERAL (
       SELECT c.match_key
         FROM customers_customer c
        WHERE c.tenant_id = %(tenant_id)s AND c.{column} = v.value
       OFFSET 0) x
 ORDER BY x.match_key
