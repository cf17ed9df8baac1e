-- The customers that carry any of the identifiers, each once.
-- LATERAL pins the index plans, as in carriers.sql; the rows are fetched after the ids are made distinct.
SELECT c.id, c.match_key, c.customer_id, c.email, c.phone, c.tags, c.mailing_lists, c.attributes::text
  FROM customers_customer c
  JOIN (SELECT x.id
          FROM unnest(%(customer_ids)s::text[]) AS v(value)
         CROSS JOIN LATERAL (SELECT k.id
                               FROM customers_customer k
                              WHERE k.tenant_id = %(tenant_id)s AND k.customer_id = v.value
                             OFFSET 0) x
         UNION
        SELECT x.id
          FROM unnest(%(emails)s::text[]) AS v(value)
         CROSS JOIN LATERAL (SELECT k.id
                               FROM customers_customer k
                              WHERE k.tenant_id = %(tenant_id)s AND k.email = v.value
                             OFFSET 0) x
         UNION
        SELECT x.id
          FROM unnest(%(phones)s::text[]) AS v(value)
         CROSS JOIN LATERAL (SELECT k.id
                               FROM customers_customer k
                              WHERE k.tenant_id = %(tenant_id)s AND k.phone = v.value
                             OFFSET 0) x) AS found ON found.id = c.id
 WHERE c.tenant_id = %(tenant_id)s
 ORDER BY c.match_key
