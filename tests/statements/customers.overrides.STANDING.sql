\set keys '["i:C-1", "i:C-2"]'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT v.key, x.flags
  FROM json_array_elements_text(:'keys'::json) AS v(key)
 CROSS JOIN LATERAL (
       SELECT t.overridden & ~((CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END) # 32) AS flags
         FROM customers_customer t
        WHERE t.tenant_id = :'tenant_id' AND t.match_key = v.key
       OFFSET 0) x
 WHERE x.flags <> 0
;
