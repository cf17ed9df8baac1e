\set edits '[{"id": 1, "given": 128, "said": 1, "wanted": 1, "email_optin": true, "ids": [1], "tags": ["vip"], "not_tags": [], "lists": [], "not_lists": ["news"]}]'
\set now '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE orders_order t
   SET is_order_cancelled = CASE WHEN e.given & 128 <> 0 THEN e.is_order_cancelled ELSE t.is_order_cancelled END,
       customer_id = CASE WHEN e.given & 1 <> 0 THEN e.customer_id ELSE t.customer_id END,
       email = CASE WHEN e.given & 2 <> 0 THEN e.email ELSE t.email END,
       given = t.given | e.given,
       updated_at = :'now'
  FROM json_to_recordset(:'edits'::json) AS e(id bigint, given int, is_order_cancelled boolean, customer_id text, email text)
 WHERE t.tenant_id = :'tenant_id'
   AND t.id = e.id
RETURNING t.id
;
