-- The customers that carry one of the values of an identifier, by match_key, but for those that are `known`; as one JSON
-- array, for psycopg reads every array of every row by itself.
-- LATERAL pins the index plan, as in carriers.sql. The values are a JSON array: psycopg writes lists item by item.
SELECT json_agg(json_build_array(
           x.id, x.match_key, x.customer_id, x.email, x.phone, x.tags, x.mailing_lists, x.attributes))::text
  FROM json_array_elements_text(%(values)s::json) AS v(value)
 CROSS JOIN LATERAL (
       SELECT c.id, c.match_key, c.customer_id, c.email, c.phone, c.tags, c.mailing_lists, c.attributes
         FROM customers_customer c
        WHERE c.tenant_id = %(tenant_id)s AND c.{column} = v.value AND c.id <> ALL (%(known)s::bigint[])
        ORDER BY c.match_key) x
