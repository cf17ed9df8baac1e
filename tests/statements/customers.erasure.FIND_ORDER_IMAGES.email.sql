\set customer_ids '{C-1}'
\set emails '{ann@shop.example}'
\set erased '{1}'
\set present_emails '{ann@shop.example}'
\set tenant_id '00000000-0000-4000-8000-000000000001'

SELECT o.id, o.customer_id, o.email
  FROM (SELECT x.*
          FROM unnest(:'emails'::text[]) AS v(value)
         CROSS JOIN LATERAL (SELECT n.id, n.record AS order_id, n.image->>'customer_id' AS customer_id, n.image->>'email' AS email
                               FROM tenants_beforeimage n
                              WHERE n.tenant_id = :'tenant_id' AND n.entity = 'orders' AND n.names @> ARRAY[v.value]
                                AND n.image->>'email' = v.value
                             OFFSET 0) AS x
         UNION
        SELECT x.*
          FROM unnest(:'customer_ids'::text[]) AS v(value)
         CROSS JOIN LATERAL (SELECT n.id, n.record AS order_id, n.image->>'customer_id' AS customer_id, n.image->>'email' AS email
                               FROM tenants_beforeimage n
                              WHERE n.tenant_id = :'tenant_id' AND n.entity = 'orders' AND n.names @> ARRAY[v.value]
                                AND n.image->>'customer_id' = v.value
                             OFFSET 0) AS x) AS o
 WHERE NOT EXISTS (SELECT 1 FROM customers_customer c
                    WHERE c.tenant_id = :'tenant_id' AND c.email = o.email
                      AND c.id NOT IN (SELECT unnest(:'erased'::bigint[]))
                   OFFSET 0)
   AND (o.email IN (SELECT unnest(:'present_emails'::text[]))
        OR CASE WHEN o.customer_id IN (SELECT unnest(:'customer_ids'::text[]))
                THEN o.customer_id NOT IN (SELECT v.value
                                          FROM unnest(:'customer_ids'::text[]) AS v(value)
                                         WHERE EXISTS (SELECT 1 FROM customers_customer c
                                                        WHERE c.tenant_id = :'tenant_id' AND c.customer_id = v.value
                                                          AND c.id NOT IN (SELECT unnest(:'erased'::bigint[]))
                                                       OFFSET 0))
                ELSE NOT EXISTS (SELECT 1 FROM customers_customer c
                                  WHERE c.tenant_id = :'tenant_id' AND c.customer_id = o.customer_id
                                    AND c.id NOT IN (SELECT unnest(:'erased'::bigint[]))
                                 OFFSET 0)
           END)
 ORDER BY o.order_id
;
