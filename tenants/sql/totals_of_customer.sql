-- How many orders a customer has, and what those that stand came to, by currency; over the latest `most` of them.
-- Whose an order is, orders_of_customer says. Returns (currency, orders, revenue).
SELECT x.currency, count(*) AS orders,
       coalesce(sum(x.total_revenue) FILTER (WHERE NOT x.is_order_cancelled), 0) AS revenue
  FROM (
{orders}) x(id, order_id, order_date, total_revenue, currency, is_order_cancelled)
 GROUP BY x.currency
 ORDER BY 2 DESC, 1
