\set entity 'customers'
\set ids '{1,2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set undoes '1'

WITH put AS (
    INSERT INTO products_variant (id, tenant_id, product_id, position, variant_id, sku, name, original_price, currency, is_available, image, size, stock, sale_price, language, brand_name, given, created_at, updated_at)
    SELECT p.id, p.tenant_id, p.product_id, p.position, p.variant_id, p.sku, p.name, p.original_price, p.currency, p.is_available, p.image, p.size, p.stock, p.sale_price, p.language, p.brand_name, p.given, p.created_at, p.updated_at
      FROM unnest(:'ids'::bigint[]) AS n(id)
     CROSS JOIN LATERAL (
           SELECT s.image
             FROM tenants_beforeimage s
            WHERE s.tenant_id = :'tenant_id' AND s.entity = :'entity' AND s.record = n.id
              AND s.changeset_number = :'undoes'
           OFFSET 0) i
     CROSS JOIN LATERAL jsonb_array_elements(i.image->'parts') AS e(part)
     CROSS JOIN LATERAL jsonb_populate_record(NULL::products_variant, '{"given": 0}'::jsonb || e.part) p
    RETURNING id
)
SELECT count(*) AS parts FROM put
;
