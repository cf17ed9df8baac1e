\set records '[{"match_key": "i:C-1", "CustomerId": "C-1", "Email": "ann@shop.example", "external_id": "C-1", "OrderId": "O-1", "OrderDate": "2026-01-31T12:00:00Z", "TotalRevenue": 9.9, "Currency": "EUR", "OrderItems": [{"ProductId": "P-1", "Sku": "S-1", "Quantity": 1, "Price": 9.9}], "ProductId": "P-1", "ProductName": "Top", "VariantId": "V-1", "Sku": "S-1", "Name": "Small", "OriginalPrice": 9.9, "IsAvailable": true}]'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT json_build_object('record', t.id, 'image', to_jsonb(t) || jsonb_build_object('parts', (
                   SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p.position), '[]')
                     FROM products_variant p
                    WHERE p.tenant_id = :'tenant_id' AND p.product_id = t.id)))::text AS image
  FROM json_to_recordset(:'records'::json) AS s("ProductId" text)
 CROSS JOIN LATERAL (
       SELECT *
         FROM products_product r
        WHERE r.tenant_id = :'tenant_id' AND r.product_id = s."ProductId"
       OFFSET 0) t
;
