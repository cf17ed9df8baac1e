-- Customers of a tenant that share {key}: groups of two to {most}, for more of them is a till's address and no person's.
-- Each group's hub ids, the oldest first, and e-mails beside them, as JSON. One scan, however many customers there are.
SELECT json_agg(json_build_array(c.id, c.email) ORDER BY c.id)::text AS members
  FROM customers_customer c
 WHERE c.tenant_id = %(tenant_id)s AND {having}
 GROUP BY {key}
HAVING count(*) BETWEEN 2 AND {most}
 LIMIT %(most)s
