-- Inserts the customer that was lost in a merge as it was, under its hub id; `back` is what is otherwise now. A column
-- that came since the image was kept gets its default. Attributes that were true are what the kept customer `t` has now,
-- where nothing says that they still are.
INSERT INTO customers_customer ({columns})
SELECT {values}
  FROM customers_customer t
 CROSS JOIN LATERAL jsonb_populate_record(
       NULL::customers_customer,
       '{defaults}'::jsonb || (%(image)s::jsonb #> '{{merged,lost}}') || %(back)s::jsonb) p
 WHERE t.tenant_id = %(tenant_id)s AND t.id = %(kept)s
RETURNING id
