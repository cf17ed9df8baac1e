\set key '1'
\set looked 'false'
\set now '2026-01-31T12:00:00Z'
\set priority 'customerid'
\set records '[{"match_key": "i:C-1", "CustomerId": "C-1", "Email": "ann@shop.example", "external_id": "C-1", "OrderId": "O-1", "OrderDate": "2026-01-31T12:00:00Z", "TotalRevenue": 9.9, "Currency": "EUR", "OrderItems": [{"ProductId": "P-1", "Sku": "S-1", "Quantity": 1, "Price": 9.9}], "ProductId": "P-1", "ProductName": "Top", "VariantId": "V-1", "Sku": "S-1", "Name": "Small", "OriginalPrice": 9.9, "IsAvailable": true}]'
\set source 'api'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH locked AS MATERIALIZED (
    SELECT lock_tenant('tenants_feed', :'tenant_id', :'priority', :'source', :'key', false) AS looks
), gate AS MATERIALIZED (
    SELECT CASE WHEN looks AND NOT :'looked' THEN meets_forgotten('tenants_feed', :'tenant_id', :'source') ELSE false END AS closed
      FROM locked
), stored(id, is_new) AS (
INSERT INTO "products_product" AS t (
       tenant_id,
       "product_id",
       "product_name",
       "taxonomy",
       "is_offline_exclusive",
       given,
       created_at,
       updated_at)
SELECT :'tenant_id',
       s."ProductId",
       s."ProductName",
       coalesce(s."Taxonomy", '{}'),
       coalesce(s."IsOfflineExclusive", false),
       CASE WHEN s."ProductName" IS NOT NULL THEN 1 ELSE 0 END +
       CASE WHEN s."Taxonomy" IS NOT NULL THEN 2 ELSE 0 END +
       CASE WHEN s."IsOfflineExclusive" IS NOT NULL THEN 4 ELSE 0 END,
       :'now',
       :'now'
  FROM json_to_recordset(:'records'::json) AS s(
       "ProductId" text,
       "ProductName" text,
       "Taxonomy" text[],
       "IsOfflineExclusive" boolean)
 CROSS JOIN gate WHERE NOT gate.closed
 ORDER BY s."ProductId"
    ON CONFLICT (tenant_id, "product_id") DO UPDATE
   SET "product_name" = CASE WHEN excluded.given & 1 <> 0 THEN excluded."product_name" ELSE t."product_name" END,
       "taxonomy" = CASE WHEN excluded.given & 2 <> 0 THEN excluded."taxonomy" ELSE t."taxonomy" END,
       "is_offline_exclusive" = CASE WHEN excluded.given & 4 <> 0 THEN excluded."is_offline_exclusive" ELSE t."is_offline_exclusive" END,
       given = t.given | excluded.given,
       updated_at = excluded.updated_at
 WHERE (
       t."product_name",
       t."taxonomy",
       t."is_offline_exclusive",
       t.given)
       IS DISTINCT FROM (
       CASE WHEN excluded.given & 1 <> 0 THEN excluded."product_name" ELSE t."product_name" END,
       CASE WHEN excluded.given & 2 <> 0 THEN excluded."taxonomy" ELSE t."taxonomy" END,
       CASE WHEN excluded.given & 4 <> 0 THEN excluded."is_offline_exclusive" ELSE t."is_offline_exclusive" END,
       t.given | excluded.given)
RETURNING t.id, (t.xmax = 0)
)
SELECT (SELECT closed FROM gate) AS closed,
       coalesce(array_agg(id) FILTER (WHERE is_new), '{}')::text AS created,
       coalesce(array_agg(id) FILTER (WHERE NOT is_new), '{}')::text AS updated
  FROM stored
;
