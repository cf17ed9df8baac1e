\set attributes 'both'
\set back '{}'
\set image '{"merged": {"lost": {"id": 2}}}'
\set kept '1'
\set now '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE customers_customer t
   SET customer_id = v.customer_id,
       email = v.email,
       name = v.name,
       surname = v.surname,
       phone = v.phone,
       language = v.language,
       username = v.username,
       tags = v.tags,
       mailing_lists = v.mailing_lists,
       email_optin = v.email_optin,
       sms_optin = v.sms_optin,
       whatsapp_optin = v.whatsapp_optin,
       app_push_optin = v.app_push_optin,
       gdpr_optin = v.gdpr_optin,
       is_excluded = v.is_excluded,
       former_ids = v.former_ids,
       former_emails = v.former_emails,
       match_key = v.match_key,
       given = v.given,
       overridden = v.overridden,
       withdrawn_by_staff = v.withdrawn_by_staff,
       attributes = CASE :'attributes'::text
           WHEN 'now' THEN t.attributes
           WHEN 'before' THEN :'image'::jsonb->'attributes'
           ELSE (
               SELECT coalesce(jsonb_object_agg(a.name, a.value) FILTER (WHERE a.value IS NOT NULL), '{}')
                 FROM (SELECT e.key AS name,
                              CASE WHEN e.value = 'true' THEN t.attributes->e.key ELSE e.value END AS value
                         FROM jsonb_each(:'image'::jsonb->'attributes') e) a) END,
       previous_flags = CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END,
       updated_at = :'now'
  FROM (SELECT p.*
          FROM customers_customer c
         CROSS JOIN LATERAL jsonb_populate_record(NULL::customers_customer, to_jsonb(c) || :'back'::jsonb) p
         WHERE c.tenant_id = :'tenant_id' AND c.id = :'kept') AS v
 WHERE t.tenant_id = :'tenant_id' AND t.id = v.id
RETURNING t.previous_flags AS before, CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END AS after
;
