\set greatest 'z'
\set hashes '{NULL,0123abcd}'
\set keys '{i:C-1,i:C-2}'
\set least '0'
\set most '20'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH sent AS MATERIALIZED (
    SELECT s.key, s.hash, s.place
      FROM unnest(:'keys'::text[], :'hashes'::text[]) WITH ORDINALITY AS s(key, hash, place)
)
SELECT CASE WHEN t.is_stored THEN 'different' ELSE 'missing' END AS what, s.place, NULL AS key
  FROM sent s
  LEFT JOIN LATERAL (
       SELECT true AS is_stored, CASE WHEN s.hash IS NOT NULL THEN encode(sha256(convert_to('{' || concat_ws(',',
           '"AppPushOptin":' || CASE WHEN t.app_push_optin THEN 'true' END,
           '"CustomerId":' || to_json(NULLIF(t.customer_id, ''))::text,
           '"Email":' || to_json(NULLIF(t.email, ''))::text,
           '"EmailOptin":' || CASE WHEN t.email_optin THEN 'true' END,
           '"GdprOptin":' || CASE WHEN t.gdpr_optin THEN 'true' END,
           '"IsExcluded":' || CASE WHEN t.is_excluded THEN 'true' END,
           '"Language":' || to_json(NULLIF(t.language, ''))::text,
           '"Name":' || to_json(NULLIF(t.name, ''))::text,
           '"Phone":' || to_json(NULLIF(t.phone, ''))::text,
           '"SmsOptin":' || CASE WHEN t.sms_optin THEN 'true' END,
           '"Surname":' || to_json(NULLIF(t.surname, ''))::text,
           '"Username":' || to_json(NULLIF(t.username, ''))::text,
           '"WhatsappOptin":' || CASE WHEN t.whatsapp_optin THEN 'true' END) || '}', 'UTF8')), 'hex') END AS hash
         FROM customers_customer t
        WHERE t.tenant_id = :'tenant_id' AND t.match_key = s.key
       OFFSET 0) t ON true
 WHERE t.is_stored IS NULL OR t.hash <> s.hash
 UNION ALL
SELECT 'extra', NULL, e.key
  FROM (SELECT t.match_key AS key
          FROM customers_customer t
         WHERE t.tenant_id = :'tenant_id'
           AND t.match_key COLLATE "C" >= :'least'::text
           AND t.match_key COLLATE "C" <= :'greatest'::text
           AND t.match_key NOT IN (SELECT s.key FROM sent s)
         ORDER BY t.match_key COLLATE "C"
         LIMIT :'most') e
;
