\set entity 'customers'
\set most '20'
\set most_records '10000'
\set number '0'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH RECURSIVE kept AS (
    SELECT coalesce(max(expired), 0) AS expired, coalesce(max(number), 0) AS last,
           greatest(max(expired), :'number') AS start
      FROM tenants_feed
     WHERE tenant_id = :'tenant_id'
), page AS (
    SELECT c.*, 1 AS place, cardinality(created_ids) + cardinality(updated_ids) + cardinality(deleted_ids) AS records
      FROM kept k
     CROSS JOIN LATERAL (
           SELECT *
             FROM tenants_changeset
            WHERE tenant_id = :'tenant_id' AND entity = :'entity' AND number > k.start AND (entity, number) > (:'entity', k.start)
            ORDER BY number
            LIMIT 1) c
     UNION ALL
    SELECT c.*, p.place + 1, p.records + n.records
      FROM page p
     CROSS JOIN LATERAL (
           SELECT *
             FROM tenants_changeset
            WHERE tenant_id = :'tenant_id' AND entity = :'entity' AND number > p.number AND (entity, number) > (:'entity', p.number)
            ORDER BY number
            LIMIT 1) c
     CROSS JOIN LATERAL (
           SELECT cardinality(c.created_ids) + cardinality(c.updated_ids) + cardinality(c.deleted_ids) AS records) n
     WHERE p.place < :'most' AND p.records + n.records <= :'most_records'
)
SELECT k.expired, k.last, p.number, p.entity, p.operation, p.source, p.created_ids, p.updated_ids, p.deleted_ids,
       p.trace_id, p.created_at
  FROM kept k
  LEFT JOIN page p ON true
 ORDER BY p.number
;
