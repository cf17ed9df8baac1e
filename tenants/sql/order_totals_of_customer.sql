-- What a customer's orders come to, by currency and with cancelled ones apart: of `most` at most, so that a page opens as
-- fast for whoever has a hundred thousand. The orders are those of orders_of_customer. Returns (currency, cancelled,
-- orders, revenue, first, last).
SELECT currency, is_order_cancelled, count(*), sum(total_revenue), min(order_date), max(order_date)
  FROM (SELECT o.currency, o.is_order_cancelled, o.total_revenue, o.order_date
          FROM orders_order o
         WHERE o.tenant_id = %(tenant_id)s
           AND (o.{first} = %({first})s
                OR o.{second} = %({second})s
                   AND NOT EXISTS (SELECT 1 FROM customers_customer c
                                    WHERE c.tenant_id = %(tenant_id)s AND c.{first} = o.{first}))
         LIMIT %(most)s) AS mine
 GROUP BY currency, is_order_cancelled
 ORDER BY currency, is_order_cancelled
