\set actor 'key 0123abcd'
\set customer '1'
\set note 'Called on 3 May'
\set now '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set user_id '1'

INSERT INTO customers_customernote (tenant_id, customer_id, text, author, user_id, created_at)
SELECT c.tenant_id, c.id, :'note', :'actor', :'user_id'::integer, :'now'::timestamptz
  FROM customers_customer c
 WHERE c.tenant_id = :'tenant_id' AND c.id = :'customer'::bigint
   FOR KEY SHARE
RETURNING id
;
