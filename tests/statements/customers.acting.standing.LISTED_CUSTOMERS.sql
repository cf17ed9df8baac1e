\set columns '{tags}'
\set ids '{1,2}'
\set items '{vip}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT t.id,
       CASE WHEN t.email_optin THEN 1 ELSE 0 END +
       CASE WHEN t.sms_optin THEN 2 ELSE 0 END +
       CASE WHEN t.whatsapp_optin THEN 4 ELSE 0 END +
       CASE WHEN t.app_push_optin THEN 8 ELSE 0 END +
       CASE WHEN t.gdpr_optin THEN 16 ELSE 0 END +
       CASE WHEN t.is_excluded THEN 32 ELSE 0 END AS flags,
       t.given,
       cardinality(t.tags) AS tags,
       cardinality(t.mailing_lists) AS lists,
       (SELECT coalesce(bit_or(1 << m.place::int - 1), 0)
          FROM unnest(:'columns'::text[], :'items'::text[]) WITH ORDINALITY AS m(name, item, place)
         WHERE m.item = ANY (CASE m.name WHEN 'tags' THEN t.tags ELSE t.mailing_lists END)) AS members
  FROM customers_customer t
 WHERE t.tenant_id = :'tenant_id' AND t.id = ANY (:'ids'::bigint[])
;
