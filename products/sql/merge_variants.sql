-- CTEs that merge variants into their products; `touched` are the products this changed.
stored AS ({upsert}),
touched AS (
    UPDATE products_product
       SET updated_at = %(now)s
     WHERE tenant_id = %(tenant_id)s
       AND id = ANY (ARRAY (SELECT DISTINCT product_id FROM stored))
       AND updated_at <> %(now)s
    RETURNING id
)
