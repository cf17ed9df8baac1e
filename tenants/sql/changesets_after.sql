-- A tenant's changesets after a number, in commit order: at most `most`, of at most `most_records` hub ids together, but
-- at least one where there is one. They are taken from an index one by one, so what is cut off is not read: ids stand
-- out of line, and to count them is to read them. From changesets of 1,000 ids each, 10 of up to 1,000 take 1.8 ms
-- instead of 7.7 with a running sum.
WITH RECURSIVE page AS (
    (SELECT c.*, 1 AS place, cardinality(created_ids) + cardinality(updated_ids) + cardinality(deleted_ids) AS records
       FROM tenants_changeset c
      WHERE tenant_id = %(tenant_id)s AND {after_number}
      ORDER BY number
      LIMIT 1)
      UNION ALL
    SELECT c.*, p.place + 1, p.records + n.records
      FROM page p
     CROSS JOIN LATERAL (
           SELECT *
             FROM tenants_changeset
            WHERE tenant_id = %(tenant_id)s AND {after_last}
            ORDER BY number
            LIMIT 1) c
     CROSS JOIN LATERAL (
           SELECT cardinality(c.created_ids) + cardinality(c.updated_ids) + cardinality(c.deleted_ids) AS records) n
     WHERE p.place < %(most)s AND p.records + n.records <= %(most_records)s
)
SELECT number, entity, operation, source, created_ids, updated_ids, deleted_ids, trace_id, created_at
  FROM page
 ORDER BY number
