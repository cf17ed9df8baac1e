\set entity 'customers'
\set gives 'false'
\set ids '{1,2}'
\set now '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set undoes '1'

WITH back AS MATERIALIZED (
    SELECT p.*, NULL::smallint AS flags
      FROM unnest(:'ids'::bigint[]) AS n(id)
    LEFT JOIN LATERAL (
       SELECT s.id, s.image, s.grants
         FROM tenants_beforeimage s
        WHERE s.tenant_id = :'tenant_id' AND s.entity = :'entity' AND s.record = n.id
          AND s.changeset_number = :'undoes'
       OFFSET 0) i ON true
  LEFT JOIN LATERAL (
       SELECT *
         FROM orders_order s
        WHERE s.tenant_id = :'tenant_id' AND s.id = n.id
       OFFSET 0) t ON true
 CROSS JOIN LATERAL (SELECT 0 AS bits) w
 CROSS JOIN LATERAL (
       SELECT w.bits & ~ CASE WHEN :'gives' AND t.id IS NOT NULL THEN coalesce(i.grants, 0) ELSE 0 END AS held) h
 CROSS JOIN LATERAL (SELECT i.image AS target) r
     CROSS JOIN LATERAL jsonb_populate_record(NULL::orders_order, to_jsonb(t) || r.target) p
)
UPDATE orders_order t
   SET order_id = b.order_id,
       customer_id = b.customer_id,
       email = b.email,
       order_date = b.order_date,
       total_revenue = b.total_revenue,
       currency = b.currency,
       total_quantity = b.total_quantity,
       unique_quantity = b.unique_quantity,
       is_order_cancelled = b.is_order_cancelled,
       given = b.given,
       updated_at = :'now'
  FROM back b
 WHERE t.tenant_id = :'tenant_id' AND t.id = b.id
RETURNING t.id, b.flags AS before, NULL::smallint AS after
;
