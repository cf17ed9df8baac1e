\set edits '[{"id": 1, "given": 128, "said": 1, "wanted": 1, "email_optin": true}]'
\set now '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE customers_customer t
   SET tags = e.tags,
       mailing_lists = e.mailing_lists,
       given = t.given | e.given,
       updated_at = :'now'
  FROM json_to_recordset(:'edits'::json) AS e(id bigint, given int, tags text[], mailing_lists text[])
 WHERE t.tenant_id = :'tenant_id'
   AND t.id = e.id
RETURNING t.id
;
