-- CTEs that merge variants into their products; `touched` are the products this changed, `overfull` those that get new
-- variants and have more than {most} with them, by ProductId: then the write is to be undone.
-- A new variant comes after those its product has, in the order sent; nobody else places one meanwhile: the products'
-- rows are locked by the upsert before. LATERAL … OFFSET 0 pins the index plans, and tenant_id as text, as in orders/sql/replace_lines.sql.
document AS MATERIALIZED (
    SELECT p.id, s."ProductId" AS key, v.last, v.held, s."ProductVariants" AS variants
      FROM json_to_recordset(%(records)s::json) AS s("ProductId" text, "ProductVariants" json)
     CROSS JOIN LATERAL (
           SELECT id
             FROM products_product
            WHERE tenant_id = %(tenant_id)s AND product_id = s."ProductId"
           OFFSET 0) p
     CROSS JOIN LATERAL (
           SELECT coalesce(max(position), 0) AS last, count(*) AS held
             FROM products_variant
            WHERE tenant_id = %(tenant_id)s AND product_id = p.id
           OFFSET 0) v
), sent AS MATERIALIZED (
    SELECT d.id AS product, d.last + v.ordinality AS position, v.*
      FROM document d
     CROSS JOIN LATERAL ROWS FROM (
           json_to_recordset(d.variants) AS ({sent})
           ) WITH ORDINALITY AS v
), stored(id, is_new, product_id) AS (
{upsert}
), overfull AS (
    SELECT d.key
      FROM document d
      JOIN (SELECT product_id, count(*) AS added
              FROM stored
             WHERE is_new
             GROUP BY product_id) a ON a.product_id = d.id
     WHERE d.held + a.added > {most}
), touched AS (
    UPDATE products_product
       SET updated_at = %(now)s
     WHERE tenant_id::text = %(tenant_id)s::uuid::text
       AND id = ANY (ARRAY (SELECT DISTINCT product_id FROM stored))
       AND updated_at <> %(now)s
    RETURNING id
)
