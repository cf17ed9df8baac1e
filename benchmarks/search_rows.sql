-- 1,000,000 customers of five tenants: 60, 25, 10 and 5 per cent, and a tiny one of 100 among the oldest; names and hosts
-- as frequent as people's are: a few of very many, many of a few.
CREATE TEMPORARY TABLE person AS
SELECT n, ('00000000-0000-4000-8000-00000000000' ||
           CASE WHEN n BETWEEN 1000 AND 1099 THEN 5 WHEN n %% 20 < 12 THEN 1 WHEN n %% 20 < 17 THEN 2
                WHEN n %% 20 < 19 THEN 3 ELSE 4 END)::uuid AS tenant_id,
       (%(names)s::text[])[1 + floor(power(random(), 2) * cardinality(%(names)s::text[]))] AS name,
       (%(surnames)s::text[])[1 + floor(power(random(), 2) * cardinality(%(surnames)s::text[]))]
           || CASE WHEN n %% 3 = 0 THEN (ARRAY['son', 'mann', 'ovic', 'berg', 'etti', 'eau', 'ez', 'sen'])[1 + n %% 8] ELSE '' END
           AS surname,
       (ARRAY['gmail.com', 'gmail.com', 'gmail.com', 'web.de', 'gmx.de', 'outlook.com', 'icloud.com', 'shop' || n %% 977 || '.example'])
           [1 + n %% 8] AS host
  FROM generate_series(1::bigint, %(rows)s) n;

INSERT INTO customers_customer (tenant_id, match_key, customer_id, email, name, surname, phone, username, language, given,
       attributes, tags, mailing_lists, email_optin, sms_optin, whatsapp_optin, app_push_optin, gdpr_optin, is_excluded,
       created_at, updated_at)
SELECT tenant_id, 'i:C-' || n, 'C-' || n,
       translate(lower(name || '.' || surname), ' ''äöüéèß', '--aouees') || n || '@' || host, name, surname,
       '+4915' || 500000000 + (n * 7919) %% 99999999, CASE WHEN n %% 10 = 0 THEN lower(name) || n END, 'de', 8191,
       '{}', '{}', '{}', true, false, false, false, true, false, now(), now()
  FROM person ORDER BY n;

INSERT INTO tenants_feed (tenant_id, number) SELECT id, 1 FROM tenants_tenant;
