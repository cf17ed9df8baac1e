\set known '{1}'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set values '["C-1"]'

SELECT json_agg(json_build_array(
           x.id, x.match_key, x.customer_id, x.email, x.phone, x.former_ids, x.former_emails, x.tags, x.mailing_lists,
           x.attributes, x.standing)
           ORDER BY v.place, x.match_key)::text
  FROM json_array_elements_text(:'values'::json) WITH ORDINALITY AS v(value, place)
 CROSS JOIN LATERAL (
       SELECT t.id, t.match_key, t.customer_id, t.email, t.phone, t.former_ids, t.former_emails, t.tags,
              t.mailing_lists, t.attributes, CASE WHEN t.overridden = 0 THEN 0 ELSE t.overridden & ~((CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END) # 32) END AS standing
         FROM customers_customer t
        WHERE t.tenant_id = :'tenant_id' AND t.customer_id = v.value AND t.id <> ALL (:'known'::bigint[])
       OFFSET 0) x
;
