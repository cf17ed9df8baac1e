\set known '{1}'
\set tenant_id '00000000-0000-4000-8000-000000000001'
\set values '["C-1"]'

SELECT json_agg(json_build_array(
           x.id, x.match_key, x.customer_id, x.email, x.phone, x.former_ids, x.former_emails, x.tags, x.mailing_lists,
           x.attributes)
           ORDER BY v.place, x.match_key)::text
  FROM json_array_elements_text(:'values'::json) WITH ORDINALITY AS v(value, place)
 CROSS JOIN LATERAL (
       SELECT c.id, c.match_key, c.customer_id, c.email, c.phone, c.former_ids, c.former_emails, c.tags,
              c.mailing_lists, c.attributes
         FROM customers_customer c
        WHERE c.tenant_id = :'tenant_id' AND c.email = v.value AND c.id <> ALL (:'known'::bigint[])
       OFFSET 0) x
;
