\set edits '[{"id": 1, "given": 128, "said": 1, "wanted": 1, "email_optin": true, "ids": [1], "tags": ["vip"], "not_tags": [], "lists": [], "not_lists": ["news"]}]'
\set now '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE orders_order o
   SET customer_id = e.customer_id, email = e.email, updated_at = :'now'
  FROM json_to_recordset(:'edits'::json) AS e(id bigint, customer_id text, email text)
 WHERE o.tenant_id = :'tenant_id' AND o.id = e.id
RETURNING o.id
;
