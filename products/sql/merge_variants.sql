-- CTEs that merge variants into their products; `touched` are the products this changed.
-- A new variant comes after those its product has, in the order sent; nobody else places one meanwhile: the products'
-- rows are locked by the upsert before. LATERAL … OFFSET 0 pins the index plan, as in orders/sql/replace_lines.sql.
sent AS MATERIALIZED (
    SELECT *, row_number() OVER () AS place
      FROM {recordset}
), parents AS MATERIALIZED (
    SELECT p.id, p.product_id, v.last
      FROM (SELECT DISTINCT "ProductId" FROM sent) s
     CROSS JOIN LATERAL (
           SELECT id, product_id
             FROM products_product
            WHERE tenant_id = %(tenant_id)s AND product_id = s."ProductId"
           OFFSET 0) p
     CROSS JOIN LATERAL (
           SELECT coalesce(max(position), 0) AS last
             FROM products_variant
            WHERE tenant_id = %(tenant_id)s AND product_id = p.id
           OFFSET 0) v
), stored AS ({upsert}),
touched AS (
    UPDATE products_product
       SET updated_at = %(now)s
     WHERE tenant_id = %(tenant_id)s
       AND id = ANY (ARRAY (SELECT DISTINCT product_id FROM stored))
       AND updated_at <> %(now)s
    RETURNING id
)
