\set actor 'key 0123abcd'
\set api_key_id '1'
\set created '{1}'
\set distinct '2'
\set entity 'customers'
\set now '2026-01-31T12:00:00Z'
\set operation 'upsert'
\set reason 'ticket 17'
\set received '2'
\set records '[{"match_key": "i:C-1", "CustomerId": "C-1", "Email": "ann@shop.example", "external_id": "C-1", "OrderId": "O-1", "OrderDate": "2026-01-31T12:00:00Z", "TotalRevenue": 9.9, "Currency": "EUR", "OrderItems": [{"ProductId": "P-1", "Sku": "S-1", "Quantity": 1, "Price": 9.9}], "ProductId": "P-1", "ProductName": "Top", "VariantId": "V-1", "Sku": "S-1", "Name": "Small", "OriginalPrice": 9.9, "IsAvailable": true}]'
\set source 'api'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set trace_id '0af7651916cd43dd8448eb211c80319c'
\set updated '{2}'
\set user_id '1'

WITH document AS MATERIALIZED (
    SELECT p.id, s."ProductId" AS key, v.last, v.held, s."ProductVariants" AS variants
      FROM json_to_recordset(:'records'::json) AS s("ProductId" text, "ProductVariants" json)
     CROSS JOIN LATERAL (
           SELECT id
             FROM products_product
            WHERE tenant_id = :'tenant_id' AND product_id = s."ProductId"
           OFFSET 0) p
     CROSS JOIN LATERAL (
           SELECT coalesce(max(position), 0) AS last, count(*) AS held
             FROM products_variant
            WHERE tenant_id = :'tenant_id' AND product_id = p.id
           OFFSET 0) v
), sent AS MATERIALIZED (
    SELECT d.id AS product, d.last + v.ordinality AS position, v.*
      FROM document d
     CROSS JOIN LATERAL ROWS FROM (
           json_to_recordset(d.variants) AS ("VariantId" text,
       "Sku" text,
       "Name" text,
       "Image" text,
       "Size" text,
       "Stock" integer,
       "OriginalPrice" numeric(16,4),
       "SalePrice" numeric(16,4),
       "Currency" text,
       "IsAvailable" boolean,
       "Language" text,
       "BrandName" text)
           ) WITH ORDINALITY AS v
), stored(id, is_new, product_id) AS (
INSERT INTO "products_variant" AS t (
       tenant_id,
       "product_id",
       "variant_id",
       "position",
       "sku",
       "name",
       "image",
       "size",
       "stock",
       "original_price",
       "sale_price",
       "currency",
       "is_available",
       "language",
       "brand_name",
       given,
       created_at,
       updated_at)
SELECT :'tenant_id',
       s.product,
       s."VariantId",
       s.position,
       s."Sku",
       s."Name",
       NULLIF(s."Image", ''),
       NULLIF(s."Size", ''),
       s."Stock",
       s."OriginalPrice",
       s."SalePrice",
       s."Currency",
       s."IsAvailable",
       NULLIF(s."Language", ''),
       NULLIF(s."BrandName", ''),
       CASE WHEN s."Sku" IS NOT NULL THEN 1 ELSE 0 END +
       CASE WHEN s."Name" IS NOT NULL THEN 2 ELSE 0 END +
       CASE WHEN s."Image" IS NOT NULL THEN 32 ELSE 0 END +
       CASE WHEN s."Size" IS NOT NULL THEN 64 ELSE 0 END +
       CASE WHEN s."Stock" IS NOT NULL THEN 128 ELSE 0 END +
       CASE WHEN s."OriginalPrice" IS NOT NULL THEN 4 ELSE 0 END +
       CASE WHEN s."SalePrice" IS NOT NULL THEN 256 ELSE 0 END +
       CASE WHEN s."Currency" IS NOT NULL THEN 8 ELSE 0 END +
       CASE WHEN s."IsAvailable" IS NOT NULL THEN 16 ELSE 0 END +
       CASE WHEN s."Language" IS NOT NULL THEN 512 ELSE 0 END +
       CASE WHEN s."BrandName" IS NOT NULL THEN 1024 ELSE 0 END,
       :'now',
       :'now'
  FROM sent AS s
 ORDER BY s.product, s."VariantId"
    ON CONFLICT (tenant_id, "product_id", "variant_id") DO UPDATE
   SET "sku" = CASE WHEN excluded.given & 1 <> 0 THEN excluded."sku" ELSE t."sku" END,
       "name" = CASE WHEN excluded.given & 2 <> 0 THEN excluded."name" ELSE t."name" END,
       "image" = CASE WHEN excluded.given & 32 <> 0 THEN excluded."image" ELSE t."image" END,
       "size" = CASE WHEN excluded.given & 64 <> 0 THEN excluded."size" ELSE t."size" END,
       "stock" = CASE WHEN excluded.given & 128 <> 0 THEN excluded."stock" ELSE t."stock" END,
       "original_price" = CASE WHEN excluded.given & 4 <> 0 THEN excluded."original_price" ELSE t."original_price" END,
       "sale_price" = CASE WHEN excluded.given & 256 <> 0 THEN excluded."sale_price" ELSE t."sale_price" END,
       "currency" = CASE WHEN excluded.given & 8 <> 0 THEN excluded."currency" ELSE t."currency" END,
       "is_available" = CASE WHEN excluded.given & 16 <> 0 THEN excluded."is_available" ELSE t."is_available" END,
       "language" = CASE WHEN excluded.given & 512 <> 0 THEN excluded."language" ELSE t."language" END,
       "brand_name" = CASE WHEN excluded.given & 1024 <> 0 THEN excluded."brand_name" ELSE t."brand_name" END,
       given = t.given | excluded.given,
       updated_at = excluded.updated_at
 WHERE (
       t."sku",
       t."name",
       t."image",
       t."size",
       t."stock",
       t."original_price",
       t."sale_price",
       t."currency",
       t."is_available",
       t."language",
       t."brand_name",
       t.given)
       IS DISTINCT FROM (
       CASE WHEN excluded.given & 1 <> 0 THEN excluded."sku" ELSE t."sku" END,
       CASE WHEN excluded.given & 2 <> 0 THEN excluded."name" ELSE t."name" END,
       CASE WHEN excluded.given & 32 <> 0 THEN excluded."image" ELSE t."image" END,
       CASE WHEN excluded.given & 64 <> 0 THEN excluded."size" ELSE t."size" END,
       CASE WHEN excluded.given & 128 <> 0 THEN excluded."stock" ELSE t."stock" END,
       CASE WHEN excluded.given & 4 <> 0 THEN excluded."original_price" ELSE t."original_price" END,
       CASE WHEN excluded.given & 256 <> 0 THEN excluded."sale_price" ELSE t."sale_price" END,
       CASE WHEN excluded.given & 8 <> 0 THEN excluded."currency" ELSE t."currency" END,
       CASE WHEN excluded.given & 16 <> 0 THEN excluded."is_available" ELSE t."is_available" END,
       CASE WHEN excluded.given & 512 <> 0 THEN excluded."language" ELSE t."language" END,
       CASE WHEN excluded.given & 1024 <> 0 THEN excluded."brand_name" ELSE t."brand_name" END,
       t.given | excluded.given)
RETURNING t.id, (t.xmax = 0),
          t.product_id
), overfull AS (
    SELECT d.key
      FROM document d
      JOIN (SELECT product_id, count(*) AS added
              FROM stored
             WHERE is_new
             GROUP BY product_id) a ON a.product_id = d.id
     WHERE d.held + a.added > 5000
), touched AS (
    UPDATE products_product
       SET updated_at = :'now'
     WHERE tenant_id::text = :'tenant_id'::uuid::text
       AND id = ANY (ARRAY (SELECT DISTINCT product_id FROM stored))
       AND updated_at <> :'now'
    RETURNING id
),
changed(id, kind, before, after, supplied, against_staff) AS NOT MATERIALIZED (
    SELECT id, 'created', NULL::smallint, NULL::smallint, NULL::smallint, 0
      FROM unnest(:'created'::bigint[]) AS id
     UNION ALL
    SELECT id, 'updated', NULL, NULL, NULL, 0 FROM unnest(:'updated'::bigint[]) AS id
     UNION ALL
    SELECT id, 'updated', NULL, NULL, NULL, 0 FROM touched
), tally AS MATERIALIZED (
    SELECT count(*)::int AS n,
           coalesce(array_agg(id) FILTER (WHERE kind = 'created'), '{}') AS created,
           coalesce(array_agg(id) FILTER (WHERE kind = 'updated'), '{}') AS updated,
           coalesce(array_agg(id) FILTER (WHERE kind = 'deleted'), '{}') AS deleted
      FROM changed
), next AS (
    INSERT INTO tenants_feed AS f (tenant_id, number)
    SELECT :'tenant_id', 1
      FROM tally
     WHERE n > 0
        ON CONFLICT (tenant_id) DO UPDATE
       SET number = f.number + 1
    RETURNING number
), changeset AS (
    INSERT INTO tenants_changeset (tenant_id, number, entity, operation, source, actor, api_key_id, user_id,
                                   received, unchanged, created_ids, updated_ids, deleted_ids, trace_id, reason, created_at)
    SELECT :'tenant_id', number, :'entity', :'operation', :'source', :'actor', :'api_key_id', :'user_id',
           :'received', :'distinct'::int - n, created, updated, deleted, :'trace_id', :'reason', :'now'
      FROM next, tally
), consents AS (
    INSERT INTO tenants_consentchange (tenant_id, changeset_number, customer, before, after, channels, against_staff,
                                       source, actor, reason, created_at)
    SELECT :'tenant_id', number, id, before, after, coalesce(before # after, supplied), against_staff,
           :'source', :'actor', :'reason', :'now'
      FROM next, changed
     WHERE coalesce(before # after, supplied) <> 0
)
SELECT (SELECT number FROM next) AS number, cardinality(created) AS created, cardinality(updated) AS updated,
       cardinality(deleted) AS deleted, (SELECT array_agg(key) FROM overfull) AS overfull
  FROM tally
;
