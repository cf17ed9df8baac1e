\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT count(*) AS customers,
       count(*) FILTER (WHERE email_optin) AS email_optin,
       count(*) FILTER (WHERE sms_optin) AS sms_optin,
       count(*) FILTER (WHERE whatsapp_optin) AS whatsapp_optin,
       count(*) FILTER (WHERE app_push_optin) AS app_push_optin,
       count(*) FILTER (WHERE gdpr_optin) AS gdpr_optin,
       count(*) FILTER (WHERE is_excluded) AS is_excluded
  FROM customers_customer
 WHERE tenant_id = :'tenant_id'
;
