\set email_lines '{0}'
\set email_ranks '{0}'
\set email_values '{ann@shop.example}'
\set hub_lines '{0}'
\set hub_ranks '{0}'
\set hub_values '{1}'
\set id_lines '{0}'
\set id_ranks '{0}'
\set id_values '{C-1}'
\set phone_lines '{0}'
\set phone_ranks '{0}'
\set phone_values '{+358101234567}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT v.line, v.rank, c.id
  FROM unnest(:'id_lines'::int[], :'id_ranks'::int[], :'id_values'::text[]) AS v(line, rank, value)
 CROSS JOIN LATERAL (
       SELECT r.id FROM customers_customer r
        WHERE r.tenant_id = :'tenant_id' AND r.customer_id = v.value
        LIMIT 21) c
 UNION ALL
SELECT v.line, v.rank, c.id
  FROM unnest(:'email_lines'::int[], :'email_ranks'::int[], :'email_values'::text[]) AS v(line, rank, value)
 CROSS JOIN LATERAL (
       SELECT r.id FROM customers_customer r
        WHERE r.tenant_id = :'tenant_id' AND r.email = v.value
        LIMIT 21) c
 UNION ALL
SELECT v.line, v.rank, c.id
  FROM unnest(:'phone_lines'::int[], :'phone_ranks'::int[], :'phone_values'::text[]) AS v(line, rank, value)
 CROSS JOIN LATERAL (
       SELECT r.id FROM customers_customer r
        WHERE r.tenant_id = :'tenant_id' AND r.phone = v.value
        LIMIT 21) c
 UNION ALL
SELECT v.line, v.rank, c.id
  FROM unnest(:'hub_lines'::int[], :'hub_ranks'::int[], :'hub_values'::bigint[]) AS v(line, rank, value)
 CROSS JOIN LATERAL (
       SELECT r.id FROM customers_customer r
        WHERE r.tenant_id = :'tenant_id' AND r.id = v.value
        LIMIT 1) c
;
