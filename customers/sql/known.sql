-- The customers that carry one of the values of an identifier, by match_key.
-- LATERAL pins the index plan, as in carriers.sql. The values are a JSON array: psycopg writes lists item by item.
SELECT x.*
  FROM json_array_elements_text(%(values)s::json) AS v(value)
 CROSS JOIN LATERAL (
       SELECT c.id, c.match_key, c.customer_id, c.email, c.phone, c.tags, c.mailing_lists, c.attributes::text
         FROM customers_customer c
        WHERE c.tenant_id = %(tenant_id)s AND c.{column} = v.value
        ORDER BY c.match_key) x
