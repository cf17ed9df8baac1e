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
INSERT INTO "orders_order" AS t (
       tenant_id,
       "order_id",
       "customer_id",
       "email",
       "order_date",
       "total_revenue",
       "currency",
       "total_quantity",
       "unique_quantity",
       "is_order_cancelled",
       given,
       created_at,
       updated_at)
SELECT :'tenant_id',
       s."OrderId",
       s."CustomerId",
       NULLIF(s."Email", ''),
       s."OrderDate",
       s."TotalRevenue",
       s."Currency",
       s."TotalQuantity",
       s."UniqueQuantity",
       coalesce(s."IsOrderCancelled", false),
       CASE WHEN s."CustomerId" IS NOT NULL THEN 1 ELSE 0 END +
       CASE WHEN s."Email" IS NOT NULL THEN 2 ELSE 0 END +
       CASE WHEN s."OrderDate" IS NOT NULL THEN 4 ELSE 0 END +
       CASE WHEN s."TotalRevenue" IS NOT NULL THEN 8 ELSE 0 END +
       CASE WHEN s."Currency" IS NOT NULL THEN 16 ELSE 0 END +
       CASE WHEN s."TotalQuantity" IS NOT NULL THEN 32 ELSE 0 END +
       CASE WHEN s."UniqueQuantity" IS NOT NULL THEN 64 ELSE 0 END +
       CASE WHEN s."IsOrderCancelled" IS NOT NULL THEN 128 ELSE 0 END,
       :'now',
       :'now'
  FROM json_to_recordset(:'records'::json) AS s(
       "OrderId" text,
       "CustomerId" text,
       "Email" text,
       "OrderDate" timestamptz,
       "TotalRevenue" numeric(16,4),
       "Currency" text,
       "TotalQuantity" integer,
       "UniqueQuantity" integer,
       "IsOrderCancelled" boolean)
 CROSS JOIN gate WHERE NOT gate.closed
 ORDER BY s."OrderId"
    ON CONFLICT (tenant_id, "order_id") DO UPDATE
   SET "customer_id" = CASE WHEN excluded.given & 1 <> 0 THEN excluded."customer_id" ELSE t."customer_id" END,
       "email" = CASE WHEN excluded.given & 2 <> 0 THEN excluded."email" ELSE t."email" END,
       "order_date" = CASE WHEN excluded.given & 4 <> 0 THEN excluded."order_date" ELSE t."order_date" END,
       "total_revenue" = CASE WHEN excluded.given & 8 <> 0 THEN excluded."total_revenue" ELSE t."total_revenue" END,
       "currency" = CASE WHEN excluded.given & 16 <> 0 THEN excluded."currency" ELSE t."currency" END,
       "total_quantity" = CASE WHEN excluded.given & 32 <> 0 THEN excluded."total_quantity" ELSE t."total_quantity" END,
       "unique_quantity" = CASE WHEN excluded.given & 64 <> 0 THEN excluded."unique_quantity" ELSE t."unique_quantity" END,
       "is_order_cancelled" = CASE WHEN excluded.given & 128 <> 0 THEN excluded."is_order_cancelled" ELSE t."is_order_cancelled" END,
       given = t.given | excluded.given,
       updated_at = excluded.updated_at
 WHERE (
       t."customer_id",
       t."email",
       t."order_date",
       t."total_revenue",
       t."currency",
       t."total_quantity",
       t."unique_quantity",
       t."is_order_cancelled",
       t.given)
       IS DISTINCT FROM (
       CASE WHEN excluded.given & 1 <> 0 THEN excluded."customer_id" ELSE t."customer_id" END,
       CASE WHEN excluded.given & 2 <> 0 THEN excluded."email" ELSE t."email" END,
       CASE WHEN excluded.given & 4 <> 0 THEN excluded."order_date" ELSE t."order_date" END,
       CASE WHEN excluded.given & 8 <> 0 THEN excluded."total_revenue" ELSE t."total_revenue" END,
       CASE WHEN excluded.given & 16 <> 0 THEN excluded."currency" ELSE t."currency" END,
       CASE WHEN excluded.given & 32 <> 0 THEN excluded."total_quantity" ELSE t."total_quantity" END,
       CASE WHEN excluded.given & 64 <> 0 THEN excluded."unique_quantity" ELSE t."unique_quantity" END,
       CASE WHEN excluded.given & 128 <> 0 THEN excluded."is_order_cancelled" ELSE t."is_order_cancelled" END,
       t.given | excluded.given)
RETURNING t.id, (t.xmax = 0)
)
SELECT (SELECT closed FROM gate) AS closed,
       coalesce(array_agg(id) FILTER (WHERE is_new), '{}')::text AS created,
       coalesce(array_agg(id) FILTER (WHERE NOT is_new), '{}')::text AS updated
  FROM stored
;
