-- What a product sold, by currency and with cancelled orders apart: from its first `most` lines, so that a bestseller's
-- page opens as fast as any. Returns (currency, cancelled, lines, quantity, revenue).
SELECT currency, is_order_cancelled, count(*), sum(quantity), sum(quantity * price)
  FROM (SELECT o.currency, o.is_order_cancelled, i.quantity, i.price
          FROM orders_orderitem i
          JOIN orders_order o ON o.tenant_id = i.tenant_id AND o.id = i.order_id
         WHERE i.tenant_id = %(tenant_id)s AND i.product_id = %(product_id)s
         LIMIT %(most)s) AS line
 GROUP BY currency, is_order_cancelled
 ORDER BY currency, is_order_cancelled
