\set edits '[{"id": 1, "given": 128, "said": 1, "wanted": 1, "email_optin": true, "ids": [1], "tags": ["vip"], "not_tags": [], "lists": [], "not_lists": ["news"]}]'
\set now '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE customers_customer t
   SET match_key = e.match_key,
       customer_id = CASE WHEN e.given & 1 <> 0 THEN e.customer_id ELSE t.customer_id END,
       email = CASE WHEN e.given & 2 <> 0 THEN e.email ELSE t.email END,
       name = CASE WHEN e.given & 4 <> 0 THEN e.name ELSE t.name END,
       surname = CASE WHEN e.given & 8 <> 0 THEN e.surname ELSE t.surname END,
       phone = CASE WHEN e.given & 16 <> 0 THEN e.phone ELSE t.phone END,
       language = CASE WHEN e.given & 32 <> 0 THEN e.language ELSE t.language END,
       username = CASE WHEN e.given & 64 <> 0 THEN e.username ELSE t.username END,
       tags = CASE WHEN e.given & 16384 <> 0 THEN e.tags ELSE t.tags END,
       mailing_lists = CASE WHEN e.given & 32768 <> 0 THEN e.mailing_lists ELSE t.mailing_lists END,
       former_ids = CASE WHEN t.customer_id <> coalesce(e.customer_id, '') AND e.given & 1 <> 0
           THEN (array_prepend(t.customer_id, array_remove(t.former_ids, t.customer_id)))[:100] ELSE t.former_ids END,
       former_emails = CASE WHEN t.email <> coalesce(e.email, '') AND e.given & 2 <> 0
           THEN (array_prepend(t.email, array_remove(t.former_emails, t.email)))[:100] ELSE t.former_emails END,
       given = t.given | e.given,
       updated_at = :'now'
  FROM json_to_recordset(:'edits'::json) AS e(id bigint, given int, match_key text, customer_id text, email text, name text, surname text, phone text, language text, username text, tags text[], mailing_lists text[])
 WHERE t.tenant_id = :'tenant_id'
   AND t.id = e.id
RETURNING t.id
;
