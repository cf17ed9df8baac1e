-- CTEs that merge variants into their products; `touched` are the products this changed.
-- The products' rows are locked by the upsert before. LATERAL … OFFSET 0 pins the index plan, as in
-- orders/sql/replace_lines.sql.
document AS MATERIALIZED (
    SELECT p.id, s."ProductVariants" AS variants
      FROM json_to_recordset(%(records)s::json) AS s("ProductId" text, "ProductVariants" json)
     CROSS JOIN LATERAL (
           SELECT id
             FROM products_product
            WHERE tenant_id = %(tenant_id)s AND product_id = s."ProductId"
           OFFSET 0) p
), sent AS MATERIALIZED (
    SELECT d.id AS product, v.*
      FROM document d
     CROSS JOIN LATERAL json_to_recordset(d.variants) AS v({sent})
), stored AS ({upsert}),
touched AS (
    UPDATE products_product
       SET updated_at = %(now)s
     WHERE tenant_id = %(tenant_id)s
       AND id = ANY (ARRAY (SELECT DISTINCT product_id FROM stored))
       AND updated_at <> %(now)s
    RETURNING id
)
