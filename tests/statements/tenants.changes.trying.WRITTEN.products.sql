\set ids '{1,2}'
\set now '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT json_build_object('record', t.id, 'image', to_jsonb(t) || jsonb_build_object('parts', (
                   SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p.position), '[]')
                     FROM products_variant p
                    WHERE p.tenant_id = :'tenant_id' AND p.product_id = t.id AND p.updated_at = :'now')))::text AS image
  FROM products_product t
 WHERE t.tenant_id = :'tenant_id' AND t.id = ANY (:'ids'::bigint[])
 ORDER BY t.id
;
