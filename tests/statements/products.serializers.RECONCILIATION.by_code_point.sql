\set greatest 'z'
\set hashes '{NULL,0123abcd}'
\set keys '{i:C-1,i:C-2}'
\set least '0'
\set most '20'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH sent AS MATERIALIZED (
    SELECT s.key, s.hash, s.place
      FROM unnest(:'keys'::text[], :'hashes'::text[]) WITH ORDINALITY AS s(key, hash, place)
)
SELECT CASE WHEN t.is_stored THEN 'different' ELSE 'missing' END AS what, s.place, NULL AS key
  FROM sent s
  LEFT JOIN LATERAL (
       SELECT true AS is_stored, CASE WHEN s.hash IS NOT NULL THEN encode(sha256(convert_to('{' || concat_ws(',',
           '"IsOfflineExclusive":' || CASE WHEN t.is_offline_exclusive THEN 'true' END,
           '"ProductId":' || to_json(NULLIF(t.product_id, ''))::text,
           '"ProductName":' || to_json(NULLIF(t.product_name, ''))::text,
           '"ProductVariants":' || (
           SELECT '[' || string_agg('{' || concat_ws(',',
           '"BrandName":' || to_json(NULLIF(p.brand_name, ''))::text,
           '"Currency":' || to_json(NULLIF(p.currency, ''))::text,
           '"Image":' || to_json(NULLIF(p.image, ''))::text,
           '"IsAvailable":' || CASE WHEN p.is_available THEN 'true' END,
           '"Language":' || to_json(NULLIF(p.language, ''))::text,
           '"Name":' || to_json(NULLIF(p.name, ''))::text,
           '"OriginalPrice":' || '"' || p.original_price::text || '"',
           '"SalePrice":' || '"' || p.sale_price::text || '"',
           '"Size":' || to_json(NULLIF(p.size, ''))::text,
           '"Sku":' || to_json(NULLIF(p.sku, ''))::text,
           '"Stock":' || p.stock::text,
           '"VariantId":' || to_json(NULLIF(p.variant_id, ''))::text) || '}', ',' ORDER BY p.variant_id COLLATE "C") || ']'
             FROM products_variant p
            WHERE p.tenant_id = :'tenant_id' AND p.product_id = t.id),
           '"Taxonomy":' || CASE WHEN cardinality(t.taxonomy) > 0 THEN to_json(t.taxonomy)::text END) || '}', 'UTF8')), 'hex') END AS hash
         FROM products_product t
        WHERE t.tenant_id = :'tenant_id' AND t.product_id = s.key
       OFFSET 0) t ON true
 WHERE t.is_stored IS NULL OR t.hash <> s.hash
 UNION ALL
SELECT 'extra', NULL, e.key
  FROM (SELECT t.product_id AS key
          FROM products_product t
         WHERE t.tenant_id = :'tenant_id'
           AND t.product_id >= :'least'::text
           AND t.product_id <= :'greatest'::text
           AND t.product_id NOT IN (SELECT s.key FROM sent s)
         ORDER BY t.product_id
         LIMIT :'most') e
;
