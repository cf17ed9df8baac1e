-- Gives orders the CustomerId and the e-mail that their customer has got.
UPDATE orders_order o
   SET customer_id = e.customer_id, email = e.email, updated_at = %(now)s
  FROM json_to_recordset(%(edits)s::json) AS e(id bigint, customer_id text, email text)
 WHERE o.tenant_id = %(tenant_id)s AND o.id = e.id
RETURNING o.id
