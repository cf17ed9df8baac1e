\set by_phone 'false'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE customers_customer c
   SET match_key = coalesce('i:' || c.customer_id, 'e:' || c.email, c.match_key)
 WHERE c.tenant_id = :'tenant_id'
   AND c.match_key LIKE 'p:%' = :'by_phone'
   AND c.match_key <> coalesce('i:' || c.customer_id, 'e:' || c.email, c.match_key)
RETURNING c.id
;
