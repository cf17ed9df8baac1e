\set followed '[[1, "C-2", null, "C-1", null]]'
\set now '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE orders_order o
   SET customer_id = f.one->>1, email = f.one->>2, updated_at = :'now'
  FROM jsonb_array_elements(:'followed'::jsonb) AS f(one)
 WHERE o.tenant_id = :'tenant_id'
   AND o.id = (f.one->>0)::bigint
   AND o.customer_id = f.one->>3
   AND o.email IS NOT DISTINCT FROM f.one->>4
RETURNING o.id
;
