\set entity 'customers'
\set gives 'false'
\set ids '{1,2}'
\set now '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set undoes '1'

INSERT INTO products_product AS t (id, tenant_id, product_id, product_name, taxonomy, is_offline_exclusive, given, created_at, updated_at)
SELECT p.id,
       p.tenant_id,
       p.product_id,
       p.product_name,
       p.taxonomy,
       p.is_offline_exclusive,
       p.given,
       p.created_at,
       :'now'
  FROM unnest(:'ids'::bigint[]) AS n(id)
LEFT JOIN LATERAL (
       SELECT s.id, s.image, s.grants
         FROM tenants_beforeimage s
        WHERE s.tenant_id = :'tenant_id' AND s.entity = :'entity' AND s.record = n.id
          AND s.changeset_number = :'undoes'
       OFFSET 0) i ON true
  LEFT JOIN LATERAL (
       SELECT *
         FROM products_product s
        WHERE s.tenant_id = :'tenant_id' AND s.id = n.id
       OFFSET 0) t ON true
 CROSS JOIN LATERAL (SELECT 0 AS bits) w
 CROSS JOIN LATERAL (
       SELECT w.bits & ~ CASE WHEN :'gives' AND t.id IS NOT NULL THEN coalesce(i.grants, 0) ELSE 0 END AS held) h
 CROSS JOIN LATERAL (SELECT i.image AS target) r
 CROSS JOIN LATERAL jsonb_populate_record(NULL::products_product, '{"taxonomy": [], "is_offline_exclusive": false, "given": 0}'::jsonb || r.target) p
 WHERE i.id IS NOT NULL
RETURNING t.id, NULL::smallint AS after, NULL::smallint AS supplied
;
