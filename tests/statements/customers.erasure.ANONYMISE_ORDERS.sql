\set ids '{1,2}'
\set now '2026-01-31T12:00:00Z'
\set pseudonyms '{erased-1,erased-2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE orders_order o
   SET customer_id = x.pseudonym, email = NULL, updated_at = :'now'
  FROM unnest(:'ids'::bigint[], :'pseudonyms'::text[]) AS x(id, pseudonym)
 WHERE o.tenant_id = :'tenant_id' AND o.id = x.id
RETURNING o.id
;
