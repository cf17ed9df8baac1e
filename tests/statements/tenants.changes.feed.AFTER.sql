\set most '20'
\set most_records '10000'
\set number '0'
\set tenant_id '00000000-0000-4000-8000-000000000001'

WITH RECURSIVE page AS (
    (SELECT c.*, 1 AS place, cardinality(created_ids) + cardinality(updated_ids) + cardinality(deleted_ids) AS records
       FROM tenants_changeset c
      WHERE tenant_id = :'tenant_id' AND number > :'number'
      ORDER BY number
      LIMIT 1)
      UNION ALL
    SELECT c.*, p.place + 1, p.records + n.records
      FROM page p
     CROSS JOIN LATERAL (
           SELECT *
             FROM tenants_changeset
            WHERE tenant_id = :'tenant_id' AND number > p.number
            ORDER BY number
            LIMIT 1) c
     CROSS JOIN LATERAL (
           SELECT cardinality(c.created_ids) + cardinality(c.updated_ids) + cardinality(c.deleted_ids) AS records) n
     WHERE p.place < :'most' AND p.records + n.records <= :'most_records'
)
SELECT number, entity, operation, source, created_ids, updated_ids, deleted_ids, trace_id, created_at
  FROM page
 ORDER BY number
;
