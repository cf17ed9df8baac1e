\set customer '1'
\set email 'ann@shop.example'
\set most '20'
\set most_pairs '2000'
\set phone '+358101234567'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH pairs AS MATERIALIZED (
    (SELECT second AS id, is_dismissed
       FROM customers_duplicate
      WHERE tenant_id = :'tenant_id' AND first = :'customer'
      LIMIT :'most_pairs')
     UNION ALL
    (SELECT first, is_dismissed
       FROM customers_duplicate
      WHERE tenant_id = :'tenant_id' AND second = :'customer'
      LIMIT :'most_pairs')
), found AS (
    (SELECT id, 1 AS place
       FROM customers_customer
      WHERE tenant_id = :'tenant_id' AND email = nullif(:'email', '')
      LIMIT :'most' + 1)
     UNION ALL
    (SELECT id, 2
       FROM customers_customer
      WHERE tenant_id = :'tenant_id' AND phone = nullif(:'phone', '')
      LIMIT :'most' + 1)
     UNION ALL
    (SELECT c.id, 3
       FROM pairs p
       JOIN customers_customer c ON c.tenant_id = :'tenant_id' AND c.id = p.id
      WHERE NOT p.is_dismissed)
)
SELECT f.id
  FROM found f
 WHERE f.id <> :'customer' AND NOT EXISTS (SELECT 1 FROM pairs d WHERE d.id = f.id AND d.is_dismissed)
 GROUP BY f.id
 ORDER BY min(f.place), f.id
 LIMIT :'most'
;
