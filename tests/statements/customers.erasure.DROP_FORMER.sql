\set customer_ids '{C-1}'
\set emails '{ann@shop.example}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

UPDATE customers_customer c
   SET former_ids = NULLIF(ARRAY(
           SELECT v.value FROM unnest(c.former_ids) WITH ORDINALITY AS v(value, place)
            WHERE v.value <> ALL (:'customer_ids'::text[]) ORDER BY v.place), '{}'),
       former_emails = NULLIF(ARRAY(
           SELECT v.value FROM unnest(c.former_emails) WITH ORDINALITY AS v(value, place)
            WHERE v.value <> ALL (:'emails'::text[]) ORDER BY v.place), '{}')
 WHERE c.tenant_id = :'tenant_id'
   AND c.id = ANY (ARRAY(
       SELECT f.id FROM customers_customer f
        WHERE f.tenant_id = :'tenant_id' AND f.former_ids && :'customer_ids'::text[]
        UNION ALL
       SELECT f.id FROM customers_customer f
        WHERE f.tenant_id = :'tenant_id' AND f.former_emails && :'emails'::text[]))
RETURNING c.id
;
