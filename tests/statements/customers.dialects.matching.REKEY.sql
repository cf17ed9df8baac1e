\set ids '{1,2}'
\set keys '{i:C-1,i:C-2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE customers_customer c
   SET match_key = x.match_key
  FROM unnest(:'ids'::bigint[], :'keys'::text[]) AS x(id, match_key)
 WHERE c.tenant_id = :'tenant_id' AND c.id = x.id
RETURNING c.id
;
