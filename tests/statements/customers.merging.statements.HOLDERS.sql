\set keys '{i:C-1,i:C-2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT c.id, c.match_key
  FROM customers_customer c
 WHERE c.tenant_id = :'tenant_id' AND c.match_key = ANY (:'keys'::text[])
;
