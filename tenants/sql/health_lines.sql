-- How many order lines a tenant has, and which SKUs no variant has, the worst first (`worst`: [[sku, lines], …]).
-- `newest_lines_without_variant` are hub ids of the newest thousand orders that have such a line.
-- Lines are grouped by SKU before they are compared: 3,000,000 lines are some ten thousand SKUs.
WITH sold AS MATERIALIZED (
    SELECT sku, count(*) AS lines
      FROM orders_orderitem
     WHERE tenant_id = %(tenant_id)s
     GROUP BY sku
), unknown AS MATERIALIZED (
    SELECT sku, lines
      FROM sold s
     WHERE NOT EXISTS (SELECT 1 FROM products_variant v
                        WHERE v.tenant_id = %(tenant_id)s AND v.sku = s.sku)
)
SELECT coalesce((SELECT sum(lines) FROM sold), 0)::bigint AS lines,
       coalesce((SELECT sum(lines) FROM unknown), 0)::bigint AS lines_without_variant,
       (SELECT count(*) FROM unknown) AS unknown_skus,
       (SELECT coalesce(json_agg(json_build_array(sku, lines)), '[]')
          FROM (SELECT sku, lines FROM unknown ORDER BY lines DESC, sku LIMIT 10) w) AS worst,
       (SELECT coalesce(json_agg(order_id), '[]')
          FROM (SELECT DISTINCT i.order_id
                  FROM unknown u
                  JOIN orders_orderitem i ON i.tenant_id = %(tenant_id)s AND i.sku = u.sku
                 ORDER BY i.order_id DESC
                 LIMIT 1000) n) AS newest_lines_without_variant
