\set keys '["i:C-1", "i:C-2"]'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT v.key, x.flags
  FROM json_array_elements_text(:'keys'::json) AS v(key)
 CROSS JOIN LATERAL (
       SELECT t.overridden & ~((t.email_optin::int * 1 +
       t.sms_optin::int * 2 +
       t.whatsapp_optin::int * 4 +
       t.app_push_optin::int * 8 +
       t.gdpr_optin::int * 16 +
       t.is_excluded::int * 32) # 32) AS flags
         FROM customers_customer t
        WHERE t.tenant_id = :'tenant_id' AND t.match_key = v.key
       OFFSET 0) x
 WHERE x.flags <> 0
;
