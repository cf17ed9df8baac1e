-- The sold SKUs that no variant has, the thousand with most lines, worst first (`unknown`): of each, as an object, its
-- lines, orders, first and last order, revenue by currency without cancelled orders, and what variants have a SKU that
-- differs from it in case, blanks, dashes, dots, underscores, slashes or leading zeros alone: [[product, SKU], …].
-- 3,000,000 lines are some ten thousand SKUs: they are grouped before they are compared, as in health_lines.sql, and
-- of the thousand alone the orders are read.
WITH sold AS MATERIALIZED (
    SELECT sku, count(*) AS lines
      FROM orders_orderitem
     WHERE tenant_id = %(tenant_id)s
     GROUP BY sku
), worst AS MATERIALIZED (
    SELECT sku, lines, ltrim(lower(translate(sku, ' -_./', '')), '0') AS bare
      FROM sold s
     WHERE NOT EXISTS (SELECT 1 FROM products_variant v
                        WHERE v.tenant_id = %(tenant_id)s AND v.sku = s.sku)
     ORDER BY lines DESC, sku
     LIMIT 1000
), by_currency AS (
    SELECT i.sku, o.currency, count(DISTINCT i.order_id) AS orders,
           min(o.order_date) AS first, max(o.order_date) AS last,
           coalesce(sum(i.quantity * i.price) FILTER (WHERE NOT o.is_order_cancelled), 0) AS revenue
      FROM worst w
      JOIN orders_orderitem i ON i.tenant_id = %(tenant_id)s AND i.sku = w.sku
      JOIN orders_order o ON o.tenant_id = i.tenant_id AND o.id = i.order_id
     GROUP BY i.sku, o.currency
), sales AS (
    SELECT sku, sum(orders) AS orders, min(first) AS first, max(last) AS last,
           json_object_agg(currency, revenue::text ORDER BY currency) AS revenue
      FROM by_currency
     GROUP BY sku
), near AS (
    SELECT w.sku, json_agg(json_build_array(v.product_id, v.sku) ORDER BY v.id) AS near
      FROM (SELECT id, product_id, sku, ltrim(lower(translate(sku, ' -_./', '')), '0') AS bare,
                   row_number() OVER (PARTITION BY ltrim(lower(translate(sku, ' -_./', '')), '0')
                                      ORDER BY id) AS place
              FROM products_variant
             WHERE tenant_id = %(tenant_id)s
               AND ltrim(lower(translate(sku, ' -_./', '')), '0') IN (SELECT bare FROM worst)) v
      JOIN worst w ON w.bare = v.bare
     WHERE v.place <= 3 AND w.bare <> ''
     GROUP BY w.sku
)
SELECT coalesce(json_agg(json_build_object(
           'sku', w.sku, 'lines', w.lines, 'orders', s.orders, 'revenue', s.revenue,
           'first', s.first, 'last', s.last, 'near', coalesce(n.near, '[]'))
           ORDER BY w.lines DESC, w.sku), '[]') AS unknown
  FROM worst w
  JOIN sales s ON s.sku = w.sku
  LEFT JOIN near n ON n.sku = w.sku
