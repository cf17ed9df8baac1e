-- CTEs that merge variants into their products; `touched` are the products this changed.
-- A new variant comes after those its product has, in the order sent; nobody else places one meanwhile: the products'
-- rows are locked by the upsert before. LATERAL … OFFSET 0 pins the index plans, and tenant_id as text, as in orders/sql/replace_lines.sql.
document AS MATERIALIZED (
    SELECT p.id, v.last, s."ProductVariants" AS variants
      FROM json_to_recordset(%(records)s::json) AS s("ProductId" text, "ProductVariants" json)
     CROSS JOIN LATERAL (
           SELECT id
             FROM products_product
            WHERE tenant_id = %(tenant_id)s AND product_id = s."ProductId"
           OFFSET 0) p
     CROSS JOIN LATERAL (
           SELECT coalesce(max(position), 0) AS last
             FROM products_variant
            WHERE tenant_id = %(tenant_id)s AND product_id = p.id
           OFFSET 0) v
), sent AS MATERIALIZED (
    SELECT d.id AS product, d.last + v.ordinality AS position, v.*
      FROM document d
     CROSS JOIN LATERAL ROWS FROM (
           json_to_recordset(d.variants) AS ({sent})
           ) WITH ORDINALITY AS v
), stored AS (
{upsert}
), touched AS (
    UPDATE products_product
       SET updated_at = %(now)s
     WHERE tenant_id::text = %(tenant_id)s::uuid::text
       AND id = ANY (ARRAY (SELECT DISTINCT product_id FROM stored))
       AND updated_at <> %(now)s
    RETURNING id
)
