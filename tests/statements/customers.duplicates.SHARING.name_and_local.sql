\set most '20'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT json_agg(json_build_array(c.id, c.email) ORDER BY c.id)::text AS members
  FROM customers_customer c
 WHERE c.tenant_id = :'tenant_id' AND c.name <> '' AND c.surname <> '' AND c.email <> ''
 GROUP BY lower(c.name), lower(c.surname), split_part(c.email, '@', 1)
HAVING count(*) BETWEEN 2 AND 10
 LIMIT :'most'
;
