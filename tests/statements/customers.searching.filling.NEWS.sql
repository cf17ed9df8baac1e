\set most '20'
\set number '0'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH next AS MATERIALIZED (
    SELECT number, operation, created_ids, updated_ids, row_number() OVER (ORDER BY number) AS place,
           sum(received - unchanged) OVER (ORDER BY number) AS together
      FROM (SELECT number, operation, received, unchanged, created_ids, updated_ids
              FROM tenants_changeset
             WHERE tenant_id = :'tenant_id' AND entity = 'customers' AND number > :'number'
               AND (entity, number) > ('customers', :'number')
             ORDER BY number
             LIMIT 200) c
), taken AS (
    SELECT number, CASE WHEN operation = 'rekey' THEN '{}' ELSE created_ids || updated_ids END AS ids
      FROM next
     WHERE place = 1 OR together <= :'most'
)
SELECT coalesce((SELECT array_agg(DISTINCT id) FROM taken CROSS JOIN LATERAL unnest(ids) AS id), '{}')::bigint[] AS ids,
       CASE WHEN (SELECT count(*) FROM taken) < (SELECT count(*) FROM next) OR (SELECT count(*) FROM next) = 200
            THEN (SELECT max(number) FROM taken)
            ELSE number
       END AS number
  FROM tenants_feed
 WHERE tenant_id = :'tenant_id'
;
