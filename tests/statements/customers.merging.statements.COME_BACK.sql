\set attributes 'both'
\set back '{}'
\set image '{"merged": {"lost": {"id": 2}}}'
\set kept '1'
\set now '2026-01-31T12:00:00Z'
\set tenant_id '00000000-0000-4000-8000-000000000001'

INSERT INTO customers_customer (id, tenant_id, match_key, customer_id, email, name, surname, phone, language, username, email_optin, sms_optin, whatsapp_optin, app_push_optin, gdpr_optin, is_excluded, attributes, tags, mailing_lists, given, previous_flags, overridden, withdrawn_by_staff, former_ids, former_emails, created_at, updated_at)
SELECT p.id,
       p.tenant_id,
       p.match_key,
       p.customer_id,
       p.email,
       p.name,
       p.surname,
       p.phone,
       p.language,
       p.username,
       p.email_optin,
       p.sms_optin,
       p.whatsapp_optin,
       p.app_push_optin,
       p.gdpr_optin,
       p.is_excluded,
       CASE WHEN :'attributes'::text = 'before' THEN p.attributes ELSE (
               SELECT coalesce(jsonb_object_agg(a.name, a.value) FILTER (WHERE a.value IS NOT NULL), '{}')
                 FROM (SELECT e.key AS name,
                              CASE WHEN e.value = 'true' THEN t.attributes->e.key ELSE e.value END AS value
                         FROM jsonb_each(p.attributes) e) a) END,
       p.tags,
       p.mailing_lists,
       p.given,
       p.previous_flags,
       p.overridden,
       p.withdrawn_by_staff,
       p.former_ids,
       p.former_emails,
       p.created_at,
       :'now'
  FROM customers_customer t
 CROSS JOIN LATERAL jsonb_populate_record(
       NULL::customers_customer,
       '{"email_optin": false, "sms_optin": false, "whatsapp_optin": false, "app_push_optin": false, "gdpr_optin": false, "is_excluded": false, "attributes": {}, "tags": [], "mailing_lists": [], "given": 0}'::jsonb || (:'image'::jsonb #> '{merged,lost}') || :'back'::jsonb) p
 WHERE t.tenant_id = :'tenant_id' AND t.id = :'kept'
RETURNING id
;
