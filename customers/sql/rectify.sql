-- Gives a customer, whose row the transaction has locked, the fields whose bits are in `given`; "" and [] are no value,
-- and somebody's word all the same. What it was known by stays known as former.
UPDATE customers_customer t
   SET match_key = e.match_key,
       {assignments},
       {former},
       given = t.given | e.given,
       updated_at = %(now)s
  FROM json_to_recordset(%(edits)s::json) AS e(id bigint, given int, match_key text, {columns})
 WHERE t.tenant_id = %(tenant_id)s
   AND t.id = e.id
RETURNING t.id
