-- Which withdrawals by staff stand against what a source had sent before, of the customers with these match_keys.
-- Returns (match_key, flags as bits) for those who have any. Asked of tenants whose policy lets them stand, and only of
-- customers whom a batch grants something. LATERAL … OFFSET 0 pins the index plan; the keys are a JSON array, for
-- psycopg writes lists item by item.
SELECT v.key, x.flags
  FROM json_array_elements_text(%(keys)s::json) AS v(key)
 CROSS JOIN LATERAL (
       SELECT {standing} AS flags
         FROM customers_customer t
        WHERE t.tenant_id = %(tenant_id)s AND t.match_key = v.key
       OFFSET 0) x
 WHERE x.flags <> 0
