-- Gives an order, whose row the transaction has locked, the fields whose bits are in `given`; "" is no e-mail.
UPDATE orders_order t
   SET {assignments},
       given = t.given | e.given,
       updated_at = %(now)s
  FROM json_to_recordset(%(edits)s::json) AS e(id bigint, given int, {columns})
 WHERE t.tenant_id = %(tenant_id)s
   AND t.id = e.id
RETURNING t.id
