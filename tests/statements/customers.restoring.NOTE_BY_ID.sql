\set tenant_id '00000000-0000-4000-8000-000000000001'
\set withdrawn '{"1": 1}'

SELECT note_withdrawn('tenants_beforeimage', 'customers_customer', :'tenant_id', (
       SELECT jsonb_object_agg(c.match_key, m.bits::int)
         FROM json_each_text(:'withdrawn'::json) AS m(id, bits)
        CROSS JOIN LATERAL (
              SELECT r.match_key
                FROM customers_customer r
               WHERE r.tenant_id = :'tenant_id' AND r.id = m.id::bigint
              OFFSET 0) c)) AS noted
;
