\set keys '["i:C-1", "i:C-2"]'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT coalesce(json_object_agg(k.key, c.id), '{}')::text AS ids
  FROM json_array_elements_text(:'keys'::json) AS k(key)
 CROSS JOIN LATERAL (
       SELECT id
         FROM customers_customer
        WHERE tenant_id = :'tenant_id' AND match_key = k.key
       OFFSET 0) c
;
