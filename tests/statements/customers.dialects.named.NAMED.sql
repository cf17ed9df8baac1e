\set customer_ids '["C-1"]'
\set emails '["ann@shop.example"]'
\set ids '[1, 2]'
\set phones '["+358101234567"]'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT (SELECT means_nameless(:'tenant_id', array_agg(v.customer_id), array_agg(v.phone), array_agg(v.email))
          FROM ROWS FROM (
               json_array_elements_text(:'customer_ids'::json),
               json_array_elements_text(:'phones'::json),
               json_array_elements_text(:'emails'::json)) AS v(customer_id, phone, email)),
       (SELECT json_agg(json_build_array(x.customer_id, x.tags, x.mailing_lists, x.attributes))::text
          FROM json_array_elements_text(:'ids'::json) AS v(customer_id)
         CROSS JOIN LATERAL (
               SELECT c.customer_id, c.tags, c.mailing_lists, c.attributes
                 FROM customers_customer c
                WHERE c.tenant_id = :'tenant_id' AND c.match_key = 'i:' || v.customer_id
                LIMIT 1) x)
;
