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
           '"Currency":' || to_json(NULLIF(t.currency, ''))::text,
           '"CustomerId":' || to_json(NULLIF(t.customer_id, ''))::text,
           '"Email":' || to_json(NULLIF(t.email, ''))::text,
           '"IsOrderCancelled":' || CASE WHEN t.is_order_cancelled THEN 'true' END,
           '"OrderDate":' || '"' || to_char(t.order_date AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"',
           '"OrderId":' || to_json(NULLIF(t.order_id, ''))::text,
           '"OrderItems":' || (
           SELECT '[' || string_agg('{' || concat_ws(',',
           '"Brand":' || to_json(NULLIF(p.brand, ''))::text,
           '"Color":' || to_json(NULLIF(p.color, ''))::text,
           '"IsGift":' || CASE WHEN p.is_gift THEN 'true' END,
           '"OriginalPrice":' || '"' || p.original_price::text || '"',
           '"Price":' || '"' || p.price::text || '"',
           '"ProductId":' || to_json(NULLIF(p.product_id, ''))::text,
           '"Quantity":' || p.quantity::text,
           '"Size":' || to_json(NULLIF(p.size, ''))::text,
           '"Sku":' || to_json(NULLIF(p.sku, ''))::text) || '}', ',' ORDER BY p.line_no) || ']'
             FROM orders_orderitem p
            WHERE p.tenant_id = :'tenant_id' AND p.order_id = t.id),
           '"TotalQuantity":' || t.total_quantity::text,
           '"TotalRevenue":' || '"' || t.total_revenue::text || '"',
           '"UniqueQuantity":' || t.unique_quantity::text) || '}', 'UTF8')), 'hex') END AS hash
         FROM orders_order t
        WHERE t.tenant_id = :'tenant_id' AND t.order_id = s.key
       OFFSET 0) t ON true
 WHERE t.is_stored IS NULL OR t.hash <> s.hash
 UNION ALL
SELECT 'extra', NULL, e.key
  FROM (SELECT t.order_id AS key
          FROM orders_order t
         WHERE t.tenant_id = :'tenant_id'
           AND t.order_id >= :'least'::text
           AND t.order_id <= :'greatest'::text
           AND t.order_id NOT IN (SELECT s.key FROM sent s)
         ORDER BY t.order_id
         LIMIT :'most') e
;
