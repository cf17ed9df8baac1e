\set tenant_id '00000000-0000-4000-8000-000000000001'
\set values '{C-1}'

SELECT v.value, x.match_key
  FROM unnest(:'values'::text[]) AS v(value)
 CROSS JOIN LATERAL (
       SELECT c.match_key
         FROM customers_customer c
        WHERE c.tenant_id = :'tenant_id' AND c.email = v.value
       OFFSET 0) x
 ORDER BY x.match_key
;
