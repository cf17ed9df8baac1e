\set edits '[{"id": 1, "given": 128, "said": 1, "wanted": 1, "email_optin": true, "ids": [1], "tags": ["vip"], "not_tags": [], "lists": [], "not_lists": ["news"]}]'
\set now '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE customers_customer t
   SET email_optin = coalesce(e.email_optin, t.email_optin), sms_optin = coalesce(e.sms_optin, t.sms_optin), whatsapp_optin = coalesce(e.whatsapp_optin, t.whatsapp_optin), app_push_optin = coalesce(e.app_push_optin, t.app_push_optin), gdpr_optin = coalesce(e.gdpr_optin, t.gdpr_optin), is_excluded = coalesce(e.is_excluded, t.is_excluded),
       given = t.given | e.given,
       previous_flags = CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END,
       overridden = t.overridden # (((CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END) # e.wanted) & e.said),
       withdrawn_by_staff = (t.withdrawn_by_staff | e.said) & ~(e.said & ((e.wanted) # 32)),
       updated_at = :'now'
  FROM json_to_recordset(:'edits'::json) AS e(id bigint, given int, said int, wanted int, email_optin boolean, sms_optin boolean, whatsapp_optin boolean, app_push_optin boolean, gdpr_optin boolean, is_excluded boolean)
 WHERE t.tenant_id = :'tenant_id'
   AND t.id = e.id
   AND (t.email_optin <> e.email_optin OR t.sms_optin <> e.sms_optin OR t.whatsapp_optin <> e.whatsapp_optin OR t.app_push_optin <> e.app_push_optin OR t.gdpr_optin <> e.gdpr_optin OR t.is_excluded <> e.is_excluded OR t.given <> t.given | e.given)
RETURNING t.id, t.previous_flags, CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END
;
