\set entity 'customers'
\set gives 'false'
\set ids '{1,2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set undoes '1'

SELECT n.id, (to_jsonb(t) || jsonb_build_object('parts', (
                   SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p.line_no), '[]')
                     FROM orders_orderitem p
                    WHERE p.tenant_id = :'tenant_id' AND p.order_id = t.id)))::text AS stored, r.target::text AS target
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
;
