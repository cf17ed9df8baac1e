-- A tenant's changesets after a number, in commit order: at most `most`, of at most `most_records` hub ids together, but
-- at least one where there is one. They are taken from an index one by one, so what is cut off is not read: ids stand
-- out of line, and to count them is to read them. From changesets of 1,000 ids each, 10 of up to 1,000 take 1.8 ms
-- instead of 7.7 with a running sum.
-- Each row, one of nulls where there is no changeset, says which are kept: those after `expired`, up to `last`. That is
-- of the same snapshot, so nobody who deletes them meanwhile makes a gap that a reader could miss; and what has expired
-- is not looked for, which an index would find dead entries of until they are vacuumed.
WITH RECURSIVE kept AS (
    SELECT coalesce(max(expired), 0) AS expired, coalesce(max(number), 0) AS last,
           greatest(max(expired), %(number)s) AS start
      FROM tenants_feed
     WHERE tenant_id = %(tenant_id)s
), page AS (
    SELECT c.*, 1 AS place, cardinality(created_ids) + cardinality(updated_ids) + cardinality(deleted_ids) AS records
      FROM kept k
     CROSS JOIN LATERAL (
           SELECT *
             FROM tenants_changeset
            WHERE tenant_id = %(tenant_id)s AND {after_start}
            ORDER BY number
            LIMIT 1) c
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
SELECT k.expired, k.last, p.number, p.entity, p.operation, p.source, p.created_ids, p.updated_ids, p.deleted_ids,
       p.trace_id, p.created_at
  FROM kept k
  LEFT JOIN page p ON true
 ORDER BY p.number
