-- Has orders name the customer that is kept, in place of an identifier that the merge drops. {orders} selects which.
-- Returns what they named before, and name now: [id, customer_id, email, customer_id, email] as JSON, for the image.
WITH named AS MATERIALIZED (
{orders}
), followed AS (
    UPDATE orders_order o
       SET customer_id = CASE WHEN n.customer_id = %(dropped_customer_id)s THEN %(customer_id)s ELSE n.customer_id END,
           email = CASE WHEN n.email = %(dropped_email)s THEN %(email)s ELSE n.email END,
           updated_at = %(now)s
      FROM named n
     WHERE o.tenant_id = %(tenant_id)s AND o.id = n.id
    RETURNING o.id, n.customer_id AS customer_before, n.email AS email_before, o.customer_id, o.email
)
SELECT id, json_build_array(id, customer_before, email_before, customer_id, email)::text AS followed
  FROM followed
 ORDER BY id
