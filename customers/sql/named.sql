-- For rows that all have a CustomerId, of a tenant that names its customers by it: whether one of them, whose CustomerId
-- nobody has, may mean a customer without any, by phone or e-mail; and, as JSON, what the customers `ids` already have.
-- LATERAL … LIMIT 1 pins the index plan. The values are JSON arrays: psycopg writes lists item by item.
SELECT (SELECT means_nameless(%(tenant_id)s, array_agg(v.customer_id), array_agg(v.phone), array_agg(v.email))
          FROM ROWS FROM (
               json_array_elements_text(%(customer_ids)s::json),
               json_array_elements_text(%(phones)s::json),
               json_array_elements_text(%(emails)s::json)) AS v(customer_id, phone, email)),
       (SELECT json_agg(json_build_array(x.customer_id, x.tags, x.mailing_lists, x.attributes))::text
          FROM json_array_elements_text(%(ids)s::json) AS v(customer_id)
         CROSS JOIN LATERAL (
               SELECT c.customer_id, c.tags, c.mailing_lists, c.attributes
                 FROM customers_customer c
                WHERE c.tenant_id = %(tenant_id)s AND c.match_key = 'i:' || v.customer_id
                LIMIT 1) x)
