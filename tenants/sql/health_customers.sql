-- How many customers a tenant has, how many of them each channel may reach, how many are excluded: one scan.
SELECT count(*) AS customers,
       count(*) FILTER (WHERE email_optin) AS email_optin,
       count(*) FILTER (WHERE sms_optin) AS sms_optin,
       count(*) FILTER (WHERE whatsapp_optin) AS whatsapp_optin,
       count(*) FILTER (WHERE app_push_optin) AS app_push_optin,
       count(*) FILTER (WHERE gdpr_optin) AS gdpr_optin,
       count(*) FILTER (WHERE is_excluded) AS is_excluded
  FROM customers_customer
 WHERE tenant_id = %(tenant_id)s
