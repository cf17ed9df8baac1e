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
    SELECT o.id, s."OrderId" AS key, s."OrderItems" AS items, json_array_length(s."OrderItems") AS lines
      FROM json_to_recordset(:'records'::json) AS s("OrderId" text, "OrderItems" json)
     CROSS JOIN LATERAL (
           SELECT id
             FROM orders_order
            WHERE tenant_id = :'tenant_id' AND order_id = s."OrderId"
           OFFSET 0) o
), deleted AS (
    DELETE FROM orders_orderitem
     WHERE tenant_id::text = :'tenant_id'::uuid::text
       AND ctid = ANY (ARRAY (
           SELECT i.ctid
             FROM document d
            CROSS JOIN LATERAL (
                  SELECT ctid
                    FROM orders_orderitem
                   WHERE tenant_id = :'tenant_id' AND order_id = d.id AND line_no > d.lines
                  OFFSET 0) i))
    RETURNING order_id
), stored AS (
    INSERT INTO orders_orderitem AS t (tenant_id, order_id, line_no, product_id, sku, quantity, price, original_price,
                                       size, color, brand, is_gift)
    SELECT :'tenant_id', d.id, l.line_no, l.product_id, l.sku, l.quantity, l.price, l.original_price,
           nullif(l.size, ''), nullif(l.color, ''), nullif(l.brand, ''), coalesce(l.is_gift, false)
      FROM document d
     CROSS JOIN LATERAL ROWS FROM (
           json_to_recordset(d.items) AS (
               "ProductId" text, "Sku" text, "Quantity" int, "Price" numeric(16,4), "OriginalPrice" numeric(16,4),
               "Size" text, "Color" text, "Brand" text, "IsGift" boolean)
           ) WITH ORDINALITY AS l(product_id, sku, quantity, price, original_price, size, color, brand, is_gift, line_no)
     ORDER BY d.id, l.line_no
        ON CONFLICT (tenant_id, order_id, line_no) DO UPDATE
       SET product_id = excluded.product_id, sku = excluded.sku, quantity = excluded.quantity,
           price = excluded.price, original_price = excluded.original_price, size = excluded.size,
           color = excluded.color, brand = excluded.brand, is_gift = excluded.is_gift
     WHERE (t.product_id, t.sku, t.quantity, t.price, t.original_price, t.size, t.color, t.brand, t.is_gift)
           IS DISTINCT FROM
           (excluded.product_id, excluded.sku, excluded.quantity, excluded.price, excluded.original_price,
            excluded.size, excluded.color, excluded.brand, excluded.is_gift)
    RETURNING t.order_id
), touched AS (
    UPDATE orders_order
       SET updated_at = :'now'
     WHERE tenant_id::text = :'tenant_id'::uuid::text
       AND id = ANY (ARRAY (SELECT order_id FROM deleted UNION SELECT order_id FROM stored))
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
       cardinality(deleted) AS deleted, NULL::text[] AS overfull,
       (SELECT json_build_object(
               'created', json_object_agg(d.key, d.id) FILTER (WHERE c.kind = 'created'),
               'updated', json_object_agg(d.key, d.id) FILTER (WHERE c.kind = 'updated'),
               'unchanged', json_object_agg(d.key, d.id) FILTER (WHERE c.id IS NULL))
          FROM document d
          LEFT JOIN changed c ON c.id = d.id)::text AS outcomes
  FROM tally
;
