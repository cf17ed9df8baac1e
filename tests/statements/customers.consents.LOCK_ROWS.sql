\set ids '{1,2}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT id, CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END AS flags, json_build_object('record', t.id, 'image', to_jsonb(t))::text AS image
  FROM customers_customer t
 WHERE tenant_id = :'tenant_id' AND id = ANY (:'ids'::bigint[])
 ORDER BY match_key
   FOR UPDATE
;
