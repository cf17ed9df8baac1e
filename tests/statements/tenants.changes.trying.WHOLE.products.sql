\set ids '{1,2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT json_build_object('record', t.id, 'row', to_json(t), 'parts', (
       SELECT coalesce(json_agg(to_json(p) ORDER BY p.position), '[]')
         FROM products_variant p
        WHERE p.tenant_id = :'tenant_id' AND p.product_id = t.id))::text AS found
  FROM products_product t
 WHERE t.tenant_id = :'tenant_id' AND t.id = ANY (:'ids'::bigint[])
 ORDER BY t.id
;
