-- Makes the customer that is kept what the two are together. `merged` has what was chosen by column; attributes are
-- chosen here, for a number of any length is JSON's own: of one side, or of both, where what the kept one says counts,
-- and nothing is true that either says is false. Returns (flags before, flags after, row).
UPDATE customers_customer t
   SET {assignments},
       attributes = CASE %(attributes)s::text
           WHEN 'kept' THEN t.attributes
           WHEN 'lost' THEN %(lost_row)s::jsonb->'attributes'
           ELSE (%(lost_row)s::jsonb->'attributes') || t.attributes || (
               SELECT coalesce(jsonb_object_agg(e.key, e.value), '{{}}')
                 FROM jsonb_each(%(lost_row)s::jsonb->'attributes') e
                WHERE e.value = 'false' AND t.attributes->e.key = 'true') END,
       previous_flags = {flags},
       updated_at = %(now)s
  FROM jsonb_populate_record(NULL::customers_customer, %(merged)s::jsonb) AS v
 WHERE t.tenant_id = %(tenant_id)s AND t.id = %(kept)s
RETURNING t.previous_flags AS before, {flags} AS after, to_jsonb(t)::text AS row
