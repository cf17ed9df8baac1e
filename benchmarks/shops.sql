-- A hub with so many customers (1,000,000), as many orders with three lines each, a fiftieth of products with three
-- variants each, and changesets, and records that were left out, in five tenants: 60, 25, 10 and 5 per cent, and a tiny one of 100 customers among the oldest.
TRUNCATE tenants_tenant, tenants_feed, tenants_changeset, tenants_consentchange, customers_customer, orders_order,
         orders_orderitem, products_product, products_variant, customers_duplicate, customers_searchedwords, customers_searchposition,
         tenants_healthsnapshot, tenants_dailycount, tenants_quarantinedrecord,
         tenants_membership RESTART IDENTITY CASCADE;

INSERT INTO tenants_tenant (id, name, slug, priority, required_fields, per_minute, per_hour, time_zone, is_enabled, created_at,
       default_country, consent_policy, requires_factor, requires_reason)
SELECT ('00000000-0000-4000-8000-00000000000' || n)::uuid, 'Shop ' || n, 'shop-' || n,
       CASE WHEN n = 2 THEN 'email' ELSE 'customerid' END, '{}', 100, 5000, 'UTC', true, now(), '', 'source', false, false
  FROM generate_series(1, 5) n;

-- Names and hosts as frequent as people's are: a few of very many, many of a few.
SELECT setseed(0.5);
CREATE TEMPORARY TABLE share AS
SELECT n, tenant_id, name, surname, at,
       translate(lower(name || '.' || surname), ' ''äöüéèß', '--aouees') || n || '@' || host AS email
  FROM (SELECT n, ('00000000-0000-4000-8000-00000000000' ||
               CASE WHEN n BETWEEN 1000 AND 1099 THEN 5 WHEN n %% 20 < 12 THEN 1 WHEN n %% 20 < 17 THEN 2
                    WHEN n %% 20 < 19 THEN 3 ELSE 4 END)::uuid AS tenant_id,
           now() - (%(rows)s + 1 - n) * interval '30 seconds' AS at,
           (%(names)s::text[])[1 + floor(power(random(), 2) * cardinality(%(names)s::text[]))] AS name,
           (%(surnames)s::text[])[1 + floor(power(random(), 2) * cardinality(%(surnames)s::text[]))]
               || CASE WHEN n %% 3 = 0 THEN (ARRAY['son', 'mann', 'ovic', 'berg', 'etti', 'eau', 'ez', 'sen'])[1 + n %% 8] ELSE '' END
               AS surname,
           (ARRAY['gmail.com', 'gmail.com', 'gmail.com', 'web.de', 'gmx.de', 'outlook.com', 'icloud.com', 'shop' || n %% 977 || '.example'])
               [1 + n %% 8] AS host
      FROM generate_series(1::bigint, %(rows)s) n) named;
CREATE UNIQUE INDEX ON share (n);
ANALYZE share;

INSERT INTO customers_customer (tenant_id, match_key, customer_id, email, name, surname, phone, username, language,
       email_optin, sms_optin, whatsapp_optin, app_push_optin, gdpr_optin, is_excluded, attributes, tags, mailing_lists,
       given, created_at, updated_at)
SELECT tenant_id,
       CASE WHEN tenant_id = '00000000-0000-4000-8000-000000000002' THEN 'e:' || email ELSE 'i:C-' || n END,
       'C-' || n, email, name, surname, '+4915' || 500000000 + (n * 7919) %% 99999999,
       CASE WHEN n %% 10 = 0 THEN lower(name) || n END,
       (ARRAY['en', 'de', 'fr', 'tr', 'ar'])[1 + n %% 5], n %% 2 = 0, n %% 3 = 0, n %% 7 = 0, n %% 5 = 0, n %% 4 <> 0,
       n %% 1000 = 0, '{}', '{}', '{}', 8191, at, at
  FROM share ORDER BY n;

INSERT INTO orders_order (tenant_id, order_id, customer_id, email, order_date, total_revenue, currency, total_quantity,
       unique_quantity, is_order_cancelled, given, created_at, updated_at)
SELECT o.tenant_id, 'O-' || o.n, 'C-' || whose, coalesce(c.email, 'guest' || whose || '@example.com'),
       now() - ((o.n * 104729) %% 1000000) * interval '1 minute', 10 + o.n %% 500, (ARRAY['EUR', 'EUR', 'USD'])[1 + o.n %% 3],
       3, 3, o.n %% 25 = 0, 255, o.at, o.at
  FROM (SELECT *, 1 + (n * 7919) %% (%(rows)s + %(rows)s / 100) AS whose FROM share) o
  LEFT JOIN share c ON c.n = o.whose
 ORDER BY o.n;

INSERT INTO orders_orderitem (tenant_id, order_id, line_no, product_id, sku, quantity, price, is_gift)
SELECT tenant_id, n, line, 'P-' || 1 + (n * line * 31) %% (%(rows)s / 50 + %(rows)s / 5000), 'S-' || 1 + (n * line * 31) %% (%(rows)s / 50 + %(rows)s / 5000) || '-' || line, 1, 9.99, false
  FROM share CROSS JOIN generate_series(1, 3) line ORDER BY n, line;

INSERT INTO products_product (tenant_id, product_id, product_name, taxonomy, is_offline_exclusive, given, created_at, updated_at)
SELECT ('00000000-0000-4000-8000-00000000000' || 1 + n %% 5)::uuid, 'P-' || n, 'Product ' || n, ARRAY['Women', 'Shoes'], false, 7, now(), now()
  FROM generate_series(1, %(rows)s / 50) n;

INSERT INTO products_variant (tenant_id, product_id, position, variant_id, sku, name, original_price, currency, is_available,
       stock, given, created_at, updated_at)
SELECT p.tenant_id, p.id, v, 'V' || v, 'S-' || p.id || '-' || v, 'Variant ' || v, 19.99, 'EUR', (p.id + v) %% 9 <> 0, p.id %% 50, 511, now(), now()
  FROM products_product p CROSS JOIN generate_series(1, 3) v;

-- What filled the hub, in batches of 500, and a day of small batches for each since.
INSERT INTO tenants_changeset (tenant_id, number, entity, operation, source, actor, received, unchanged, created_ids,
       updated_ids, deleted_ids, trace_id, created_at)
SELECT tenant_id, row_number() OVER (PARTITION BY tenant_id ORDER BY min(n)), 'customers', 'upsert', 'api', 'sync (abcdefgh…)',
       500, 0, array_agg(n), '{}', '{}', md5(min(n)::text), max(at)
  FROM share GROUP BY tenant_id, n / 500 ORDER BY min(n);
INSERT INTO tenants_changeset (tenant_id, number, entity, operation, source, actor, received, unchanged, created_ids,
       updated_ids, deleted_ids, trace_id, created_at)
SELECT s.tenant_id, 100000 + i, 'customers', 'upsert', 'api', 'sync (abcdefgh…)', 50, 0, '{}',
       (SELECT array_agg(1 + (i * 50 + k * 13) %% %(rows)s) FROM generate_series(1, 50) k), '{}', md5(i::text), now()
  FROM generate_series(1::bigint, %(rows)s / 50) i JOIN share s ON s.n = i * 37;

INSERT INTO tenants_consentchange (tenant_id, changeset_number, customer, before, after, channels, created_at)
SELECT tenant_id, 1, n, n %% 64, (n + 1) %% 64, (n %% 64) # ((n + 1) %% 64), at FROM share WHERE n %% 4 = 0 ORDER BY n;

INSERT INTO tenants_feed (tenant_id, number) SELECT id, 1000000 FROM tenants_tenant;

-- A tenth as many records that were left out.
INSERT INTO tenants_quarantinedrecord (tenant_id, entity, source, digest, record, identifiers, names, faults, codes, index,
       actor, trace_id, created_at, last_at)
SELECT tenant_id, 'customers', 'api', md5(n::text), json_build_object('CustomerId', 'C-' || n, 'Email', email)::text,
       jsonb_build_object('CustomerId', 'C-' || n, 'Email', email), ARRAY['C-' || n, email],
       '[{"field": "Language", "code": "too_long", "text": "The field is too long."}]', '{"Language: too_long"}', 0,
       'sync (abcdefgh…)', md5(n::text), at, at
  FROM share WHERE n %% 10 = 7 ORDER BY n;
