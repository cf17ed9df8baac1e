\set entity 'customers'
\set ids '{1,2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set undoes '1'

WITH put AS (
    INSERT INTO orders_orderitem (id, tenant_id, order_id, line_no, product_id, sku, quantity, price, original_price, size, color, brand, is_gift)
    SELECT p.id, p.tenant_id, p.order_id, p.line_no, p.product_id, p.sku, p.quantity, p.price, p.original_price, p.size, p.color, p.brand, p.is_gift
      FROM unnest(:'ids'::bigint[]) AS n(id)
     CROSS JOIN LATERAL (
           SELECT s.image
             FROM tenants_beforeimage s
            WHERE s.tenant_id = :'tenant_id' AND s.entity = :'entity' AND s.record = n.id
              AND s.changeset_number = :'undoes'
           OFFSET 0) i
     CROSS JOIN LATERAL jsonb_array_elements(i.image->'parts') AS e(part)
     CROSS JOIN LATERAL jsonb_populate_record(NULL::orders_orderitem, '{"is_gift": false}'::jsonb || e.part) p
    RETURNING id
)
SELECT count(*) AS parts FROM put
;
