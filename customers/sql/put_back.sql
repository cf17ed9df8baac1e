-- Gives the customer that was kept back what it was before the merge: `back` by column, and attributes of the image
-- where `attributes` says so. Returns (flags before, flags after).
UPDATE customers_customer t
   SET {assignments},
       attributes = CASE %(attributes)s::text
           WHEN 'now' THEN t.attributes
           WHEN 'before' THEN %(image)s::jsonb->'attributes'
           ELSE {held} END,
       previous_flags = {flags},
       updated_at = %(now)s
  FROM (SELECT p.*
          FROM customers_customer c
         CROSS JOIN LATERAL jsonb_populate_record(NULL::customers_customer, to_jsonb(c) || %(back)s::jsonb) p
         WHERE c.tenant_id = %(tenant_id)s AND c.id = %(kept)s) AS v
 WHERE t.tenant_id = %(tenant_id)s AND t.id = v.id
RETURNING t.previous_flags AS before, {flags} AS after
