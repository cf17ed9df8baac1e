\set ids '{1,2}'
\set seen '{2026-01-31T12:00:00Z,2026-01-31T12:00:00Z}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT id, updated_at = (:'seen'::timestamptz[])[array_position(:'ids'::bigint[], id)] AS as_seen,
       t.email_optin::int * 1 +
       t.sms_optin::int * 2 +
       t.whatsapp_optin::int * 4 +
       t.app_push_optin::int * 8 +
       t.gdpr_optin::int * 16 +
       t.is_excluded::int * 32 AS flags, json_build_object('record', t.id, 'image', to_jsonb(t))::text AS image
  FROM customers_customer t
 WHERE tenant_id = :'tenant_id' AND id = ANY (:'ids'::bigint[])
 ORDER BY match_key
   FOR UPDATE
;
