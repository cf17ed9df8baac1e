-- Customers of a tenant who may be the person that one of them is, by hub id: who has the same e-mail, then who has the
-- same phone, then whom the radar found; each by index. Nobody of whom staff said that they are another person. One
-- statement, for it is asked by every page of a customer; `most` is for each.
WITH pairs AS MATERIALIZED (
    (SELECT second AS id, is_dismissed
       FROM customers_duplicate
      WHERE tenant_id = %(tenant_id)s AND first = %(customer)s
      LIMIT %(most_pairs)s)
     UNION ALL
    (SELECT first, is_dismissed
       FROM customers_duplicate
      WHERE tenant_id = %(tenant_id)s AND second = %(customer)s
      LIMIT %(most_pairs)s)
), found AS (
    (SELECT id, 1 AS place
       FROM customers_customer
      WHERE tenant_id = %(tenant_id)s AND email = nullif(%(email)s, '')
      LIMIT %(most)s + 1)
     UNION ALL
    (SELECT id, 2
       FROM customers_customer
      WHERE tenant_id = %(tenant_id)s AND phone = nullif(%(phone)s, '')
      LIMIT %(most)s + 1)
     UNION ALL
    (SELECT c.id, 3
       FROM pairs p
       JOIN customers_customer c ON c.tenant_id = %(tenant_id)s AND c.id = p.id
      WHERE NOT p.is_dismissed)
)
SELECT f.id
  FROM found f
 WHERE f.id <> %(customer)s AND NOT EXISTS (SELECT 1 FROM pairs d WHERE d.id = f.id AND d.is_dismissed)
 GROUP BY f.id
 ORDER BY min(f.place), f.id
 LIMIT %(most)s
