\set most '20'
\set start '0'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH planned AS MATERIALIZED (
    SELECT c.id, coalesce('i:' || c.customer_id, 'e:' || c.email, c.match_key) AS key
      FROM customers_customer c
     WHERE c.tenant_id = :'tenant_id'
)
SELECT key, count(*) AS customers, (array_agg(id ORDER BY id))[1:20] AS ids
  FROM planned
 GROUP BY key
HAVING count(*) > 1
 ORDER BY 2 DESC, 1
 LIMIT :'most' OFFSET :'start'
;
