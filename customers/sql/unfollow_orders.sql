-- Has orders name whom they named before a merge, where they still name what it had them name. `followed` are the rows
-- of follow_orders, as they stand in the image.
UPDATE orders_order o
   SET customer_id = f.one->>1, email = f.one->>2, updated_at = %(now)s
  FROM jsonb_array_elements(%(followed)s::jsonb) AS f(one)
 WHERE o.tenant_id = %(tenant_id)s
   AND o.id = (f.one->>0)::bigint
   AND o.customer_id = f.one->>3
   AND o.email IS NOT DISTINCT FROM f.one->>4
RETURNING o.id
