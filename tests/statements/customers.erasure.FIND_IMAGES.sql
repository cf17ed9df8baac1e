\set erased '{1}'
\set names '{C-1}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH named AS MATERIALIZED (
    SELECT i.id, i.record, c.id IS NULL AS is_gone, v.value IN (c.customer_id, c.email, c.phone, c.digits) AS carries
      FROM unnest(:'names'::text[]) AS v(value)
     CROSS JOIN LATERAL (
           SELECT n.id, n.record
             FROM tenants_beforeimage n
            WHERE n.tenant_id = :'tenant_id' AND n.entity = 'customers' AND n.names @> ARRAY[v.value]
           OFFSET 0) i
      LEFT JOIN LATERAL (
           SELECT r.id, r.customer_id, r.email, r.phone, regexp_replace(r.phone, '^00|\D', '', 'g') AS digits
             FROM customers_customer r
            WHERE r.tenant_id = :'tenant_id' AND r.id = i.record
           OFFSET 0) c ON true
)
SELECT n.id
  FROM named n
 WHERE n.carries IS NOT TRUE
 UNION
SELECT i.id
  FROM (SELECT unnest(:'erased'::bigint[]) AS record
         UNION
        SELECT n.record FROM named n WHERE n.is_gone) AS g
 CROSS JOIN LATERAL (
       SELECT n.id
         FROM tenants_beforeimage n
        WHERE n.tenant_id = :'tenant_id' AND n.record = g.record AND n.entity = 'customers'
       OFFSET 0) i
;
